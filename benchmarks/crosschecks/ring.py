"""The ring-of-8 near a trained point."""

from __future__ import annotations

from benchmarks.crosschecks._outcome import Outcome
from benchmarks.crosschecks._trained import compare
from gandyn._progress import Progress
from gandyn.games import R1
from gandyn.gans.catalogue.perceptrons import Ring


def run(progress: Progress) -> Outcome:
    """Return stability and frequency at a trained point, and at one polished."""
    gan = Ring(hidden=8, depth=1, latent_size=2, points=64, regulariser=R1(0.03))
    return compare(
        gan, progress, rates=(0.05, 0.1, 0.2, 0.4), train_lr=0.1, train_steps=1000,
        polish_steps=60, steps=300,
    )  # fmt: skip
