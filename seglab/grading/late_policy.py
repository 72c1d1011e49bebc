"""What being late costs: a plugin for nbgrader's `AssignLatePenalties`, set in the course's configuration.

c.AssignLatePenalties.plugin_class = "seglab.grading.late_policy.LatePolicy"
c.LatePolicy.due = {"ex01_labels": "2027-03-01 23:59 Europe/Berlin"}
c.LatePolicy.grace_minutes = 15
c.LatePolicy.percent_per_day = 10
"""

import math

from nbgrader.plugins import BasePlugin
from traitlets import Dict, Enum, Float, Unicode

from seglab.grading.due_dates import EXAMPLE, RULES


class LatePolicy(BasePlugin):
    """Takes a share of the points off for every day that has begun since the grace ended."""

    due = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help=f"When each sheet is due, with the time zone, such as {EXAMPLE!r}. `seglab grade` writes it into the "
        "gradebook, over a date that was set there before.",
    ).tag(config=True)
    grace_minutes = Float(0.0, min=0.0, help="How many minutes after the due date are not late yet.").tag(config=True)
    percent_per_day = Float(
        10.0, min=0.0, max=100.0, help="Percent of the points reached that every day begun after the grace costs."
    ).tag(config=True)
    most_percent = Float(100.0, min=0.0, max=100.0, help="Percent of the points reached that it costs at most.").tag(
        config=True
    )
    counts = Enum(
        RULES,
        "latest",
        help="Which of a student's attempts `seglab collect` hands to the grading: the latest, the latest that is not "
        "late (of those who were only late, the latest), or the first.",
    ).tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Return what being late costs.

        Args:
            student_id: Name of the student; all are treated alike.
            score: Points reached, those of persons included.
            total_seconds_late: Seconds after the due date, an extension taken off.

        Returns:
            Points to take off.

        Example:
            >>> policy = LatePolicy(grace_minutes=15, percent_per_day=10, most_percent=50)
            >>> [policy.late_submission_penalty("ann", 20, seconds) for seconds in (900, 901, 900 + 86401, 1e9)]
            [0.0, 2.0, 4.0, 10.0]
        """
        days = math.ceil(max(total_seconds_late - 60 * self.grace_minutes, 0.0) / 86400)
        return score * min(days * self.percent_per_day, self.most_percent) / 100
