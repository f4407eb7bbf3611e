"""Seeded mistakes: update rules as people get them wrong.

Each is a rule of the catalogue with one mistake, beside the law that catches it. The
traits are those of the right rule, which is what the author believes to have written.
"""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np

from gandyn.elementary import sqrt
from gandyn.rules import (
    LOLA,
    Adam,
    AlexGDA,
    Alternating,
    ChambollePock,
    ClipNorm,
    ClipValue,
    CompetitiveGradientDescent,
    ComplexMomentum,
    Consensus,
    ExponentialAverage,
    Extragradient,
    FollowTheRidge,
    Halpern,
    HamiltonianGradientDescent,
    HeavyBall,
    JacobianRegularisation,
    Lookahead,
    LookAheadPlay,
    Nesterov,
    OptimisticGradient,
    PastExtragradient,
    ProximalPoint,
    RMSProp,
    RungeKutta2,
    RungeKutta4,
    Simultaneous,
    SmoothedGDA,
    SymplecticGradientAdjustment,
    UniformAverage,
)

NOISE = itertools.cycle([0.125, -0.25, 0.5, 0.0])
"""What a rule that draws its own randomness sees."""


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


class HalfConsensus(Consensus):
    """A half in the gradient of γ/2·|v|² that is not there."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.vjp(x, y, gx, gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx / 2)
        return next_x, y - self.lr_y * (gy + self.gamma * cy / 2), memory


class ForwardConsensus(Consensus):
    """J v where Jᵀ v is meant."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.jvp(x, y, gx, gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx)
        return next_x, y - self.lr_y * (gy + self.gamma * cy), memory


class ConsensusWithoutRate(Consensus):
    """The consensus term is not multiplied by the learning rate."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, cy = game.vjp(x, y, gx, gy)
        next_x = x - self.lr_x * gx - self.gamma * cx / 8
        return next_x, y - self.lr_y * gy - self.gamma * cy / 8, memory


class ConsensusOfOnePlayer(Consensus):
    """Only x pays for |v|²."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, _ = game.vjp(x, y, gx, gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx)
        return next_x, y - self.lr_y * gy, memory


class AscendedNorm(HamiltonianGradientDescent):
    """Up the norm of the field instead of down."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        cx, cy = game.vjp(x, y, game.gx(x, y), game.gy(x, y))
        return x + self.lr_x * cx, y + self.lr_y * cy, memory


class OwnGradientPenalty(JacobianRegularisation):
    """Each player penalises its own gradient, not the other's."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        cx, _ = game.vjp(x, y, gx, 0 * gy)
        _, cy = game.vjp(x, y, 0 * gx, gy)
        next_x = x - self.lr_x * (gx + self.gamma * cx)
        return next_x, y - self.lr_y * (gy + self.gamma * cy), memory


class WholeSymplecticTerm(SymplecticGradientAdjustment):
    """Jᵀv - Jv without its half."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        hx, hy = game.vjp(x, y, gx, gy)
        jx, jy = game.jvp(x, y, gx, gy)
        next_x = x - self.lr_x * (gx + self.lam * (hx - jx))
        return next_x, y - self.lr_y * (gy + self.lam * (hy - jy)), memory


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


class AdamWithoutCorrection(Adam):
    """No bias correction."""

    def direction(self, g: Any, moments: Any) -> Any:
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return m / (sqrt(v) + self.eps), (m, v, c1, c2)


class AdamCorrectedLate(Adam):
    """The bias correction is one step ahead."""

    def fresh_moments(self, g: Any) -> Any:
        return 0 * g, 0 * g, 1 - self.beta1, 1 - self.beta2


class AdamWithEpsilonInside(Adam):
    """ε under the root."""

    def direction(self, g: Any, moments: Any) -> Any:
        _, (m, v, c1, c2) = super().direction(g, moments)
        return m / c1 / sqrt(v / c2 + self.eps), (m, v, c1, c2)


class AdamOfAbsoluteValues(Adam):
    """The second moment averages |g|, under no root."""

    def direction(self, g: Any, moments: Any) -> Any:
        m, v, c1, c2 = moments
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * sqrt(g * g)
        c1 = self.beta1 * c1 + (1 - self.beta1)
        c2 = self.beta2 * c2 + (1 - self.beta2)
        return m / c1 / (sqrt(v / c2) + self.eps), (m, v, c1, c2)


class AdamWithOneMemory(Adam):
    """One optimizer for both players: the moments are shared."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        first, second = memory
        x, first = self.advance_x(game, x, y, first)
        y, first = self.advance_y(game, x, y, first)
        return x, y, (first, second)


