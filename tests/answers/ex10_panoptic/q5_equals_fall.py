"""Equal models dominate each other."""

CELL = "q5-dominated"
LOSES = {"q5-dominated-test-pareto": 1}


def dominated(ms, megabytes, quality):
    names = []
    for one in ms:
        others = [name for name in ms if name != one]
        if any(ms[o] <= ms[one] and megabytes[o] <= megabytes[one] and quality[o] >= quality[one] for o in others):
            names.append(one)
    return sorted(names)
