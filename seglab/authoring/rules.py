"""Rules for every notebook, and for lessons: each yields `(cell id, message)` for what it finds."""

import ast
import re

from seglab.authoring import bibliography, citations, notebooks
from seglab.authoring.badges import badge
from seglab.authoring.cells import global_names_in_functions, top_level_names
from seglab.errors import InputError

MAX_CODE_LINES = 25
MAX_WORDS = 120
MAX_CELLS = 60
MIN_LESSON_CELLS = 30


def title(notebook):
    """The first cell is Markdown, has the id `title` and starts with `# `."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.kind != "markdown" or first.id != "title" or not first.source.startswith("# "):
        yield "title", 'the first cell must be Markdown with id "title" and start with "# Title"'


def own_badge(notebook):
    """The first cell shows the Colab badge of this very file."""
    try:
        path = notebooks.path_in_course(notebook.path)
    except InputError as error:
        yield "title", str(error).split(": ", 1)[1].rstrip(".")
        return
    if badge(path) not in _first_source(notebook):
        yield "title", f"the badge must open this file: {badge(path)}"


def question_of_the_week(notebook):
    """A line of the first cell ends with a question mark."""
    if not re.search(r"\?\**$", _first_source(notebook), re.MULTILINE):
        yield "title", 'no question of the week: a line that ends with "?"'


def outcomes(notebook):
    """The first cell lists three to five things the reader will be able to do."""
    after = re.split(r"you can[:*]*$", _first_source(notebook), maxsplit=1, flags=re.MULTILINE)
    count = len(re.findall(r"^- ", after[1], re.MULTILINE)) if len(after) == 2 else 0
    if not 3 <= count <= 5:
        yield "title", f'needs 3 to 5 bullets after a line that ends with "you can", found {count}'


def time_needed(notebook):
    """The first cell says how long the notebook takes on a CPU and on a T4."""
    line = re.search(r"^\*\*Time:?\*\*:?(.*)$", _first_source(notebook), re.MULTILINE)
    if line is None or "CPU" not in line[1] or "T4" not in line[1]:
        yield "title", 'no line "**Time:** ..." that names CPU and T4'


def setup_cell(notebook):
    """The second cell is the one set-up cell that all notebooks share."""
    second = notebook.cells[1] if len(notebook.cells) > 1 else None
    if second is None or second.id != "setup" or second.source != notebooks.SETUP_CELL:
        yield (
            "setup",
            'the second cell must have the id "setup" and hold notebooks.SETUP_CELL; notebooks.tidy(path) helps',
        )


def code_length(notebook):
    """Code fits on a screen; hidden tests are counted apart."""
    for cell in notebook.code:
        visible = _count_lines(cell.visible.split("\n"))
        hidden = sum(_count_lines(region) for region in cell.secrets("HIDDEN TESTS"))
        for count, what in ((visible, "lines of code"), (hidden, "hidden lines")):
            if count > MAX_CODE_LINES:
                yield cell.id, f"{count} {what}, at most {MAX_CODE_LINES}: split the cell"


def markdown_length(notebook):
    """Text comes in small pieces; the list of sources is no text to read."""
    for cell in notebook.markdown:
        text = re.sub(r"\]\([^)]*\)", "]", citations.without_list(cell.source))
        count = len(re.findall(r"\S*\w\S*", text))
        if count > MAX_WORDS:
            yield cell.id, f"{count} words, at most {MAX_WORDS}: split or shorten"


def cell_count(notebook):
    """A notebook is neither a fragment nor a book."""
    least = MIN_LESSON_CELLS if notebook.kind == "lesson" else 3
    if not least <= len(notebook.cells) <= MAX_CELLS:
        yield "title", f"{len(notebook.cells)} cells, must be {least} to {MAX_CELLS}"


def no_outputs(notebook):
    """What a cell printed is not stored."""
    for cell in notebook.code:
        if cell.raw.get("outputs") or cell.raw.get("execution_count") is not None:
            yield cell.id, "has outputs or an execution count; notebooks.tidy(path) removes them"


def python(notebook):
    """Every code cell is Python."""
    for cell in notebook.code:
        if cell.tree is None:
            yield cell.id, "is not valid Python"


def format_version(notebook):
    """The file is a valid notebook of format 4.5."""
    from nbformat.validator import iter_validate

    version = (notebook.raw.get("nbformat"), notebook.raw.get("nbformat_minor"))
    if version != (4, 5):
        yield "title", f"must be of format 4.5, is of format {version[0]}.{version[1]}"
        return
    for error in iter_validate(notebook.raw, version=4, version_minor=5):
        yield "title", f"is no valid notebook: {error.message.splitlines()[0]}"


def readable_ids(notebook):
    """Ids are words, and each stands once."""
    seen = set()
    for cell in notebook.cells:
        words = re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell.id)
        if not words or re.fullmatch(r"(?=.*\d)[0-9a-f]{8}(-[0-9a-f]{4,})*", cell.id):
            yield cell.id, 'id must be words like "iou-by-hand"'
        if cell.id in seen:
            yield cell.id, "id stands twice"
        seen.add(cell.id)


def minimal_metadata(notebook):
    """Metadata holds what Colab, Jupyter and nbgrader need, and nothing personal."""
    metadata = {key: value for key, value in notebook.raw.get("metadata", {}).items() if key != "seglab"}
    if metadata != notebooks.METADATA:
        wrong = sorted(
            key
            for key in metadata.keys() | notebooks.METADATA.keys()
            if metadata.get(key) != notebooks.METADATA.get(key)
        )
        yield "title", f"the notebook's metadata must be notebooks.METADATA, differs in {', '.join(wrong)}"
    for cell in notebook.cells:
        extra = sorted(cell.raw.get("metadata", {}).keys() - notebooks.CELL_KEYS)
        if extra:
            yield cell.id, f"metadata holds {', '.join(extra)}; notebooks.tidy(path) removes it"


def one_form(notebook):
    """The file's text is the one that `notebooks.write` gives, so that changes show as small diffs."""
    if notebook.text != notebooks.dumps(notebook.raw):
        yield "title", "keys are not sorted or lines are laid out otherwise; notebooks.tidy(path) mends it"


