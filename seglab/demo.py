"""The main job: train every network once on one data set, compare them, and (on the built-in data) grade the lab.

`compare` needs TensorFlow and half a minute per network; `grade` needs nbgrader and holds no network. The command
line runs them in two processes, so that the memory of the first is free again when the second starts.
"""

import copy
import json
import shutil
import time
from pathlib import Path

import numpy as np

from seglab import __version__
from seglab.about import installed_version
from seglab.errors import InputError

BUILT_IN = "shapes"
LAB = "lab1_fcn_unet"
# What each of the lab's submitted files holds, by the network that drew it.
LAB_PREDICTIONS = {"FCN-8s": "predictions_fcn8s.npz", "U-Net": "predictions_unet.npz"}
MISTAKE = "q2_no_skips"  # the wrong answer that the demo hands in
GALLERY_IMAGES = 8


def compare(spec, out, *, recipe, seed=0, size=None, data_options=None, progress=True, say=print):
    """Train the five networks on one data set, measure them on its test split and write the report.

    An interrupted comparison is continued where it stopped; a finished one is done again from the start.

    Args:
        spec: Data set as `datasets.load` takes it, for example `"shapes"` or `"folder:PATH"`.
        out: Folder for `results.json`, `gallery.npz`, `report.html` and one run folder per network.
        recipe: A `training.Recipe`.
        seed: Non-negative integer behind weights, order and augmentation.
        size: `(height, width)` of the images, or `None` for the data set's default.
        data_options: Further arguments of `datasets.load` (`labels`, `kind`, `ignore`, `border`).
        progress: Show a live line while training.
        say: Called with each line of text for the user.

    Returns:
        The results as written to `results.json`.

    Raises:
        InputError: If the data set cannot be used or `out` holds another unfinished comparison.
    """
    from seglab import datasets, evaluation, models, report, training

    out = Path(out)
    started = time.perf_counter()
    mixed = training.use_mixed_precision_on_gpu()
    data_options = data_options or {}
    options = {"size": size, "batch": recipe.batch, "seed": seed, **data_options}
    train, val, test = (datasets.load(spec, split=split, **options) for split in ("train", "val", "test"))
    for builder in models.VARIANTS.values():  # an impossible size is refused before minutes of training
        builder((*train.size, 3), train.num_classes, base_filters=recipe.base_filters)

    runs = out / "runs"
    if (out / "results.json").exists():
        shutil.rmtree(runs, ignore_errors=True)
        (out / "results.json").unlink()
    counts = {split: len(data) for split, data in (("train", train), ("val", val), ("test", test))}
    say(f"{spec}: {counts} images of {train.size[0]}x{train.size[1]}")

    klass = evaluation.commonest_class(train)
    baseline = {"class": train.classes[klass], **evaluation.evaluate_constant(test, klass).to_dict()}
    rows, networks = [], {}
    for number, (name, builder) in enumerate(models.VARIANTS.items(), start=1):
        say(f"[{number}/{len(models.VARIANTS)}] {name}")
        training.set_seeds(seed)
        model = builder((*train.size, 3), train.num_classes, base_filters=recipe.base_filters)
        config = training.run_config(name, model, train, recipe=recipe, seed=seed, options=data_options)
        run = runs / models.slug(name)
        history = training.train(
            model, train, val, recipe=recipe, seed=seed, run_dir=run, config=config, progress=progress
        )
        measured = evaluation.evaluate(model, test).to_dict()
        rows.append({"name": name, "seconds_to_train": sum(history["seconds"]), "history": history, **measured})
        networks[name] = model

    results = {
        "title": f"FCN and U-Net on {describe(spec)}",
        "seglab": __version__,
        "versions": {name: installed_version(name) for name in ("tensorflow", "keras", "numpy")},
        "device": training.device_name() + (", mixed precision" if mixed else ""),
        "data": {
            "spec": describe(spec),
            "classes": list(test.classes),
            "ignore_class": test.ignore_class,
            "size": list(test.size),
            "count": counts,
            "notes": notes_on(spec, data_options),
        },
        "recipe": recipe.to_dict(),
        "seed": seed,
        "baseline": baseline,
        "models": rows,
    }
    gallery = choose_gallery(test, networks, rows[-1]["image_mean_iou"])
    if spec == BUILT_IN and size is None:
        predict_unseen(networks, out)
    np.savez_compressed(out / "gallery.npz", **gallery)
    report.write_report(results, gallery, out / "report.html")
    (out / "results.json").write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    say("")
    say(report.format_table(results))
    say("")
    for sentence in report.conclusions(results):
        say(f"- {sentence}")
    say(f"\n{out / 'report.html'} and {out / 'results.json'} written after {time.perf_counter() - started:.0f} s")
    return results


