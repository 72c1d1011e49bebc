"""Run a command as an ordinary user, whoever runs the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 65534
# The interpreter may lie in a folder that root keeps to itself: show it, in a mount namespace of the command's own.
SHOW = """
set -e
if [ -n "$HOUSE" ]; then
    spare=$(mktemp -d)
    mount --bind "$HOME_OF_PYTHON" "$spare"
    mount -t tmpfs none "$HOUSE" -o mode=755
    mkdir -p "$HOME_OF_PYTHON"
    mount --move "$spare" "$HOME_OF_PYTHON"
    rmdir "$spare"
fi
exec setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups --inh-caps=-all "$@"
"""


def run_as_ordinary_user(command):
    """Run a command and return the `CompletedProcess`; skips the test where root cannot become somebody else."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "HOME": "/nonexistent", "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"capture_output": True, "text": True, "cwd": "/", "timeout": 120}
    if os.getuid() != 0:
        return subprocess.run(command, env=environment, **options)
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("no setpriv and unshare here: the tests run as root only")
    closed = closed_folder(Path(sys.base_prefix))
    environment |= {"HOUSE": str(closed or ""), "HOME_OF_PYTHON": sys.base_prefix, "NOBODY": str(NOBODY)}
    wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", SHOW, "sh"]
    if subprocess.run([*wrapper, "true"], env=environment, **options).returncode != 0:
        pytest.skip("root may not mount here: the tests run as root only")
    return subprocess.run([*wrapper, *command], env=environment, **options)


def closed_folder(path):
    """The topmost folder above a path that others cannot enter, or `None`."""
    return next((parent for parent in (*reversed(path.parents), path) if not parent.stat().st_mode & 1), None)
