"""What is unlike before in a training that a monitor has read, block by block."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gandyn._records import Record
from gandyn.gans.loops._signals import (
    ALARMING,
    BASELINE,
    ENOUGH,
    GAP,
    LOOKED_AT,
    LOOKS,
    PLAYERS,
    RECENT,
    SIGNALS,
    Reading,
    first_look,
    look,
    read,
    score,
)

METRIC = "metric"


class Alarm(Record):
    """One thing that was seen.

    Attributes
    ----------
    step : int
        Calls of `StabilityMonitor.step` when it was seen.
    player : str
        Whose signal; ``""`` for the metric.
    signal : str
        ``"metric"``, ``"loss"``, ``"spread"`` (of the loss), ``"not finite"`` or
        ``"no gradient"``.
    recent, baseline : float
        What it is now and what it was.
    words : str
    """

    step: int
    player: str
    signal: str
    recent: float
    baseline: float
    words: str


class Judge:
    """Compares the last blocks with those before.

    Parameters
    ----------
    sign : float
        -1 if more of the metric is better.
    metric_blocks : int
        Between two looks at the metric; 0 if there is none.
    """

    def __init__(self, sign: float = 1.0, metric_blocks: int = 1) -> None:
        self._sign, self._metric_blocks, self._begun = sign, metric_blocks, 0
        self._rows: list[dict[str, float]] = []
        self._changed: dict[str, Reading] = {}
        self._alarms: dict[str, Alarm] = {}

    def begin_anew(self, block: int) -> None:
        """Let baselines begin at a block; the metric's stays."""
        self._begun = block

    def left(self, rows: list[dict[str, float]]) -> int:
        """Return how many blocks the baselines need still."""
        every = self._metric_blocks
        needed = self._begun + ENOUGH + GAP + RECENT
        return max(0, max(needed, first_look(every) if every else 0) - len(rows))

    def see(self, rows: list[dict[str, float]]) -> list[tuple[str, Alarm]]:
        """Return what is an alarm: the metric or, without, two players' losses."""
        self._rows = rows
        self._changed = dict(self._seen_to_change())
        found = self._worse() if self._metric_blocks else self._together()
        self._alarms = dict(found)
        return list(self._alarms.items())

    def remarks(self) -> list[str]:
        """Return what has changed and is no alarm, in words."""
        return [
            _words(key, reading)
            for key, reading in self._changed.items()
            if key not in self._alarms
        ]

    def _worse(self) -> Iterator[tuple[str, Alarm]]:
        rows = self._rows[-2 * (LOOKED_AT + GAP + LOOKS) * self._metric_blocks :]
        values = [self._sign * row[METRIC] for row in rows if METRIC in row]
        seen = look(values, self._metric_blocks) if values else None
        if seen and seen.recent > seen.limit:
            now, before = self._sign * seen.recent, self._sign * seen.baseline
            words = f"metric {now:.3g}, {before:.3g} before"
            yield METRIC, Alarm(self._step, "", METRIC, now, before, words)

    def _together(self) -> Iterator[tuple[str, Alarm]]:
        for name in ALARMING:
            keys = [key for key in self._changed if key.endswith(f"/{name}")]
            for key in keys if len(keys) >= PLAYERS else ():
                reading, player = self._changed[key], key.rpartition("/")[0]
                pair = _as_they_are(name, reading)
                yield key, Alarm(self._step, player, name, *pair, _words(key, reading))

    def _seen_to_change(self) -> Iterator[tuple[str, Reading]]:
        for key in self._rows[-1]:
            signal = SIGNALS.get(key.rpartition("/")[2])
            reading = self._reading(key) if signal else None
            if signal and reading and score(signal, reading) > signal.scores:
                yield key, reading

    def _reading(self, key: str) -> Reading | None:
        """Return a signal beside its baseline: the old one while a new is learnt."""
        begun = 0 if self.left(self._rows) else self._begun
        begun = max(begun, len(self._rows) - RECENT - GAP - BASELINE)
        values = [row.get(key, math.nan) for row in self._rows[begun:]]
        log = SIGNALS[key.rpartition("/")[2]].log
        return read([_log(v) for v in values] if log else values)

    @property
    def _step(self) -> int:
        return round(self._rows[-1]["step"])


def _as_they_are(name: str, reading: Reading) -> tuple[float, float]:
    """Return a signal now and before, not as logarithms."""
    pair = reading.recent, reading.baseline
    return (math.exp(pair[0]), math.exp(pair[1])) if SIGNALS[name].log else pair


def _words(key: str, reading: Reading) -> str:
    player, _, name = key.rpartition("/")
    recent, baseline = _as_they_are(name, reading)
    return f"{player}: {SIGNALS[name].words} {recent:.3g}, {baseline:.3g} before"


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan
