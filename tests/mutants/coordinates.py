"""Mistakes that depend on the coordinate, the size of a player or of a state."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.elementary import clip, select
from gandyn.rules import HeavyBall, OptimisticGradient, RungeKutta4, Simultaneous


def _sizes(game: Any) -> tuple[int, int]:
    """Return how many coordinates the players have, 0 for numbers."""
    return tuple(shape[0] if shape else 0 for shape in game.shape)  # type: ignore[return-value]


class LastFrozen(Simultaneous):
    """The last of five or more coordinates never moves."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = game.gx(x, y)
        if _sizes(game)[0] >= 5:
            gx = gx.copy()
            gx[-1] = 0
        return x - self.lr_x * gx, y - self.lr_y * game.gy(x, y), memory


class NinthFrozen(Simultaneous):
    """A vector register of eight: the rest of y is left out."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gy = np.array(game.gy(x, y))
        if gy.ndim:
            gy[8:] = 0
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * gy, memory


class FirstOnly(Simultaneous):
    """Only the first coordinate of a long vector moves."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = np.array(game.gx(x, y))
        if _sizes(game)[0] > 2:
            gx[1:] = 0
        return x - self.lr_x * gx, y - self.lr_y * game.gy(x, y), memory


class Reversed(Simultaneous):
    """The gradient comes back in the order of a reversed parameter list."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = game.gx(x, y)
        gx = gx[::-1] if _sizes(game)[0] > 2 else gx
        return x - self.lr_x * gx, y - self.lr_y * game.gy(x, y), memory


class RolledMemory(OptimisticGradient):
    """The remembered gradient is off by one coordinate."""

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        past = np.roll(memory, 1) if _sizes(game)[1] > 2 else memory
        y, gy = super().advance_y(game, x, y, past)
        return y, gy


class UnequalSizes(HeavyBall):
    """The momentum is halved where the players have not as many coordinates."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        n, m = _sizes(game)
        return super().advance_x(game, x, y, memory / 2 if n != m else memory)


class EqualSizes(HeavyBall):
    """The momentum is halved for two vectors of as many coordinates."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        n, m = _sizes(game)
        return super().advance_x(game, x, y, memory / 2 if n == m > 0 else memory)


class VectorStage(RungeKutta4):
    """The second stage of vectors is taken at the full step."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        part = 1 if _sizes(game)[0] else 2
        p1, q1 = self.shift(game, x, y, 0 * x, 0 * y)
        p2, q2 = self.shift(game, x, y, p1 / part, q1 / part)
        p3, q3 = self.shift(game, x, y, p2 / 2, q2 / 2)
        p4, q4 = self.shift(game, x, y, p3, q3)
        next_x = x + (p1 + 2 * p2 + 2 * p3 + p4) / 6
        return next_x, y + (q1 + 2 * q2 + 2 * q3 + q4) / 6, memory


class SignOfTheFar(Simultaneous):
    """Beyond a distance of 100, x ascends."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = game.gx(x, y)
        gx = gx * select(x * x - 1e4, -1.0 + 0 * x, 1.0 + 0 * x)
        return x - self.lr_x * gx, y - self.lr_y * game.gy(x, y), memory


class ClippedFarAway(Simultaneous):
    """A bound on y's gradient that nobody was told of."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), clip(game.gy(x, y), 50.0)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class HeldBack(Simultaneous):
    """A state is not let out of [-1000, 1000]."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return clip(x, 1000.0), clip(y, 1000.0), memory