def grade(course_dir, out, *, say=print):
    """Release the lab, hand in three submissions and grade them with nbgrader.

    Args:
        course_dir: The course: the folder with `grader_config.py`, `solutions/` and `tests/answers/`.
        out: Folder that `compare` wrote for the built-in data; the course's copy and the grades go to `out/grading`.
        say: Called with each line of text for the user.

    Returns:
        What `autograde_submissions` returns, one `dict` per submission.

    Raises:
        InputError: If `course_dir` is no course, `out` holds no predictions, or nbgrader cannot work.
    """
    from seglab.authoring import notebooks
    from seglab.authoring.answers import read_answer
    from seglab.authoring.release import release
    from seglab.authoring.scratch import copy_course
    from seglab.grading.autograde import autograde_submissions

    course_dir, out, started = Path(course_dir), Path(out), time.perf_counter()
    missing = [name for name in LAB_PREDICTIONS.values() if not (out / name).is_file()]
    if missing:
        raise InputError(f"{out / missing[0]} is missing: run `seglab demo` on the built-in data first.")
    folder = out / "grading"
    shutil.rmtree(folder, ignore_errors=True)
    course = copy_course(course_dir, LAB, folder / "course")
    say(f"releasing {LAB}, handing in three submissions and grading them with nbgrader ...")
    released = release(LAB, course)

    wrong = read_answer(course_dir / "tests" / "answers" / LAB / f"{MISTAKE}.py")
    solution = notebooks.read(course / "solutions" / LAB / f"{LAB}.ipynb")
    mistaken = copy.deepcopy(solution)
    wrong.put_into(mistaken)
    handed_in = {"reference": solution, "one-mistake": mistaken, "untouched": notebooks.read(released)}
    for student, notebook in handed_in.items():
        (folder / "handed-in" / student).mkdir(parents=True)
        notebooks.write(notebook, folder / "handed-in" / student / f"{LAB}.ipynb")
        if student != "untouched":
            for name in LAB_PREDICTIONS.values():
                shutil.copy(out / name, folder / "handed-in" / student)
    folders = {student: folder / "handed-in" / student for student in handed_in}
    grades = autograde_submissions(course, LAB, folders, folder / "nbgrader")

    say(f"\n{'submission':12} {'points':>12}   lost")
    for row in grades:
        lost = [name for name, (points, _) in row["questions"].items() if points == 0]
        by_hand = f", {row['manual_max']:g} more by hand" if row["needs_manual"] else ""
        say(f"{row['student']:12} {row['score']:5g} of {row['max_score']:g}{by_hand}   {', '.join(lost) or '-'}")
    say(f"(one-mistake: {wrong.mistake})")
    say(f"\ngraded in {time.perf_counter() - started:.0f} s; autograded notebooks are in {folder / 'nbgrader'}")
    return grades


def choose_gallery(data, networks, image_scores):
    """Pick test images from the worst to the best by one network's scores, with what every network predicts for them.

    Args:
        data: The `SegmentationData` that was measured.
        networks: Networks by name, in the order of the report.
        image_scores: One score in [0, 1] or `None` (nothing to score) per image of `data`.

    Returns:
        Dict of arrays as `report.write_report` takes it.
    """
    from seglab import evaluation

    ranked = sorted((score, index) for index, score in enumerate(image_scores) if score is not None)
    spread = np.linspace(0, len(ranked) - 1, min(GALLERY_IMAGES, len(ranked))).round().astype(int)
    samples = [data[ranked[place][1]] for place in spread]
    images = np.stack([image for image, _ in samples])
    return {
        "images": np.round(images * 255).astype(np.uint8),
        "labels": np.stack([labels for _, labels in samples]).astype(np.uint8),
        "predictions": np.stack([evaluation.predict(model, images) for model in networks.values()]).astype(np.uint8),
    }


def predict_unseen(networks, out):
    """Write what the lab asks students to hand in: label maps of its unseen images, by each network it names."""
    from seglab import evaluation
    from seglab.datasets.unseen import unseen_images

    images = unseen_images(LAB)
    for name, filename in LAB_PREDICTIONS.items():
        np.savez_compressed(Path(out) / filename, labels=evaluation.predict(networks[name], images).astype(np.uint8))


def notes_on(spec, data_options):
    """Say what was done to images and labels from outside before they were scored.

    Example:
        >>> notes_on("folder:pets", {"border": "own", "ignore": None})[1]
        'The label files were read with border own.'
        >>> len(notes_on("folder:nuclei", {"border": "ignore"}))  # nothing that was not the default
        1
    """
    if spec.partition(":")[0] not in ("folder", "tfds"):
        return []
    said = ", ".join(f"{name} {value}" for name, value in data_options.items() if value not in (None, "ignore"))
    notes = ["Images are resized without keeping their aspect; every score is at the size given here."]
    return [*notes, f"The label files were read with {said}."] if said else notes


def describe(spec):
    """Name a data set without the folders above it, which are nobody else's concern.

    Example:
        >>> describe("folder:/data/camvid"), describe("shapes")
        ('camvid', 'shapes')
    """
    kind, _, path = spec.partition(":")
    return Path(path).name if path else kind


def default_folder(spec):
    """Choose where the results of a data set go.

    Example:
        >>> str(default_folder("shapes")), str(default_folder("folder:/data/camvid"))
        ('build/demo', 'build/demo-camvid')
    """
    return Path("build") / ("demo" if spec == BUILT_IN else f"demo-{describe(spec)}")
