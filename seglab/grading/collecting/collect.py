"""Collect submissions: archives of Moodle and Canvas, folders and single files -> `submitted/`, originals kept."""

import shutil
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.collecting.archives import Folder
from seglab.grading.collecting.counting import Counting
from seglab.grading.collecting.deliveries import read_source
from seglab.grading.collecting.extraction import BATCH, STUDENT, Budget
from seglab.grading.collecting.filenames import Refused, printable, safe_path
from seglab.grading.collecting.lms import Roster
from seglab.grading.collecting.originals import Originals, read_time, stamp_time, write_json
from seglab.grading.collecting.selection import select, sha256


def collect(course, sheet, paths, *, students=None, progress=None, timezone=None, limits=STUDENT):
    """Bring what students handed in to `submitted/STUDENT/SHEET`, where nbgrader looks for it.

    Every file is kept byte for byte in `originals/SHEET/STUDENT/ATTEMPT/files`; of the attempts with a notebook the
    latest is the current one, or another by `c.LatePolicy.counts` of the course's configuration. Senders who are no
    known student go to `originals/SHEET/.quarantine`. Collecting the same files again changes nothing. A submission
    that was edited by hand is kept as an attempt of its own.

    Args:
        course: A `Course`.
        sheet: Name of the sheet.
        paths: Archives, folders and notebooks.
        students: List of ids, or path of a CSV file (see `lms.Roster`). `None`: every sender is a student.
        progress: Called as `progress(done, total, text)`.
        timezone: `tzinfo` of times in archives that say none. The machine's own if `None`.
        limits: The `Limits` for what one student hands in.

    Returns:
        `dict`: `sheet`; `students`, from id to `dict` with `status` (`"new"`, `"updated"`, `"unchanged"`,
        `"no notebook"` or `"failed"`), `attempt`, `attempts` (their number), `time` (UTC, `None` where unknown),
        `notebooks` and `artifacts` (from file to how it was found and its SHA-256), `left_out`, `refused` and
        `notes`; `quarantine`, a list of `dict` with `sender`, `reason`, `source`, `folder` and `files`; `refused`,
        what reached no student, a list of `dict` with `source`, `member` and `reason`; `counts`.

    Raises:
        InputError: If a path is missing, the sheet has no notebook, the list of students is no such list, the
            configuration says of no known kind which attempt counts, or another process collects the sheet.
    """
    notebooks = course.notebooks(sheet)
    if not notebooks:
        raise InputError(f"sheet: {sheet} has no notebook in the course.")
    paths = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder.")
    roster = Roster(students)
    collection = _Collection(course, sheet, notebooks, timezone, limits)
    with collection.store.locked():
        deliveries = [each for path in dict.fromkeys(paths) for each in collection.read(path, roster)]
        done = 0
        for _, group in groupby(deliveries, key=lambda each: each.path):
            for delivery in collection.take(list(group)):
                done += 1
                if progress:
                    progress(done, len(deliveries), delivery.student or str(delivery.sender))
        return collection.settle()


