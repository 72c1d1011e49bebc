"""The program that runs a student's notebook before it is handed in: in the shell that the grader uses."""

import json
import sys
import time
from pathlib import Path

from seglab.student_shell import ColabFinder, make_shell, run_cell


class OnlyColab(ColabFinder):
    """Finds the stand-in for `google.colab` where the real one is installed: a fresh Python has no page."""

    def find_spec(self, fullname, path=None, target=None):
        """Return the spec of `google.colab` and its parts, `None` for anything else, `google` itself too."""
        return super().find_spec(fullname, path, target) if fullname.startswith("google.colab") else None


def main(folder):
    """Run the cells in `FOLDER/cells.json` and write a line on each to `FOLDER/results.jsonl`.

    A line is written before a cell runs and after it has failed, so that the last one names the cell in which
    the process ended.

    Args:
        folder: Path of the folder. The cells run in the working directory.
    """
    cells = json.loads(Path(folder, "cells.json").read_text("utf-8"))
    shell = make_shell()
    sys.meta_path.insert(0, OnlyColab())
    sys.path.insert(0, "")
    with open(Path(folder, "results.jsonl"), "w", encoding="utf-8") as results:
        for name, source in cells:
            start = time.monotonic()
            print(json.dumps({"cell": name}), file=results, flush=True)
            error, _ = run_cell(shell, source)
            if error is not None:
                text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
                entry = {"cell": name, "error": text.rstrip(": "), "seconds": round(time.monotonic() - start, 3)}
                print(json.dumps(entry), file=results, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
