"""Mistakes in steps with memory or more than one gradient."""

from __future__ import annotations

from typing import Any

from gandyn.rules import (
    AlexGDA,
    ChambollePock,
    ComplexMomentum,
    Extragradient,
    HeavyBall,
    Nesterov,
    OptimisticGradient,
    PastExtragradient,
    RungeKutta2,
    RungeKutta4,
    SmoothedGDA,
)


class ZeroInitialisedOptimism(OptimisticGradient):
    """The first prediction is 0: step one is twice as long."""

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return 0 * x, 0 * y


class PessimisticGradient(OptimisticGradient):
    """The correction has the wrong sign."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = game.gx(x, y)
        return x - self.lr_x * (gx - self.ratio_x * (gx - memory)), gx

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gy = game.gy(x, y)
        return y - self.lr_y * (gy - self.ratio_y * (gy - memory)), gy


class RememberedCorrection(OptimisticGradient):
    """The memory takes the corrected direction, not the gradient."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = game.gx(x, y)
        gx = gx + self.ratio_x * (gx - memory)
        return x - self.lr_x * gx, gx


class ExchangedMemories(OptimisticGradient):
    """The players' last gradients are exchanged."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, memory = super().step(game, x, y, memory)
        return x, y, memory[::-1]


class ForgottenMemory(OptimisticGradient):
    """The memory is never updated."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return (*super().step(game, x, y, memory)[:2], memory)


class MomentumTwice(HeavyBall):
    """β enters the velocity and the position."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        velocity = self.beta_x * memory - self.lr_x * game.gx(x, y)
        return x + velocity + self.beta_x * memory, velocity


class DampedMomentum(HeavyBall):
    """(1 - β) times the gradient: another convention under the same name."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        push = (1 - self.beta_x) * self.lr_x * game.gx(x, y)
        velocity = self.beta_x * memory - push
        return x + velocity, velocity


class StartedVelocity(HeavyBall):
    """The velocity starts as a step."""

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        return -self.lr_x * game.gx(x, y)


class SharedVelocity(HeavyBall):
    """One buffer for both players."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        velocity, _ = memory
        velocity = self.beta_x * velocity - self.lr_x * game.gx(x, y)
        other = self.beta_y * velocity - self.lr_y * game.gy(x, y)
        return x + velocity, y + other, (velocity, other)


class NesterovLookingBack(Nesterov):
    """The extrapolation has the wrong sign."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        push = self.lr_x * game.gx(x, y)
        velocity = self.beta_x * memory - push
        return x - self.beta_x * velocity - push, velocity


class RealMomentum(ComplexMomentum):
    """The imaginary part of the buffer never acts back on the real one."""

    def buffer(self, g: Any, memory: Any) -> Any:
        re, im = super().buffer(g, (memory[0], 0 * memory[1]))
        return re, im


class UnusedHalfStep(Extragradient):
    """The second gradient is taken at the old point."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        game.gx(x, y), game.gy(x, y)
        gx, gy = game.gx(x, y), game.gy(x, y)
        return x - self.lr_x * gx, y - self.lr_y * gy, memory


class SteppedFromHalf(Extragradient):
    """The second step starts at the extrapolated point."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        half_x = x - self.ratio_x * self.lr_x * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_y * game.gy(x, y)
        next_x = half_x - self.lr_x * game.gx(half_x, half_y)
        return next_x, half_y - self.lr_y * game.gy(half_x, half_y), memory


class HalfForOnePlayer(Extragradient):
    """y's gradient sees the old x."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        half_x = x - self.ratio_x * self.lr_x * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_y * game.gy(x, y)
        next_x = x - self.lr_x * game.gx(half_x, half_y)
        return next_x, y - self.lr_y * game.gy(x, half_y), memory


class ExtrapolatedByOther(Extragradient):
    """Each player extrapolates by the other's learning rate."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        half_x = x - self.ratio_x * self.lr_y * game.gx(x, y)
        half_y = y - self.ratio_y * self.lr_x * game.gy(x, y)
        next_x = x - self.lr_x * game.gx(half_x, half_y)
        return next_x, y - self.lr_y * game.gy(half_x, half_y), memory


class PastOfTheState(PastExtragradient):
    """The memory takes the gradient at the state, not at the extrapolated point."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        after_x, after_y, _ = super().step(game, x, y, memory)
        return after_x, after_y, (game.gx(x, y), game.gy(x, y))


class EqualWeights(RungeKutta4):
    """Four stages with a quarter each."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p1, q1 = self.shift(game, x, y, 0 * x, 0 * y)
        p2, q2 = self.shift(game, x, y, p1 / 2, q1 / 2)
        p3, q3 = self.shift(game, x, y, p2 / 2, q2 / 2)
        p4, q4 = self.shift(game, x, y, p3, q3)
        return x + (p1 + p2 + p3 + p4) / 4, y + (q1 + q2 + q3 + q4) / 4, memory


class HalfStage(RungeKutta2):
    """Heun's weights with the midpoint's stage."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p1, q1 = self.shift(game, x, y, 0 * x, 0 * y)
        p2, q2 = self.shift(game, x, y, p1 / 2, q1 / 2)
        return x + (p1 + p2) / 2, y + (q1 + q2) / 2, memory


class ExtrapolatedBackwards(ChambollePock):
    """The point between the moves lies behind."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        next_x = x - self.lr_x * game.gx(x, y)
        bar = next_x - self.theta * (next_x - x)
        return next_x, y - self.lr_y * game.gy(bar, y), memory


class ForgottenMove(AlexGDA):
    """y's last move is stored as 0."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, y, (moved,) = super().step(game, x, y, memory)
        return x, y, (0 * moved,)


class CopyOfTheOldState(SmoothedGDA):
    """The slow copy follows the state before the step."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        next_x, next_y, _ = super().step(game, x, y, memory)
        return next_x, next_y, (memory[0] + self.beta * (x - memory[0]),)


class NeverUpdated(OptimisticGradient):
    """The remembered gradient stays that of the initial state."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        x, _ = super().advance_x(game, x, y, memory)
        return x, memory


class OneStepStale(OptimisticGradient):
    """The gradient before the last one is remembered: the memory lags behind."""

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        return game.gy(x, y), game.gy(x, y)

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        last, older = memory
        y, gy = super().advance_y(game, x, y, older)
        return y, (gy, last)


class StaleVelocity(HeavyBall):
    """x moves by the velocity before it was updated with the gradient's half."""

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        push = self.lr_x * game.gx(x, y)
        return x + self.beta_x * memory - push, self.beta_x * memory - push / 2