def alt_text(notebook):
    """Every image says in words what it shows."""
    for cell in notebook.markdown:
        images = re.findall(r"!\[\s*\]\(", cell.source)
        images += [tag for tag in re.findall(r"<img\b[^>]*>", cell.source) if not re.search(r"alt=[\"'][^\"']", tag)]
        if images:
            yield cell.id, "image without alt text"


def arguments_not_globals(notebook):
    """Functions take what they need as arguments; capital CONSTANTS are allowed."""
    variables = set().union(*(top_level_names(cell.tree, variables_only=True) for cell in notebook.code))
    for cell in notebook.code:
        for name in sorted(global_names_in_functions(cell.source) & variables):
            if not name.isupper():
                yield cell.id, f"a function uses the notebook's variable {name}: pass it as an argument"


def no_weak_assert(notebook):
    """`not (difference > eps).any()` holds for NaN and for empty arrays."""
    for cell in notebook.code:
        for node in ast.walk(cell.tree) if cell.tree else ():
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and _is_any_of_comparison(node.operand):
                yield cell.id, "not (... > eps).any() lets NaN and empty arrays pass: use np.testing.assert_allclose"


def sources_by_key(notebook):
    """Sources are cited by their keys, and what a list says of them is what the bibliography says."""
    try:
        course = notebooks.course_of(notebook.path)
    except InputError:
        return  # `own_badge` tells.
    entries = bibliography.load(course)
    for cell in notebook.markdown:
        for fault in citations.faults(cell.source, entries):
            yield cell.id, fault


def prediction(notebook):
    """The reader predicts before the result is shown."""
    if not any(re.search(r"^\*\*Predict", cell.source, re.MULTILINE) for cell in notebook.markdown):
        yield "title", 'a lesson needs a question to the reader that starts with "**Predict"'


def break_it(notebook):
    """One cell reproduces a real bug."""
    yield from _needs_heading(notebook, "Break it", r"Break it")


def summary(notebook):
    """The lesson ends by saying what was seen."""
    yield from _needs_heading(notebook, "Summary", r"Summary|What you saw")


def sources(notebook):
    """The lesson names what it is based on."""
    if not any(citations.has_list(cell.source) for cell in notebook.markdown):
        yield "title", 'a lesson needs a heading "## Sources" over lines like "- [He2017]"'


EVERYWHERE = (
    title,
    own_badge,
    question_of_the_week,
    outcomes,
    time_needed,
    setup_cell,
    code_length,
    markdown_length,
    cell_count,
    no_outputs,
    python,
    format_version,
    readable_ids,
    minimal_metadata,
    one_form,
    alt_text,
    arguments_not_globals,
    no_weak_assert,
)
# What an author writes; a release repeats it.
WRITTEN = (sources_by_key,)
LESSON = (prediction, break_it, summary, sources)


def _first_source(notebook):
    return notebook.cells[0].source if notebook.cells else ""


def _count_lines(lines):
    return sum(1 for line in lines if line.strip())


def _needs_heading(notebook, name, pattern):
    if not any(re.search(rf"^##+ .*({pattern})", cell.source, re.MULTILINE) for cell in notebook.markdown):
        yield "title", f'a lesson needs a heading "## {name}"'


def _is_any_of_comparison(node):
    """Whether a node is `(a > b).any()` or `np.any(a > b)`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "any"):
        return False
    return any(isinstance(part, ast.Compare) for part in [node.func.value, *node.args])
