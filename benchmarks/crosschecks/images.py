"""The small DCGAN near a trained point."""

from __future__ import annotations

from benchmarks.crosschecks._outcome import Outcome
from benchmarks.crosschecks._trained import compare
from gandyn._progress import Progress
from gandyn.games import R1
from gandyn.gans.catalogue.images import ShapesDCGAN


def run(progress: Progress) -> Outcome:
    """Return stability and frequency at a trained point, and at one polished."""
    gan = ShapesDCGAN(
        channels=1, latent_size=2, points=8, activation="silu", regulariser=R1(1.0)
    )
    return compare(
        gan, progress, rates=(0.02, 0.05, 0.1), train_lr=0.02, train_steps=300,
        polish_steps=30, steps=200,
    )  # fmt: skip
