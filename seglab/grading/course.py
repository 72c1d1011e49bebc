"""A course directory as nbgrader knows it: its own configuration says where everything is."""

import glob
import os
import re
import string
import sys
from functools import cached_property
from pathlib import Path

from seglab.errors import InputError
from seglab.grading.repair.clearing import Clearing

CONFIG_NAMES = ("nbgrader_config", "grader_config")
# nbgrader's defaults; reading them from its classes would cost seconds of imports.
DEFAULTS = {
    "autograded_directory": "autograded",
    "course_id": "",
    "directory_structure": os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
    "feedback_directory": "feedback",
    "ignore": (".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback"),
    "release_directory": "release",
    "source_directory": "source",
    "submitted_directory": "submitted",
}
STEPS = ("source", "release", "submitted", "autograded", "feedback")
# Options of nbgrader's preprocessors, spelled as nbgrader spells them, and what they are called here.
DELIMITERS = {
    "ClearSolutions": {"begin_solution_delimeter": "begin_solution", "end_solution_delimeter": "end_solution"},
    "ClearHiddenTests": {"begin_test_delimeter": "begin_hidden_tests", "end_test_delimeter": "end_hidden_tests"},
    "ClearMarkScheme": {
        "begin_mark_scheme_delimeter": "begin_mark_scheme",
        "end_mark_scheme_delimeter": "end_mark_scheme",
    },
}


class Course:
    """Any nbgrader course.

    The configuration files are Python and are run, as nbgrader does: open only a course that you trust.

    Args:
        root: The course's folder.
        config_file_name: Name of the configuration file in it, without `.py` or `.json`. `None` takes
            `nbgrader_config`, or `grader_config` where only that is there; a course without any has nbgrader's
            default folders.

    Raises:
        InputError: If the folder or the named file is missing, or a configuration file cannot be run.

    Attributes:
        root: `Path`, the folder that all others lie in; the configuration may move it.
        config: What the files say, a traitlets `Config`.
        config_file_name: The file that was read, `None` without one.
        course_id, source_directory, release_directory, submitted_directory, autograded_directory,
        feedback_directory, directory_structure, ignore: As in nbgrader's `CourseDirectory`.
    """

    def __init__(self, root=".", *, config_file_name=None):
        folder = Path(root).resolve()
        if not folder.is_dir():
            raise InputError(f"{root}: no such course folder.")
        names = [config_file_name] if config_file_name else CONFIG_NAMES
        endings = (".py", ".json")
        present = [name for name in names if any((folder / (name + ending)).is_file() for ending in endings)]
        if config_file_name and not present:
            raise InputError(f"{root}: has no {config_file_name}.py.")
        self.config_file_name = present[0] if present else None
        self.config, own = _read_config(folder, self.config_file_name)
        said = self._said("CourseDirectory")
        # nbgrader still understands these in their old places.
        old = {"root" if name == "course_directory" else name: value for name, value in self._said("NbGrader").items()}
        said = {**old, **said}
        self.root = (folder / own["root"]).resolve() if own.get("root") else folder
        for name, default in DEFAULTS.items():
            setattr(self, name, said.get(name, default))
        self.course_id = str(self.course_id or self._said("Exchange").get("course_id", "")).strip()
        self._db_url = said.get("db_url")

    def __repr__(self):
        return f"Course({str(self.root)!r})"

    def _said(self, section):
        return dict(self.config[section]) if section in self.config else {}

    @property
    def db_url(self):
        """Address of the gradebook."""
        return self._db_url or f"sqlite:///{self.root / 'gradebook.db'}"

    @cached_property
    def clearing(self):
        """The `Clearing` of the course: how its releases are made from its sources."""
        options = {}
        for section, names in DELIMITERS.items():
            said = self._said(section)
            options |= {ours: said[theirs] for theirs, ours in names.items() if theirs in said}
        said = self._said("ClearSolutions")
        stub = said.get("code_stub")
        stub = stub.get("python") if isinstance(stub, dict) else stub
        options |= {name: text for name, text in (("code_stub", stub), ("text_stub", said.get("text_stub"))) if text}
        return Clearing(**options)

    def folder(self, step, sheet, student="."):
        """Return the folder of a sheet at one step, whether it exists or not.

        Args:
            step: `"source"`, `"release"`, `"submitted"`, `"autograded"` or `"feedback"`.
            sheet: Name of the sheet.
            student: Name of the student; the first two steps have none.

        Returns:
            `Path`.

        Raises:
            InputError: If there is no such step, or a name would lead out of the course.
        """
        if step not in STEPS:
            raise InputError(f"step must be one of {', '.join(STEPS)}, got {step!r}.")
        for argument, name in (("sheet", sheet), ("student", student)):
            if not name or re.search(r"[/\\\0]", name) or name == ".." or (name == "." and argument == "sheet"):
                raise InputError(f"{argument}: {name!r} is no folder's name.")
        return Path(os.path.normpath(self._format(getattr(self, f"{step}_directory"), student, sheet)))

    def _format(self, step, student, sheet):
        path = self.directory_structure.format(nbgrader_step=step, student_id=student, assignment_id=sheet)
        return os.path.join(self.root, path)

    def sheets(self):
        """Return the names of the sheets that have a source.

        Returns:
            Sorted list of `str`.
        """
        return sorted({sheet for sheet, _ in self._folders("source", ".", None) if self.notebooks(sheet)})

    def notebooks(self, sheet):
        """Return the names of a sheet's notebooks, without `.ipynb`; a sheet may have several.

        Args:
            sheet: Name of the sheet.

        Returns:
            Sorted list of `str`, empty where there is no such sheet.
        """
        files = self.folder("source", sheet).glob("*.ipynb")
        return sorted(path.stem for path in files if not path.name.startswith(".") and path.is_file())

    def submissions(self, sheet):
        """Return the students who handed something in.

        Args:
            sheet: Name of the sheet.

        Returns:
            Sorted list of `str`; their files are in `folder("submitted", sheet, student)`.
        """
        return sorted({student for found, student in self._folders("submitted", None, sheet) if found == sheet})

    def _folders(self, step, student, sheet):
        """Yield `(sheet, student)` of the folders that exist at a step; `None` stands for any name."""
        known = {"nbgrader_step": getattr(self, f"{step}_directory"), "student_id": student, "assignment_id": sheet}
        pattern = rule = ""
        for literal, name, *_ in string.Formatter().parse(self.directory_structure):
            pattern += glob.escape(literal)
            rule += re.escape(literal)
            if name is not None:
                value = known[name]
                pattern += "*" if value is None else glob.escape(value)
                rule += rf"(?P<{name}>[^/\\]+)" if value is None else re.escape(value)
        if not os.path.isabs(pattern):
            start = os.path.join(self.root, "")
            pattern, rule = glob.escape(start) + pattern, re.escape(start) + rule
        for path in glob.glob(pattern):
            found = re.fullmatch(rule, path)
            if found and os.path.isdir(path):
                names = {**known, **found.groupdict()}
                yield names["assignment_id"], names["student_id"]


