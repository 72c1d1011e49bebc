"""The proof that a GPU is reached from inside the sandbox can fail: where there is none, it says so."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import prove_gpu
from graded import quick_gradebooks  # noqa: F401 - a fixture

from seglab.doctor import gpu_name


def test_the_proof_needs_a_gpu(tmp_path, quick_gradebooks, capsys):  # noqa: F811
    for step in ("pack", "work"):
        assert prove_gpu.main([step, str(tmp_path)]) == 0
    there = gpu_name() is not None
    assert prove_gpu.main(["check", str(tmp_path)]) == (0 if there else 1)
    said = [line for line in capsys.readouterr().out.splitlines() if "points" in line]
    wrong = [line for line in said if "MUST BE" in line]
    assert len(said) == 8 and len(wrong) == (0 if there else 1)
    assert there or wrong[0].startswith("gpu accelerated  points [1.0, 0.0], MUST BE [1, 1]")
