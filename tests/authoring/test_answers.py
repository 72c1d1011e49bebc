"""Named wrong answers are read without being run."""

import pytest

from seglab.authoring.answers import answers_of, read_answer
from seglab.errors import InputError

FILE = '"""Adds one."""\n\nCELL = "q1"\nLOSES = {"q1-test": 2}\nraise SystemExit("was run")\n'


def test_an_answer_replaces_its_cell_and_no_other(tmp_path):
    path = tmp_path / "tests" / "answers" / "ex" / "adds.py"
    path.parent.mkdir(parents=True)
    path.write_text(FILE)
    (answer,) = answers_of("ex", tmp_path)
    assert (answer.mistake, answer.loses, answer.cell) == ("Adds one.", {"q1-test": 2}, "q1")
    notebook = {"cells": [{"id": "q0", "source": "a"}, {"id": "q1", "source": "b"}]}
    answer.put_into(notebook)
    assert [cell["source"] for cell in notebook["cells"]] == ["a", FILE]
    with pytest.raises(InputError, match="q1"):
        answer.put_into({"cells": []})


@pytest.mark.parametrize("text", ['LOSES = {"t": 1}\n', '"""No points."""\n', '"""None lost."""\nLOSES = {}\n'])
def test_an_answer_without_docstring_or_points_is_refused(text, tmp_path):
    path = tmp_path / "a.py"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.py"):
        read_answer(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.py"):
        read_answer(tmp_path / "gone.py")
