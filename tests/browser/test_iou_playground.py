"""The IoU playground in a real browser against its twin in NumPy."""

from itertools import pairwise

import numpy as np
import pytest

from seglab.metrics import boundary_iou, confusion_matrix, dice_per_class, iou_per_class, pixel_accuracy
from seglab.widgets import IoUPlayground
from seglab.widgets.iou_playground import rasterize

pytestmark = pytest.mark.browser

MEASURES = ("iou", "dice", "pixel_accuracy", "boundary_iou")
HEIGHT, WIDTH = 240, 320
# Centers of the two masks as the demo starts, as fractions (x, y) of the picture.
TRUTH, PREDICTION = (0.37, 0.43), (0.51, 0.57)


def scores_of_page(demo):
    """What `seglab.metrics` says of the masks that the page holds now."""
    boxes = [demo.trait(f"{key}_box") for key in ("true", "pred")]
    shapes = demo.page.evaluate(
        """() => ["true", "pred"].map((key) => {
            const shape = model.get(`${key}_shape`);
            return { ...shape, data: shape.data ? Array.from(new Uint8Array(shape.data.buffer)) : null };
        })"""
    )
    masks = []
    for box, shape in zip(boxes, shapes, strict=True):
        if shape["data"] is not None:
            shape["data"] = bytes(shape["data"])
        masks.append(rasterize(shape, box, demo.trait("height"), demo.trait("width")).astype(np.uint8))
    matrix = confusion_matrix(*masks, 2)
    distance = demo.trait("distance")
    return [
        iou_per_class(matrix)[1],
        dice_per_class(matrix)[1],
        pixel_accuracy(matrix),
        boundary_iou(*masks, 2, distance=distance)[1],
    ]


def check_numbers(demo):
    """The readout shows what NumPy computes, to its three digits, and the trait holds it to the last one."""
    wanted = scores_of_page(demo)
    assert [demo.number(key) for key in MEASURES] == [f"{value:.3f}" for value in wanted]
    assert [demo.trait("numbers")[key] for key in MEASURES] == pytest.approx(wanted, abs=1e-12)
    return wanted


def test_erosion_looks_at_the_whole_square(run_module):
    mask = np.zeros((6, 9), int)
    mask[0:4, 1:8] = 1
    got = run_module(IoUPlayground, "Array.from(m.eroded(Uint8Array.from(a[0]), 6, 9, 1))", mask.ravel().tolist())
    wanted = np.zeros((6, 9), int)
    wanted[1:3, 2:7] = 1
    assert np.reshape(got, (6, 9)).tolist() == wanted.tolist()


def test_scores_and_shapes_equal_the_twin_on_random_masks(run_module):
    rng = np.random.default_rng(5)
    for distance in (1, 2, 3):
        masks = rng.random((2, 17, 23)) < 0.9
        masks[:, 5:7, 3:9] = False
        got = run_module(
            IoUPlayground, "m.scores(...a[0].map((one) => Uint8Array.from(one)), 17, 23, a[1])",
            masks.reshape(2, -1).astype(int).tolist(), distance,
        )  # fmt: skip
        twin = IoUPlayground(y_true=masks[0], y_pred=masks[1])
        twin.distance = distance
        assert got == pytest.approx(twin.scores(), abs=1e-12)
    source = (rng.random((5, 7)) < 0.5).astype(np.uint8)
    shapes = [{"kind": "rectangle"}, {"kind": "ellipse"}, {"kind": "mask", "size": [5, 7], "data": source.tobytes()}]
    for shape in shapes:
        for box in ([2, 3, 9, 14], [0, 0, 1, 2], [12, 20, 8, 9], [-3, -2, 10, 6], [4, 4, 0, 0]):
            sent = {**shape, "data": source.ravel().tolist()}
            got = run_module(IoUPlayground, "Array.from(m.rasterize(a[0], a[1], 17, 23))", sent, box)
            assert np.reshape(got, (17, 23)).tolist() == rasterize(shape, box, 17, 23).astype(int).tolist()


