"""Mistakes in plain gradient play."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.rules import Alternating, Simultaneous


class SwappedSign(Simultaneous):
    """y ascends its own loss: the sign of a min-max code on descent directions."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y + self.lr_y * gy, memory


class SwappedGradients(Simultaneous):
    """Each player descends the other's gradient."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gy, y - self.lr_y * gx, memory


class SwappedArguments(Simultaneous):
    """y's gradient is asked for at (y, x)."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(y, x)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class SwappedRates(Simultaneous):
    """The learning rates are exchanged."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_y * gx, y - self.lr_x * gy, memory


class OneRate(Simultaneous):
    """y uses x's learning rate."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_x * gy, memory


class StaleGradient(Simultaneous):
    """The gradient of the step before."""

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return game.gx(x, y), game.gy(x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = memory
        after = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, after


class HiddenAlternation(Simultaneous):
    """Said to be simultaneous; y sees the new x."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x = x - self.lr_x * game.gx(x, y)
        return x, y - self.lr_y * game.gy(x, y), memory


class HiddenSimultaneity(Alternating):
    """Said to alternate; y sees the old x."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class IgnoredOrder(Alternating):
    """``y_first`` is not looked at."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        for _ in range(self.k_x):
            x = x - self.lr_x * game.gx(x, y)
        return x, self.move_y(game, x, y), memory


class OneInnerStepShort(Alternating):
    """range(k - 1) where range(k) is meant."""

    def move_y(self, game: Any, x: Any, y: Any) -> Any:
        for _ in range(1, self.k_y):
            y = y - self.lr_y * game.gy(x, y)
        return y


class WeightDecay(Simultaneous):
    """A decay that nobody declared."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y) + x / 8, game.gy(x, y) + y / 8
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class RoundedState(Simultaneous):
    """The state is stored with three digits."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return np.round(x, 3), np.round(y, 3), memory
