"""Which set-up cells the judge must run: those that a test can feel, not the plots and demonstrations.

A student's process runs all of them, as a notebook does. For the judge a cell is left out if no test, and no cell
that a test needs, uses what it binds, and it changes nothing that they use. In doubt a cell is kept.
"""

import ast
import builtins
import re

from seglab.grading.judging.cell_code import FUNCTIONS, used_names

DYNAMIC = frozenset({"globals", "locals", "vars", "exec", "eval", "get_ipython", "__import__"})
BUILTIN = frozenset(dir(builtins))
CONFIGURES = re.compile(
    r"^(set_?(?!s?eed)|setup|use$|config|register|enable|disable|filterwarnings|simplefilter|update|option|chdir"
    r"|append|insert|extend|add$|remove|pop|clear|putenv)"
)
WRITES = re.compile(
    r"^(save(?!fig)|write|dump|to_|mkdir|makedirs|copy\w|move|rename|download|urlretrieve|extract|symlink)"
)
READS = re.compile(r"^(open|load|read|from_file|imread|genfromtxt|Path|exists|glob|listdir)")
SEEDS = re.compile(r"^(seed|set_.*seeds?)$")
GLOBAL_RANDOM = re.compile(r"\brandom\.(?!default_rng|Generator|SeedSequence|PCG64|Philox|MT19937|RandomState)\w")
IN_PLACE = re.compile(r"^(shuffle|fill_diagonal|copyto|put|place|putmask|sort|exec)")
CHANGES = frozenset({"append", "extend", "insert", "pop", "popitem", "remove", "clear", "update", "setdefault", "sort"})


def needed_cells(trees, tests, setup, always=()):
    """Return the set-up cells that the judge must run.

    Args:
        trees: `dict` from a cell's index to its syntax tree, in the order of the cells.
        tests: Indices of the test cells.
        setup: Indices of the set-up cells.
        always: Indices of set-up cells to keep whatever they do.

    Returns:
        Set of indices.

    Example:
        >>> cells = ["import math, pylab", "pylab.plot([1])", "limit = math.pi", "assert f(1) < limit"]
        >>> sorted(needed_cells({i: ast.parse(cell) for i, cell in enumerate(cells)}, [3], [0, 1, 2]))
        [0, 2]
    """
    imported = set().union(*(_imported(tree) for tree in trees.values()))
    facts = {index: _Facts(trees[index], imported) for index in (*setup, *tests)}
    if any(facts[index].dynamic for index in facts):
        return set(setup)
    for fact in facts.values():  # a call of the sheet's function changes what the function changes
        for other in facts.values():
            if other.binds & fact.calls:
                fact.changed |= other.changed | other.declared_global
    kept = set(always)
    while True:
        running = [facts[index] for index in (*kept, *tests)]
        wanted = set().union(*(fact.uses for fact in running)) if running else set()
        reads_files = any(fact.reads_files for fact in running)
        random = any(fact.global_random for fact in running)
        more = {
            index
            for index in set(setup) - kept
            if facts[index].binds & wanted
            or facts[index].changed & (wanted - imported - BUILTIN)
            or facts[index].configures & imported
            or (facts[index].writes_files and reads_files)
            or (facts[index].seeds and random)
        }
        if not more:
            return kept
        kept |= more


def outside_names(statements, bound=()):
    """Return the names that code takes from outside: those it may read before it binds them itself.

    Args:
        statements: List of syntax trees of statements.
        bound: Names that are bound before.

    Example:
        >>> sorted(outside_names(ast.parse("y = x; z = [k for k in y]; f(z)").body))
        ['f', 'x']
    """
    bound, outside = set(bound), set()
    for statement in statements:
        if isinstance(statement, FUNCTIONS | ast.Lambda):
            parameters = {node.arg for node in ast.walk(statement.args) if isinstance(node, ast.arg)}
            inner = statement.body if isinstance(statement.body, list) else [statement.body]
            outside |= outside_names(inner, bound | parameters)
            outside |= _read(statement.args) | set().union(*map(_read, getattr(statement, "decorator_list", [])))
            outside -= bound
            bound |= {getattr(statement, "name", "")}
            continue
        blocks = [
            block for name in ("body", "orelse", "finalbody") for block in [getattr(statement, name, None)] if block
        ]
        blocks += [handler.body for handler in getattr(statement, "handlers", [])]
        if not blocks or isinstance(statement, ast.expr):
            outside |= _read(statement) - bound
            bound |= _bound(statement)
            continue
        head = [
            node for name in ("test", "iter", "items", "subject") for node in _listed(getattr(statement, name, None))
        ]
        heads = [_bound(node) for node in [*head, *_listed(getattr(statement, "target", None))]]
        outside |= set().union(*map(_read, head)) - bound
        inner = bound.union(*heads)
        for block in blocks:
            outside |= outside_names(block, inner)
        if isinstance(statement, ast.With):  # its body always runs
            bound = inner.union(*map(_bound, statement.body))
        elif isinstance(statement, ast.ClassDef):
            bound.add(statement.name)
    return outside


def _listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def _read(tree):
    """Return the names that an expression reads, without those that a comprehension or lambda binds for itself."""
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            own |= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.arg):
            own.add(node.arg)
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    if isinstance(tree, ast.AugAssign):
        loaded |= {node.id for node in ast.walk(tree.target) if isinstance(node, ast.Name)}
    return loaded - own


def _bound(tree):
    """Return the names that a statement binds, imports too."""
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | _imported(tree)


def _imported(tree):
    """Return the names that import statements bind."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).split(".")[0] for node in nodes for alias in node.names}


class _Facts:
    """What one cell does, as far as its text tells."""

    def __init__(self, tree, imported):
        self.uses, self.imported = outside_names(tree.body) - BUILTIN, imported
        self.binds, self.changed, self.configures, self.calls, self.declared_global = set(), set(), set(), set(), set()
        self.seeds = self.reads_files = self.writes_files = False
        self.dynamic = bool(used_names(tree) & DYNAMIC)
        self.global_random = bool(GLOBAL_RANDOM.search(ast.unparse(tree)))
        for node in ast.walk(tree):
            self._look(node)
        self.binds |= _imported(tree)

    def _look(self, node):
        if isinstance(node, ast.ImportFrom):
            self.dynamic |= any(alias.name == "*" for alias in node.names)
        elif isinstance(node, FUNCTIONS | ast.ClassDef):
            self.binds.add(node.name)
        elif isinstance(node, ast.Global):
            self.declared_global |= set(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.binds.add(node.id)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            self.changed.add(_base(node))
            self.configures.add(_base(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._look_at_command(node.value)
        if isinstance(node, ast.Call):
            self._look_at_call(node)

    def _look_at_command(self, node):
        """A call whose value nobody takes: it may change what it is a method of, or what the sheet's function gets."""
        if IN_PLACE.match(_last(node.func)):
            self.changed |= used_names(node)
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                self.changed |= set() if call.func.id in self.imported | BUILTIN else used_names(call)
        self.changed.add(_base(node.func))

    def _look_at_call(self, node):
        name, base = _last(node.func), _base(node.func)
        self.calls |= {node.func.id} if isinstance(node.func, ast.Name) else set()
        if SEEDS.match(name):
            self.seeds = True
        elif CONFIGURES.match(name):
            self.configures.add(base)
        if name in CHANGES:
            self.changed.add(base)
        self.writes_files |= bool(WRITES.match(name)) or name == "open"
        self.reads_files |= bool(READS.match(name))


def _base(node):
    """Return the name at the beginning of `name.a[0].b`, `""` where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node):
    """Return the last part of a dotted name, `""` where it is none."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
