"""A notebook as the rules see it: cells with their role, their question, and what students get to see."""

import ast
import re
import symtable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seglab.authoring import notebooks

MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
HEADING = re.compile(r"^### Question (\d+) - (.+) \((\d+(?:\.\d+)?) points?(, manual)?\)$")


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook, with what follows from its metadata and its source."""

    index: int
    id: str
    kind: str
    source: str
    raw: dict

    @property
    def nbgrader(self):
        """The metadata that nbgrader keeps, empty for a cell it does not know."""
        return self.raw.get("metadata", {}).get("nbgrader", {})

    @property
    def role(self):
        """`"answer"`, `"test"`, `"manual"`, `"locked"`, or `None` for a cell that nbgrader leaves alone."""
        grade, solution = self.nbgrader.get("grade"), self.nbgrader.get("solution")
        if grade and solution:
            return "manual"
        if grade:
            return "test"
        if solution:
            return "answer"
        return "locked" if self.nbgrader.get("locked") else None

    @property
    def points(self):
        """What the cell is worth, 0 where nothing is given for it."""
        return self.nbgrader.get("points", 0) if self.role in ("test", "manual") else 0

    @property
    def question(self):
        """The number of the question the cell belongs to, by its id; `None` outside of questions."""
        match = re.match(r"q(\d+)-", self.id)
        return int(match.group(1)) if match else None

    @cached_property
    def visible(self):
        """The source without solutions, hidden tests and their marks."""
        return self.without("SOLUTION", "HIDDEN TESTS")

    def without(self, *parts):
        """Return the source without some kinds of regions, and without any mark.

        Args:
            *parts: `"SOLUTION"`, `"HIDDEN TESTS"` or both.
        """
        left_out = {"BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", *parts}
        return "\n".join(line for line, part in self._marked_lines if part not in left_out)

    def secrets(self, part):
        """Return the regions of one kind that students do not get, as lists of lines.

        Args:
            part: `"SOLUTION"` or `"HIDDEN TESTS"`.

        Returns:
            List of lists of lines, without the marks.
        """
        regions = []
        for line, where in self._marked_lines:
            if where == f"BEGIN {part}":
                regions.append([])
            elif where == part:
                regions[-1].append(line)
        return regions

    @cached_property
    def _marked_lines(self):
        lines, inside = [], None
        for line in self.source.split("\n"):
            mark = re.search(r"\b(BEGIN|END) (SOLUTION|HIDDEN TESTS)\b", line)
            if mark:
                lines.append((line, mark.group()))
                inside = mark.group(2) if mark.group(1) == "BEGIN" else None
            else:
                lines.append((line, inside))
        return lines

    @cached_property
    def tree(self):
        """The syntax tree of the whole source, `None` where it is no Python or no code."""
        return parse(self.source) if self.kind == "code" else None

    @cached_property
    def visible_tree(self):
        """The syntax tree of what students see, `None` where that is no Python or no code."""
        return parse(self.visible) if self.kind == "code" else None


@dataclass(frozen=True)
class Notebook:
    """One notebook file and where it stands in its course."""

    path: Path
    text: str
    raw: dict
    cells: tuple

    @classmethod
    def open(cls, path):
        """Read a notebook file.

        Args:
            path: Path of the file.

        Returns:
            A `Notebook`.

        Raises:
            InputError: If the file is missing or is no notebook.
        """
        raw = notebooks.read(path)
        cells = tuple(
            Cell(index, str(cell.get("id", "")), cell.get("cell_type", ""), cell["source"], cell)
            for index, cell in enumerate(raw["cells"])
        )
        return cls(Path(path), Path(path).read_text(encoding="utf-8"), raw, cells)

    @property
    def kind(self):
        """`"release"` (what students get), `"sheet"` (with solutions) or `"lesson"`."""
        if "seglab" in self.raw.get("metadata", {}):
            return "release"
        graded = any(cell.role for cell in self.cells)
        return "sheet" if graded or "solutions" in self.path.resolve().parts else "lesson"

    @property
    def code(self):
        """The code cells."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def markdown(self):
        """The Markdown cells."""
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def of_question(self, number):
        """Return the cells of one question, in order.

        Args:
            number: The question's number.

        Returns:
            List of `Cell`.
        """
        return [cell for cell in self.cells if cell.question == number]

    @property
    def headings(self):
        """The headings of the questions: list of `(cell, number, title, points, is_manual)`."""
        found = []
        for cell in self.markdown:
            match = HEADING.match(cell.source.split("\n")[0])
            if match:
                found.append((cell, int(match[1]), match[2], float(match[3]), match[4] is not None))
        return found


def parse(source):
    """Return the syntax tree of a cell, notebook commands (`%pip`, `!ls`) taken out.

    Args:
        source: Text of a code cell.

    Returns:
        `ast.Module`, or `None` where the text is no Python.

    Example:
        >>> len(parse("%matplotlib inline" + chr(10) + "x = 1").body)
        2
        >>> parse("x = = 1") is None
        True
    """
    try:
        return ast.parse(MAGIC.sub(r"\1pass", source))
    except SyntaxError:
        return None


def top_level_names(tree, *, variables_only=False):
    """Return the names that a cell binds outside of functions and classes.

    Args:
        tree: Syntax tree of the cell; `None` binds nothing.
        variables_only: Leave out functions, classes and imports.

    Returns:
        Set of `str`.

    Example:
        >>> sorted(top_level_names(parse("import os; x = 1")))
        ['os', 'x']
    """
    names = set()
    pending = [tree] if tree is not None else []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names |= set() if variables_only else {node.name}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= set() if variables_only else {(item.asname or item.name).split(".")[0] for item in node.names}
        elif isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        else:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            pending.extend(ast.iter_child_nodes(node))
    return names


def used_names(tree):
    """Return every name that a cell reads anywhere.

    Args:
        tree: Syntax tree of the cell; `None` uses nothing.

    Returns:
        Set of `str`.
    """
    nodes = ast.walk(tree) if tree is not None else ()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def global_names_in_functions(source):
    """Return the names that functions of a cell take from outside of themselves.

    Args:
        source: Text of a code cell.

    Returns:
        Set of `str`; empty where the text is no Python.

    Example:
        >>> global_names_in_functions("def f(x):" + chr(10) + "    return x + threshold")
        {'threshold'}
    """
    try:
        pending = [(symtable.symtable(MAGIC.sub(r"\1pass", source), "cell", "exec"), False)]
    except SyntaxError:
        return set()
    names = set()
    while pending:
        table, inside = pending.pop()
        if isinstance(table, symtable.Function):
            inside = inside or table.get_name() not in ("lambda", "genexpr", "listcomp", "setcomp", "dictcomp")
            names |= set(table.get_globals()) if inside else set()
        pending.extend((child, inside) for child in table.get_children())
    return names
