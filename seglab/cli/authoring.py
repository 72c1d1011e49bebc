"""Commands for whoever writes the course: notebooks in their one form, and the tree that students get."""

from pathlib import Path


def lint(arguments):
    """Print what breaks the notebook rules, and whether the README's table is stale."""
    from seglab.authoring import front_page
    from seglab.authoring.lint import lint_notebooks

    findings = lint_notebooks(arguments.paths or [Path(name) for name in ("course", "solutions", "labs")])
    if not arguments.paths:
        findings += front_page.findings()
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def tidy(arguments):
    """Mend notebooks: address, tag and set-up cell as the package has them, no outputs, sorted keys."""
    from seglab.authoring.lint import find_notebooks
    from seglab.authoring.notebooks import tidy as mend

    for path in find_notebooks(arguments.paths or [Path("course"), Path("solutions")]):
        if mend(path):
            print(path)


def publish(arguments):
    """Write the students' tree, unless it would show a solution or a hidden test."""
    from seglab import about
    from seglab.authoring.publish import publish as write_tree

    files = write_tree(arguments.folder)
    print(
        f"{arguments.folder}: {len(files)} files for {about.source_url()}. Commit them, tag them {about.tag()}, push."
    )


def lint_options(parser):
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks or folders (default: course solutions labs)")


def tidy_options(parser):
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks or folders (default: course solutions)")


def publish_options(parser):
    parser.add_argument("folder", metavar="DIR", help="a new folder, or one that this command wrote; its .git is kept")


COMMANDS = (
    (lint, "check notebooks against the course's rules", lint_options),
    (tidy, "mend what needs no author: set-up cells, badges, outputs, metadata", tidy_options),
    (publish, "write the tree that students get, without solutions, grading and hidden tests", publish_options),
)
