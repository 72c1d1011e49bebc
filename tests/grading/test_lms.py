"""Senders: the names that Moodle, Canvas and people give, and the class list they are looked up in."""

from types import SimpleNamespace

import pytest

from seglab.errors import InputError
from seglab.grading.collecting.lms import Roster, Sender, same_notebook, sort_by_sender


def sort(paths, source="batch.zip", roster=None, sheet="lab1", notebooks=("lab1",)):
    """Return `({name: [paths]}, nameless paths)`."""
    members = [SimpleNamespace(path=path) for path in paths]
    groups, nameless = sort_by_sender(source, members, sheet, list(notebooks), roster or Roster())
    return {sender: [upload.path for upload in uploads] for sender, uploads in groups.items()}, [
        member.path for member in nameless
    ]


def test_moodle_in_folders_flat_and_wrapped():
    groups, nameless = sort(
        [
            "Ada Lovelace_12345_assignsubmission_file_/lab1.ipynb",
            "Ada Lovelace_12345_assignsubmission_file_/data/x.npz",
            "Ben O'Hara-Ng_99_assignsubmission_file_my_lab.ipynb",
            "download/Cy_7_assignsubmission_file/lab1.ipynb",
            "Ada Lovelace_12345_assignsubmission_onlinetext_/onlinetext.html",
            "grades.csv",
        ]
    )
    assert groups == {
        Sender("moodle", "Ada Lovelace", "12345"): ["lab1.ipynb", "data/x.npz", "onlinetext.html"],
        Sender("moodle", "Ben O'Hara-Ng", "99"): ["my_lab.ipynb"],
        Sender("moodle", "Cy", "7"): ["lab1.ipynb"],
    }
    assert nameless == ["grades.csv"]


def test_canvas_names_with_late_and_numbers_of_resubmissions():
    members = ["lovelaceada_late_340934_208490284_lab1-2.ipynb", "ngben_340935_208490285_my_own_lab1.ipynb"]
    members += ["lovelaceada_late_340934_208490290_preds.npz", "sub/otcy_LATE_1_2_lab1.ipynb"]
    members = [SimpleNamespace(path=path) for path in members]
    groups, nameless = sort_by_sender("batch.zip", members, "lab1", ["lab1"], Roster())
    assert nameless == []
    [ada, archive] = groups[Sender("canvas", "lovelaceada", "340934")]
    assert (ada.path, ada.upload, ada.version, ada.late) == ("lab1-2.ipynb", 208490284, 2, True)
    assert (archive.path, archive.version) == ("preds.npz", 0)
    [ben] = groups[Sender("canvas", "ngben", "340935")]
    assert (ben.path, ben.version, ben.late) == ("my_own_lab1.ipynb", 0, False)
    assert groups[Sender("canvas", "otcy", "1")][0].late


def test_a_sheet_with_a_number_in_its_name_is_no_resubmission():
    members = [SimpleNamespace(path=f"ngben_1_2_part-{name}.ipynb") for name in ("1", "2-3")]
    groups, _ = sort_by_sender("batch.zip", members, "ps", ["part-1", "part-2"], Roster())
    [(_, uploads)] = groups.items()
    assert [(upload.path, upload.version) for upload in uploads] == [("part-1.ipynb", 0), ("part-2-3.ipynb", 3)]


@pytest.mark.parametrize(
    ("paths", "source", "expected"),
    [
        (["ada/lab1.ipynb", "ben/lab1.ipynb", "ben/x.npz"], "all.zip", {"ada": 1, "ben": 2}),
        (["all/ada/lab1.ipynb", "all/ben/lab1.ipynb"], "all.zip", {"ada": 1, "ben": 1}),
        (["ada/lab1.ipynb"], "all", {"ada": 1}),
        (["lab1.ipynb", "x.npz"], "ada.zip", {"ada": 2}),
        (["lab1.ipynb", "manifest.json"], "lab1-submission_ada (1).zip", {"ada": 2}),
        (["lab1/lab1.ipynb"], "ada.zip", {"ada": 1}),
        (["ada.ipynb", "ben.zip", "lab1_cy.ipynb"], "folder", {"ada": 1, "ben": 1, "cy": 1}),
        (["student-01/lab1.ipynb", "student-02/lab1.ipynb"], "folder", {"student-01": 1, "student-02": 1}),
        (["ada_lab1.ipynb"], "ada_lab1.ipynb", {"ada": 1}),
        (["lab1.ipynb"], "lab1.ipynb", {"": 1}),
    ],
)
def test_folders_and_files_by_student(paths, source, expected):
    groups, nameless = sort(paths, source)
    assert {sender.name: len(files) for sender, files in groups.items()} == expected and not nameless


