"""What is known of a job: put together from the judge's events, whenever it ended, and written to a file."""

import base64
import json
import os

from seglab.grading.judging.cell_code import text_of
from seglab.grading.judging.verdict import award
from seglab.grading.repair.roles import nbgrader_metadata, role
from seglab.grading.sandbox import ladder

NOT_REACHED = "this test was not reached"
STOPPED = "the test took too long and was stopped"
MAX_LOG = 500  # lines
MAX_SHOWN = 3 << 20  # bytes of pictures and characters of text, one cell


class Result:
    """The result of one job.

    Args:
        job: The job, complete.
        versions: `dict` of versions of packages.

    Attributes:
        ended: Whether a judge came to the end of the notebook.
        error: Why the notebook as a whole could not be graded, or `None`.
        finished: `grade_id`s of the tests that need not be run again.
    """

    def __init__(self, job, versions):
        self.job, self.versions = job, versions
        self.cells, self.finished, self.begun = {}, set(), None
        self.ended, self.error = False, None
        self.log, self.limits, self.rungs, self.memory, self.private, self.answering = [], [], {}, 0, 0, 0.0
        self.hidden_tests, self.shown = False, {}
        self.position = 0

    def start(self, master):
        """List the tests of the master, none of them reached."""
        for cell in master["cells"]:
            if role(cell) == "test":
                known = nbgrader_metadata(cell)
                self.cells[str(known.get("grade_id", ""))] = _cell(0.0, float(known.get("points", 0)), NOT_REACHED)
                self.hidden_tests |= self.job["settings"]["hidden_begin"] in text_of(cell)

    def read(self, stream):
        """Take over the events that a judge has written since the last call.

        Args:
            stream: Path of the file.
        """
        self.begun = None
        with open(stream, "rb") as file:
            file.seek(self.position)
            content = file.read()
        self.position += len(content)
        for line in content.splitlines():
            try:
                self._take(json.loads(line))
            except ValueError:  # the last line of a judge that was killed while it wrote
                continue

    def blame(self, limit):
        """Give the test in which a judge broke its limits its verdict; one that died of itself gave none.

        Args:
            limit: Which limit ended the judge.

        Returns:
            Whether there was such a test, so that another judge can go on behind it.
        """
        self.limits.append(limit or "judge ended")
        if self.begun is None or self.begun in self.finished:
            self.error = self.error or f"the judge was stopped outside of a test: {limit or 'it ended'}"
            return False
        if limit in ("judge time", "judge memory"):
            self.cells[self.begun].update(kind="Killed", error=STOPPED, detail=f"the judge was stopped: {limit}")
        self.finished.add(self.begun)
        return True

    def write(self, folder, seconds):
        """Write `result.json` in one step.

        Args:
            folder: `Path` of the job's folder.
            seconds: How long the job took.

        Returns:
            The result, a `dict`. Where a test has no verdict there is an `error`: nothing is silently worth 0.
        """
        missing = [name for name, cell in self.cells.items() if cell["error"] == NOT_REACHED]
        if missing and self.error is None:
            limits = ", ".join(dict.fromkeys(self.limits)) or "none"
            self.error = f"not reached: {', '.join(missing)[:300]} (limits hit: {limits})"
        result = {
            "key": self.job["key"],
            "score": sum(cell["points"] for cell in self.cells.values()),
            "max_score": sum(cell["max"] for cell in self.cells.values()),
            "cells": self.cells,
            "log": self.log[:MAX_LOG],
            "shown": self.shown,
            "limits_hit": list(dict.fromkeys(self.limits)),
            "rungs": self.rungs,
            "versions": self.versions,
            "seconds": round(seconds, 4),
            "student_seconds": round(self.answering, 4),
            "memory_mb": self.memory,
            "error": self.error,
            **({"private_mb": self.private} if self.job["settings"]["measure_memory"] else {}),
        }
        unfinished = folder / "result.json.part"
        unfinished.write_text(json.dumps(result, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(unfinished, folder / "result.json")
        return result

    def _take(self, event):
        if "begin" in event:
            self.begun = event["begin"]
        elif "cell" in event:
            keys = ("points", "max", "kind", "error", "detail", "seconds", "given", "reported")
            self.cells[event["cell"]] = {key: event[key] for key in keys if key in event}
            self.finished.add(event["cell"])
        elif "shown" in event:
            self.shown[event["shown"]] = event["outputs"]
        elif "log" in event:
            self.log.append(event["log"])
        elif "limit" in event:
            self.limits.append(event["limit"])
        elif "rungs" in event:
            self.rungs = event["rungs"]
        elif "process" in event:
            self.memory = max(self.memory, event["process"].get("peak_mb", 0))
            self.private = max(self.private, event["process"].get("private_mb", 0))
            self.answering += event["process"]["answering"]
            if event["process"].get("limit"):
                self.limits.append(event["process"]["limit"])
        elif "end" in event:
            self.ended = True
        elif "error" in event:
            self.error = event["error"]


def points_now(cell, most):
    """Return what a test gives today, from what it gave when it could give more or less.

    Args:
        cell: What a result says of the test, a `dict`.
        most: What the test can give today.

    Returns:
        `float`, what a new run would give; `None` where the result does not tell.

    Example:
        >>> passed, partly = {"points": 2.0, "max": 2.0, "error": None, "given": None}, {"points": 2.0, "given": 3}
        >>> points_now(passed, 5), points_now({**partly, "max": 2.0, "error": None}, 5)
        (5.0, 3.0)
    """
    if cell.get("max", most) == most:
        return cell["points"]
    if cell["error"] is not None and cell["points"] == 0:
        return 0.0
    return award(cell["given"], most) if "given" in cell else None


def plain_outputs(printed, shown):
    """Check what an answer that a person reads has shown.

    Args:
        printed: What it printed.
        shown: What the student's process says that it showed: anything.

    Returns:
        List of `{"text": str}` and `{"png": str}`, base64; what is neither a PNG nor text, or too large, is left out.

    Example:
        >>> plain_outputs("a", ["b", b"GIF89a", 3])
        [{'text': 'a'}, {'text': 'b'}]
    """
    outputs, left = [], MAX_SHOWN
    for each in (printed, *(shown if isinstance(shown, list) else ())):
        is_picture = isinstance(each, bytes) and each.startswith(b"\x89PNG\r\n\x1a\n")
        if not each or not (is_picture or isinstance(each, str)) or len(each) > left:
            continue
        left -= len(each)
        outputs.append({"png": base64.b64encode(each).decode()} if is_picture else {"text": each})
    return outputs


def refusal(rungs, settings, hidden_tests):
    """Return why hidden tests must not run here, `None` where they may.

    Args:
        rungs: What the ladder reported.
        settings: The job's settings, complete.
        hidden_tests: Whether the sheet has any.
    """
    missing = ladder.enough(rungs)
    if not missing or not hidden_tests or settings["allow_weak_sandbox"]:
        return None
    return "the sandbox is too weak for hidden tests (allow_weak_sandbox runs them): " + "; ".join(missing)


def _cell(points, most, error):
    return {"points": points, "max": most, "kind": None, "error": error, "detail": "", "seconds": 0.0}
