#!/bin/sh
# Resolve pyproject.toml into the three lock files (needs uv). Run after a change of its dependencies.
set -eu
cd "$(dirname "$0")/.."

resolve() { # NAME, then what the set consists of
    name=$1
    shift
    uv pip compile pyproject.toml "$@" --extra course --extra dev --extra bench --group build --upgrade \
        --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file "locks/$name.txt"
}

resolve grading --extra grading --extra cluster --extra site --group grading-pins # what sheets are graded with: Colab's TensorFlow, Keras, NumPy; nbgrader; what builds the site
resolve colab --group colab-pins # a student's Colab; nbgrader does not install beside its Jupyter
resolve newest --extra grading --extra cluster --extra site # the newest versions that resolve together
