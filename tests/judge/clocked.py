"""Rules with a clock: anchors and uniform averages, whose steps change for ever."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tests.judge.orbits import HUGE, leaving, run
from tests.judge.play import Play
from tests.judge.truth import DIVERGES, Truth

STEPS = (4096, 4096, 8192, 16384)
"""Blocks of a clocked orbit: it settles as 1/t, so each is as long as all before."""


def is_clocked(play: Play, z: np.ndarray) -> bool:
    """Tell whether a number of the memory counts the steps."""
    once = play.step(z)
    twice = play.step(once)
    counts = (once == z + 1) & (twice == z + 2) & (z == 0)
    return bool(counts.all(1).any())


def judge_clocked(play: Play, z: np.ndarray) -> list[Truth]:
    """Return what is certain: divergence, or convergence with a field that vanishes."""
    n, width = play.players, z.shape[1]
    ends, gone = [], [None] * width
    for steps in STEPS:
        history, z = run(play, z, steps, min(steps, 2048))
        with np.errstate(all="ignore"):
            out = ~(np.abs(z).max(0) < HUGE)
        for i in np.flatnonzero(out):
            if gone[i] is None:
                gone[i] = Truth(
                    leaving(history[:, :n, i]), "grows", also=frozenset(DIVERGES)
                )
        ends.append(z[:n].copy())
        rests = np.abs(play.field(z)).max(0)
    found = []
    for i in range(width):
        if gone[i] is not None:
            found.append(gone[i])
            continue
        moves = [np.abs(b - a)[:, i].max() for a, b in pairwise(ends)]
        settled = moves[2] <= 0.75 * moves[1] <= 0.6 * moves[0]
        if settled and rests[i] <= 1e-3:
            found.append(Truth(
                "converges", "as 1/t", also=frozenset({"neutral"}),
                limit=tuple(ends[-1][:, i]), steps=sum(STEPS),
            ))  # fmt: skip
        else:
            found.append(Truth(
                "unknown", "a clocked rule, bounded so far",
                excluded=frozenset(DIVERGES) if settled else frozenset(),
            ))  # fmt: skip
    return found
