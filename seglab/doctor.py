"""Versions, device, drift from the supported ranges, and the one command that mends each."""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from seglab import __version__, about

GRADING_PACKAGES = ("nbgrader", "nbclient", "nbformat")
"""Packages that only authors and graders need; a student's environment goes without."""

GPU_FOLDER = Path("/proc/driver/nvidia/gpus")
"""Where NVIDIA's driver lists the GPUs on Linux."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report: what was looked at, what was found, whether it will do, what mends it."""

    name: str
    value: str
    ok: bool
    remedy: str | None


def diagnose():
    """Look at the environment without importing TensorFlow.

    Returns:
        List of `Finding`: SegLab, Python, every package that the course needs, the tools for grading where
        they are installed, and the device. A finding that is not `ok` has the command that mends it as `remedy`.

    Example:
        >>> diagnose()[0].name
        'seglab'
    """
    findings = [Finding("seglab", __version__, True, None), _python()]
    findings += [_package(needed, f'pip install "{needed}"') for needed in about.requirements()]
    return [*findings, *_grading(), _kernel(), _device()]


def gpu_name():
    """Return the name of the first NVIDIA GPU without importing TensorFlow.

    Returns:
        The name as `str`, or `None` where there is none, or `CUDA_VISIBLE_DEVICES` hides it.

    Example:
        >>> isinstance(gpu_name(), str | None)
        True
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return None
    for file in sorted(GPU_FOLDER.glob("*/information")):
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    program = which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.strip().split("\n")[0] or None


def _python():
    wanted = about.python_range()
    version = platform.python_version()
    ok = wanted.contains(version, prereleases=True)
    newest = max((minor for minor in range(100) if wanted.contains(f"3.{minor}.0")), default=0)
    return Finding(
        "python", f"{version} (supported: {wanted})", ok, None if ok else f"uv venv --python 3.{newest} .venv"
    )


def _package(needed, remedy):
    version = about.installed_version(needed.name)
    ok = about.is_supported(needed)
    value = f"{version or 'missing'} (supported: {needed.specifier})"
    return Finding(needed.name, value, ok, None if ok else remedy)


def _grading():
    if about.installed_version("nbgrader") is None:
        return [Finding("grading tools", "not installed; only authors and graders need them", True, None)]
    needed = [item for item in about.requirements("grading") if item.name in GRADING_PACKAGES]
    return [*(_package(item, f'pip install "{item}"') for item in needed), _program("alembic")]


def _program(name):
    """nbgrader calls `alembic` by name; the grading commands of this package look beside Python first."""
    path = which(name) or which(name, path=str(Path(sys.executable).parent))
    return Finding(name, path or "not found", path is not None, None if path else f'pip install "{name}"')


def _kernel():
    ok = find_spec("ipykernel") is not None
    return Finding("notebook kernel", "ipykernel" if ok else "missing", ok, None if ok else 'pip install "ipykernel"')


def _device():
    """A missing GPU is no fault: everything runs in the fast profile."""
    gpu = gpu_name()
    return Finding("device", gpu or "CPU: the fast profile; full training wants a GPU", True, None)
