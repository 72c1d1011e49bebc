"""Pages that are made of all notebooks: lessons by week, sheets, what the bugs teach, who cites what."""

import re
import tomllib
from pathlib import Path

from seglab.authoring import bibliography, citations, notebooks
from seglab.authoring.badges import colab_url
from seglab.authoring.cells import HEADING
from seglab.authoring.site.lesson_pages import BREAK, anchor
from seglab.errors import InputError

REPORT = re.compile(r"([\w.-]+/[\w.-]+),? (?:issues?|pull request) #?(\d+)")


def lessons(paths):
    """Return the page of the lessons: a table by week, and the order of their pages.

    Args:
        paths: The lessons' files.

    Returns:
        Markdown.
    """
    rows = [(f"[{title}](course/{path.stem}.ipynb)", *rest) for path in paths for title, *rest in [front(path)]]
    return "\n".join(
        [
            "# Lessons\n",
            "Every page shows a lesson after a run on a CPU; its button opens it in Colab, to run and to change.\n",
            *_table(("lesson", "question", "time"), rows),
            "\n```{toctree}\n:hidden:\n",
            *(f"course/{path.stem}" for path in paths),
            "```\n",
        ]
    )


def weeks(paths):
    """Return a table with one line for each week: the lessons by their titles.

    Args:
        paths: The lessons' files.

    Returns:
        Markdown.
    """
    by_week = {}
    for path in paths:
        week, title = front(path)[0].split(" - ", 1)
        by_week.setdefault(week.rstrip("abcdefgh"), []).append(f"[{title}](course/{path.stem}.ipynb)")
    return (
        "\n".join(_table(("week", "lessons"), [(week, "<br>".join(links)) for week, links in by_week.items()])) + "\n"
    )


def sheets(paths, root):
    """Return the page of the graded sheets, with the address that opens each in Colab.

    Args:
        paths: The files of the released sheets.
        root: The course's root.

    Returns:
        Markdown.
    """
    rows = []
    for path in paths:
        title, question, _ = front(path)
        cells = notebooks.read(path)["cells"]
        points = sum(cell["metadata"].get("nbgrader", {}).get("points", 0) for cell in cells)
        questions = sum(HEADING.match(cell["source"].split("\n")[0]) is not None for cell in cells)
        colab = f"[Colab]({colab_url(path.relative_to(root))})"
        rows.append((f"**{title}**", question, str(questions), f"{points:g}", colab))
    return "\n".join(
        [
            "# Graded sheets\n",
            "What students get: the questions, and tests that say what is wrong. They are found in `labs/` too.\n",
            *_table(("sheet", "question", "parts", "points", "open"), rows),
            "",
        ]
    )


def bugs(paths, sentences):
    """Return the index of the published bugs that the lessons reproduce, with what each teaches.

    Args:
        paths: The lessons' files.
        sentences: File with one sentence for each cell, by lesson and id.

    Returns:
        Markdown.

    Raises:
        InputError: If a "Break it" has no sentence, or a sentence no "Break it".
    """
    teaches = tomllib.loads(Path(sentences).read_text(encoding="utf-8"))
    lines = ["# What each published bug teaches\n"]
    lines.append("Each lesson repeats an error that somebody published, in small, and asks you to foretell it first.\n")
    for path in paths:
        cells = notebooks.read(path)["cells"]
        for number, cell in enumerate(cells):
            if cell["cell_type"] != "markdown" or not (found := BREAK.search(cell["source"])):
                continue
            sentence = teaches.get(path.stem, {}).pop(cell["id"], None)
            if sentence is None:
                raise InputError(f"{sentences}: no sentence for {path.name}:{cell['id']}. Add {cell['id']} there.")
            title = re.split(r"Break it[^:]*: ", found[0], maxsplit=1)[-1]
            week = front(path)[0].split(" - ")[0]
            named = title if "_" in title.split()[0] else f"{title[0].upper()}{title[1:]}"
            lines.append(f"## {named}\n")
            lines.append(f"{sentence}\n")
            place = f"[{week}, where it happens](#{anchor(path.stem, cell['id'])})"
            lines.append("; ".join([place, *_reports(cells[number:])]) + ".\n")
        if unused := ", ".join(teaches.get(path.stem, {})):
            raise InputError(f'{sentences}: {path.name} has no "Break it" in {unused}. Remove it there.')
    return "\n".join(lines)


def sources(entries, paths):
    """Return the page of the bibliography: every entry, and where it is cited.

    Args:
        entries: The bibliography, as `bibliography.load` returns it.
        paths: The files of lessons and sheets.

    Returns:
        Markdown.
    """
    cited = {key: [] for key in entries}
    for path in paths:
        text = "\n".join(cell["source"] for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "markdown")
        page = f"course/{path.stem}.ipynb" if path.parent.name == "course" else "sheets.md"
        for key in dict.fromkeys(citations.cited(text)):
            cited[key].append(f"[{re.split(' - |: ', front(path)[0])[0]}]({page})")
    lines = ["# Bibliography\n"]
    for key, entry in entries.items():
        where = f" Cited in {', '.join(cited[key])}." if cited[key] else ""
        lines.append(f"({key.lower()})=\n**{key}** {bibliography.render(entry)}.{where}\n")
    return "\n".join(lines)


def front(path):
    """Return what the first cell of a notebook says.

    Args:
        path: The notebook's file.

    Returns:
        Title, question and time, `str` each.
    """
    text = notebooks.read(path)["cells"][0]["source"]
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    question = next(part for part in paragraphs[1:] if part.rstrip("*").endswith("?")).strip("*")
    time = re.search(r"^\*\*Time:\*\* (.*)", text, re.MULTILINE)[1]
    return paragraphs[0].removeprefix("# "), question, time


def _reports(cells):
    """Links to the reports that a "Break it" names, in its own text and in what follows up to the next heading."""
    found = []
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "markdown":
            continue
        text = " ".join(cell["source"].split("\n"))
        if number:
            text = text if not text.startswith("#") else ""
        elif match := BREAK.search(cell["source"]):
            text = " ".join(cell["source"][match.start() :].split("\n"))
        found += REPORT.findall(text)
        if number and not text:
            break
    return [f"[{name} #{issue}](https://github.com/{name}/issues/{issue})" for name, issue in dict.fromkeys(found)]


def _table(head, rows):
    cells = [head, ["---"] * len(head), *([text.replace("|", "\\|") for text in row] for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]
