"""The IoU playground in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.widgets import IoUPlayground

pytestmark = pytest.mark.browser


def test_erosion_looks_at_the_whole_square(run_module):
    mask = np.zeros((6, 9), int)
    mask[0:4, 1:8] = 1
    got = run_module(IoUPlayground, "Array.from(m.eroded(Uint8Array.from(a[0]), 6, 9, 1))", mask.ravel().tolist())
    wanted = np.zeros((6, 9), int)
    wanted[1:3, 2:7] = 1
    assert np.reshape(got, (6, 9)).tolist() == wanted.tolist()
