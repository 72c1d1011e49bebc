"""Commands that train, measure and show networks."""

import argparse
import dataclasses
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from seglab.errors import InputError


def add_data_options(parser, *, default=None, with_spec=True):
    """Add the options that say which images, and how their labels are read."""
    if with_spec:
        parser.add_argument("--data", default=default, metavar="SPEC", help="see `seglab datasets`")
    parser.add_argument("--size", type=parse_size, metavar="H[xW]", help="image size (default: the data set's)")
    parser.add_argument("--labels", metavar="DIR", help="folder with the labels, where several are there")
    parser.add_argument(
        "--kind", choices=["semantic", "instances", "trimap", "palette"], help="how the labels are stored"
    )
    parser.add_argument("--ignore", type=int, metavar="N", help="label value not to count")
    parser.add_argument(
        "--border", default="ignore", choices=["ignore", "foreground", "own"], help="what a trimap's border becomes"
    )


def add_recipe_options(parser, *, profile="fast"):
    """Add the options that change a training profile, and say which one it is if none is named."""
    parser.add_argument(
        "--profile",
        default=profile,
        choices=["fast", "full", "good"],
        help=f"CPU in minutes, GPU, or the best soon from few images (default: {profile})",
    )
    parser.add_argument("--epochs", type=int, help="passes over the training images (default: the profile's)")
    parser.add_argument("--batch", type=int, help="images per step (default: the profile's)")
    parser.add_argument("--learning-rate", type=float, help="(default: the profile's)")
    parser.add_argument(
        "--loss",
        metavar="NAMES",
        help="ce, dice, focal, tversky, lovasz, or a sum such as ce+dice (default: the profile's)",
    )
    parser.add_argument("--optimizer", choices=["adam", "sgd", "muon"], help="(default: the profile's)")
    parser.add_argument("--weight-decay", type=float, help="(default: the profile's)")
    parser.add_argument("--class-weights", choices=["median", "inverse"], help="weigh rare classes more (ce and focal)")
    parser.add_argument("--schedule", choices=["cosine", "poly", "one-cycle"], help="how the learning rate falls")
    parser.add_argument("--warm-up", type=int, metavar="STEPS", help="steps in which the learning rate rises before")
    parser.add_argument(
        "--ema-decay", type=float, metavar="D", help="keep a running average of the weights, e.g. 0.999"
    )
    parser.add_argument(
        "--augment",
        choices=["none", "photo", "multi-scale", "strong"],
        help="random changes of images (default: the profile's)",
    )
    parser.add_argument("--base-filters", type=int, help="filters of the first stage (default: the profile's)")
    parser.add_argument("--seed", type=int, default=0, help="behind weights, order and augmentation")
    parser.add_argument("--quiet", action="store_true", help="no live progress")


def parse_size(text):
    """Read `128` or `96x128` (height x width).

    Example:
        >>> parse_size("128"), parse_size("96x128")
        ((128, 128), (96, 128))
    """
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 128 or 96x128 (height x width)")
    return int(parts[0]), int(parts[-1])


def recipe_of(arguments):
    """Make the `Recipe` that the options ask for."""
    from seglab import training
    from seglab.transforms import MULTI_SCALE, STRONG

    names = [field.name for field in dataclasses.fields(training.Recipe)]
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name, None) is not None}
    if "augment" in given:
        known = {"none": False, "photo": True, "multi-scale": MULTI_SCALE, "strong": STRONG}
        given["augment"] = known[given["augment"]]
    return dataclasses.replace(training.PROFILES[arguments.profile], **given)


def data_options_of(arguments):
    """Collect the options that `datasets.load` takes beside the spec."""
    return {name: getattr(arguments, name) for name in ("labels", "kind", "ignore", "border")}


def demo(arguments):
    """Compare the networks; on the built-in data also release and grade the lab, where grading is installed."""
    from seglab import demo as job

    as_in_the_lab = arguments.data == job.BUILT_IN and arguments.size is None
    if as_in_the_lab and not arguments.no_grading and find_spec("seglab.grading"):
        # The networks train in a process of their own: its memory is free again when grading starts.
        apart = subprocess.run([sys.executable, "-m", "seglab", *arguments.argv, "--no-grading"])
        if apart.returncode:
            return apart.returncode
        job.grade(Path.cwd(), arguments.out or job.default_folder(arguments.data))
        return 0
    job.compare(
        arguments.data,
        arguments.out or job.default_folder(arguments.data),
        recipe=recipe_of(arguments),
        seed=arguments.seed,
        size=arguments.size,
        data_options=data_options_of(arguments),
        progress=not arguments.quiet,
    )


def datasets(arguments):
    """List the known data sets, or describe one."""
    from seglab.datasets import KNOWN, load

    if arguments.spec is None:
        for spec, text in KNOWN.items():
            print(f"{spec:14} {text}")
        return
    options = {"size": arguments.size, **data_options_of(arguments)}
    for split in ("train", "val", "test"):
        data = load(arguments.spec, split=split, **options)
        print(f"{split:6} {len(data):6} images of {data.size[0]}x{data.size[1]}")
    print(f"{data.num_classes} classes: {', '.join(data.classes)}")
    print("every pixel counts" if data.ignore_class is None else f"label {data.ignore_class} is not counted")


