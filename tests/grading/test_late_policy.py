"""Being late: what it costs, when a sheet is due in which time zone, and which attempt counts."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import TraitError
from traitlets.config import Config

from seglab.errors import InputError
from seglab.grading.collecting.collect import collect
from seglab.grading.course import Course
from seglab.grading.due_dates import due_date, parse_due
from seglab.grading.late_policy import LatePolicy
from seglab.grading.records import penalties
from seglab.grading.records.templates import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
import any_course
from small_class import archive, course  # noqa: F401 - a fixture

DUE = (
    'c = get_config()\nc.LatePolicy.due = {"ps1": "2026-01-10 13:00 Europe/Berlin"}\nc.LatePolicy.grace_minutes = 70\n'
)


def test_days_are_begun_after_the_grace_and_stop_at_the_most():
    policy = LatePolicy(grace_minutes=1, percent_per_day=15, most_percent=40)
    day = 24 * 60 * 60
    for seconds, percent in (
        (0, 0),
        (60, 0),
        (60.5, 15),
        (60 + day, 15),
        (61 + day, 30),
        (61 + 2 * day, 40),
        (1e12, 40),
    ):
        assert policy.late_submission_penalty("ann", 20, seconds) == 20 * percent / 100, seconds
    assert policy.late_submission_penalty("ann", 0, day) == 0
    assert LatePolicy().late_submission_penalty("ann", 10, 1) == 1
    for wrong in ({"grace_minutes": -1}, {"percent_per_day": 101}, {"most_percent": "all"}, {"due": {"ps1": 5}}):
        with pytest.raises(TraitError):
            LatePolicy(**wrong)


def test_nbgrader_makes_it_from_the_configuration():
    config = Config()
    config.AssignLatePenalties.plugin_class = "seglab.grading.late_policy.LatePolicy"
    config.LatePolicy.percent_per_day = 50
    step = AssignLatePenalties(config=config)
    step.init_plugin()
    assert step.plugin_inst.late_submission_penalty("ann", 8, 1) == 4


@pytest.mark.parametrize(
    ("text", "hour", "day"),
    [
        ("2026-07-01 23:59 UTC", 23, 1),
        ("2026-07-01 23:59 Europe/Berlin", 21, 1),  # summer time
        ("2026-01-01 23:59 Europe/Berlin", 22, 1),
        ("2026-07-01 23:59 America/New_York", 3, 2),
        ("2026-07-01 23:59 -0330", 3, 2),
        ("2026-07-01T23:59+05:00", 18, 1),
        ("2026-07-01T23:59Z", 23, 1),
    ],
)
def test_due_dates_name_their_zone(text, hour, day):
    assert (parse_due(text).hour, parse_due(text).day, parse_due(text).tzinfo) == (hour, day, UTC)


@pytest.mark.parametrize(
    "text", ["2026-07-01 23:59", "2026-07-01", "soon UTC", "2026-07-01 23:59 Berlin/Mars", "", 5, None]
)
def test_a_due_date_without_a_zone_is_refused(text):
    with pytest.raises(InputError, match="a date, a time and a time zone"):
        parse_due(text)


def test_due_date_comes_from_the_configuration_and_reaches_the_gradebook(course):  # noqa: F811
    assert due_date(course, "ps1") == datetime(2026, 1, 10, 12, tzinfo=UTC)
    with open_gradebook(course) as book:
        assert book.find_assignment("ps1").duedate == datetime(2026, 1, 10, 12)
        assert book.find_submission("ps1", "bob").total_seconds_late == 3600
    course.config.LatePolicy.due = {}
    assert due_date(course, "ps1") == datetime(2026, 1, 10, 12, tzinfo=UTC)  # as the gradebook says
    assert due_date(course, "ps9") is None


def test_penalty_follows_points_that_a_person_gives_later(course):  # noqa: F811
    def penalty():
        penalties.refresh(course, "ps1")
        with open_gradebook(course) as book:
            row = book.find_submission("ps1", "bob")
            return row.score, row.late_submission_penalty, book.find_submission("ps1", "ann").late_submission_penalty

    assert penalty() == (10.5, pytest.approx(2.1), 0)  # 20 % of 1.5 + 7 and of 2
    with open_gradebook(course) as book:
        book.find_grade("q3", "basics", "ps1", "bob").manual_score = 0.0
        book.db.commit()
    assert penalty() == (6.5, pytest.approx(1.3), 0)


@pytest.fixture
def attempts(tmp_path):
    """Collect attempts of `ada` at given hours under a rule, and say which one counts."""

    def collected(rule, hours, config=DUE, **options):
        folder = any_course.make(tmp_path / "course", config=f"{config}c.LatePolicy.counts = {rule!r}\n")
        members = [
            archive(tmp_path / f"{hour}.zip", {"ada/basics.ipynb": (b"{}" + b" " * hour, hour), **other(hour)})
            for hour in hours
        ]
        report = collect(Course(folder), "ps1", members, timezone=UTC, **options)
        return int(report["students"]["ada"]["time"][11:13]), report, Course(folder)

    def other(hour):  # a second student, else nobody can tell a submission's time from an archive's
        return {"ben/basics.ipynb": (b"{}", hour + 1)}

    return collected


@pytest.mark.parametrize(
    ("rule", "hours", "counts"),
    [
        ("latest", (9, 13, 15), 15),
        ("first", (9, 13, 15), 9),
        ("latest-before-due", (9, 13, 15), 13),  # within the grace
        ("latest-before-due", (9, 11), 11),
        ("latest-before-due", (14, 15), 15),  # late either way
    ],
)
def test_which_attempt_counts(attempts, rule, hours, counts):
    hour, report, found = attempts(rule, hours)
    ada = report["students"]["ada"]
    assert (hour, ada["attempts"]) == (counts, len(hours))
    stamp = found.folder("submitted", "ps1", "ada") / "timestamp.txt"
    assert stamp.read_text() == f"2026-01-10 {counts:02}:00:00 UTC\n"
    told = [note for note in ada["notes"] if "counts" in note]
    assert told == (
        [] if counts == hours[-1] else [f"attempt {hours.index(counts) + 1} of {len(hours)} counts: {rule}"]
    )


def test_an_edit_by_hand_stands_whatever_counts(attempts):
    _, _, found = attempts("first", (9, 11))
    path = found.folder("submitted", "ps1", "ada") / "basics.ipynb"
    path.write_text("{} ")
    report = collect(found, "ps1", [], timezone=UTC)  # nothing new: nobody is touched
    assert path.read_text() == "{} " and report["students"] == {}
    zipped = found.root.parent / "11.zip"
    assert "kept as" in collect(found, "ps1", [zipped], timezone=UTC)["students"]["ada"]["notes"][0]
    assert path.read_text() == "{} "


def test_rules_need_what_they_are_about(attempts):
    with pytest.raises(InputError, match="counts: must be one of latest, latest-before-due, first, got 'best'"):
        attempts("best", (9,))


def test_latest_before_due_without_a_due_date(attempts):
    with pytest.raises(InputError, match="ps1 has no due date"):
        attempts("latest-before-due", (9,), config="c = get_config()\n")
