"""What lies in one archive, folder or file: senders, their attempts, and the time of each."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from seglab.grading.collecting.archives import Archive, Folder
from seglab.grading.collecting.extraction import BATCH
from seglab.grading.collecting.lms import NUMBERED, Sender, Upload, sort_by_sender
from seglab.grading.collecting.originals import stamp_time

MAIN = (".ipynb", ".zip")
ONE_MOMENT = timedelta(minutes=2)


@dataclass
class Attempt:
    """Files that a student handed in at one time.

    Args:
        files: `dict` from the name of a file to the member of the source.
        order: `[time, upload, version]`, which sorts a student's attempts.
        time_is: `"submission"` or `"download"` (when an archive was made), `"folder"` or `"file"` (of files on a
            disk), or `"unknown"`.
        counts: Whether the time says how late the student was: those of a submission and of a folder, which
            an archive of submissions was unpacked to.
        note: A sentence for a person, `""` if there is none.
        late: Whether the system says so that the archive is from.
    """

    files: dict
    order: list
    time_is: str
    counts: bool
    note: str = ""
    late: bool = False


@dataclass
class Delivery:
    """What one sender handed in through one source.

    Args:
        path: `Path` of the source.
        whole: Whether the source is kept as it is, a file of the student's own.
        sender: The `lms.Sender`.
        student: The student's id, `None` where the sender is nobody's.
        reason: Why, `""` for a student.
        attempts: List of `Attempt`.
    """

    path: object
    whole: bool
    sender: object
    student: str | None
    reason: str
    attempts: list = field(default_factory=list)

    def open(self, timezone):
        """Return the source, opened."""
        return Folder(self.path, BATCH) if self.whole else open_source(self.path, timezone)


def open_source(path, timezone):
    """Return an `Archive` or a `Folder` for a path.

    Args:
        path: `Path` of a zip file, a folder or another file.
        timezone: As for `Archive`.

    Returns:
        A context manager with `members`, `refused` and `extract`.
    """
    is_archive = path.is_file() and path.suffix.lower() == ".zip"
    return Archive(path, BATCH, timezone) if is_archive else Folder(path, BATCH)


def read_source(path, sheet, notebooks, roster, timezone):
    """Return what a source holds, without unpacking it.

    Args:
        path: `Path` of the source.
        sheet: Name of the sheet.
        notebooks: Names of its notebooks, without `.ipynb`.
        roster: An `lms.Roster`.
        timezone: As for `Archive`.

    Returns:
        `(deliveries, refused)`: list of `Delivery`, list of `(name, reason)`.

    Raises:
        Refused: If it is no archive.
        OSError: If it cannot be read.
    """
    with open_source(path, timezone) as source:
        members, refused = source.members, source.refused
        is_archive = isinstance(source, Archive)
    path = path.absolute()
    groups, nameless = sort_by_sender(path.name, members, sheet, notebooks, roster)
    whole = is_archive and len(groups) == 1 and next(iter(groups)).kind == "plain"
    if whole:  # a student's own archive: its times are the student's, and the file itself is the original
        groups = {sender: [Upload(member, path.name) for member in Folder(path).members] for sender in groups}
    if nameless:
        groups[Sender("plain", "")] = [Upload(member, member.path) for member in nameless]
    elif set(groups) == {Sender("plain", "")} and roster.knows(path.parent.name):
        groups = {Sender("plain", path.parent.name): groups.popitem()[1]}
    found = {sender: roster.find(sender) for sender in groups}
    senders = defaultdict(set)
    for sender, (student, _) in found.items():
        senders[student].add(sender)
    if is_archive and not whole:
        times_are = "download" if _is_one_moment(groups, path) else "submission"
    else:
        times_are = "file" if len(groups) == 1 or _is_one_moment(groups, path) else "folder"
    deliveries = []
    for sender, uploads in groups.items():
        student, reason = found[sender]
        if student and sender.kind == "moodle" and len(senders[student]) > 1:
            student, reason = None, f"{len(senders[student])} senders are called so"
        attempts = _attempts(sender, uploads, times_are)
        deliveries.append(Delivery(path, whole, sender, student, reason, attempts))
    return deliveries, refused


def _is_one_moment(groups, path):
    """Return whether all files have the time of a download or a copy.

    A class never hands in within two minutes; of a single sender's file nobody can tell, unless it is as old
    as the archive.
    """
    times = [upload.member.time for uploads in groups.values() for upload in uploads if upload.member.time]
    if not times or max(times) - min(times) > ONE_MOMENT:
        return False
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return len(groups) > 1 or abs(made - max(times)) <= ONE_MOMENT


def _attempts(sender, uploads, times_are):
    """Split a sender's files into attempts: Canvas's `lab1.ipynb`, `lab1-1.ipynb` are two attempts, all else is one."""
    main = [upload for upload in uploads if PurePosixPath(upload.path).suffix.lower() in MAIN] or uploads
    versions = sorted({upload.version for upload in main})
    attempts = []
    for version in versions:
        files = {}
        for upload in sorted(uploads, key=lambda each: (each.version, each.upload)):
            if upload.version > version and upload.version in versions:
                continue
            name, path = upload.path, PurePosixPath(upload.path)
            if upload.version == version > 0:  # other files are numbered along with the notebook
                name = str(path.with_stem(NUMBERED.sub("", path.stem)))
            elif upload in main and upload.version:
                continue
            files[name] = upload
        attempts.append(_timed(sender, files, version, times_are))
    return attempts


def _timed(sender, files, version, times_are):
    uploads = list(files.values())
    time = max((upload.member.time for upload in uploads if upload.member.time), default=None)
    note = ""
    if time and time > datetime.now(UTC) + timedelta(days=1):
        time, note = None, "its time lies in the future"
    late = any(upload.late for upload in uploads)
    time_is = times_are if time else "unknown"
    counts = time_is in ("submission", "folder") and (sender.kind != "canvas" or late)
    if late and not counts:
        note = "Canvas marks it as late, but the archive does not say how late: enter the time by hand"
    order = [stamp_time(time), max(upload.upload for upload in uploads), version]
    return Attempt({name: upload.member for name, upload in files.items()}, order, time_is, counts, note, late)
