"""The code of the master's cells as the judge runs it: probes taken out, hidden lines known, last value kept."""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property

COMMAND = re.compile(r"^(\s*)[%!]", re.MULTILINE)
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def text_of(cell):
    """Return a cell's source as one string, `""` where it is none."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


@dataclass
class Code:
    """One code cell of the master.

    Args:
        source: Its text.
        label: Name for tracebacks, such as `"<q1-test>"`.
        hidden_begin: Text that begins a hidden region.
        hidden_end: Text that ends it.
    """

    source: str
    label: str
    hidden_begin: str = "BEGIN HIDDEN TESTS"
    hidden_end: str = "END HIDDEN TESTS"
    probes: list = field(default_factory=list)

    @cached_property
    def tree(self):
        """The syntax tree without the probes, which are collected in `probes` as source.

        Raises:
            SyntaxError: If the cell is no Python.
        """
        from IPython.core.inputtransformer2 import TransformerManager

        blank = len(self.source) - len(self.source.lstrip("\n"))  # IPython drops blank lines at the beginning
        plain = "\n" * blank + TransformerManager().transform_cell(self.source[blank:])
        self.line_for_line = plain.rstrip("\n").count("\n") == self.source.rstrip("\n").count("\n")
        return ast.fix_missing_locations(_TakeOutProbes(self.probes).visit(ast.parse(plain, self.label)))

    @cached_property
    def hidden_lines(self):
        """Numbers of the lines that students do not get, from 1."""
        hidden, inside = set(), False
        for number, line in enumerate(self.source.split("\n"), 1):
            inside = inside or self.hidden_begin in line
            if inside:
                hidden.add(number)
            if self.hidden_end in line:
                inside = False
        return hidden

    def is_hidden(self, line):
        """Return whether students do not get a line of the cell, given by its number."""
        return not getattr(self, "line_for_line", False) or line in self.hidden_lines

    def line(self, number):
        """Return the text of a line, given by its number from 1; `""` where there is none."""
        lines = self.source.split("\n")
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def compile(self):
        """Compile the cell, once.

        Returns:
            Pair of code objects: the cell, and its last expression where a notebook would show it, else `None`.

        Raises:
            SyntaxError: If the cell is no Python.
        """
        return self._compiled

    @cached_property
    def _compiled(self):
        body = list(self.tree.body)
        last = body.pop() if body and isinstance(body[-1], ast.Expr) and not self._is_silenced else None
        shown = None if last is None else compile(ast.Expression(last.value), self.label, "eval")
        return compile(ast.Module(body, []), self.label, "exec"), shown

    def run(self, names):
        """Run the cell.

        Args:
            names: The global names, a `dict`.

        Returns:
            The value of the last expression where a notebook would show it, else `None`.
        """
        body, last = self.compile()
        exec(body, names)
        return None if last is None else eval(last, names)

    @cached_property
    def _is_silenced(self):
        """A semicolon at the end keeps a notebook from showing the value."""
        lines = [line for line in self.source.split("\n") if line.strip() and not line.strip().startswith("#")]
        return bool(lines) and lines[-1].split("#")[0].rstrip().endswith(";")


class _TakeOutProbes(ast.NodeTransformer):
    """Takes `@probe` functions out of a cell, wherever a block of it defines them."""

    def __init__(self, probes):
        self.probes = probes

    def visit_FunctionDef(self, node):
        if any(_name_of(decorator) == "probe" for decorator in node.decorator_list):
            bare = ast.FunctionDef(**{key: getattr(node, key) for key in node._fields})
            bare.decorator_list = [item for item in node.decorator_list if _name_of(item) != "probe"]
            self.probes.append((node.name, ast.unparse(ast.fix_missing_locations(bare))))
            return ast.copy_location(ast.Pass(), node)
        return node

    def visit_AsyncFunctionDef(self, node):
        return node

    def visit_ClassDef(self, node):
        return node


def _name_of(decorator):
    return decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", None)


def parse_loosely(source):
    """Return the syntax tree of a cell, commands taken out; of an empty cell where the text is no Python."""
    try:
        return ast.parse(COMMAND.sub(r"\1pass  # ", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse("")


def defined_names(tree):
    """Return the names that a cell binds outside of functions and classes, imports left out.

    Example:
        >>> sorted(defined_names(parse_loosely("import os; x, y = 1, 2; def_ = 3")))
        ['def_', 'x', 'y']
    """
    names, pending = set(), [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, FUNCTIONS | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            pending.extend(ast.iter_child_nodes(node))
    return names


def import_lines(tree):
    """Return the import statements of a cell as source."""
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported_modules(sources):
    """Return the modules that cells import at any depth, for a zygote to import them once.

    Args:
        sources: Texts of code cells.

    Returns:
        Sorted list of names; `package:name` where the name may be a module of the package.

    Example:
        >>> imported_modules(["import numpy as np", "from os import path"])
        ['numpy', 'os', 'os:path']
    """
    names = set()
    for source in sources:
        for node in ast.walk(parse_loosely(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
                names |= {f"{node.module}:{alias.name}" for alias in node.names if alias.name != "*"}
    return sorted(names)


def used_names(tree):
    """Return every name that a cell mentions."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def names_in_functions(tree):
    """Return the names that functions and classes of a cell mention: they may be looked up later."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS | ast.ClassDef | ast.Lambda):
            found |= used_names(node)
    return found
