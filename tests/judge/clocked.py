"""Rules with a clock: anchors and uniform averages, whose steps change for ever."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tests.judge.orbits import HUGE, leaving, run
from tests.judge.play import Play
from tests.judge.truth import DIVERGES, Truth

STEPS = (4096, 4096, 8192, 16384)
"""Blocks of a clocked orbit: it settles as 1/t, so each is as long as all before."""
LONG = tuple(2**k for k in range(15, 21))
"""More of them, of steps that run as straight-line code: what had not settled by then,
or was far from an equilibrium yet, as after a long transient."""
BOUNDED = {"periodic", "quasi_periodic", "chaotic", "neutral"}
"""What an orbit that settles is certainly not."""
FALLS, REST = 0.8, 1e-3
"""Share that each of the last three blocks moves an orbit of the one before, which is
0.71 for one that settles as 1/√t; and the field that may be left."""


def is_clocked(play: Play, z: np.ndarray) -> bool:
    """Tell whether a number of the memory counts the steps."""
    once = play.step(z)
    twice = play.step(once)
    counts = (once == z + 1) & (twice == z + 2) & (z == 0)
    return bool(counts.all(1).any())


def judge_clocked(play: Play, z: np.ndarray) -> list[Truth]:
    """Return what is certain: divergence, or convergence with a field that vanishes."""
    n, width = play.players, z.shape[1]
    ends, rests, gone = [z[:n].copy()], [], [None] * width
    blocks = STEPS + LONG * (play.kernel is not None)
    for steps in blocks:
        history, z = run(play, z, steps, min(steps, 2048))
        with np.errstate(all="ignore"):
            out = ~(np.abs(z).max(0) < HUGE)
        for i in np.flatnonzero(out):
            if gone[i] is None:
                gone[i] = _left(leaving(history[:, :n, i]), len(ends) > len(STEPS))
        ends.append(z[:n].copy())
        rests.append(np.abs(play.field(z)).max(0))
    with np.errstate(all="ignore"):
        moves = np.array([np.abs(b - a).max(0) for a, b in pairwise(ends)])[-4:]
        extents = np.ptp(history[:, :n], axis=0).max(0)
    found = []
    for i in range(width):
        floor = 1e-13 * np.abs(ends[-1][:, i]).max()
        settled = (moves[1:, i] <= FALLS * moves[:-1, i] + floor).all()
        settled &= extents[i] <= 2 * moves[-1, i] + floor
        if gone[i] is not None:
            found.append(gone[i])
        elif settled and rests[-1][i] <= min(REST, rests[-4][i] + floor):
            found.append(Truth(
                "converges", "as 1/t", limit=tuple(ends[-1][:, i]), steps=sum(blocks),
            ))  # fmt: skip
        else:
            found.append(Truth(
                "unknown", "a clocked rule, bounded so far",
                excluded=frozenset(BOUNDED | set(DIVERGES) if settled else ()),
            ))  # fmt: skip
    return found


def _left(kind: str, late: bool) -> Truth:
    """Say that an orbit grows; a ``late`` one was chaotic, perhaps, for long before."""
    if late:
        excluded = (BOUNDED | {"converges"}) - {"chaotic"}
        return Truth("unknown", "grows after long", excluded=frozenset(excluded))
    return Truth(kind, "grows", also=frozenset(DIVERGES))