class RMSPropWithoutRoot(RMSProp):
    """Divides by v, not by its root."""

    def direction(self, g: Any, moments: Any) -> Any:
        v = self.beta2 * moments + (1 - self.beta2) * g * g
        return g / (v + self.eps), v


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


class ExplicitProximal(ProximalPoint):
    """An explicit step under an implicit name."""

    def newton(self, game: Any, x: Any, y: Any) -> Any:
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return (*self.newton(game, x, y), memory)


class BackwardSolve(ProximalPoint):
    """(I - lr J)⁻¹ where (I + lr J)⁻¹ is meant, on the linearised step."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        push = self.lr_x * game.gx(x, y), self.lr_y * game.gy(x, y)
        u, w = game.solve(x, y, -self.lr_x, -self.lr_y, *push)
        return x - u, y - w, memory


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


class CompetitionReversed(CompetitiveGradientDescent):
    """The mixed derivatives enter with the wrong sign."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        _, xy, yx, _ = game.jacobian(x, y)
        gx, gy = self.lr_x * game.gx(x, y), self.lr_y * game.gy(x, y)
        size = 1 - self.lr_x * self.lr_y * xy * yx
        dx, dy = gx + self.lr_x * xy * gy, gy + self.lr_y * yx * gx
        return x - dx / size, y - dy / size, memory


class CompetitionCutOff(CompetitiveGradientDescent):
    """The first term of the series for the inverse, no solve."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        _, xy, yx, _ = game.jacobian(x, y)
        gx, gy = self.lr_x * game.gx(x, y), self.lr_y * game.gy(x, y)
        dx, dy = gx - self.lr_x * xy * gy, gy - self.lr_y * yx * gx
        return x - dx, y - dy, memory


class UnshapedLOLA(LOLA):
    """Without the shaping term it is LookAhead."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        ux, uy = self.ahead(game, x, y, game.gx(x, y), game.gy(x, y))
        return x - self.lr_x * ux, y - self.lr_y * uy, memory


class LookingBehind(LookAheadPlay):
    """The opponent is expected to go the other way."""

    def ahead(self, game: Any, x: Any, y: Any, gx: Any, gy: Any) -> Any:
        ux, uy = super().ahead(game, x, y, gx, gy)
        return 2 * gx - ux, 2 * gy - uy


class RidgeWithWrongRate(FollowTheRidge):
    """The move along the ridge has y's learning rate."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        _, _, yx, yy = game.jacobian(x, y)
        along = yx * gx / yy
        return x - self.lr_x * gx, y - self.lr_y * (gy - along), memory


class RidgeLeft(FollowTheRidge):
    """The move along the ridge has the wrong sign."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        _, _, yx, yy = game.jacobian(x, y)
        along = yx * gx / yy
        return x - self.lr_x * gx, y - self.lr_y * gy - self.lr_x * along, memory


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


