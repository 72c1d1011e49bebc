"""Thousands of damaged hand-ins: every answer is carried over, or a person is told which one and why."""

import collections
import copy
import hashlib
import json
import random
import re
import time

import pytest

from seglab.grading.repair import Form, repair
from seglab.grading.repair.markers import without_markers
from seglab.grading.repair.roles import is_helper, nbgrader_metadata, role

COUNT = 2000


def lines_of(text):
    """The lines that say something, without markers."""
    return [line.rstrip() for line in without_markers(text).split("\n") if line.strip()]


def holds(lines, wanted):
    """Whether all wanted lines stand among the others in their order."""
    rest = iter(lines)
    return all(line in rest for line in wanted)


def stubs_of(sheet):
    """What students got, by `grade_id`."""
    cells = [cell for cell in sheet.release["cells"] if role(cell) in ("solution", "manual")]
    return {nbgrader_metadata(cell)["grade_id"]: cell["source"] for cell in cells}


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
    """What became of each answer: `"right"`, `"in parts"`, `"unanswered"`, `"queued"` or `"lost"`.

    In parts: all of it is there, with the student's own cells around it, or with more text, or in another order.
    """
    cells, found = repaired.notebook["cells"], {}
    states = {slot.grade_id: slot.state for slot in repaired.slots}

    def asked_or_free(cell):
        name = nbgrader_metadata(cell).get("grade_id")
        return is_helper(cell) or any(reason.startswith(f"{name}: ") for reason in repaired.queue)

    for index, cell in enumerate(cells):
        name = nbgrader_metadata(cell).get("grade_id")
        if name not in truth or is_helper(cell):
            continue
        have, want = lines_of(cell["source"]), lines_of(truth[name] or "")
        near = cells[max(0, index - 3) : index + 4]
        around = [line for other in near if is_helper(other) or other is cell for line in lines_of(other["source"])]
        shown = {line for other in cells if asked_or_free(other) for line in lines_of(other["source"])}
        if truth[name] is None:
            # Whatever else stands where nothing was answered is read by a person, who gives points for it.
            # A stub that broken scratch was merged into still says by its error that nothing was answered.
            stub_stands = any("NotImplementedError" in line for line in have)
            fine = states[name] == "unanswered" or role(cell) == "manual" or stub_stands
            verdict = "unanswered" if fine else "lost"
        elif have == want:
            verdict = "right"
        elif holds(around, want) or (cell["cell_type"] == "code" and sorted(have) == sorted(want)):
            verdict = "in parts"
        elif role(cell) == "manual" and states[name] == "answered" and set(want) <= shown | set(have):
            verdict = "in parts"  # a person reads the whole notebook
        else:
            verdict = "lost"
        queued = any(reason.startswith(f"{name}: ") for reason in repaired.queue)
        found[name] = "queued" if verdict == "lost" and queued else verdict
    return found


def digest(notebook):
    return hashlib.sha256(json.dumps(notebook, sort_keys=True).encode()).hexdigest()


def survey(sheet, damage, seeds, form):
    """Repair many hand-ins, each distinct result judged once; returns counts and the losses as text."""
    stubs = stubs_of(sheet)
    counts, reasons, results, losses = collections.Counter(), collections.Counter(), {}, []
    seconds = 0.0
    for seed in seeds:
        notebook, truth = hand_in(sheet, seed)
        raw, names = damage.damaged(notebook, stubs, seed)
        begin = time.perf_counter()
        repaired = repair(form, raw)
        seconds += time.perf_counter() - begin
        assert repaired.notebook is not None, (seed, names, repaired.queue)
        assert repaired.sha256 == hashlib.sha256(raw).hexdigest()
        states = tuple(slot.state for slot in repaired.slots)
        key = (digest(repaired.notebook), tuple(repaired.queue), states, tuple(truth.items()))
        if key not in results:
            results[key] = verdicts(repaired, truth)
            if repair(form, json.dumps(repaired.notebook).encode()).notebook != repaired.notebook:
                losses.append(f"seed {seed} {names}: repaired twice is not repaired once")
        found = results[key]
        losses += [f"seed {seed} {names}: {name}" for name, verdict in found.items() if verdict == "lost"]
        whole = set(found.values()) <= {"right", "unanswered"}
        kind = "queued" if "queued" in found.values() else "whole" if whole else "whole in parts"
        counts[f"{kind}, a person asked" if repaired.queue and kind != "queued" else kind] += 1
        reasons.update({re.sub(r"\d+(, \d+)*", "N", reason.split(": ", 1)[1]) for reason in repaired.queue})
    counts["distinct notebooks"] = len({key[0] for key in results})
    print(dict(counts), f"{1000 * seconds / len(seeds):.1f} ms each", dict(reasons.most_common(12)), sep="\n")
    return counts, losses


def test_no_answer_is_lost_in_silence(sheet, damage):
    counts, losses = survey(sheet, damage, range(COUNT), Form(sheet.source, release=sheet.release))
    assert losses == []
    assert counts["whole"] > COUNT * 0.5 and counts["distinct notebooks"] > COUNT * 0.2


@pytest.mark.slow
@pytest.mark.parametrize("given", ["source and release", "source", "release"])
def test_no_answer_is_lost_in_silence_whatever_the_master(sheet, damage, given):
    release = sheet.release if given == "source and release" else None
    form = Form(sheet.release if given == "release" else sheet.source, release=release)
    _, losses = survey(sheet, damage, range(COUNT, 6 * COUNT), form)
    assert losses == []


def test_source_and_release_give_the_same_answers(sheet, damage):
    masters = [Form(sheet.source, release=sheet.release), Form(sheet.source), Form(sheet.release)]
    stubs = stubs_of(sheet)
    for seed in range(150):
        raw, _ = damage.damaged(hand_in(sheet, seed)[0], stubs, seed)
        answers = [
            {
                nbgrader_metadata(cell)["grade_id"]: lines_of(re.sub(r"Error\(.*\)", "Error()", cell["source"]))
                for cell in repair(master, raw).notebook["cells"]
                if role(cell) in ("solution", "manual")
            }
            for master in masters
        ]
        assert answers[0] == answers[1] == answers[2], seed


def test_no_solution_gets_into_a_notebook_that_has_none(sheet, damage):
    """Whatever is missing becomes the stub: the untouched release, damaged, never shows a line of a solution."""
    form = Form(sheet.source, release=sheet.release)
    stubs = stubs_of(sheet)
    shown = {line.strip() for cell in sheet.release["cells"] for line in cell["source"].split("\n")}
    secret = {line.strip() for text in sheet.answers.values() for line in text.split("\n")} - shown
    assert len(secret) > 5
    for seed in range(200):
        raw, _ = damage.damaged(sheet.release, stubs, seed)
        for cell in repair(form, raw).notebook["cells"]:
            if role(cell) in ("solution", "manual", "helper"):
                assert not secret & {line.strip() for line in cell["source"].split("\n")}, (seed, cell["id"])
