"""What an attack is, and how it becomes a submission; the same submission without it is its twin."""

from dataclasses import dataclass, field

from .sheets import SHEETS

SHORT = {"call_seconds": 0.6, "cell_seconds": 1.2}  # for what never ends

PREAMBLE = """
import os, sys
tried, reached = [], []

def attempt(name, action):
    tried.append(name)
    try:
        value = action()
    except BaseException:
        return
    reached.append(f"{name}: {value!r}"[:80])

def report():
    raise RuntimeError(f"tried {len(tried)}, reached {reached}")
"""


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    Attributes:
        name: Its name.
        text: What it tries, one sentence.
        source: Code behind an answer. Where it calls `report`, nothing may be in `reached`.
        sheet: Key of `SHEETS`.
        wrong: Questions that the submission, and its twin, answer wrongly.
        answers: `dict` from question to an answer that the attack and its twin share.
        place: Question behind whose answer the source stands; the first wrong one if `None`.
        costs: Whether the attack may cost points that its twin gets, as a broken process does.
        doubtful: Whether it may look like an accident of the machine, about which a person decides.
        honest: The twin's points, where they are not those of the right answers.
        artifacts: `dict` from name to bytes, in place of the twin's or beside them.
        mutate: Called with the submission, a `dict`, to change it as a whole; `None` leaves it.
        tamper: Called with the job's folder and the `World`, before grading; `None` leaves it.
        settings: `dict` of settings of the job beside the usual ones.
        module: Name of the module that defines it.
    """

    name: str
    text: str
    source: str = ""
    sheet: str = "plain"
    wrong: tuple = ("double",)
    answers: dict = field(default_factory=dict)
    place: str | None = None
    costs: bool = False
    doubtful: bool = False
    honest: float | None = None
    artifacts: dict = field(default_factory=dict)
    mutate: object = None
    tamper: object = None
    settings: dict = field(default_factory=dict)
    module: str = ""

    @property
    def points(self):
        """What the twin earns."""
        return SHEETS[self.sheet].points_without(self.wrong) if self.honest is None else self.honest

    @property
    def reports(self):
        """Whether the attack tells what it reached."""
        return "report()" in self.source

    def twin(self):
        """Return the answers of the submission without the attack, a `dict`."""
        sheet = SHEETS[self.sheet]
        wrong = {name: sheet.wrong[name] for name in self.wrong if name in sheet.wrong}
        return {**sheet.right, **wrong, **self.answers}

    def twin_files(self):
        """Return the files of the submission without the attack: `dict` from name to bytes."""
        sheet = SHEETS[self.sheet]
        return sheet.wrong_artifacts if "artifacts" in self.wrong else sheet.artifacts

    def submission(self, facts):
        """Return the answers of the submission.

        Args:
            facts: `dict` of what the attacker knows of the machine.
        """
        answers = self.twin()
        wrong = [name for name in self.wrong if name in answers]
        place = self.place or next(iter([*wrong, *answers]))
        known = "".join(f"{name} = {value!r}\n" for name, value in facts.items())
        answers[place] += f"\n{known}{PREAMBLE}\n{self.source}" if self.source else ""
        return answers


ATTACKS = {}


def attack(function=None, **options):
    """Register a function without arguments that returns the source of an attack; its docstring says what it tries.

    Args:
        function: The function; with options, they come first and the function is decorated.
        **options: Fields of `Attack`.
    """

    def register(function):
        name = function.__name__
        if name in ATTACKS or not function.__doc__:
            raise ValueError(f"{name}: an attack has a name of its own and a docstring")
        ATTACKS[name] = Attack(name, function.__doc__.strip(), function() or "", module=function.__module__, **options)
        return function

    return register if function is None else register(function)
