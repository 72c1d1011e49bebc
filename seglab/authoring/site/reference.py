"""Pages of the reference, one for each part of the library, from its docstrings: Markdown in Google's form."""

import ast
import inspect
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
# What a notebook does not call: the command line, and the tools of who writes and grades sheets.
APART = ("__init__", "__main__", "authoring", "cli", "demo", "grading")
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example):$", re.MULTILINE)


def write(source, parts=None):
    """Write the pages of the reference and the page that lists them.

    Args:
        source: Folder of the site's sources; `reference.md` and `reference/` are written.
        parts: Names of the parts, such as `["metrics"]`; `None` for all that a notebook can call.
    """
    parts = public_parts() if parts is None else parts
    Path(source, "reference").mkdir(exist_ok=True)
    lines = ["# Reference\n", "What the notebooks call, as its docstrings say it; the tests run every example there.\n"]
    for part in parts:
        Path(source, "reference", f"{part}.md").write_text(page(part), encoding="utf-8")
        first = ast.get_docstring(_tree(_files(part)[0])).split("\n\n")[0]
        lines.append(f"- [seglab.{part}](reference/{part}.md): {_text(' '.join(first.split()))}")
    lines += ["\n```{toctree}\n:hidden:\n", *(f"reference/{part}" for part in parts), "```\n"]
    Path(source, "reference.md").write_text("\n".join(lines), encoding="utf-8")


def public_parts():
    """Return the names of the modules and packages of the library that notebooks call, sorted.

    Example:
        >>> {"metrics", "boxes"} <= set(public_parts()), "grading" in public_parts()
        (True, False)
    """
    found = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return sorted(found.difference(APART))


def page(part):
    """Return the page of one part.

    Args:
        part: Name of a module or a package of the library.

    Returns:
        Markdown: the part, its modules, and their public functions and classes.
    """
    files, lines = _files(part), []
    exported = _exported(_tree(files[0])) if files[0].name == "__init__.py" else set()
    for file in files:
        tree, title = _tree(file), f"seglab.{part}" + (f".{file.stem}" if file.stem not in ("__init__", part) else "")
        level = "#" if file == files[0] else "##"
        lines += [f"{level} {title}\n", document(ast.get_docstring(tree) or "")]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                place = f"seglab.{part}" if node.name in exported else title
                lines += [f"{level}# {node.name}\n", f"`from {place} import {node.name}`\n", *_described(node, level)]
    return "\n".join(lines)


def document(docstring):
    """Return a docstring in Google's form as Markdown.

    Args:
        docstring: The docstring, without its indentation.

    Returns:
        Markdown; examples in a block of code, arguments in a list.

    Example:
        >>> print(document("Add one.\\n\\nArgs:\\n    x: A number,\\n        any.\\n\\nReturns:\\n    `x + 1`."))
        Add one.
        <BLANKLINE>
        **Args**
        <BLANKLINE>
        - `x`: A number, any.
        <BLANKLINE>
        **Returns**
        <BLANKLINE>
        `x + 1`.
        <BLANKLINE>
    """
    text, *parts = SECTION.split(docstring)
    lines = [f"{_text(text.strip())}\n"]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        body = inspect.cleandoc("\n" + body.strip("\n"))
        lines.append(f"**{name}**\n")
        if name == "Example":
            lines.append(f"```pycon\n{body}\n```\n")
        elif name in ("Args", "Attributes", "Raises"):
            lines.append(_text(_listed(body)) + "\n")
        else:
            lines.append(_text(body) + "\n")
    return "\n".join(lines)


def _described(node, level):
    """How a function or a class is called, what it is, and the same of the methods of the class."""
    yield f"```python\n{_signature(node)}\n```\n"
    yield document(ast.get_docstring(node) or "")
    for item in getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_") and ast.get_docstring(item):
            yield f"{level}## {node.name}.{item.name}\n"
            if not any(isinstance(mark, ast.Name) and mark.id == "property" for mark in item.decorator_list):
                yield f"```python\n{_signature(item)}\n```\n"
            yield document(ast.get_docstring(item))


def _signature(node):
    """The call of a function, or of a class as its `__init__` takes it, without `self`."""
    if isinstance(node, ast.ClassDef):
        made = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
        if not made:
            return f"class {node.name}"
        return f"class {node.name}({_arguments(made[0])})"
    return f"{node.name}({_arguments(node)})"


def _arguments(function):
    return re.sub(r"^(self|cls)(, |$)", "", ast.unparse(function.args))


def _listed(body):
    """The items `name: text` as a list; a line that is indented goes on with the item before."""
    joined = re.sub(r"\n\s+", " ", body)
    return re.sub(r"^([*\w, .]+):", lambda item: f"- `{item[1]}`:", joined, flags=re.MULTILINE)


def _text(text):
    """Markdown in which a dollar is a dollar."""
    return text.replace("$", "\\$")


def _files(part):
    """The files of a part, the one that stands for it first."""
    if (PACKAGE / f"{part}.py").is_file():
        return [PACKAGE / f"{part}.py"]
    return sorted((PACKAGE / part).glob("*.py"), key=lambda path: (path.name != "__init__.py", path.name))


def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def _exported(tree):
    """The names in `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value)) if isinstance(node.value, ast.List) else set()
    return set()
