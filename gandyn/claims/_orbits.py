"""Orbits of a rule on a game, by the engines that sweeps use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gandyn.dynamics.engines.choice import make_engine
from gandyn.games import Game
from gandyn.rules import Rule

_CHUNK = 1 << 14
"""States recorded at once: of one cell the kernels record a block of 64."""


WAITING = 1e-300
"""The learning rate of a player that keeps every bit: rules take positive ones only."""


class Run:
    """One orbit, taken further and further.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> run = Run(Simultaneous(lr=0.5), Bilinear(), (1.0, 0.0))
    >>> run.advance(1)
    >>> [float(part) for part in run.state]
    [1.0, 0.5]
    """

    def __init__(self, rule: Rule, game: Game, start: tuple[Any, Any]) -> None:
        self._engine = make_engine(rule, game, [])
        x, y = (np.asarray(part, dtype=float)[..., None] for part in start)
        self._cells: Any = self._engine.start({}, x, y)

    def advance(self, steps: int) -> None:
        """Take steps without keeping the states."""
        self._engine.advance(self._cells, steps)

    def record(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Take steps and return x and y after each, shape (steps, ...)."""
        parts = [
            self._engine.record(self._cells, min(_CHUNK, steps - first))
            for first in range(0, steps, _CHUNK)
        ]
        xs, ys = (np.concatenate(column) for column in zip(*parts, strict=True))
        return xs[..., 0], ys[..., 0]

    @property
    def state(self) -> tuple[Any, Any]:
        """The players (x, y) where the orbit has come to."""
        _, _, (x, y, _) = self._engine.unpack(self._cells)
        return x[..., 0], y[..., 0]


def pieces(
    rule: Rule, game: Game, start: tuple[Any, Any]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the states after each step, (x, y) in pieces, without end."""
    run = Run(rule, game, start)
    while True:
        yield run.record(_CHUNK)
