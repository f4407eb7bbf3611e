"""Mistakes in what a step leaves alone, asks for and hides."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np

from gandyn.elementary import sqrt
from gandyn.rules import HeavyBall, OptimisticGradient, Simultaneous

NOISE = itertools.cycle([0.125, -0.25, 0.5, 0.0])
"""What a rule that draws its own randomness sees."""


class InPlace(Simultaneous):
    """``x -= ...`` writes into what the caller holds."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        x -= self.lr_x * gx
        y -= self.lr_y * gy
        return x, y, memory


class AliasedMemory(HeavyBall):
    """The velocity is updated in place: all the memories ever returned are one."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        velocity = memory
        velocity *= self.beta_x
        velocity -= self.lr_x * game.gx(x, y)
        return x + velocity, velocity


class SinglePrecisionLeak(Simultaneous):
    """A float32 in between."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return np.float32(x), np.float32(y), memory


class RoundedGradient(Simultaneous):
    """A gradient that went through half precision."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        gx = np.asarray(gx, dtype=np.float16).astype(float)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class DoublePrecisionLeak(Simultaneous):
    """A float64 constant widens float32 states."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - np.float64(self.lr_x) * gx, y - self.lr_y * gy, memory


class HiddenCounter(Simultaneous):
    """A counter on the class: the rule remembers other runs."""

    taken: ClassVar[list[int]] = [0]

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        self.taken[0] += 1
        gx, gy = game.gx(x, y), game.gy(x, y)
        rate = self.lr_x / (1 + self.taken[0] % 4)
        return x - rate * gx, y - self.lr_y * gy, memory


class HiddenCache(OptimisticGradient):
    """The last gradient is on the class, not in the memory."""

    last: ClassVar[list[Any]] = [0.0, 0.0]

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        past_x, past_y = (float(np.ravel(v)[0]) for v in self.last)
        self.last[:] = [gx, gy]
        x = x - self.lr_x * (2 * gx - past_x)
        return x, y - self.lr_y * (2 * gy - past_y), (gx, gy)


class OwnNoise(Simultaneous):
    """Draws its own noise."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y) + next(NOISE), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class UndeclaredClock(Simultaneous):
    """A decaying learning rate in a rule said to be autonomous."""

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return (1.0,)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        (age,) = memory
        gx, gy = game.gx(x, y), game.gy(x, y)
        x, y = x - self.lr_x * gx / age, y - self.lr_y * gy / age
        return x, y, (age + 1.0,)


class WholeNumberClock(UndeclaredClock):
    """The counter is an int."""

    autonomous: ClassVar[bool] = False
    linear: ClassVar[bool] = False

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return (1,)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, _ = super().step(game, x, y, memory)
        return x, y, (memory[0] + 1,)


class SwallowedNaN(Simultaneous):
    """nan_to_num on the gradient."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = np.nan_to_num(game.gx(x, y)), np.nan_to_num(game.gy(x, y))
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class StoppedBatch(Simultaneous):
    """One bad cell stops them all."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        next_x, next_y, memory = super().step(game, x, y, memory)
        if not np.all(np.abs(next_x) < 1e150):
            return x, y, memory
        return next_x, next_y, memory


class BatchMean(Simultaneous):
    """The mean gradient of the batch."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = np.mean(game.gx(x, y)), np.mean(game.gy(x, y))
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class BroadcastState(Simultaneous):
    """x comes back with another axis."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return np.array([x]), y, memory


class StepByLoss(Simultaneous):
    """The step is scaled by the loss's value (Polyak's step, without the optimum)."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * game.loss_x(x, y) * gx, y - self.lr_y * gy, memory


class RealPartOnly(Simultaneous):
    """A cast to real numbers, harmless until derivatives are taken."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return np.real(x), np.real(y), memory


class UndeclaredProduct(Simultaneous):
    """A Jacobian product in a rule said to be of first order."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        jx, _ = game.jvp(x, y, gx, gy)
        return x - self.lr_x * (gx - self.lr_x * jx), y - self.lr_y * gy, memory


class OneCallTooMany(Simultaneous):
    """A gradient that is computed and thrown away."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        game.gx(x, y)
        return super().step(game, x, y, memory)


class NormalisedGradient(Simultaneous):
    """Gradients divided by their common norm."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        size = 1e-8 + sqrt(gx * gx + gy * gy)
        return x - self.lr_x * gx / size, y - self.lr_y * gy / size, memory


class RestlessPlayer(Simultaneous):
    """A constant push."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y) + 0.125, game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class FavouredCoordinate(Simultaneous):
    """The first coordinate has twice the learning rate."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        push = np.array(self.lr_x * game.gx(x, y))
        if push.ndim:
            push[0] = 2 * push[0]
        return x - push, y - self.lr_y * game.gy(x, y), memory


class StoredOnTheRule(HeavyBall):
    """The velocity lives in an attribute; a run that is taken up starts without."""

    kept: ClassVar[dict[int, Any]] = {}

    def init(self, game: Any, x: Any, y: Any) -> Any:
        self.kept[id(self)] = super().init(game, x, y)
        return ()

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        velocity = self.kept.get(id(self), (0.0 * x, 0.0 * y))
        x, y, self.kept[id(self)] = super().step(game, x, y, velocity)
        return x, y, ()


class ComplexDetour(Simultaneous):
    """Another step size on complex numbers: a derivative of something else."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        by = 8.0 if np.iscomplexobj(x) or np.iscomplexobj(y) else 1.0
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - by * self.lr_x * gx, y - by * self.lr_y * gy, memory
