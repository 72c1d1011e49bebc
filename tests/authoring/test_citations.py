"""Lists of sources are written from their keys, and what departs from the bibliography is found."""

import pytest

from seglab.authoring import citations

ENTRIES = {
    "Bolya2019": {
        "authors": ["Bolya, Daniel"],
        "title": "YOLACT: Real-time Segmentation",
        "venue": "ICCV",
        "year": 2019,
        "arxiv": "1904.02689",
    },
    "He2017": {"authors": ["He, Kaiming", "Girshick, Ross"], "title": "Mask R-CNN", "venue": "ICCV", "year": 2017},
}
HE = "- [He2017] Kaiming He and Ross Girshick, *Mask R-CNN*, ICCV 2017"
YOLACT = "- [Bolya2019] Daniel Bolya, [*YOLACT: Real-time Segmentation*](https://arxiv.org/abs/1904.02689), ICCV 2019"


def listed(*lines):
    return "\n".join(["## Sources", "", *lines])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- [He2017]", f"{HE}."),
        ("- [He2017].", f"{HE}."),
        ("- [He2017]: its layer.", f"{HE}: its layer."),
        ("- [He2017]: ratio 1:2, and *stars*: both.", f"{HE}: ratio 1:2, and *stars*: both."),
        (f"{HE}.", f"{HE}."),
        (f"{HE}: its layer.", f"{HE}: its layer."),
        ("- [He2017] K. He, *Mask RCNN: a Framework*, 2018.", f"{HE}."),
        ("- [He2017] K. He, *Mask RCNN: a Framework*, 2018: its layer.", f"{HE}: its layer."),
        (f"{HE}: words that\n  go on.", f"{HE}: words that go on."),
        ("- [Bolya2019]", f"{YOLACT}."),
        (f"{YOLACT}: figure 2.", f"{YOLACT}: figure 2."),
        ("- [Nobody2020]: unknown", "- [Nobody2020]: unknown"),
        ("- [He2017](https://a.b) is a link", "- [He2017](https://a.b) is a link"),
        ("- GitHub: a/b, issue #7;\n  c/d, issue 8.", "- GitHub: a/b, issue #7;\n  c/d, issue 8."),
    ],
)
def test_line_is_written_from_its_key(old, new):
    text = listed("- [He2017]: first.", old, "- Lecture: last.")
    wanted = listed(f"{HE}: first.", new, "- Lecture: last.")
    assert citations.mend(text, ENTRIES) == wanted
    assert citations.mend(wanted, ENTRIES) == wanted


def test_only_the_list_is_written():
    outside = "- [He2017]\n\n## Summary\n\n- [He2017]: seen.\n\n"
    after = "\n\n### More\n\n- [He2017]"
    assert citations.mend(f"{outside}{listed('- [He2017]')}{after}", ENTRIES) == f"{outside}{listed(f'{HE}.')}{after}"
    assert citations.mend("## Sources of noise\n\n- [He2017]", ENTRIES) == "## Sources of noise\n\n- [He2017]"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("As [Nobody2020] says.", "cites Nobody2020, which is not in docs/bibliography.toml"),
        (listed("- [Nobody2020] A. Nobody, *Nothing*."), "cites Nobody2020"),
        (listed("- [He2017]"), f"write (notebooks.tidy does): {HE}."),
        (listed(f"{HE}: as [Lin2014]."), "cites Lin2014"),
        (listed(HE.replace("Mask R-CNN", "Mask R-CNN: a Framework") + "."), f": {HE}."),
        (listed(f"{HE} (its layer)."), f": {HE}."),
        (listed("- K. He, *Mask R-CNN*, ICCV 2017."), "a source starts with a key, like [He2017], or with GitHub:"),
        (listed("- a/b, issue 7."), "a source starts with a key"),
        (listed("K. He, *Mask R-CNN*."), 'is a list of lines like "- [He2017]", found K. He'),
        (listed(f"{HE}.", "and more."), "found and more."),
        (listed(), "found nothing"),
        ("## Sources", "found nothing"),
    ],
)
def test_fault_says_what_to_write(text, fault):
    found = list(citations.faults(text, ENTRIES))
    assert len(found) == 1 and fault in found[0], found


def test_sound_texts_have_no_faults():
    other = ["- GitHub: a/b, issue 7;\n  c/d, issue 8.", "- Documentation: Keras.", "- Lecture: Oltean."]
    text = f"As [He2017] says, `[Not2020]`.\n\n{listed(f'{HE}.', f'{YOLACT}: figure 2, after [He2017].', *other)}"
    assert list(citations.faults(f"{text}\n\n## More\n\nText.", ENTRIES)) == []
    assert list(citations.faults("No paper here: [2017], [UPPER], [a link2017](there).", ENTRIES)) == []


def test_long_list_is_no_text_to_read():
    words = "word " * 10
    assert (
        citations.without_list(f"{words}\n## Sources\n- {words}\n\n## More\n{words}") == f"{words}\n\n## More\n{words}"
    )
    assert citations.has_list("Text.\n## Sources\n") and not citations.has_list("## Sources of noise")
