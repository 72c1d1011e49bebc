"""Entries read as they should, each fault of the file is named, and every entry is cited by a lesson."""

from pathlib import Path

import pytest

from seglab.authoring import bibliography, citations
from seglab.authoring.cells import Notebook
from seglab.authoring.lint import find_notebooks
from seglab.errors import InputError

ROOT = Path(__file__).parents[2]
ENTRIES = bibliography.load(ROOT)


def entry(name="He, Kaiming", year=2017, **fields):
    return {"authors": [name], "title": f"About {name} {year}", "venue": "ICCV", "year": year, **fields}


def people(*names):
    return bibliography.render(entry() | {"authors": list(names)}).split(", *About")[0]


def test_authors_read_as_in_a_sentence():
    assert people("He, Kaiming") == "Kaiming He"
    assert people("He, Kaiming", "van der Walt, Stéfan") == "Kaiming He and Stéfan van der Walt"
    assert people("A, B", "C, D", "E, F", "G, H", "I, J") == "B A, D C, F E, H G and J I"
    assert people("A, B", "C, D", "E, F", "G, H", "I, J", "K, L") == "B A and others"
    assert people("PyTorch developers") == "PyTorch developers"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "*About He, Kaiming 2017*, ICCV 2017"),
        ({"note": "first version 2016"}, "*About He, Kaiming 2017*, ICCV 2017 (first version 2016)"),
        ({"doi": "10.1109/x"}, "[*About He, Kaiming 2017*](https://doi.org/10.1109/x), ICCV 2017"),
        (
            {"doi": "10.1109/x", "arxiv": "1703.1"},
            "[*About He, Kaiming 2017*](https://arxiv.org/abs/1703.1), ICCV 2017",
        ),
        ({"arxiv": "1703.1", "url": "https://a.b"}, "[*About He, Kaiming 2017*](https://a.b), ICCV 2017"),
    ],
)
def test_title_leads_to_what_everyone_may_read(fields, text):
    assert bibliography.render(entry(**fields)) == f"Kaiming He, {text}"


SOUND = {"He2017": entry(), "Krahenbuhl2011": entry("Krähenbühl, Philipp", 2011)}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"He2017": "Mask R-CNN"}, "He2017: must be a table of authors, title, venue, year, got 'Mask R-CNN'"),
        ({"He2017": entry(year="2017")}, "He2017: year must be of type int, got '2017'"),
        ({"He2017": entry(authors="He, Kaiming")}, "He2017: authors must be of type list, got 'He, Kaiming'"),
        ({"He2017": entry(authors=[])}, 'authors must be like ["He, Kaiming", "Girshick, Ross"], got []'),
        ({"He2017": entry(authors=["He, K., Sun, J."])}, "authors must be like"),
        ({"He2017": entry(title="")}, "He2017: title must be like \"Mask R-CNN\", got ''"),
        ({"He2017": entry(title="A *star*")}, "title must be like"),
        ({"He2017": entry(venue="ICCV: main")}, "venue must be like"),
        ({"He2017": entry(arxiv="https://arxiv.org/abs/1703.06870")}, 'arxiv must be like "1703.06870"'),
        ({"He2017": entry(doi="doi.org/10.1109/x")}, "doi must be like"),
        ({"He2017": entry(journal="TPAMI")}, "unknown field journal; there are authors, title, venue, year, arxiv"),
        ({"He2017": entry("Hu, Han")}, "He2017: the key must be Hu2017"),
        ({"Krahenbuhl2011": entry("Krähenbühl, Philipp", 2012)}, "the key must be Krahenbuhl2012"),
        (
            {"VanGool2010": entry("Van Gool, Luc", 2010), "VanDam2010": entry("van Dam, Jo", 2010)},
            "VanDam2010: belongs",
        ),
        ({"PyTorch2019": entry("PyTorch developers", 2019), "Nobody2020": entry("No, A", 2020)}, "must be No2020"),
        ({"Lin2017": entry("Lin, A"), "Lin2017b": entry("Lin, B")}, "Lin2017: the key must be Lin2017a"),
        ({"Zoe2017": entry("Zoe, A", title="ABOUT he, kaiming 2017")}, "Zoe2017: has the title of He2017"),
        ({"He2017": entry(arxiv="1703.06870"), "Zoe2017": entry("Zoe, A", arxiv="1703.06870")}, "the arxiv of He2017"),
    ],
)
def test_fault_is_named(change, fault):
    assert list(bibliography.faults(SOUND)) == []
    assert any(fault in found for found in bibliography.faults(SOUND | change)), list(
        bibliography.faults(SOUND | change)
    )


def test_sound_forms_are_no_faults():
    sound = {
        "Lin2017a": entry("Lin, Min", title="One"),
        "Lin2017b": entry("Lin, Min", title="Two", arxiv="1703.06870", doi="10.1109/x.y", url="https://a.b/"),
        "PyTorch2019": entry("PyTorch developers", 2019),
        "VanDerWalt2014": entry("van der Walt, Stéfan", 2014),
    }
    assert list(bibliography.faults(sound)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[He2017", "cannot be read as TOML"),
        ("[He2017]\nyear = 2017\n[He2017]\nyear = 2018", "cannot be read as TOML"),
        ("[He2017]\nyear = 2017", "He2017: authors is missing"),
    ],
)
def test_wrong_file_is_an_input_error_that_names_it(tmp_path, text, message):
    path = tmp_path / bibliography.PATH
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        bibliography.load(tmp_path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_an_input_error(tmp_path):
    path = tmp_path / bibliography.PATH
    path.parent.mkdir()
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot be read as TOML"):
        bibliography.load(tmp_path)


def test_line_of_every_entry_is_a_fixed_point():
    assert len(ENTRIES) > 50
    for key, found in ENTRIES.items():
        line = citations.mend(f"## Sources\n\n- [{key}]: own words, with a colon: here.", ENTRIES)
        assert line == f"## Sources\n\n- [{key}] {bibliography.render(found)}: own words, with a colon: here."
        assert citations.mend(line, ENTRIES) == line
        assert list(citations.faults(line, ENTRIES)) == []


def test_references_that_the_lectures_get_wrong():
    """What a lecture cites under another title, another version's title, or by its first version only."""
    titles = {key: ENTRIES[key]["title"] for key in ("He2017", "Chen2015", "Chen2018a", "PyTorch2019")}
    assert titles["He2017"] == "Mask R-CNN"
    assert "Atrous" not in titles["Chen2015"] and ENTRIES["Chen2015"]["arxiv"] == "1412.7062"
    assert "Atrous Convolution" in titles["Chen2018a"] and ENTRIES["Chen2018a"]["arxiv"] == "1606.00915"
    assert "Object Detection" in titles["PyTorch2019"]
    assert (ENTRIES["Kirillov2019a"]["venue"], ENTRIES["Kirillov2019a"]["arxiv"]) == ("CVPR", "1801.00868")
    assert ENTRIES["Badrinarayanan2017"]["venue"] == "TPAMI"


def test_every_entry_is_cited_by_a_lesson():
    lessons = [Notebook.open(path) for path in find_notebooks([ROOT / "course"])]
    keys = {key for lesson in lessons for cell in lesson.markdown for key in citations.cited(cell.source)}
    assert sorted(ENTRIES.keys() - keys) == []
