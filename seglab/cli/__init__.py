"""The `seglab` command: parse, call, print.

Commands stand by subject in `networks` (train, measure, show), `machine` (set-up), `authoring` (notebooks), `grading`
(submissions), `travel` (grading elsewhere), `results` (what comes after their grades), `reports` (exports, analysis)
and `leaderboard`; students get the first two only. Every user error of the library is an `InputError`; the one place
that turns it into a line and exit code 2 is `main`.
"""

import argparse
import logging
import os
import sys
from importlib import import_module
from importlib.util import find_spec

from seglab import __version__
from seglab.errors import InputError

PARTS = ("networks", "machine", "authoring", "grading", "travel", "results", "reports", "leaderboard")


def main(argv=None):
    """Run one command.

    Args:
        argv: Arguments after the program's name; those of the process if `None`.

    Returns:
        Exit code: 0 done, 1 findings (`lint`, `doctor`), 2 bad input, 130 interrupted.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # five networks in one process are no cause for alarm
    argv = sys.argv[1:] if argv is None else list(argv)
    arguments = build_parser().parse_args(argv)
    arguments.argv = argv
    try:
        return arguments.command(arguments) or 0
    except InputError as error:
        message = str(error)
    except BrokenPipeError:  # `seglab ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, a folder that may not be written: the user's to mend
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except KeyboardInterrupt:
        print("\nseglab: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130
    print(f"seglab: error: {' '.join(message.split())}", file=sys.stderr)
    return 2


def build_parser():
    """Make the argument parser of all commands."""
    parser = argparse.ArgumentParser(prog="seglab", description="An image segmentation course and its tools.")
    parser.add_argument("--version", action="version", version=f"seglab {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in PARTS:
        if find_spec(f"seglab.cli.{name}") is None:  # left out of the students' tree
            continue
        for function, text, add_options in import_module(f"seglab.cli.{name}").COMMANDS:
            sub = commands.add_parser(function.__name__, help=text, description=text)
            sub.set_defaults(command=function)
            add_options(sub)
    return parser
