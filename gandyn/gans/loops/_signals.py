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


LOOKS = 10
"""Looks at the metric, of 20 steps each, of which half must be bad: what lasts for less
than a hundred steps or so passes by itself."""
LOOKED_AT = 25
"""Looks of the metric's baseline, 500 steps."""
WORSE = 1.5
"""So many times as bad as the worst that it lastingly was before: half as bad again."""
NOISE = 3
"""And so many times the scatter of its baseline worse than its middle."""
PLAYERS = 2
"""Players whose losses must change together: a learning rate, a weight or a penalty
changes one player's; where training breaks neither's stays as it was."""


class Signal(NamedTuple):
    """How a number of a player's blocks is compared with its baseline.

    Attributes
    ----------
    words : str
        What it is called.
    scores : float
        A change is so many times the baseline's scatter, at least.
    floor : float
        The least scatter that is believed of a baseline.
    side : int
        1 where a rise counts, 0 where a fall does too.
    log : bool
        Whether logarithms are compared.
    """

    words: str
    scores: float
    floor: float
    side: int = 1
    log: bool = False


ALARMING = {
    "loss": Signal("mean loss", 20, 0.05, side=0),
    "spread": Signal("spread of the loss", 4.5, 0.2, log=True),
}
"""What is an alarm where it is seen of two players. The scores are those at which about
one in a hundred runs gave an alarm in which nothing broke, raised learning rates and
penalties switched off counted: fewer than one may have, since trainings of other kinds
give several times as many. They were set on draws of ``benchmarks.monitor``."""
SIGNALS = {**ALARMING, "gradient": Signal("gradient norm", 4.5, 0.2, log=True)}
"""What is said of a player's block where it has changed."""


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
    return Reading(statistics.median(recent), *_middle(before))


class Look(NamedTuple):
    """The metric lately, in the middle of its baseline, and beyond what it is worse."""

    recent: float
    baseline: float
    limit: float


def look(values: Sequence[float], blocks: int = 1) -> Look | None:
    """Return how the metric, of which less is better, compares with its baseline.

    Parameters
    ----------
    values : sequence of float
        All looks so far.
    blocks : int
        Between two looks.

    Examples
    --------
    >>> look([1.0, 1.1] * 12) is None
    True
    >>> look([1.0] * 24 + [2.0] * 5)
    Look(recent=2.0, baseline=1.0, limit=1.5)
    """
    width, gap, least = _looks(blocks)
    known = [v for v in values if math.isfinite(v)]
    before = known[: len(known) - width - gap][-max(5, LOOKED_AT // blocks) :]
    if len(before) < least:
        return None
    worst = max(
        statistics.median_high(before[i : i + width])
        for i in range(len(before) - width + 1)
    )
    middle, scatter = _middle(before)
    limit = max(worst * WORSE if worst > 0 else worst / WORSE, middle + NOISE * scatter)
    return Look(statistics.median_high(known[-width:]), middle, limit)


def first_look(blocks: int) -> int:
    """Return after how many blocks there is a first look."""
    return sum(_looks(blocks)) * blocks


def _looks(blocks: int) -> tuple[int, int, int]:
    """Return how many looks are judged, left out, and the fewest of a baseline."""
    return max(3, LOOKS // blocks), GAP // blocks, max(5, ENOUGH // blocks)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """Return the median, and the scatter around it."""
    middle = statistics.median(values)
    return middle, 1.4826 * statistics.median(abs(v - middle) for v in values)


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
    return size / max(reading.scatter, signal.floor)
