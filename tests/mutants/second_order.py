"""Mistakes in rules that use second derivatives."""

from __future__ import annotations

from typing import Any

from gandyn.rules import (
    LOLA,
    CompetitiveGradientDescent,
    Consensus,
    FollowTheRidge,
    HamiltonianGradientDescent,
    JacobianRegularisation,
    LookAheadPlay,
    ProximalPoint,
    SymplecticGradientAdjustment,
)
from gandyn.rules._blocks import solve_response


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
        along = solve_response(game, yx, yy, gx)
        return x - self.lr_x * gx, y - self.lr_y * (gy - along), memory


class RidgeLeft(FollowTheRidge):
    """The move along the ridge has the wrong sign."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        gx, gy = game.gx(x, y), game.gy(x, y)
        _, _, yx, yy = game.jacobian(x, y)
        along = solve_response(game, yx, yy, gx)
        return x - self.lr_x * gx, y - self.lr_y * gy - self.lr_x * along, memory


class Sloppy(ProximalPoint):
    """The equation is solved to 1e-2, not to the tolerance."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        loose = ProximalPoint(self.lr_x, self.lr_y, self.iterations, 1e-2)
        return loose.step(game, x, y, memory)


class Unverified(ProximalPoint):
    """Whether Newton's method has arrived is not asked."""

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        p, q = self.newton(game, x, y)
        return p, q, memory
