"""The arrows of the package: who may import whom, and what stays light."""

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import seglab

PACKAGE = Path(seglab.__file__).parent
MODULES = sorted(info.name for info in pkgutil.walk_packages([str(PACKAGE)], "seglab."))
HEAVY = ("tensorflow", "keras", "jax", "torch")
# Modules that import without a network library or a display.
LIGHT = (
    "seglab.errors", "seglab.labels", "seglab.transforms", "seglab.convolution", "seglab.resampling",
    "seglab.receptive_field", "seglab.rle", "seglab.widgets", "seglab.metrics", "seglab.metrics.semantic",
    "seglab.metrics.boundary", "seglab.datasets.synthetic", "seglab.visualization", "seglab.report", "seglab.student",
    "seglab.doctor", "seglab.cli", "seglab.demo", "seglab.authoring", "seglab.grading", "seglab.tiling",
    "seglab.balancing", "seglab.unet_sizes", "seglab.weight_maps", "seglab.crf",
    "seglab.gaussian_kernels", "seglab.postprocess", "seglab.boxes", "seglab.roi",
    "seglab.datasets.coco", "seglab.datasets.annotations", "seglab.capstone", "seglab.grading.capstone",
)  # fmt: skip
# What each part may import of seglab, besides the leaves. A part not listed may import all but what stands on top.
LEAVES = {
    "errors",
    "about",
    "warping",
    "layers",
    "losses",
    "recipes",
    "ingredients",
    "progress",
    "rle",
    "balancing",
    "box_layers",
    "boxes",
    "crf",
    "google_drive",
    "measured",
    "student_shell",
    "gaussian_kernels",
    "optimizers",
    "postprocess",
    "schedules",
    "convolution",
    "resampling",
    "receptive_field",
    "roi",
    "tiling",
    "unet_sizes",
    "weight_maps",
    "__version__",
}
ALLOWED = {
    **{name: set() for name in LEAVES},
    "recipes": {"transforms"},
    "labels": {"labels"},
    "metrics": {"labels", "metrics"},
    "transforms": {"labels", "transforms"},
    "models": {"labels", "models"},
    "datasets": {"labels", "transforms", "datasets"},
    "visualization": {"labels", "metrics", "visualization"},
    "checkpoints": {"models"},
    "weights": {"checkpoints"},
    "inspection": set(),
    "rehearsal": set(),
    "submission": {"inspection"},
    "epochs": {"metrics", "checkpoints"},
    "training": {"labels", "metrics", "transforms", "datasets", "models", "checkpoints", "epochs"},
    "fine_tuning": {"training"},
    "evaluation": {"labels", "metrics", "datasets", "training", "visualization"},
    "prediction": {"labels", "transforms", "datasets", "training", "evaluation"},
    "photo_page": {"labels", "transforms", "datasets", "training", "prediction"},
    "report": {"labels", "metrics", "visualization", "evaluation", "report"},
    "authoring": {"authoring"},
    "capstone": {"labels", "metrics", "datasets", "checkpoints", "visualization", "capstone"},
    "grading": {"authoring", "capstone", "grading"},
}
TOP = {"grading", "widgets", "student", "cli", "demo", "__main__"}  # nobody below imports these


def imports_of(path):
    """Parts of seglab that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "seglab":
            names = [node.module] if node.module != "seglab" else [f"seglab.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("seglab.")]
        found |= {name.split(".")[1] for name in names}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_one_way(path):
    part = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if part in TOP - {"grading"} or part == "__init__":
        return
    used = imports_of(path) - LEAVES
    allowed = ALLOWED.get(part, set(ALLOWED) - TOP)
    assert used <= allowed, f"{part} may not import {sorted(used - allowed)}"


@pytest.mark.parametrize("name", ["seglab", *LIGHT])
def test_light_modules_import_without_a_network_library_or_a_display(name):
    code = f"import sys, {name}; heavy = [m for m in {HEAVY!r} if m in sys.modules]; assert not heavy, heavy"
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "MPLBACKEND")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def test_every_module_parses_alone_and_is_short():
    for path in PACKAGE.rglob("*.py"):
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= 300, f"{path.relative_to(PACKAGE)} has {lines} lines: split it by subject"
    assert MODULES
