"""The one error class for what a user can get wrong."""


class InputError(ValueError):
    """Bad input from a user: the message is one line that names it, the rule, what arrived and the way out.

    `seglab.cli` prints the message and exits with code 2; in a notebook it is an ordinary `ValueError`.
    """
