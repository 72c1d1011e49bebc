"""What the demos that Python draws share: sliders, one picture for many changes, a strip without a kernel."""

import asyncio
import base64
import re

import ipywidgets
import pytest

from seglab.errors import InputError
from seglab.widgets.computed import ComputedDemo


class Line(ComputedDemo):
    """A line of two parameters, which counts how often it is drawn."""

    title = "A line & <more>"
    figsize = (3.0, 2.0)
    strip = ({"slope": 0}, {"slope": 2, "dashed": True}, {"slope": 3})
    strip_columns = 2

    def make_controls(self):
        self.drawn = []
        return {
            "slope": ipywidgets.IntSlider(1, -3, 3, description="slope"),
            "dashed": ipywidgets.Checkbox(False, description="dashed"),
        }

    def draw(self, figure, slope, dashed):
        self.drawn.append((slope, dashed))
        figure.add_subplot().plot([0, 1], [0, slope], "--" if dashed else "-")

    def describe(self):
        return f"A line <of> slope {self.values['slope']}."


def test_a_change_draws_a_new_picture_and_words():
    demo = Line()
    before = bytes(demo._picture.value)
    assert before.startswith(b"\x89PNG")
    demo.controls["slope"].value = -2
    assert demo.drawn == [(1, False), (-2, False)]
    assert bytes(demo._picture.value) != before
    assert "A line &lt;of&gt; slope -2." in demo._words.value


def test_start_values():
    assert Line(dashed=True).values == {"slope": 1, "dashed": True}


def test_changes_that_come_together_are_drawn_together():
    async def drag(demo):
        for slope in (0, 1, 2, 3):
            demo.controls["slope"].value = slope
            await asyncio.sleep(0)
        waiting = list(demo.drawn)
        await asyncio.sleep(0.3)
        demo.controls["slope"].value = -1
        demo.redraw()  # at once, and not a second time later
        await asyncio.sleep(0.3)
        return waiting

    demo = Line()
    assert asyncio.run(drag(demo)) == [(1, False)]
    assert demo.drawn == [(1, False), (3, False), (-1, False)]


def test_strip_shows_its_values_in_columns():
    demo = Line(slope=-1)
    demo.drawn.clear()
    figure = demo.static()
    assert demo.drawn == [(0, False), (2, True), (3, False)]
    assert [part.get_suptitle() for part in figure.subfigs[:3]] == [
        "slope = 0",
        "slope = 2, dashed = True",
        "slope = 3",
    ]
    assert figure.get_size_inches()[0] == 6
    assert demo.values["slope"] == -1  # the live demo stays where it is


def test_a_demo_without_strip_shows_its_present_values():
    class Plain(Line):
        strip = ()

    figure = Plain(slope=3).static()
    assert [part.get_suptitle() for part in figure.subfigs] == ["slope = 3, dashed = False"]


def test_reader_without_kernel_gets_strip_and_words():
    demo = Line()
    data, _ = demo._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "A line <of> slope 1."
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == demo.model_id
    assert not callable(demo._ipython_display_)


def test_page_needs_nothing_from_elsewhere(tmp_path):
    page = Line().to_html(tmp_path / "line.html")
    assert (tmp_path / "line.html").read_text(encoding="utf-8") == page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|https?://|@import""", page)
    assert "<title>A line &amp; &lt;more&gt;</title>" in page and "<script" not in page


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"slope": 4}, r"slope must lie in \[-3, 3\], got 4"),
        ({"slope": "steep"}, "slope cannot be 'steep'"),
        ({"pitch": 1}, "there is no control 'pitch', the demo has slope, dashed"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(InputError, match=message):
        Line(**values)
