"""What a monitor would read of many copies of a training, stepped side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from benchmarks.monitor.trainings import Drawn
from benchmarks.real_runs.detections import AFTER, BEFORE
from benchmarks.real_runs.judge import Copies, fresh
from gandyn.gans.loops._signals import BLOCK

FACTORS = (
    *[(1, 1)] * 3, (2, 2), (2, 2), (4, 4), (8, 8), (16, 16), (16, 16), (32, 32),
    (64, 64), (1, 4), (1, 16), (4, 1), (16, 1),
)  # fmt: skip
"""By which the learning rates of both players change, copy by copy."""
WITHOUT = (0, 5, 10)
"""Copies that go on without their penalty, too, if they have one."""


class Run(NamedTuple):
    """What was read of one copy."""

    change: str
    optimizer: bool
    """Whether the change is one of hyperparameters, which a monitor sees."""
    rows: list[dict[str, float]]
    """As of `StabilityMonitor`, with a metric."""


class Read(Copies):
    """Copies of which losses, gradients and the metric are noted."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._norms: dict[str, Tensor] = {}

    def run_on(self, steps: int) -> Iterator[list[dict[str, float]]]:
        """Step on, and give a row for every copy after each block."""
        for _ in range(0, steps, BLOCK):
            seen: list[dict[str, Tensor]] = []
            for _ in range(BLOCK):
                self.step()
                seen.append(dict(self.losses))
            found = {"metric": self.measure()}
            for player in "xy":
                losses = torch.stack([one[player] for one in seen])
                found[f"{player}/loss"] = losses.mean(0)
                found[f"{player}/spread"] = losses.std(0)
                found[f"{player}/gradient"] = self._norms[player]
            rows = zip(*(values.tolist() for values in found.values()), strict=True)
            yield [dict(zip(found, row, strict=True)) for row in rows]

    def gradient(self, batch: Any, which: str) -> Tensor:
        """Return a player's gradient, and note its norm."""
        found = super().gradient(batch, which)
        self._norms[which] = found.norm(dim=1)
        return found


def runs(training: Drawn, seed: int) -> Iterator[Run]:
    """Yield what is read of copies with starts and noise of their own."""
    count = len(FACTORS)
    x, y = fresh(training, [1000 * seed + i for i in range(count)])
    one = torch.ones(count)
    before = Read(training, x, y, torch.arange(count), (one, one), seed)
    past = list(before.run_on(BEFORE))

    def on(training: Drawn, places: list[int], factors: Any) -> list[list[Any]]:
        rows = torch.tensor(places)
        parts = tuple(torch.tensor(part).float() for part in zip(*factors, strict=True))
        after = Read(
            training, before.x.take(rows), before.y.take(rows),
            torch.arange(len(places)), parts, seed + 500,
        )  # fmt: skip
        blocks = list(after.run_on(AFTER))
        return [
            [block[place] for block in past] + [block[i] for block in blocks]
            for i, place in enumerate(places)
        ]

    for (x_factor, y_factor), rows in zip(
        FACTORS, on(training, list(range(count)), FACTORS), strict=True
    ):
        changed = (x_factor, y_factor) != (1, 1)
        word = f"rates × {x_factor}, {y_factor}" if changed else "unchanged"
        yield Run(word, changed, _numbered(rows))
    if training.gamma:
        free = dataclasses.replace(training, gamma=0.0)
        for rows in on(free, list(WITHOUT), [(1, 1)] * len(WITHOUT)):
            yield Run("penalty off", False, _numbered(rows))


def _numbered(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{"step": float((i + 1) * BLOCK), **row} for i, row in enumerate(rows)]