class OneSidedClip(ClipValue):
    """Clipped from above only."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx = np.minimum(game.gx(x, y), self.bound_x)
        gy = np.minimum(game.gy(x, y), self.bound_y)
        lr = self.inner
        return x - lr.lr_x * gx, y - lr.lr_y * gy, memory


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


MUTANTS: list[tuple[Any, str]] = [
    (SwappedSign(), "drift"),
    (SwappedGradients(), "drift"),
    (SwappedArguments(), "drift"),
    (SwappedRates(), "drift"),
    (OneRate(), "freeze"),
    (StaleGradient(), "spectrum"),
    (HiddenAlternation(), "spectrum"),
    (HiddenSimultaneity(), "energy"),
    (IgnoredOrder(), "swap"),
    (OneInnerStepShort(k_y=2), "calls"),
    (WeightDecay(), "translation"),
    (RoundedState(), "drift"),
    (ZeroInitialisedOptimism(), "drift"),
    (PessimisticGradient(), "spectrum"),
    (RememberedCorrection(), "spectrum"),
    (ExchangedMemories(), "decoupled"),
    (ForgottenMemory(), "spectrum"),
    (LookaheadPerPlayer(), "spectrum"),
    (LookaheadOneShort(), "drift"),
    (LookaheadWrongWay(alpha=0.25), "reductions"),
    (LookaheadOfOnePlayer(), "drift"),
    (HalfConsensus(), "drift"),
    (ForwardConsensus(), "drift"),
    (ConsensusWithoutRate(), "identity"),
    (ConsensusOfOnePlayer(), "swap"),
    (AscendedNorm(), "drift"),
    (OwnGradientPenalty(), "drift"),
    (WholeSymplecticTerm(), "drift"),
    (MomentumTwice(), "spectrum"),
    (DampedMomentum(), "drift"),
    (StartedVelocity(), "drift"),
    (SharedVelocity(), "decoupled"),
    (NesterovLookingBack(), "drift"),
    (RealMomentum(), "spectrum"),
    (AdamWithoutCorrection(), "drift"),
    (AdamCorrectedLate(), "drift"),
    (AdamWithEpsilonInside(eps=0.5), "drift"),
    (AdamOfAbsoluteValues(), "drift"),
    (AdamWithOneMemory(), "decoupled"),
    (RMSPropWithoutRoot(), "drift"),
    (ClippedStep(), "drift"),
    (ClippedByEntry(), "orthogonal"),
    (ClippedTogether(), "decoupled"),
    (UnusedHalfStep(), "spectrum"),
    (SteppedFromHalf(), "drift"),
    (HalfForOnePlayer(), "spectrum"),
    (ExtrapolatedByOther(), "spectrum"),
    (PastOfTheState(), "spectrum"),
    (EqualWeights(), "order"),
    (HalfStage(), "order"),
    (ExplicitProximal(), "spectrum"),
    (BackwardSolve(), "spectrum"),
    (AverageOfTheWrongEnd(beta=0.75), "drift"),
    (AverageFedBack(beta=0.5), "spectrum"),
    (AverageOfOneFewer(), "drift"),
    (AnchorOffByOne(), "drift"),
    (CompetitionReversed(), "spectrum"),
    (CompetitionCutOff(), "spectrum"),
    (UnshapedLOLA(), "spectrum"),
    (LookingBehind(), "spectrum"),
    (RidgeWithWrongRate(), "drift"),
    (RidgeLeft(), "drift"),
    (ExtrapolatedBackwards(), "spectrum"),
    (ForgottenMove(), "spectrum"),
    (CopyOfTheOldState(), "spectrum"),
    (InPlace(), "inputs"),
    (AliasedMemory(), "inputs"),
    (SinglePrecisionLeak(), "shapes"),
    (RoundedGradient(), "superposition"),
    (DoublePrecisionLeak(), "float32"),
    (HiddenCounter(), "determinism"),
    (HiddenCache(), "determinism"),
    (OwnNoise(), "determinism"),
    (UndeclaredClock(), "clock"),
    (WholeNumberClock(), "memory"),
    (SwallowedNaN(), "nan"),
    (StoppedBatch(), "overflow"),
    (BatchMean(), "batch"),
    (BroadcastState(), "shapes"),
    (StepByLoss(), "constant"),
    (RealPartOnly(), "jacobian"),
    (UndeclaredProduct(), "first-order"),
    (OneCallTooMany(), "calls"),
    (NormalisedGradient(), "decoupled"),
    (OneSidedClip(), "sign"),
    (RestlessPlayer(), "fixed-points"),
    (FavouredCoordinate(), "signed-permutation"),
    (StoredOnTheRule(), "split"),
    (ComplexDetour(), "growth"),
]
"""Every mutant with a law that catches it."""