def test_a_class_list_settles_which_name_is_the_students():
    roster = Roster(["ada", "lab1_ben"])
    assert next(iter(sort(["handin/lab1.ipynb"], "ada.zip", roster)[0])).name == "ada"
    assert next(iter(sort(["lab1.ipynb"], "lab1_ben.zip", roster)[0])).name == "lab1_ben"


def test_names_of_copies():
    for name in ("lab1.ipynb", "lab1 (3).ipynb", "lab1-Copy1.ipynb", "Copy of lab1.ipynb", "LAB1-2.ipynb"):
        assert same_notebook(name, "lab1"), name
    for name in ("lab12.ipynb", "lab1.py", "lab1-1-final.ipynb", "lab.ipynb"):
        assert not same_notebook(name, "lab1"), name
    assert same_notebook("lab-1.ipynb", "lab-1") and not same_notebook("lab-2.ipynb", "lab-1")


def write(path, text):
    path.write_text(text, "utf-8")
    return path


def test_a_class_list_of_nbgrader(tmp_path):
    roster = Roster(
        write(
            tmp_path / "students.csv",
            "id,first_name,last_name,email,lms_user_id\nal1,Ada,Lovelace,ada@uni.edu,340934\n"
            "jn2,José,Núñez Ø,jose@uni.edu,7\n",
        )
    )
    assert roster.ids == ["al1", "jn2"]
    for sender in (
        Sender("moodle", "Ada Lovelace", "12345"),
        Sender("moodle", "Group A-Ada Lovelace", "1"),
        Sender("canvas", "lovelaceada", "999"),
        Sender("canvas", "renamed", "340934"),
        Sender("plain", "AL1"),
        Sender("plain", "ada@uni.edu"),
        Sender("plain", "ada"),
    ):
        assert roster.find(sender) == ("al1", ""), sender
    assert roster.find(Sender("canvas", "nunezøjose", "1"))[0] == "jn2"
    assert roster.find(Sender("moodle", "Jose Nunez Ø", "1"))[0] == "jn2"
    # Moodle counts anew in every sheet: its number is no Canvas number.
    assert roster.find(Sender("moodle", "Zoe Zed", "340934")) == (None, "not in the class list")
    assert roster.find(Sender("plain", "")) == (None, "the name of the file says no student")


def test_class_lists_of_moodle_and_canvas(tmp_path):
    moodle = Roster(
        write(
            tmp_path / "m.csv",
            '\ufeffIdentifier,"Full name","ID number"\n"Participant 5","Ada Lovelace",al1\n'
            '"Participant 6","Ada Lovelace",al2\n',
        )
    )
    assert moodle.find(Sender("moodle", "Ada Lovelace", "6")) == ("al2", "")
    assert moodle.find(Sender("moodle", "Ada Lovelace", "77")) == (None, "fits 2 students: al1, al2")
    canvas = Roster(write(tmp_path / "c.csv", 'Student;ID;Section\n"Lovelace, Ada";34;A\n"  Points Possible";;\n'))
    assert canvas.ids == ["34"]
    assert canvas.find(Sender("canvas", "lovelaceada", "34"))[0] == "34"
    assert canvas.find(Sender("moodle", "Ada Lovelace", "1"))[0] == "34"


def test_without_a_class_list_names_become_ids():
    roster = Roster()
    assert roster.find(Sender("moodle", "Ada Lovelace-Núñez", "12")) == ("ada-lovelace-nunez", "")
    assert roster.find(Sender("canvas", "lovelaceada", "34")) == ("lovelaceada-34", "")
    assert roster.find(Sender("plain", "ada_l")) == ("ada_l", "")
    assert roster.find(Sender("plain", "Ada L")) == ("ada-l", "")
    assert roster.find(Sender("plain", "..."))[0] is None
    assert roster.find(Sender("plain", ""))[0] is None
    assert not roster.knows("ada")


def test_bad_class_lists(tmp_path):
    with pytest.raises(InputError, match="no such list"):
        Roster(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no column of ids"):
        Roster(write(tmp_path / "a.csv", "name,points\nAda,3\n"))
    with pytest.raises(InputError, match="cannot be a student's id"):
        Roster(["../ada"])
    with pytest.raises(InputError, match="cannot be read"):
        (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
        Roster(tmp_path / "b.csv")
    with pytest.raises(InputError, match="empty"):
        Roster(write(tmp_path / "c.csv", ""))
