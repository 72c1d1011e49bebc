"""When a sheet is due: what the course's configuration says, else what nbgrader's gradebook says."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seglab.errors import InputError

EXAMPLE = "2027-03-01 23:59 Europe/Berlin"
RULES = ("latest", "latest-before-due", "first")
"""Which of a student's attempts counts."""


def parse_due(text):
    """Read a due date, which must name its time zone.

    Args:
        text: Such as `2027-03-01 23:59 UTC`, `2027-03-01 23:59 Europe/Berlin` or `2027-03-01 23:59 +0100`.

    Returns:
        `datetime` in UTC.

    Raises:
        InputError: If it is no date, or names no zone.

    Example:
        >>> parse_due("2027-07-01 12:00 Europe/Berlin")  # summer time
        datetime.datetime(2027, 7, 1, 10, 0, tzinfo=datetime.timezone.utc)
    """
    wrong = InputError(f"due: must be a date, a time and a time zone, such as {EXAMPLE!r}, got {text!r}.")
    if not isinstance(text, str):
        raise wrong
    start, _, zone = text.strip().rpartition(" ")
    try:
        if zone[:1] in ("+", "-"):
            time = datetime.fromisoformat(f"{start.strip()}{zone}")
        elif start:
            time = datetime.fromisoformat(start.strip()).replace(tzinfo=zoneinfo.ZoneInfo(zone))
        else:
            time = datetime.fromisoformat(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise wrong from None
    if time.tzinfo is None:
        raise wrong
    return time.astimezone(UTC)


def configured(course, sheet):
    """Return when a sheet is due by `c.LatePolicy.due` of the course's configuration.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `datetime` in UTC, `None` where it says nothing of the sheet.

    Raises:
        InputError: If it says something that is no date.
    """
    known = course.config.get("LatePolicy", {}).get("due", {})
    if not hasattr(known, "get"):
        raise InputError(f"c.LatePolicy.due: must be a dict from sheet to date, got {known!r}.")
    return parse_due(known[sheet]) if known.get(sheet) is not None else None


def due_date(course, sheet):
    """Return when a sheet is due: by the course's configuration, else by nbgrader's gradebook.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Returns:
        `datetime` in UTC, `None` where nothing says it.

    Raises:
        InputError: As `configured`.
    """
    known = configured(course, sheet)
    is_file = course.db_url.startswith("sqlite:///")
    if known is None and (not is_file or Path(course.db_url.removeprefix("sqlite:///")).is_file()):
        from nbgrader.api import MissingEntry

        from seglab.grading.records.templates import open_gradebook

        with open_gradebook(course) as gradebook:
            try:
                recorded = gradebook.find_assignment(sheet).duedate  # nbgrader's times are UTC and say no zone
            except MissingEntry:
                recorded = None
        known = recorded.replace(tzinfo=UTC) if recorded is not None else None
    return known


def counting_rule(course):
    """Return which attempts count, and how late is not late yet, by `c.LatePolicy` of the course's configuration.

    Args:
        course: The `Course`.

    Returns:
        `(rule, grace)`: one of `RULES`, `"latest"` where the configuration says nothing; and a `timedelta`.

    Raises:
        InputError: If the configuration says something else.
    """
    said = course.config.get("LatePolicy", {})
    rule, minutes = said.get("counts", "latest"), said.get("grace_minutes", 0)
    if rule not in RULES:
        raise InputError(f"c.LatePolicy.counts: must be one of {', '.join(RULES)}, got {rule!r}.")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes < 1e6:
        raise InputError(f"c.LatePolicy.grace_minutes: must be a number of minutes, 0 or more, got {minutes!r}.")
    return rule, timedelta(minutes=minutes)
