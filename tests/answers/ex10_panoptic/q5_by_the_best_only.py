"""Compares with the model of the best quality only."""

CELL = "q5-dominated"
LOSES = {"q5-dominated-test-pareto": 1}


def dominated(ms, megabytes, quality):
    costs = {name: (ms[name], megabytes[name], -quality[name]) for name in ms}

    def beats(one, other):
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    best = min(costs.values(), key=lambda cost: cost[2])
    return sorted(name for name in costs if beats(best, costs[name]))