def test_two_empty_masks_have_no_overlap_to_measure(open_demo):
    empty = np.zeros((20, 30), bool)
    demo = open_demo(IoUPlayground(y_true=empty, y_pred=empty))
    assert [demo.number(key) for key in MEASURES] == ["n/a", "n/a", "1.000", "n/a"]


def test_numbers_follow_the_mouse(open_demo):
    demo = open_demo(IoUPlayground())
    seen = [check_numbers(demo)[0]]
    assert seen[0] == pytest.approx(IoUPlayground().scores()["iou"])
    places = [PREDICTION, (0.6, 0.7), (0.3, 0.3), (0.9, 0.9)]
    for start, end in pairwise(places):
        demo.drag(start, end)
        seen.append(check_numbers(demo)[0])
    assert seen[-1] == 0  # pushed into the corner, where it stays whole
    assert demo.trait("pred_box")[:2] == [HEIGHT - demo.trait("pred_box")[2], WIDTH - demo.trait("pred_box")[3]]
    assert len({round(value, 3) for value in seen}) == len(seen)


def test_corners_resize_both_masks(open_demo):
    demo = open_demo(IoUPlayground())
    row, col, rows, cols = demo.trait("pred_box")
    demo.drag(((col + cols) / WIDTH, (row + rows) / HEIGHT), ((col + cols + 40) / WIDTH, (row + rows + 20) / HEIGHT))
    assert demo.trait("pred_box") == [row, col, rows + 20, cols + 40]
    check_numbers(demo)
    row, col, rows, cols = demo.trait("true_box")
    demo.drag((col / WIDTH, row / HEIGHT), ((col - 16) / WIDTH, (row + 24) / HEIGHT))
    assert demo.trait("true_box") == [row + 24, col - 16, rows - 24, cols + 16]
    assert demo.button("Truth").get_attribute("aria-pressed") == "true"
    check_numbers(demo)


def test_fingers_drag_too(open_demo):
    demo = open_demo(IoUPlayground(), touch=True, width=400)
    before = demo.trait("pred_box")
    session = demo.page.context.new_cdp_session(demo.page)
    (x, y), (x2, y2) = demo.point(*PREDICTION), demo.point(PREDICTION[0] - 0.1, PREDICTION[1] - 0.1)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for share in (0.5, 1):
        point = {"x": x + (x2 - x) * share, "y": y + (y2 - y) * share}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    demo.settle()
    moved = demo.trait("pred_box")
    assert moved == pytest.approx([before[0] - 0.1 * HEIGHT, before[1] - 0.1 * WIDTH, *before[2:]], abs=1.5)
    check_numbers(demo)


def test_painting_and_erasing_make_a_shape_that_moves(open_demo):
    demo = open_demo(IoUPlayground(shape="ellipse"))
    before = demo.trait("numbers")
    demo.button("Erase").click()
    demo.drag(PREDICTION, (PREDICTION[0] + 0.15, PREDICTION[1]))
    erased = demo.trait("numbers")
    assert erased["tp"] + erased["fp"] < before["tp"] + before["fp"]
    check_numbers(demo)
    demo.button("Paint").click()
    demo.button("Truth").click()
    demo.drag((0.1, 0.9), (0.2, 0.9))
    assert demo.trait("numbers")["fn"] > erased["fn"]
    check_numbers(demo)
    assert [demo.trait(f"{key}_shape")["kind"] for key in ("true", "pred")] == ["mask", "mask"]
    demo.button("Move").click()
    demo.drag(TRUTH, (TRUTH[0] + 0.1, TRUTH[1] - 0.05))
    check_numbers(demo)
    demo.button("Reset").click()
    demo.settle()
    assert demo.trait("numbers") == pytest.approx(before)


def test_keys_move_resize_and_paint(open_demo):
    demo = open_demo(IoUPlayground())
    row, col, rows, cols = demo.trait("pred_box")
    demo.press("ArrowLeft", 3)
    demo.press("ArrowUp")
    demo.press("Control+ArrowRight")
    demo.press("Shift+ArrowDown", 2)
    assert demo.trait("pred_box") == [row - 4, col - 11, rows + 8, cols]
    check_numbers(demo)
    demo.wait_until_said(f"row {row - 4}, column {col - 11}")
    assert f"IoU {demo.number('iou')}. Dice {demo.number('dice')}." in demo.said()
    demo.button("Erase").click()
    before = demo.trait("numbers")
    demo.press(" ")
    assert demo.trait("numbers")["tp"] + demo.trait("numbers")["fp"] < before["tp"] + before["fp"]
    check_numbers(demo)


