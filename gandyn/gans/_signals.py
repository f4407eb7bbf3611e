"""Whether the last blocks of a training are unlike those before, signal by signal."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

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
    side : int
        1 where a rise counts, -1 a fall, 0 either.
    floor : float
        The least scatter that is believed of a baseline.
    scores : float
        An event is so many times the baseline's scatter, at least,
    effect : float
        and so large.
    words : str
        What is said of it.
    log : bool
        Whether logarithms are compared.
    forgets : bool
        Whether a changed hyperparameter begins the baseline anew: where it moves the
        number by itself.
    """

    side: int
    floor: float
    scores: float
    effect: float
    words: str = ""
    log: bool = False
    forgets: bool = False


SIGNALS = {
    "cosine": Signal(-1, 0.05, 6, 0.3, "cosine of consecutive updates", forgets=True),
    "loss": Signal(0, 0.02, 8, 0.3, "mean loss"),
    "spread": Signal(1, 0.15, 5, math.log(2), "spread of the loss", log=True),
    "gradient": Signal(1, 0.15, 5, math.log(3), "gradient norm", log=True),
    "metric": Signal(1, 1e-3, 6, 0.0, "metric"),
}
"""What is judged of a player's block, and the metric."""


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


def deviates(signal: Signal, reading: Reading) -> bool:
    """Return whether recent values are unlike the baseline.

    Examples
    --------
    >>> rise = Signal(side=1, floor=0.1, scores=5, effect=0.3)
    >>> [deviates(rise, Reading(x, 1.0, 0.0)) for x in (1.4, 1.6, 0.0)]
    [False, True, False]
    """
    moved = reading.recent - reading.baseline
    size = abs(moved) if signal.side == 0 else signal.side * moved
    scale = max(reading.scatter, signal.floor)
    return size > signal.scores * scale and size > signal.effect
