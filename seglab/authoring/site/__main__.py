"""`python -m seglab.authoring.site`: build the site of the course in this folder into `build/site/html`."""

import argparse
import sys
from pathlib import Path

from seglab.authoring.site.build import build
from seglab.errors import InputError


def main():
    """Build the site; a fault of the course is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m seglab.authoring.site", description=__doc__.split("`: ")[1])
    parser.add_argument("--kept", action="store_true", help="show older runs where code changed since")
    options = parser.parse_args()
    try:
        pages = build(Path.cwd(), Path("build/site"), rerun=not options.kept)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{pages}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
