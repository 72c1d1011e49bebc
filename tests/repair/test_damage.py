"""Thousands of damaged hand-ins: every answer is carried over, or a person is told which one and why."""

import collections
import copy
import hashlib
import json
import random
import time

import pytest

from seglab.grading.repair import Form, repair
from seglab.grading.repair.markers import without_markers
from seglab.grading.repair.roles import is_helper, nbgrader_metadata

SHEETS = ("lab", "functions", "variables")
COUNT = 2000


def lines_of(text):
    """The lines that say something, without markers."""
    return [line.rstrip() for line in without_markers(text).split("\n") if line.strip()]


def holds(lines, wanted):
    """Whether all wanted lines stand among the others in their order."""
    rest = iter(lines)
    return all(line in rest for line in wanted)


def hand_in(sheet, seed):
    """A student's notebook before it is damaged: some answers may be left out. Returns it and the true answers."""
    rng = random.Random(seed)
    notebook, truth = copy.deepcopy(sheet.solved), dict(sheet.answers)
    untouched = {nbgrader_metadata(cell).get("grade_id"): cell["source"] for cell in sheet.release["cells"]}
    for cell in notebook["cells"]:
        name = nbgrader_metadata(cell).get("grade_id")
        if name in truth and rng.random() < 0.1:
            cell["source"], truth[name] = untouched[name], None
    return notebook, truth


def verdicts(repaired, truth):
    """What became of each answer: `"right"`, `"in parts"`, `"unanswered"`, `"queued"` or `"lost"`."""
    cells = repaired.notebook["cells"]
    found = {}
    for index, cell in enumerate(cells):
        name = nbgrader_metadata(cell).get("grade_id")
        if name not in truth or is_helper(cell):
            continue
        state = next(slot.state for slot in repaired.slots if slot.grade_id == name)
        queued = any(reason.startswith(f"{name}: ") for reason in repaired.queue)
        have, want = lines_of(cell["source"]), truth[name] and lines_of(truth[name])
        by_hand = nbgrader_metadata(cell).get("grade", False)
        if by_hand and state == "answered":  # a person reads the whole notebook
            around = [near for near in cells if is_helper(near) or near is cell]
            seen = {line for near in around for line in lines_of(near["source"])}
            found[name] = "right" if have == want else "in parts" if set(want or ()) <= seen else "lost"
            if found[name] != "lost" or not queued:
                continue
        around = [near for near in cells[max(0, index - 3) : index + 4] if is_helper(near) or near is cell]
        if want is None and state == "unanswered":
            found[name] = "unanswered"
        elif want is not None and have == want:
            found[name] = "right"
        elif want is not None and sorted(have) == sorted(want) and cell["cell_type"] == "code":
            found[name] = "in parts"  # its functions in another order
        elif want is not None and holds([line for near in around for line in lines_of(near["source"])], want):
            found[name] = "in parts"
        else:
            found[name] = "queued" if queued else "lost"
    return found


def digest(notebook):
    return hashlib.sha256(json.dumps(notebook, sort_keys=True).encode()).hexdigest()


def survey(sheet, damage, seeds, form=None):
    """Repair many and count; the losses come back as text."""
    form = form or Form(sheet.source, release=sheet.release)
    stubs = {slot.name: slot.visible for slot in form.slots.values()}
    counts, reasons, results, losses = collections.Counter(), collections.Counter(), {}, []
    seconds = 0.0
    for seed in seeds:
        notebook, truth = hand_in(sheet, seed)
        raw, names = damage.damaged(notebook, stubs, seed)
        begin = time.perf_counter()
        repaired = repair(form, raw)
        seconds += time.perf_counter() - begin
        assert repaired.notebook is not None, (seed, names, repaired.queue)
        key = (digest(repaired.notebook), tuple(repaired.queue), tuple(truth.items()))
        if key not in results:
            again = repair(form, json.dumps(repaired.notebook).encode())
            if again.notebook != repaired.notebook:
                losses.append(f"seed {seed} {names}: repaired twice is not repaired once")
            results[key] = verdicts(repaired, truth)
        found = results[key]
        losses += [f"seed {seed} {names}: {name}" for name, verdict in found.items() if verdict == "lost"]
        whole = set(found.values()) <= {"right", "unanswered"}
        good = set(found.values()) <= {"right", "unanswered", "in parts"}
        kind = ("perfect" if whole else "good") if good else "queued"
        counts[kind if not repaired.queue or kind == "queued" else f"{kind}, and queued"] += 1
        for reason in repaired.queue:
            reasons[reason.split(": ", 1)[1][:38]] += 1
    counts |= {"distinct": len({key[0] for key in results})}
    print(dict(counts), f"{1000 * seconds / len(seeds):.1f} ms each", dict(reasons.most_common(12)), sep="\n")
    return counts, losses


@pytest.mark.parametrize("sheet", SHEETS, indirect=True)
def test_no_answer_is_ever_lost_in_silence(sheet, damage):
    counts, losses = survey(sheet, damage, range(COUNT))
    assert losses == []
    assert counts["perfect"] > COUNT * 0.5 and counts["distinct"] > COUNT * 0.2
