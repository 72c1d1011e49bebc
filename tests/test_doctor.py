"""The doctor's findings, each with the command that mends it."""

import subprocess
import sys

import pytest

from seglab import about, doctor


def finding(name):
    return next(found for found in doctor.diagnose() if found.name == name)


def test_names_what_the_course_needs():
    names = [found.name for found in doctor.diagnose()]
    for name in ("seglab", "python", "tensorflow", "keras", "numpy", "nbgrader", "alembic", "device"):
        assert names.count(name) == 1


def test_every_fault_has_a_remedy_and_nothing_else_has():
    assert all((found.remedy is None) == found.ok for found in doctor.diagnose())


@pytest.mark.parametrize(("version", "ok"), [("3.9.9", False), ("3.10.0", True), ("3.13.2", True), ("99.0", False)])
def test_drift_is_judged_by_the_ranges_of_the_package(monkeypatch, version, ok):
    installed = about.installed_version
    monkeypatch.setattr(about, "installed_version", lambda name: version if name == "keras" else installed(name))
    found = finding("keras")
    assert found.ok is ok and found.value.startswith(version)
    assert found.remedy is None if ok else found.remedy.startswith('pip install "keras')


def test_missing_package_is_a_fault(monkeypatch):
    installed = about.installed_version
    monkeypatch.setattr(about, "installed_version", lambda name: None if name == "keras" else installed(name))
    assert (finding("keras").ok, finding("keras").value.split()[0]) == (False, "missing")


def test_student_needs_no_grading_tools(monkeypatch):
    installed = about.installed_version
    monkeypatch.setattr(about, "installed_version", lambda name: None if name == "nbgrader" else installed(name))
    assert finding("grading tools").ok
    assert not {"nbgrader", "alembic"} & {found.name for found in doctor.diagnose()}


def test_old_python_gets_the_newest_supported_one(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.10.1")
    found = finding("python")
    assert not found.ok and found.remedy.startswith("uv venv --python 3.")
    assert about.python_range().contains(found.remedy.split()[3] + ".0")


def test_alembic_that_is_nowhere_is_a_fault(monkeypatch):
    monkeypatch.setattr(doctor, "which", lambda name, path=None: None)
    assert finding("alembic") == doctor.Finding("alembic", "not found", False, 'pip install "alembic"')


def test_gpu_is_read_from_the_driver_program(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Tesla T4'\n")
    program.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(doctor, "GPU_FOLDER", tmp_path / "none")
    monkeypatch.setattr(doctor, "which", lambda name, path=None: str(program))
    assert doctor.gpu_name() == "Tesla T4"
    program.write_text("#!/bin/sh\nexit 9\n")
    assert doctor.gpu_name() is None


def test_gpu_is_read_from_the_driver_folder(monkeypatch, tmp_path):
    (tmp_path / "0000").mkdir()
    (tmp_path / "0000" / "information").write_text("Model: \t\t Tesla T4\nIRQ:   1\n")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(doctor, "GPU_FOLDER", tmp_path)
    assert doctor.gpu_name() == "Tesla T4"


def test_tensorflow_is_not_imported():
    script = (
        "import sys, seglab.doctor; seglab.doctor.diagnose(); assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
