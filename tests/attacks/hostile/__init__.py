"""Hostile submissions. Importing this package fills `ATTACKS`."""

from . import (
    artifacts,
    files,
    limits,
    machine,
    models,
    notebooks,
    objects,
    output,
    patches,
    processes,
    protocol,
    values,
)
from .case import ATTACKS

SUBJECTS = (artifacts, files, limits, machine, models, notebooks, objects, output, patches, processes, protocol, values)

__all__ = ["ATTACKS", "SUBJECTS"]
