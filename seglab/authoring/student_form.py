"""Two steps that nbgrader runs while it makes the students' version of a sheet (named in `grader_config.py`)."""

import hashlib
import json
import re

import nbformat
from nbconvert.preprocessors import Preprocessor

import seglab
from seglab.authoring import notebooks
from seglab.authoring.cells import HEADING

BARE_STUB = "raise NotImplementedError()"


class NameStubs(Preprocessor):
    """Make every stub say which question it waits for, and mark the answers in their text.

    Runs before nbgrader stores the cells, so that the gradebook knows them as students get them.
    """

    enabled = True

    def preprocess(self, nb, resources):
        """Change stubs and answers of a notebook in place.

        Args:
            nb: The notebook, solutions already cleared.
            resources: What nbconvert hands along.

        Returns:
            `(nb, resources)`.
        """
        titles = {}
        for cell in nb.cells:
            heading = HEADING.match(cell.source.split("\n")[0]) if cell.cell_type == "markdown" else None
            if heading:
                titles[heading[1]] = heading[2]
            meta = cell.metadata.get("nbgrader", {})
            if not meta.get("solution"):
                continue
            number = re.match(r"q(\d+)-", meta["grade_id"])
            if number and cell.cell_type == "code":
                message = json.dumps(
                    f"Question {number[1]}: {titles.get(number[1], 'no answer yet')}", ensure_ascii=False
                )
                cell.source = cell.source.replace(BARE_STUB, f"raise NotImplementedError({message})")
            cell.source = f"{marker(meta['grade_id'], cell.cell_type)}\n{cell.source}"
        return nb, resources


class StudentForm(Preprocessor):
    """Give the released notebook its ids, its minimal metadata, its own badge and its stamp."""

    enabled = True

    def preprocess(self, nb, resources):
        """Return the notebook in the form students get.

        Args:
            nb: The notebook as nbgrader would release it.
            resources: What nbconvert hands along; nbgrader adds the names of sheet and notebook.

        Returns:
            `(notebook, resources)`.
        """
        sheet, name = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"]
        notebook = notebooks.clean(json.loads(json.dumps(nb)))
        notebooks.readdress(notebook, f"labs/{sheet}/{name}.ipynb")
        for cell in notebook["cells"]:
            cell["metadata"]["id"] = cell["id"]  # Colab drops the cell's own id and keeps this one
        release = hashlib.sha256(notebooks.dumps(notebook).encode()).hexdigest()[:12]
        slots = [cell["id"] for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
        stamp = {"release": release, "sheet": sheet, "slots": slots, "version": seglab.__version__}
        notebook["metadata"] = {**notebook["metadata"], "seglab": stamp}
        return nbformat.from_dict(notebook), resources


def marker(name, cell_type):
    """Return the line by which an answer is found again when its metadata is lost.

    Args:
        name: The answer's id.
        cell_type: `"code"` or `"markdown"`.

    Returns:
        One line, a comment in its language.

    Example:
        >>> marker("q2-iou", "code")
        '# seglab: q2-iou (keep this line)'
    """
    text = f"seglab: {name} (keep this line)"
    return f"# {text}" if cell_type == "code" else f"<!-- {text} -->"
