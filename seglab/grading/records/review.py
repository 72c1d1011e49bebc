"""The queue of submissions that a person must look at, one file per sheet."""

import json
import os

from seglab.errors import InputError


def queue_path(course, sheet):
    """Return where the queue of a sheet is kept.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `Path`.
    """
    return course.root / ".seglab" / "review" / f"{sheet}.json"


def read_queue(course, sheet):
    """Read the queue of a sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        List of `dict` with `student`, `sheet`, `notebook`, `reasons` (list of text) and `sha256` (of what was handed
        in, `""` where nothing could be read), ordered by student and notebook.

    Raises:
        InputError: If the file is damaged.
    """
    path = queue_path(course, sheet)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is damaged ({error}). Remove it and grade again.") from None


def update_queue(course, sheet, entries, students):
    """Replace what the queue says of some students.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.
        entries: List of `dict` as `read_queue` returns them.
        students: The students that were looked at; the others' entries stay.

    Returns:
        The new queue.
    """
    kept = [entry for entry in read_queue(course, sheet) if entry["student"] not in students]
    queue = sorted([*kept, *entries], key=lambda entry: (entry["student"], entry["notebook"]))
    path = queue_path(course, sheet)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(queue, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return queue