def test_everything_is_reached_by_tab_and_shows_its_focus(open_demo):
    demo = open_demo(IoUPlayground(guess_first=True))
    reached = []
    for _ in range(11):
        demo.page.keyboard.press("Tab")
        reached.append(
            demo.page.evaluate(
                """() => {
                    const one = document.activeElement;
                    const ring = getComputedStyle(one).outlineStyle !== "none";
                    return [one.textContent || one.tagName, ring];
                }"""
            )
        )
    assert [name for name, _ in reached] == [
        "Prediction", "Truth", "Move", "Paint", "Erase", "CANVAS", "INPUT", "Reveal", "New pair", "Reset",
        "Guess first",
    ]  # fmt: skip
    assert all(ring for _, ring in reached)


def test_verdict_on_a_guess(run_module):
    cases = [(0.5, 0.25), (0.1, 0.25), (0.254, 0.25), (0.5, None)]
    assert run_module(IoUPlayground, "a[0].map((one) => m.verdict(...one))", cases) == [
        "IoU is 0.250: 0.250 too high.",
        "IoU is 0.250: 0.150 too low.",
        "IoU is 0.250: spot on.",
        "Both masks are empty: there is no IoU.",
    ]


def test_guess_first_hides_the_numbers_until_the_guess(open_demo):
    demo = open_demo(IoUPlayground(guess_first=True))
    assert [demo.number(key) for key in (*MEASURES, "tp", "fp", "fn")] == ["?"] * 7
    demo.drag(PREDICTION, (0.45, 0.5))
    assert demo.number("iou") == "?"
    demo.button("Reveal").click()
    assert demo.number("iou") == "?"  # an empty guess is none
    demo.root.get_by_label("Your guess").fill("0.9")
    demo.page.keyboard.press("Enter")
    iou = check_numbers(demo)[0]
    assert demo.root.locator(".seglab-answer").inner_text() == f"IoU is {iou:.3f}: {0.9 - iou:.3f} too high."
    demo.button("Guess again").click()
    assert demo.number("iou") == "?"
    demo.button("Guess first").click()
    check_numbers(demo)


def test_new_pairs_stay_in_the_picture(open_demo):
    demo = open_demo(IoUPlayground())
    for _ in range(8):
        demo.button("New pair").click()
        for key in ("true", "pred"):
            row, col, rows, cols = demo.trait(f"{key}_box")
            assert 0 <= row <= row + rows <= HEIGHT and 0 <= col <= col + cols <= WIDTH and rows * cols
        check_numbers(demo)


def test_a_loaded_pair_lies_over_its_image(open_demo):
    rng = np.random.default_rng(0)
    image = rng.random((48, 64, 3))
    y_true, y_pred = np.zeros((2, 48, 64), np.uint8)
    y_true[10:30, 12:40] = 1
    y_pred[14:36, 20:44] = rng.random((22, 24)) < 0.8
    twin = IoUPlayground(image=image, y_true=y_true, y_pred=y_pred)
    demo = open_demo(twin)
    assert check_numbers(demo)[0] == iou_per_class(confusion_matrix(y_true, y_pred, 2))[1]
    colors = demo.page.evaluate(
        """() => {
            const canvas = document.querySelector("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    assert colors > 1000  # the noise of the image shows through
    demo.press("ArrowRight")
    check_numbers(demo)


@pytest.mark.parametrize("dark", [False, True])
def test_colors_follow_the_page_and_nothing_is_cut_off_where_it_is_narrow(open_demo, dark):
    demo = open_demo(IoUPlayground(), width=400, dark=dark)
    assert demo.root.get_attribute("data-theme") == ("dark" if dark else "light")
    assert demo.page.evaluate("() => document.documentElement.scrollWidth") <= 400