def _read_config(folder, name):
    """Read the configuration as nbgrader does: the machine's, the user's, the course's, each over the one before.

    Returns:
        `(config, own)`: the traitlets `Config` of all files, and what the course's own says on `CourseDirectory`.
    """
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config

    config = Config()
    for place in reversed(jupyter_config_path()):
        for base in ("jupyter_config", "nbgrader_config"):
            config.merge(_read_file(place, base))
    own = _read_file(folder, name) if name else Config()
    config.merge(own)
    own_root = {**own.get("NbGrader", {}), **own.get("CourseDirectory", {})}
    return config, {"root": own_root.get("root") or own_root.get("course_directory")}


def _read_file(folder, base):
    """Read `base.py` and `base.json` of a folder; what is not there says nothing."""
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

    config = Config()
    for loader, ending in ((PyFileConfigLoader, ".py"), (JSONFileConfigLoader, ".json")):
        path = list(sys.path)
        sys.path.insert(0, str(folder))  # as nbgrader does, so that a configuration may import what lies beside it
        try:
            config.merge(loader(base + ending, path=str(folder)).load_config())
        except ConfigFileNotFound:
            continue
        except Exception as error:  # whatever a configuration file raises
            raise InputError(
                f"{Path(folder, base + ending)}: cannot be run: {type(error).__name__}: {error}"
            ) from error
        finally:
            sys.path[:] = path
    return config
