"""Which of a student's attempts counts: the course's rule, `c.LatePolicy.counts` of its configuration."""

from seglab.errors import InputError
from seglab.grading.collecting.originals import read_time
from seglab.grading.due_dates import counting_rule, due_date


class Counting:
    """The rule of a course for one sheet.

    Args:
        course: The `Course`.
        sheet: Name of the sheet.

    Attributes:
        rule: One of `due_dates.RULES`.

    Raises:
        InputError: If the course's rule is none, or needs a due date that nobody has set.
    """

    def __init__(self, course, sheet):
        self.rule, grace = counting_rule(course)
        self._end = None
        if self.rule == "latest-before-due":
            due = due_date(course, sheet)
            if due is None:
                raise InputError(
                    f"c.LatePolicy.counts: {self.rule!r} needs to know when a sheet is due, and {sheet} has no due "
                    "date: set c.LatePolicy.due."
                )
            self._end = due + grace

    def order(self, attempts):
        """Sort attempts by which one counts: the next one stands in where one holds no notebook.

        What a person changed in `submitted/` stands before the attempt that was changed.

        Args:
            attempts: Records of attempts, the latest last.

        Returns:
            List of the records, the one that counts first.
        """
        if self.rule == "first":
            groups = []
            for record in attempts:
                if record.get("by_hand") and groups:
                    groups[-1].insert(0, record)
                else:
                    groups.append([record])
            return [record for group in groups for record in group]
        late = [record for record in attempts if self._is_late(record)]
        return [record for record in reversed(attempts) if record not in late] + late[::-1]

    def _is_late(self, record):
        """Return whether an attempt is known to be late; one at an unknown time is not, unless its system says so."""
        time = read_time(record["order"][0])
        if self._end is None:
            return False
        return time > self._end if time is not None and record["counts"] else record.get("late", False)
