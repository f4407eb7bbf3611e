"""Laws of rest, and of small steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.linalg import expm

from gandyn.testing import strategies
from gandyn.testing._cases import on
from gandyn.testing._law import FIRST_ORDER, UNIT, Broken, Law
from gandyn.testing._play import (
    Unsuitable,
    call,
    current_rates,
    play,
    players,
    vector,
    with_rates,
)

_NEARLY_ZERO = 5e-324
"""The smallest positive number: a learning rate must be > 0."""
_SMALL = (2.0**-20, 2.0**-38)
"""Learning rates; the smaller one is below the ε of adaptive rules."""
_STEPS = 3


class FixedPointsStay(Law):
    """Equilibria are fixed points."""

    id = "fixed-points"
    statement = "Play that starts at an equilibrium stays there."

    def cases(self, rule: Any) -> Any:
        """Return games."""
        return st.fixed_dictionaries(
            {"game": strategies.games(), "settings": strategies.settings(rule)}
        )

    def examine(self, rule: Any, game: Any) -> None:
        """Take steps from the first equilibrium."""
        x, y = map(float, game.equilibria()[0])
        x, y = game.project(x, y)
        if game.gx(x, y) != 0 or game.gy(x, y) != 0:
            # 1/ε of an adaptive rule would amplify what rounding leaves
            raise Unsuitable("the equilibrium is no exact one, or out of bounds")
        after = play(rule, game, x, y, _STEPS)[-1]
        self.same(after[:2], (x, y), f"after {_STEPS} steps from the equilibrium")


class ZeroRateIsIdentity(Law):
    """lr = 0 is the identity."""

    id = "identity"
    statement = "With learning rates of (nearly) 0, an allowed state stays where it is."
    needs_rates = True

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return on(rule, strategies.games(), settings=_hyperparameters(rule))

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Take steps with the smallest positive rates."""
        x, y = game.project(x, y)
        still = with_rates(rule, (_NEARLY_ZERO, _NEARLY_ZERO))
        after = play(still, game, x, y, _STEPS)[-1]
        self.same(tuple(map(float, after[:2])), (x, y), "with learning rates of 0")


class ZeroRateFreezes(Law):
    """lr_y = 0 freezes y, lr_x = 0 freezes x."""

    id = "freeze"
    statement = "A player whose learning rate is (nearly) 0 stays where it is."
    trait = "freezes"
    needs_rates = True

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state and the player to freeze."""
        player = st.sampled_from(["y", "x"])
        settings = _hyperparameters(rule)
        return on(rule, strategies.games(), player=player, settings=settings)

    def examine(self, rule: Any, game: Any, x: Any, y: Any, player: str) -> None:
        """Take steps with one rate of 0."""
        x, y = game.project(x, y)
        still = (0.25, _NEARLY_ZERO) if player == "y" else (_NEARLY_ZERO, 0.25)
        after = play(with_rates(rule, still), game, x, y, _STEPS)[-1]
        i = "xy".index(player)
        self.same(float(after[i]), float((x, y)[i]), f"{player} with lr_{player} = 0")


class FollowsDeclaredField(Law):
    """Consistency with the declared field."""

    id = "drift"
    statement = (
        "For small learning rates the first step is -lr times the field that the rule "
        "declares (its drift), to first order."
    )
    reference = "Hairer, Lubich, Wanner, Geometric Numerical Integration, Section II.1"
    tolerance = FIRST_ORDER
    needs_rates = True

    def applies(self, rule: Any) -> str:
        """Tell that a rule without a declared drift promises nothing."""
        if not hasattr(rule, "drift"):
            return "the rule declares no drift"
        return super().applies(rule)

    def cases(self, rule: Any) -> Any:
        """Return games of numbers and of vectors, a state, and the rates' ratio."""
        game = st.one_of(strategies.games(), strategies.games("wide"))
        ratio = st.sampled_from([1.0, 0.5, 2.0])
        return on(rule, game, ratio=ratio, settings=_hyperparameters(rule))

    def examine(self, rule: Any, game: Any, x: Any, y: Any, ratio: float) -> None:
        """Divide small steps by their rates; one of them must be small enough.

        A step that is lost in the rounding of the state says nothing.
        """
        x, y = game.project(x, y)
        if np.max(np.abs(vector((x, y)))) == getattr(game, "bound", None):
            raise Unsuitable("at a bound")
        problem: Exception = Unsuitable("no step is small enough")
        for h in _SMALL:
            try:
                return self._compare(with_rates(rule, (h, ratio * h)), game, x, y, h)
            except (Broken, Unsuitable) as found:
                problem = found
        raise problem

    def _compare(self, rule: Any, game: Any, x: Any, y: Any, h: float) -> None:
        due = call(rule, "drift", game, x, y)
        if due is None:
            raise Unsuitable("the rule declares no drift")
        rates = current_rates(rule) or (h, h)
        lost = UNIT * np.max(np.abs(vector((x, y)))) / min(rates)
        if lost > self.tolerance.allowed(*(np.abs(vector(due)),) * 2) / 4:
            raise Unsuitable("the step is lost in the rounding of the state")
        after = play(rule, game, x, y, 1)[-1]
        found = [(v - w) / r for v, w, r in zip((x, y), after, rates, strict=False)]
        self.same(tuple(found), due, "(z₀ - z₁)/lr")


class OrderOfConsistency(Law):
    """The declared order, no more and no less."""

    id = "order"
    statement = "One step differs from the flow of -v by O(lr^(p + 1)), p the order."
    reference = (
        "Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.1"
    )
    trait = "order"
    needs_rates = True

    def applies(self, rule: Any) -> str:
        """Tell that order 1 is the business of the drift."""
        if getattr(rule, "order", 1) < 2:
            return "the order is 1, which the law drift checks"
        return super().applies(rule)

    def cases(self, rule: Any) -> Any:
        """Return quadratic games with a state."""
        settings = _hyperparameters(rule)
        return on(rule, strategies.quadratic_games(), settings=settings)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Halve the step and compare the errors."""
        z = np.array([x, y])
        J = np.array(game.jacobian(x, y), dtype=float).reshape(2, 2)
        errors = []
        for h in (0.0625 / np.linalg.norm(J), 0.03125 / np.linalg.norm(J)):
            small = with_rates(rule, (float(h), float(h)))
            after = players(play(small, game, x, y, 1))[-1]
            errors.append(np.linalg.norm(after - expm(-h * J) @ z))
        if np.linalg.norm(z) == 0 or errors[1] < 1e-13 * np.linalg.norm(z):
            raise Unsuitable("the error is rounding")
        seen = float(np.log2(errors[0] / errors[1])) - 1
        if abs(seen - rule.order) > 0.3:
            raise Broken(f"the order is declared {rule.order}, observed {seen:.2f}")


class NoClock(Law):
    """Autonomous rules have no clock."""

    id = "clock"
    statement = (
        "At an equilibrium the memory stays what init made it: no step is special."
    )
    trait = "autonomous"

    def cases(self, rule: Any) -> Any:
        """Return games."""
        return st.fixed_dictionaries(
            {
                "game": strategies.games("quadratic"),
                "settings": strategies.settings(rule),
            }
        )

    def examine(self, rule: Any, game: Any) -> None:
        """Look at the memory after steps from the equilibrium."""
        x, y = map(float, game.equilibria()[0])
        states = play(rule, game, x, y, _STEPS)
        self.same(tuple(vector(states[-1])), tuple(vector(states[0])), "the state")


def _hyperparameters(rule: Any) -> Any:
    """Return settings without learning rates: the law sets its own."""
    return strategies.settings(rule, rates=False)