class _Collection:
    """One run of `collect`: reads sources, takes deliveries, settles students."""

    def __init__(self, course, sheet, notebooks, timezone, limits):
        self.course, self.sheet, self.notebooks = course, sheet, notebooks
        self.timezone, self.limits = timezone, limits
        self.store = Originals(course.root, sheet)
        self.counting = Counting(course, sheet)
        self.refused = []
        self.students = defaultdict(_empty_report)

    def read(self, path, roster):
        """Return the deliveries of a source; one that cannot be read goes to the report."""
        try:
            deliveries, refused = read_source(path, self.sheet, self.notebooks, roster, self.timezone)
        except (Refused, OSError) as error:
            deliveries, refused = [], [("", str(error))]
        _add(self.refused, refused, path)
        return deliveries

    def take(self, deliveries):
        """Keep the attempts of the deliveries of one source and yield each delivery when it is done."""
        try:
            with deliveries[0].open(self.timezone) as source:
                for delivery in deliveries:
                    self._take(delivery, source)
                    yield delivery
        except (Refused, OSError) as error:  # it could be read a moment ago
            _add(self.refused, [("", str(error))], deliveries[0].path)

    def _take(self, delivery, source):
        student, refused = delivery.student, []
        owner = student or self.store.quarantine_name(delivery.sender)
        try:
            for attempt in delivery.attempts:
                self._keep(owner, delivery, source, attempt, refused)
            if student:
                self.store.release(delivery.sender)
        except OSError as error:
            refused.append(("", str(error)))
            if student:
                self.students[student]["status"] = "failed"
        _add(self.students[student]["refused"] if student else self.refused, refused, delivery.path)

    def _keep(self, owner, delivery, source, attempt, refused):
        staged, budget = self.store.stage(), Budget(self.limits)
        names = {}
        for name, member in attempt.files.items():
            try:
                name = safe_path(name)
                source.extract(member, staged / "files" / name, budget)
                names[name] = printable(member.path)
            except Refused as error:
                refused.append((printable(member.path), str(error)))
        if not names:
            shutil.rmtree(staged)
            return
        record = {
            "counts": attempt.counts,
            "late": attempt.late,
            "note": attempt.note,
            "order": attempt.order,
            "sender": str(delivery.sender),
            "source": printable(delivery.path.name),
            "source_names": names,
            "time_is": attempt.time_is,
        }
        if delivery.student is None:
            record["reason"] = delivery.reason
        self.store.keep(owner, staged, record, again=attempt.time_is in ("submission", "download"))

    def settle(self):
        """Put the latest attempt of every student in place and return the report."""
        for student, report in self.students.items():
            try:
                self._settle(student, report)
            except (Refused, OSError) as error:
                report["status"] = "failed"
                report["notes"].append(str(error))
        quarantine = [
            {key: record[key] for key in ("sender", "reason", "source", "folder", "files")}
            for record in self.store.quarantined()
        ]
        write_json(self.store.folder / "quarantine.json", quarantine)
        counts = Counter(report["status"] for report in self.students.values())
        counts["quarantined"] = len(quarantine)
        counts["refused"] = len(self.refused) + sum(len(report["refused"]) for report in self.students.values())
        return {
            "sheet": self.sheet,
            "students": dict(sorted(self.students.items())),
            "quarantine": quarantine,
            "refused": self.refused,
            "counts": dict(counts),
        }

    def _settle(self, student, report):
        failed = report["status"] == "failed"
        target = self.course.folder("submitted", self.sheet, student)
        was_there = target.is_dir()
        if was_there and not self.store.is_ours(student, target):
            report["notes"].append(self._keep_by_hand(student, target))
        attempts = self.store.attempts(student)
        report["attempts"] = len(attempts)
        for passed, record in enumerate(self.counting.order(attempts)):
            work = self.store.stage()
            self._build(student, record, work / "scratch", work / "submission", report)
            if not report["notebooks"]:
                shutil.rmtree(work)
                continue
            if passed:
                where = f"the latest {passed} of {len(attempts)} attempts"
                if self.counting.rule != "latest":
                    where = f"{passed} of {len(attempts)} attempts that would count before: {self.counting.rule}"
                report["notes"].append(f"no notebook of the sheet in {where}")
            elif record is not attempts[-1]:
                place = f"attempt {attempts.index(record) + 1} of {len(attempts)}"
                report["notes"].append(f"{place} counts: {self.counting.rule}")
            changed = self.store.publish(student, record["attempt"], work / "submission", target)
            shutil.rmtree(work)
            report["status"] = ("updated" if was_there else "new") if changed else "unchanged"
            report["attempt"] = record["attempt"]
            report["time"] = record["order"][0] or None if record["counts"] else None
            break
        if failed:
            report["status"] = "failed"

    def _build(self, student, record, scratch, staged, report):
        """Build the submission that an attempt gives, and report what is in it."""
        files = self.store.files(student, record["attempt"])
        staged.mkdir()
        if record.get("by_hand"):
            shutil.copytree(files, staged, dirs_exist_ok=True)
            for name in self.notebooks:
                path = staged / f"{name}.ipynb"
                if path.is_file():
                    report["notebooks"][path.name] = {"file": path.name, "method": "hand", "sha256": sha256(path)}
            return
        selection = select(files, scratch, self.sheet, self.notebooks, Budget(self.limits))
        for name, (path, method) in selection.notebooks.items():
            shutil.copyfile(path, staged / f"{name}.ipynb")
            facts = {"file": printable(path.name), "method": method, "sha256": sha256(path)}
            report["notebooks"][f"{name}.ipynb"] = facts
        for name, path in selection.artifacts.items() if selection.notebooks else ():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, staged / name)
            report["artifacts"][name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
        time = read_time(record["order"][0])
        if time and record["counts"]:  # nbgrader reads from this file how late it is
            (staged / "timestamp.txt").write_text(time.strftime("%Y-%m-%d %H:%M:%S UTC\n"), "utf-8")
        _add(report["refused"], selection.refused, record["source"])
        _add(report["left_out"], selection.left_out, record["source"])
        report["notes"] += [*selection.notes, *filter(None, [record["note"]])]

    def _keep_by_hand(self, student, target):
        """Keep a submission that `collect` did not put there as an attempt, right after the one it changed."""
        staged = self.store.stage()
        with Folder(target, BATCH) as source:
            budget = Budget(BATCH)
            for member in source.members:
                source.extract(member, staged / "files" / member.path, budget)
        now = self.store.current(student)["now"]
        base = [each for each in self.store.attempts(student) if now and each["attempt"] == now["attempt"]]
        order = [*base[0]["order"], 1] if base else [_timestamp(target), 0, 0]
        record = {"by_hand": True, "counts": True, "order": order, "sender": student, "source": "submitted"}
        attempt, _ = self.store.keep(student, staged, {**record, "time_is": "file", "note": ""}, again=True)
        return f"the submission was changed by hand: kept as {attempt}"


def _timestamp(folder):
    """Return the time in a submission's `timestamp.txt` as the store sorts by it, `""` where there is none."""
    try:
        text = (folder / "timestamp.txt").read_text("utf-8").strip()
        return stamp_time(datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC))
    except (OSError, ValueError):
        return ""


def _empty_report():
    return {
        "status": "no notebook",
        "attempt": None,
        "attempts": 0,
        "time": None,
        "notebooks": {},
        "artifacts": {},
        "left_out": [],
        "refused": [],
        "notes": [],
    }


def _add(report, entries, source):
    """Add `(name, reason)` entries to a list of a report, each once."""
    for member, reason in entries:
        entry = {"source": printable(Path(source).name), "member": member, "reason": reason}
        if entry not in report:
            report.append(entry)
