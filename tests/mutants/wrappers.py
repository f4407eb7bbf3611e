"""Mistakes in rules around rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.elementary import sqrt
from gandyn.rules import (
    ClipNorm,
    ClipValue,
    ExponentialAverage,
    Halpern,
    HeavyBall,
    Lookahead,
    UniformAverage,
)


class LookaheadPerPlayer(Lookahead):
    """Each player looks ahead alone, while the other waits."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        fast_x, fast_y = x, y
        for _ in range(self.k):
            fast_x, _, memory = self.inner.step(game, fast_x, y, memory)
            _, fast_y, memory = self.inner.step(game, x, fast_y, memory)
        return x + self.alpha * (fast_x - x), y + self.alpha * (fast_y - y), memory


class LookaheadOneShort(Lookahead):
    """k - 1 inner steps."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        fast_x, fast_y = x, y
        for _ in range(1, self.k):
            fast_x, fast_y, memory = self.inner.step(game, fast_x, fast_y, memory)
        return x + self.alpha * (fast_x - x), y + self.alpha * (fast_y - y), memory


class LookaheadWrongWay(Lookahead):
    """The share of the slow weights is taken for that of the fast ones."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q = x, y
        for _ in range(self.k):
            p, q, memory = self.inner.step(game, p, q, memory)
        return p + self.alpha * (x - p), q + self.alpha * (y - q), memory


class LookaheadOfOnePlayer(Lookahead):
    """Only x moves back."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q = x, y
        for _ in range(self.k):
            p, q, memory = self.inner.step(game, p, q, memory)
        return x + self.alpha * (p - x), q, memory


class ClippedStep(ClipValue):
    """The step is clipped, after momentum, not the gradient before it."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q, memory = self.inner.step(game, x, y, memory)
        next_x = x + np.clip(p - x, -self.bound_x, self.bound_x)
        return next_x, y + np.clip(q - y, -self.bound_y, self.bound_y), memory


class ClippedByEntry(ClipNorm):
    """Entries are clipped where the norm is meant."""

    def clipped(self, game: Any) -> Any:
        return ClipValue(self.inner, self.bound_x, self.bound_y).clipped(game)


class ClippedTogether(ClipNorm):
    """Both players' gradients are shortened by their common norm."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q, memory = self.inner.step(game, x, y, memory)
        size = sqrt((p - x) * (p - x) + (q - y) * (q - y)) / 0.1
        by = np.minimum(1.0, self.bound_x / np.maximum(size, 1e-12))
        return x + by * (p - x), y + by * (q - y), memory


class AverageOfTheWrongEnd(ExponentialAverage):
    """β weighs the new state, not the past."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q, inner_memory = memory
        p, q, inner_memory = self.inner.step(game, p, q, inner_memory)
        next_x = (1 - self.beta) * x + self.beta * p
        return next_x, (1 - self.beta) * y + self.beta * q, (p, q, inner_memory)


class AverageFedBack(ExponentialAverage):
    """The inner rule plays from the average."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return super().step(game, x, y, (x, y, memory[2]))


class AverageOfOneFewer(UniformAverage):
    """The initial state is not counted in the weights."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q, steps, inner_memory = memory
        p, q, inner_memory = self.inner.step(game, p, q, inner_memory)
        steps = steps + 1.0
        return x + (p - x) / steps, y + (q - y) / steps, (p, q, steps, inner_memory)


class AnchorOffByOne(Halpern):
    """1/(t + 1) for 1/(t + 2): the first step goes nowhere."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        anchor_x, anchor_y, steps, inner = memory
        p, q, inner = self.inner.step(game, x, y, inner)
        next_x = p + (anchor_x - p) / (steps + 1)
        next_y = q + (anchor_y - q) / (steps + 1)
        return next_x, next_y, (anchor_x, anchor_y, steps + 1.0, inner)


class OneSidedClip(ClipValue):
    """Clipped from above only."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = np.minimum(game.gx(x, y), self.bound_x)
        gy = np.minimum(game.gy(x, y), self.bound_y)
        lr = self.inner
        return x - lr.lr_x * gx, y - lr.lr_y * gy, memory


class LookaheadOneLong(Lookahead):
    """k + 1 inner steps."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q = x, y
        for _ in range(self.k + 1):
            p, q, memory = self.inner.step(game, p, q, memory)
        return x + self.alpha * (p - x), y + self.alpha * (q - y), memory


class LookaheadAtMostFour(Lookahead):
    """An unrolled loop of four inner steps."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q = x, y
        for _ in range(min(self.k, 4)):
            p, q, memory = self.inner.step(game, p, q, memory)
        return x + self.alpha * (p - x), y + self.alpha * (q - y), memory


class LookaheadForgetful(Lookahead):
    """The inner memory is made anew at every step back."""

    inner: Any = HeavyBall()

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return super().step(game, x, y, self.inner.init(game, x, y))