def train(arguments):
    """Train one network into a run folder."""
    from seglab import models, training
    from seglab.datasets import load

    recipe = recipe_of(arguments)
    training.use_mixed_precision_on_gpu()
    options = {"size": arguments.size, "batch": recipe.batch, "seed": arguments.seed, **data_options_of(arguments)}
    data = {split: load(arguments.data, split=split, **options) for split in ("train", "val")}
    name = models.variant_name(arguments.model)
    training.set_seeds(arguments.seed)
    model = models.NETWORKS[name]((*data["train"].size, 3), data["train"].num_classes, base_filters=recipe.base_filters)
    config = training.run_config(name, model, data["train"], recipe=recipe, options=data_options_of(arguments))
    history = training.train(
        model,
        data["train"],
        data["val"],
        recipe=recipe,
        seed=arguments.seed,
        run_dir=arguments.out,
        config=config,
        progress=not arguments.quiet,
    )
    best = max(history["val_mean_iou"])
    print(f"{name}: best validation mIoU {best:.3f} after {sum(history['seconds']):.0f} s; weights in {arguments.out}")


def evaluate(arguments):
    """Measure a run on a split, of its own data set unless another is named."""
    from seglab import evaluation, report, training
    from seglab.datasets import load

    model, config = training.load_run(arguments.run)
    stored = config["data"]
    spec = arguments.data or stored["spec"]
    options = dict(stored["options"]) if arguments.data is None else {}
    options |= {name: value for name, value in data_options_of(arguments).items() if value is not None}
    data = load(
        spec,
        split=arguments.split,
        size=arguments.size or tuple(config["input_shape"][:2]),
        seed=config["seed"],
        **options,
    )
    if data.num_classes != config["num_classes"]:
        raise InputError(
            f"{spec} has {data.num_classes} classes, the run {arguments.run} was trained for {config['num_classes']}; "
            "name the data set it was trained on with --data"
        )
    measured = evaluation.evaluate(model, data, flips=arguments.flips).to_dict()
    if arguments.json:
        print(json.dumps(measured, indent=1, allow_nan=False))
    else:
        row = {"name": config["model"], **measured}
        print(report.format_table({"data": {"classes": list(data.classes)}, "models": [row]}))


def predict(arguments):
    """Write the label map and an overlay of each photo, or serve the page that does."""
    if bool(arguments.images) == arguments.page:
        raise InputError("name the photos to label, or ask for the page with --page")
    if arguments.page:
        from seglab import photo_page

        photo_page.serve(arguments.run, port=arguments.port, open_browser=not arguments.no_browser)
        return
    from seglab import prediction

    for written in prediction.predict_files(arguments.images, arguments.run, arguments.out):
        print(written)


def report(arguments):
    """Write the HTML report of stored results again."""
    from seglab import report as writer

    path = arguments.out or arguments.results.parent / "report.html"
    writer.write_report(*writer.read_results(arguments.results), path)
    print(path)


def demo_options(parser):
    add_data_options(parser, default="shapes")
    add_recipe_options(parser)
    parser.add_argument("--out", type=Path, help="folder for the results (default: build/demo or build/demo-NAME)")
    parser.add_argument("--no-grading", action="store_true", help="stop after the report; other data or sizes imply it")


def datasets_options(parser):
    parser.add_argument("spec", nargs="?", help="data set to describe: one of those listed without it")
    add_data_options(parser, with_spec=False)


def train_options(parser):
    parser.add_argument(
        "--model",
        default="residual-u-net",
        help="such as fcn-8s, segnet, deeplab-v3+ or pspnet; a wrong name lists all",
    )
    add_data_options(parser, default="shapes")
    add_recipe_options(parser, profile="good")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder for checkpoints and weights")


def evaluate_options(parser):
    parser.add_argument("--run", type=Path, required=True, help="run folder of `seglab train`")
    parser.add_argument("--split", default="test", choices=["train", "val", "test"], help="which images")
    add_data_options(parser)
    parser.add_argument("--flips", action="store_true", help="average with the mirror image, as `predict` does")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def predict_options(parser):
    parser.add_argument("images", nargs="*", type=Path, metavar="PHOTO", help="photo files")
    parser.add_argument("--run", type=Path, required=True, help="run folder of `seglab train`")
    parser.add_argument("--out", type=Path, default=Path("predictions"), help="folder for labels and overlays")
    parser.add_argument("--page", action="store_true", help="open a page on this machine to drop photos on")
    parser.add_argument("--port", type=int, default=0, help="of the page (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the page's address")


def report_options(parser):
    parser.add_argument("results", type=Path, help="results.json of `seglab demo`; gallery.npz lies beside it")
    parser.add_argument("--out", type=Path, help="HTML file (default: report.html beside the results)")


COMMANDS = (
    (demo, "train FCN and U-Net once, compare them in a report, release and grade the lab", demo_options),
    (datasets, "list the known data sets, or describe one", datasets_options),
    (train, "train one network; the same command continues an interrupted run", train_options),
    (evaluate, "measure a trained network on a split of a data set", evaluate_options),
    (predict, "label your own photos with a trained network", predict_options),
    (report, "write the report of stored results again", report_options),
)
