"""What students get to see of a master's cell: nbgrader's own rule, so that no solution gets out."""

import hashlib
import re
from dataclasses import dataclass

from seglab.grading.repair.roles import nbgrader_metadata


@dataclass(frozen=True)
class Clearing:
    """nbgrader's marks and stubs, its defaults unless a course says otherwise (`Course.clearing`).

    Attributes:
        begin_solution: Text in the line before a solution.
        end_solution: Text in the line after it.
        begin_hidden_tests: Text in the line before hidden tests.
        end_hidden_tests: Text in the line after them.
        begin_mark_scheme: Text in the line before a mark scheme.
        end_mark_scheme: Text in the line after it.
        code_stub: What stands in the place of code.
        text_stub: What stands in the place of a text.
    """

    begin_solution: str = "BEGIN SOLUTION"
    end_solution: str = "END SOLUTION"
    begin_hidden_tests: str = "BEGIN HIDDEN TESTS"
    end_hidden_tests: str = "END HIDDEN TESTS"
    begin_mark_scheme: str = "BEGIN MARK SCHEME"
    end_mark_scheme: str = "END MARK SCHEME"
    code_stub: str = "# YOUR CODE HERE\nraise NotImplementedError()"
    text_stub: str = "YOUR ANSWER HERE"

    def is_source(self, cells):
        """Return whether cells hold solutions or hidden tests, so that they are not what students got."""
        begins = (self.begin_solution, self.begin_hidden_tests, self.begin_mark_scheme)
        return any(begin in cell["source"] for cell in cells for begin in begins)

    def visible(self, cell, *, source):
        """Return what students see of a cell.

        Args:
            cell: A cell of a master, its source one string.
            source: Whether the master holds solutions (`is_source`).

        Returns:
            `str`.

        Example:
            >>> cell = {"cell_type": "code", "metadata": {"nbgrader": {"solution": True}}, "source": "answer = 42"}
            >>> Clearing().visible(cell, source=True)
            '# YOUR CODE HERE\\nraise NotImplementedError()'
        """
        text, stub = cell["source"], self.code_stub if cell["cell_type"] == "code" else self.text_stub
        if nbgrader_metadata(cell).get("solution") and self.begin_solution not in text:
            return text if not source and self._is_stub(cell, stub) else stub
        text = _cut(text, self.begin_solution, self.end_solution, stub)
        return self.without_hidden(text)

    def without_hidden(self, text):
        """Return a text without hidden tests and mark schemes; one that does not end is hidden to the end.

        Args:
            text: Source of a cell.

        Example:
            >>> Clearing().without_hidden("assert x\\n### BEGIN HIDDEN TESTS\\nassert y\\n### END HIDDEN TESTS")
            'assert x'
        """
        text = _cut(text, self.begin_hidden_tests, self.end_hidden_tests)
        return _cut(text, self.begin_mark_scheme, self.end_mark_scheme)

    def without_solution(self, cell):
        """Return a cell's text with its hidden tests, but without solutions."""
        stub = self.code_stub if cell["cell_type"] == "code" else self.text_stub
        return _cut(cell["source"], self.begin_solution, self.end_solution, stub)

    def _is_stub(self, cell, stub):
        """Whether an answer without marks is what students got, and no solution."""
        text, checksum = cell["source"], nbgrader_metadata(cell).get("checksum")
        lines = [line.strip() for line in stub.split("\n") if line.strip()]
        return (
            not text.strip()
            or (bool(lines) and lines[0] in text)
            or (checksum is not None and checksum == _checksum(cell))
        )


def _cut(text, begin, end, stub=None):
    """Take regions out, and put the stub there with the indent of the mark."""
    if begin not in text:
        return text
    lines, inside = [], False
    for line in text.split("\n"):
        if begin in line:
            inside = True
            indent = re.match(r"\s*", line)[0]
            lines += [indent + part for part in stub.split("\n")] if stub is not None else []
        elif end in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def _checksum(cell):
    """nbgrader's checksum of a cell, which it writes when it releases a sheet."""
    known, digest = nbgrader_metadata(cell), hashlib.md5(usedforsecurity=False)
    grade, solution = known.get("grade", False), known.get("solution", False)
    locked = not solution and (True if grade else known.get("locked", False))
    for part in (cell["source"], cell["cell_type"], grade, solution, locked, known.get("grade_id")):
        digest.update(str(part).encode("utf-8", "replace"))
    if grade:
        digest.update(str(float(known.get("points", 0))).encode())
    return digest.hexdigest()
