"""A page for each interactive demo, made of one run of all of them."""

import re
from pathlib import Path

import nbformat

from seglab.authoring import notebooks
from seglab.authoring.site import execution, lesson_pages

# The name, the title and the first paragraph of the docstring, then the demo itself.
CODE = """\
import inspect

from IPython.display import display

from seglab import widgets

for name in widgets.__all__:
    demo = getattr(widgets, name)()
    print(name, demo.title, " ".join(inspect.getdoc(type(demo)).split("\\n\\n")[0].split()), sep="\\n")
    display(demo)"""


def write(source, kept, lessons, rerun=True, report=print):
    """Write the pages of the demos, each live on its own, and the page that lists them.

    Args:
        source: Folder of the site's sources; `demos.md` and `demos/` are written.
        kept: Folder where runs are kept.
        lessons: Files of the lessons, to say where a demo is used.
        rerun: Whether the demos are run again where something changed since their run.
        report: Called with a line before the demos are run.
    """
    path = Path(kept, "in", "demos.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_code_cell(CODE, id="demos")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=notebooks.METADATA), path)
    run = lesson_pages.page(execution.executed(path, kept, rerun, report), "demos/demos.ipynb", Path(source, "_static"))
    texts = {lesson: lesson.read_text(encoding="utf-8") for lesson in lessons}
    lines = ["# Demos\n", "Drag, step, guess: all of it computes in your browser, or shows a strip of pictures.\n"]
    names = []
    for said, shown in zip(run.cells[0].outputs[::2], run.cells[0].outputs[1::2], strict=True):
        name, title, words = said.text.strip().split("\n")
        users = [lesson for lesson, text in texts.items() if re.search(rf"\b{name}\(", text)]
        markup = shown.data["text/html"]
        page = [f"# {title}\n", f"{words}\n", f"```{{raw}} html\n{markup}\n```\n"]
        if "seglab-live" not in markup:
            page.append("This demo asks Python for each picture; in Jupyter or Colab its sliders move.\n")
        page.append(f"`from seglab.widgets import {name}`" + "".join(map(_link, users)) + "\n")
        Path(source, "demos").mkdir(exist_ok=True)
        Path(source, "demos", f"{name}.md").write_text("\n".join(page), encoding="utf-8")
        lines.append(f"- [{title}](demos/{name}.md): {words}")
        names.append(name)
    lines += ["\n```{toctree}\n:hidden:\n", *(f"demos/{name}" for name in names), "```\n"]
    Path(source, "demos.md").write_text("\n".join(lines), encoding="utf-8")


def _link(lesson):
    from seglab.authoring.site.indexes import front

    return f", in [{front(lesson)[0].split(' - ')[0]}](../course/{lesson.stem}.ipynb)"
