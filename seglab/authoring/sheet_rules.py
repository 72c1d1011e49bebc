"""Rules for sheets, with solutions or released: each yields `(cell id, message)` for what it finds."""

import ast
import re

from seglab.authoring.cells import top_level_names, used_names

MAX_SOLUTION_LINES = 15


def one_id(notebook):
    """Cells that nbgrader knows carry one id in all three places, so that it survives Colab."""
    for cell in notebook.cells:
        if cell.role:
            ids = (cell.id, cell.raw["metadata"].get("id"), cell.nbgrader.get("grade_id"))
            if len(set(ids)) != 1:
                yield cell.id, f"id, metadata.id and grade_id must agree, are {ids[0]}, {ids[1]}, {ids[2]}"


def question_headings(notebook):
    """Questions are numbered from 1 in order, each with one heading; graded cells belong to one."""
    numbers = [number for _, number, _, _, _ in notebook.headings]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        yield "title", f'headings "### Question 1 - Title (2 points)" must count from 1, found {numbers}'
    for cell in notebook.markdown:
        if re.match(r"#+ Question\b", cell.source) and cell not in [found[0] for found in notebook.headings]:
            yield cell.id, 'the heading must read "### Question 2 - Title (3 points)", or "(3 points, manual)"'
    for cell in notebook.cells:
        if cell.role in ("answer", "test", "manual") and cell.question not in numbers:
            yield cell.id, 'belongs to no question: its id must start with the question, like "q2-"'
    for cell, number, _, _, _ in notebook.headings:
        if cell.question != number:
            yield cell.id, f'the heading of question {number} needs an id that starts with "q{number}-"'


def test_ids(notebook):
    """A test's id names its question, what is tested and which property."""
    for cell in notebook.cells:
        if cell.role == "test" and not re.fullmatch(r"q\d+-[a-z0-9-]+-test-[a-z0-9-]+", cell.id):
            yield cell.id, 'the id of a test must read like "q2-iou-test-empty"'


def points_agree(notebook):
    """The points in a heading are the sum over the question's cells."""
    for cell, number, _, points, _ in notebook.headings:
        total = sum(other.points for other in notebook.of_question(number))
        if total != points:
            yield cell.id, f"the heading gives {points:g} points, the cells of question {number} add up to {total:g}"


def manual_is_said(notebook):
    """The heading says where a person gives the points."""
    for cell, number, _, _, is_manual in notebook.headings:
        if is_manual != any(other.role == "manual" for other in notebook.of_question(number)):
            yield cell.id, 'the heading says "manual" exactly where the question has an answer that a person grades'


def answer_regions(notebook):
    """An answer has a short region for the student inside of a function or method."""
    for cell in notebook.cells:
        if cell.role != "answer":
            continue
        regions = cell.secrets("SOLUTION")
        lengths = [sum(1 for line in region if line.strip()) for region in regions]
        if not regions or not all(1 <= length <= MAX_SOLUTION_LINES for length in lengths):
            yield cell.id, f"needs regions of 1 to {MAX_SOLUTION_LINES} lines between BEGIN and END SOLUTION"
        if any(line and not line.startswith(" ") for region in regions for line in region):
            yield cell.id, "a solution at the top level: it must be inside of a function or method"


def secrets_in_place(notebook):
    """Solutions stand in answers, hidden tests in tests, and every mark has its partner."""
    for cell in notebook.cells:
        for part, roles in (("SOLUTION", ("answer", "manual")), ("HIDDEN TESTS", ("test",))):
            begins, ends = cell.source.count(f"BEGIN {part}"), cell.source.count(f"END {part}")
            if begins != ends:
                yield cell.id, f"{begins} BEGIN {part} but {ends} END {part}"
            if begins and cell.role not in roles:
                yield cell.id, f"BEGIN {part} in a cell that is no {' or '.join(roles)}: students would see it"


def tests_report(notebook):
    """Visible asserts stand in the one `with seglab.check("q2"):` block of their cell."""
    for cell in notebook.cells:
        if cell.role != "test":
            continue
        if cell.visible_tree is None:
            yield cell.id, "what remains without the hidden tests is not valid Python"
            continue
        if not cell.visible.strip():
            yield cell.id, "nothing remains without the hidden tests: say in a comment what is tested"
        checks = [node for node in cell.visible_tree.body if _checked_name(node) is not None]
        inside = sum(_count_asserts(node) for node in checks)
        if inside != _count_asserts(cell.visible_tree) or len(checks) > 1:
            yield cell.id, f'visible asserts belong in one block "with seglab.check("q{cell.question}"):"'
        for node in checks:
            if _checked_name(node) != f"q{cell.question}":
                yield cell.id, f'the block must name its own question, "q{cell.question}"'


def hidden_tests(notebook):
    """No points are given for values that students can see."""
    for cell in notebook.cells:
        if cell.role == "test" and cell.points and not any(map(any, cell.secrets("HIDDEN TESTS"))):
            yield cell.id, "points on visible values alone: add a part between BEGIN and END HIDDEN TESTS"
    for heading, number, _, _, is_manual in notebook.headings:
        if not is_manual and not any(cell.secrets("HIDDEN TESTS") for cell in notebook.of_question(number)):
            yield heading.id, f"question {number} has no hidden tests"


def independent_questions(notebook):
    """No question uses what the answer to another one defines."""
    defined = {}
    for cell in notebook.cells:
        if cell.role == "answer":
            defined.setdefault(cell.question, set()).update(top_level_names(cell.tree))
    for cell in notebook.code:
        own = defined.get(cell.question, set()) | top_level_names(cell.tree)
        for number, names in defined.items():
            borrowed = sorted((used_names(cell.tree) & names) - own)
            if cell.question not in (None, number) and borrowed:
                yield cell.id, f"uses {', '.join(borrowed)} from the answer to question {number}"


def training_skipped(notebook):
    """Grading judges what was submitted: cells that train stand under a condition on `under_grading()`."""
    for cell in notebook.code:
        if cell.role != "test" and cell.tree is not None and any(_trains(node) for node in cell.tree.body):
            yield cell.id, 'trains under grading: put it under "if not seglab.under_grading():"'


def stubs(notebook):
    """What students get raises `NotImplementedError("Question N: ...")`, and holds no marks."""
    for cell in notebook.cells:
        if re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", cell.source):
            yield cell.id, "holds a mark of a solution or of hidden tests"
        if cell.role == "answer" and not re.search(
            rf'^\s+raise NotImplementedError\("Question {cell.question}: ', cell.source, re.MULTILINE
        ):
            yield cell.id, f'the stub must raise NotImplementedError("Question {cell.question}: ...")'


BOTH = (one_id, question_headings, test_ids, points_agree, manual_is_said, training_skipped)
SHEET = (*BOTH, answer_regions, secrets_in_place, tests_report, hidden_tests, independent_questions)
RELEASE = (*BOTH, tests_report, stubs)


def _checked_name(node):
    """Return the name in `with seglab.check("q2"):`, `None` for any other statement."""
    if not isinstance(node, ast.With):
        return None
    call = node.items[0].context_expr
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "seglab.check"):
        return None
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""


def _count_asserts(tree):
    return sum(isinstance(node, ast.Assert) for node in ast.walk(tree))


def _trains(node):
    """Whether running a statement trains a model, other than under a condition on `under_grading`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return False
    if isinstance(node, ast.If) and "under_grading" in ast.unparse(node.test):
        return False
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("train", "fit"):
            return True
    return any(_trains(child) for child in ast.iter_child_nodes(node))
