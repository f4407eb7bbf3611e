"""What is unlike before in a training that a monitor has read, block by block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gandyn._records import Record
from gandyn.gans.loops._signals import (
    BASELINE,
    BOTH,
    ENOUGH,
    GAP,
    RECENT,
    SIGNALS,
    TOGETHER,
    Reading,
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
        ``"loss"``, ``"spread"`` (of the loss), ``"gradient"``, ``"cosine"``,
        ``"metric"``, ``"not finite"`` or ``"no gradient"``.
    recent, baseline : float
        What it is now and what it was; spreads and gradients as they are, not their
        logarithms.
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
    players : tuple of str
    sign : float
        -1 if more of the metric is better.
    """

    def __init__(self, players: tuple[str, ...], sign: float) -> None:
        self._players, self._sign, self._begun = players, sign, 0
        self._rows: list[dict[str, float]] = []

    def begin_anew(self, block: int) -> None:
        """Let baselines begin at a block; the metric's stays."""
        self._begun = block

    def left(self, rows: list[dict[str, float]]) -> int:
        """Return how many blocks the baselines need still."""
        return max(0, self._begun + ENOUGH + GAP + RECENT - len(rows))

    def see(self, rows: list[dict[str, float]]) -> list[tuple[str, Alarm]]:
        """Return which signals are unlike their baselines."""
        self._rows = rows
        found, scores = [], {}
        for key in rows[-1]:
            player, _, name = key.rpartition("/")
            if name not in SIGNALS or not (reading := self._reading(key)):
                continue
            scores[key] = score(SIGNALS[name], reading)
            if scores[key] > SIGNALS[name].scores:
                words = _describe(player, name, reading, self._sign)
                found.append((key, self._alarm(player, name, reading, words)))
        for player in self._players:
            found += self._changed_together(player, scores)
        return found

    def _changed_together(
        self, player: str, scores: Mapping[str, float]
    ) -> list[tuple[str, Alarm]]:
        keys = [f"{player}/{name}" for name in TOGETHER]
        if any(scores.get(key, 0.0) <= BOTH for key in keys):
            return []
        readings = [self._reading(key) for key in keys]
        told = [
            _describe("", name, reading, 1.0)
            for name, reading in zip(TOGETHER, readings, strict=True)
            if reading
        ]
        words = f"{player}: {'; '.join(told)}"
        alarm = self._alarm(player, " and ".join(TOGETHER), readings[0], words)
        return [(f"{player} together", alarm)]

    def _alarm(self, player: str, name: str, reading: Any, words: str) -> Alarm:
        recent, baseline = _as_they_are(name, reading, self._sign)
        return Alarm(
            round(self._rows[-1]["step"]), player, name, recent, baseline, words
        )

    def _reading(self, key: str) -> Reading | None:
        """Return a signal beside its baseline: the old one while a new is learnt."""
        name = key.rpartition("/")[2]
        if name == METRIC:
            return read([self._sign * row[key] for row in self._rows if key in row])
        begun = self._begun if self._settled else 0
        begun = max(begun, len(self._rows) - RECENT - GAP - BASELINE)
        values = [row.get(key, math.nan) for row in self._rows[begun:]]
        return read([_log(v) for v in values] if SIGNALS[name].log else values)

    @property
    def _settled(self) -> bool:
        """Whether there is a baseline since the last change of a hyperparameter."""
        return not self.left(self._rows)


def _whose(player: str) -> str:
    return f"{player}: " if player else ""


def _as_they_are(name: str, reading: Reading, sign: float) -> tuple[float, float]:
    """Return a signal now and before, not as logarithms nor with a changed sign."""
    pair = reading.recent, reading.baseline
    signal = SIGNALS.get(name, SIGNALS[TOGETHER[0]])
    if signal.log:
        return math.exp(pair[0]), math.exp(pair[1])
    return (sign * pair[0], sign * pair[1]) if name == METRIC else pair


def _describe(player: str, name: str, reading: Reading, sign: float) -> str:
    recent, baseline = _as_they_are(name, reading, sign)
    words = f"{SIGNALS[name].words} {recent:.3g}, {baseline:.3g} before"
    return f"{_whose(player)}{words}"


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan
