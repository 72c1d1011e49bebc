"""Takes less quality for better."""

CELL = "q5-dominated"
LOSES = {"q5-dominated-test-pareto": 1}


def dominated(ms, megabytes, quality):
    costs = {name: (ms[name], megabytes[name], quality[name]) for name in ms}

    def beats(one, other):
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    return sorted(name for name in costs if any(beats(other, costs[name]) for other in costs.values()))
