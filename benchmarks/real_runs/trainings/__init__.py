"""The trainings, one file each, found by looking."""

from __future__ import annotations

from benchmarks.real_runs.training import Training
from gandyn._catalogue import discover

CATALOGUE: dict[str, type[Training]] = {
    kind.__module__.rpartition(".")[2]: kind
    for kind in discover(__name__, __path__, Training).values()
}
"""Kinds of trainings by the name of their file."""
