"""Laws of what a step uses: whose gradients, how many, and of what order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn.games.linear import LinearGame
from gandyn.games.quadratic import GeneralQuadratic, Quadratic
from gandyn.testing import strategies
from gandyn.testing._cases import on, scalar_cases
from gandyn.testing._law import EXACT, Broken, Law
from gandyn.testing._oracles import Refused, Watched
from gandyn.testing._play import advance, call, current_rates, play, players, with_rates

_STEPS = 3


class DecoupledPlayers(Law):
    """Players who do not matter to each other."""

    id = "decoupled"
    statement = "Where no loss depends on the other player, no orbit does."
    trait = "separable"

    def cases(self, rule: Any) -> Any:
        """Return decoupled games, a state, and the other player's other start."""
        game = st.builds(
            lambda a, c: Quadratic(f_xx=a, f_xy=0.0, f_yy=-c),
            strategies.positive_numbers(),
            strategies.positive_numbers(),
        )
        return on(rule, game)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Start the opponent from elsewhere."""
        here = players(play(rule, game, x, y, _STEPS))
        there = players(play(rule, game, x, y + 1.0, _STEPS))
        self.same(there[:, 0], here[:, 0], "x's orbit with y started elsewhere")
        there = players(play(rule, game, x + 1.0, y, _STEPS))
        self.same(there[:, 1], here[:, 1], "y's orbit with x started elsewhere")


class PotentialIsOptimisation(Law):
    """Potential games equal plain optimisation."""

    id = "potential"
    statement = (
        "Where both players descend one function, with one learning rate and the same "
        "settings, the orbit is that of one player who owns all coordinates."
    )
    reference = "Monderer, Shapley, Potential Games, 1996"
    trait = "joint"

    def cases(self, rule: Any) -> Any:
        """Return potential games with a state."""
        settings = strategies.settings(rule, tied=bool(self.declared(rule)))
        return on(rule, strategies.potential_games(), settings=settings)

    def examine(self, rule: Any, game: GeneralQuadratic, x: Any, y: Any) -> None:
        """Give all coordinates to x; y has a bowl of its own and sits in it."""
        if (rates := current_rates(rule)) is not None:
            rule = with_rates(rule, (rates[0], rates[0]))
        J = np.array([[game.A, game.B, 0], [game.C, game.D, 0], [0, 0, 1.0]])
        alone = _OneLoss(J, n=2)
        start = np.array([x, y]), np.array([0.0])
        got = players(play(rule, alone, *start, _STEPS))[:, :2]
        vectors = _OneLoss(J[:2, :2], n=1)
        split = play(rule, vectors, np.array([x]), np.array([y]), _STEPS)
        from_there = rule, alone, *start
        self.same_orbit(players(split), got, "the orbit of two players", from_there)


class DeclaredCalls(Law):
    """Declared oracle calls equal counted ones."""

    id = "calls"
    statement = "A step asks the oracle as often as the rule declares."
    trait = "calls"
    tolerance = EXACT

    def declared(self, rule: Any) -> bool | None:
        """Tell whether calls are declared."""
        calls = getattr(rule, "calls", None)
        return True if calls is not None and calls() is not None else None

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule, "quadratic")

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Count."""
        memory = call(rule, "init", game, x, y)
        watched = Watched(game)
        advance(rule, watched, (x, y, memory))
        if watched.calls != rule.calls():
            raise Broken(f"declared {rule.calls()}, counted {watched.calls}")


class FirstOrder(Law):
    """First-order rules ask for gradients only."""

    id = "first-order"
    statement = "A rule that is not declared of second order asks for gradients only."
    trait = "second_order"
    tolerance = EXACT

    def declared(self, rule: Any) -> bool | None:
        """Tell whether the rule is declared of first order."""
        value = getattr(rule, "second_order", None)
        return None if value is None else not value

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule, "quadratic")

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Refuse everything else."""
        refused = ("jvp", "vjp", "solve", "jacobian", "cross", "loss_x", "loss_y")
        try:
            play(rule, Watched(game, refused), x, y, 2)
        except Refused as refusal:
            raise Broken(f"the step asked for {refusal}") from refusal


class _OneLoss(LinearGame):
    """A linear game whose players have one loss, ½ zᵀ J z."""

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L/∂y, ∂L/∂x)."""
        return self.gy(x, y), self.gx(x, y)
