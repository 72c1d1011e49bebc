"""`python -m seglab` is the `seglab` command."""

import sys

from seglab.cli import main

if __name__ == "__main__":
    sys.exit(main())
