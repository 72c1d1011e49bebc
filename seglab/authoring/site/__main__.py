"""`python -m seglab.authoring.site`: build the site of the course in this folder into `build/site/html`."""

import sys
import time
from pathlib import Path

from seglab.authoring.site.build import build
from seglab.errors import InputError


def main():
    """Build the site; a fault of the course is one line and exit code 2."""
    start = time.monotonic()
    try:
        pages = build(Path.cwd(), Path("build/site"))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{pages}/index.html, after {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
