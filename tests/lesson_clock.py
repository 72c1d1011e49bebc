"""A plugin of pytest: the CPU seconds of each lesson that nbval runs, as a property in the JUnit file.

`make test` loads it by `-p lesson_clock`. A lesson's kernel ends, and is reaped, when its last cell is torn down; what
the children of the process have used since the lesson before is then what this one took, whatever else the machine did.
"""

import resource

import pytest

_before = [0.0]


def _children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Add the seconds to the last cell of a notebook."""
    result = yield
    if nextitem is None or nextitem.path != item.path:
        used = _children()
        item.user_properties.append(("cpu_seconds", round(used - _before[0], 2)))
        _before[0] = used
    return result
