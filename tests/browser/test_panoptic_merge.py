"""The panoptic merge in a real browser against its twin in NumPy."""

import numpy as np
import pytest

from seglab.metrics import panoptic_counts, panoptic_quality
from seglab.widgets import PanopticMerge

pytestmark = pytest.mark.browser
CLASSES = ("road", "sky", "car", "person")


def twin_of(demo):
    """The demo of Python in the state of the page."""
    return PanopticMerge(**{name: demo.trait(name) for name in ("threshold", "overlap", "least_stuff")})


def check(demo):
    """Readout, list and trait hold what NumPy computes; returns the numbers."""
    twin = twin_of(demo)
    numbers, (_, fates, rests) = twin.judged(), twin.merged()
    assert demo.trait("numbers") == numbers  # to the last bit
    for key in ("pq", "sq", "rq", "pq_things", "pq_stuff"):
        assert demo.number(key) == f"{numbers[key]:.3f}"
    assert [demo.number(key) for key in ("tp", "fp", "fn")] == [str(numbers[key]) for key in ("tp", "fp", "fn")]
    rows = demo.root.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(one => one.innerText))"
    )
    order = np.argsort([-claim["score"] for claim in twin.claims], kind="stable")
    words = {"kept": "kept: ", "score": "out: score", "taken": "out: "}
    for (number, name, _, why, against), index in zip(rows[: len(order)], order, strict=True):
        assert name == twin.classes[twin.claims[index]["category"]] and why.startswith(words[fates[index]["kind"]])
        assert bool(against) == (fates[index]["kind"] == "kept"), number
    for (*_, why, _), rest in zip(rows[len(order) :], rests, strict=True):
        assert why.startswith(
            f"{'kept' if rest['kept'] else 'out'}: {rest['free']} pixels" if rest["free"] else "nowhere"
        )
    against = [row[4] for row in rows]
    assert against.count("false alarm") == numbers["fp"] and sum("IoU" in one for one in against) == numbers["tp"]
    return numbers


def test_merge_and_quality_equal_numpy(run_module):
    rng = np.random.default_rng(2)
    masks = np.zeros((9, 12, 20), bool)
    for mask in masks[:-1]:
        top, left = rng.integers(0, 9), rng.integers(0, 16)
        mask[top : top + rng.integers(2, 8), left : left + rng.integers(2, 12)] = True
    masks[4] = masks[0]
    found = {
        "masks": masks,
        "classes": rng.integers(0, 2, 9),
        "scores": rng.uniform(0, 1, 9).round(1),
        "semantic": rng.random((12, 20, 3)),
    }
    parts = {"things": (2, 3), "stuff": (0, 1)}
    settings = [(t, o, s) for t in (0, 0.5) for o in (0, 0.3, 0.55, 1) for s in (0, 70)]
    image, truth = rng.random((12, 20)), np.zeros((12, 20), int)
    truth = PanopticMerge(image, found, truth, CLASSES, **parts, threshold=0.6).merged()[0].copy()
    truth[:, 9:14] = 255_000  # void below segments that match, and below whole ones
    demo = PanopticMerge(image, found, truth, CLASSES, **parts)
    results = run_module(
        PanopticMerge,
        """a[4].map(([threshold, overlap, least]) => {
            const masks = m.unpackMasks(a[1], a[0].length, 240);
            const { ids, fates, rests } = m.mergeWithReasons(a[0], masks, a[2], [0, 1], { threshold, overlap, least });
            const { counts, nobody } = m.matchSegments(a[3], ids, 4);
            return [[...ids], fates, rests, counts, { ...m.qualityOf(counts, [2, 3]), void: nobody }];
        })""",
        demo.claims,
        list(demo.masks),
        list(demo.best_stuff),
        truth.ravel().tolist(),
        settings,
    )
    alarms = 0
    for (threshold, overlap, least), (ids, fates, rests, counts, numbers) in zip(settings, results, strict=True):
        demo.threshold, demo.overlap, demo.least_stuff = threshold, overlap, least
        wanted = demo.merged()
        assert (ids, fates, rests) == (wanted[0].ravel().tolist(), *wanted[1:])
        counted = panoptic_counts(truth, wanted[0], 4)
        for name, key in (("tp", "tp"), ("fp", "fp"), ("fn", "fn"), ("iou_sum", "iouSum")):
            assert [one[key] for one in counts] == getattr(counted, name).tolist()
        assert numbers == demo.judged() and numbers["rq"] == panoptic_quality(counted).rq
        alarms += numbers["fp"]
    assert alarms  # the settings meet void, matches and false alarms


def test_sliders_move_the_numbers_and_the_reasons(open_demo):
    demo = open_demo(PanopticMerge())
    seen = [check(demo)["pq"]]
    for name, value in (("Overlap allowed", "1"), ("Smallest stuff area", "10"), ("Score threshold", "0.7")):
        demo.root.get_by_role("slider", name=name).fill(value)
        seen.append(check(demo)["pq"])
    assert len(set(seen)) == 4
    demo.wait_until_said(f"PQ {seen[-1]:.3f}, SQ ")
    demo.root.get_by_role("slider", name="Smallest stuff area").fill("2000")
    assert check(demo)["pq_stuff"] == 0


def test_masks_are_chosen_by_keys_list_and_pictures(open_demo):
    demo = open_demo(PanopticMerge())
    twin = twin_of(demo)
    demo.press("PageDown", 3)
    order = np.argsort([-claim["score"] for claim in twin.claims], kind="stable").tolist()
    assert demo.trait("selected") == order[2]
    demo.wait_until_said("Mask 3, person, 0.82, kept: 100 % free, false alarm.")
    demo.root.locator("tbody tr").nth(6).click()
    assert demo.trait("selected") == order[6]
    ids = twin.merged()[0]
    merged = demo.root.locator("canvas").nth(1)
    box = merged.bounding_box()

    def click(row, col):
        merged.click(position={"x": (col + 0.5) / 96 * box["width"], "y": (row + 0.5) / 64 * box["height"]})

    click(*np.argwhere(ids == 4001)[40])
    assert twin.merged()[1][demo.trait("selected")]["id"] == 4001
    click(2, 48)  # sky
    assert demo.trait("selected") == -1


@pytest.mark.parametrize("dark", [False, True])
def test_narrow_page_holds_the_whole_demo(open_demo, dark):
    demo = open_demo(PanopticMerge(), width=400, dark=dark)
    assert demo.root.get_attribute("data-theme") == ("dark" if dark else "light")
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
