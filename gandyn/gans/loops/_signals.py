"""Whether the last blocks of a training are unlike those before, signal by signal."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

BLOCK = 20
"""Steps of a block, whose means are judged."""
RECENT = 5
"""Blocks that are judged: a change is seen when three of them have it."""
GAP = 2
"""Blocks between those judged and the baseline, so that a change that has just begun
is not taken into it."""
BASELINE = 30
"""Blocks of the baseline. It moves along: what drifts over longer times is no event."""
ENOUGH = 15
"""Blocks that a baseline needs at least."""


class Signal(NamedTuple):
    """How a number of a block is compared with its baseline.

    Attributes
    ----------
    words : str
        What it is called.
    scores : float
        A change is so many times the baseline's scatter, at least.
    floor, relative : float
        The least scatter that is believed of a baseline, by itself and as a share of
        the baseline.
    side : int
        1 where a rise counts, 0 where a fall does too.
    log : bool
        Whether logarithms are compared.
    """

    words: str
    scores: float
    floor: float
    relative: float = 0.0
    side: int = 1
    log: bool = False


SIGNALS = {
    "loss": Signal("mean loss", 120, 0.05, side=0),
    "spread": Signal("spread of the loss", 9, 0.2, log=True),
    "gradient": Signal("gradient norm", 9, 0.2, log=True),
    "metric": Signal("metric", 7, 0.02, 0.1),
}
"""What is judged of a player's block, and the metric. The scores are those at which at
most one in twenty of the runs of ``benchmarks/monitor.py`` in which nothing broke gave
an alarm, changed learning rates, data and penalties counted."""
TOGETHER = ("spread", "gradient")
"""Signals of a player that are judged together too:"""
BOTH = 4.4
"""so many times its baseline's scatter each, by the same runs."""


class Reading(NamedTuple):
    """A signal's recent median beside its baseline's median and scatter."""

    recent: float
    baseline: float
    scatter: float


def read(values: Sequence[float]) -> Reading | None:
    """Return recent values beside the baseline: None while there is not enough.

    Examples
    --------
    >>> read([1.0] * 21) is None
    True
    >>> read([1.0] * 20 + [3.0] * 5)
    Reading(recent=3.0, baseline=1.0, scatter=0.0)
    """
    recent = [v for v in values[-RECENT:] if math.isfinite(v)]
    before = [v for v in values[: -RECENT - GAP][-BASELINE:] if math.isfinite(v)]
    if len(before) < ENOUGH or len(recent) < RECENT // 2 + 1:
        return None
    middle = statistics.median(before)
    scatter = 1.4826 * statistics.median(abs(v - middle) for v in before)
    return Reading(statistics.median(recent), middle, scatter)


def score(signal: Signal, reading: Reading) -> float:
    """Return the change of a signal in units of its baseline's scatter.

    Examples
    --------
    >>> rise = Signal("rise", scores=5, floor=0.1)
    >>> [round(score(rise, Reading(x, 1.0, 0.2))) for x in (1.4, 3.0, 0.0)]
    [2, 10, -5]
    """
    moved = reading.recent - reading.baseline
    size = abs(moved) if signal.side == 0 else moved
    least = max(signal.floor, signal.relative * abs(reading.baseline))
    return size / max(reading.scatter, least)
