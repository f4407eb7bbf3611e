"""Laws of symmetry: what a change of coordinates, units or names does to an orbit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn._node import Node, leaves, replace
from gandyn.testing import strategies
from gandyn.testing._cases import on, scalar_cases, vector_cases
from gandyn.testing._law import EXACT, Law
from gandyn.testing._oracles import Swapped, Transformed, Watched
from gandyn.testing._play import current_rates, play, players, with_rates

STEPS = 3


class _Equivariance(Law):
    """Playing on and changing coordinates commute."""

    def commutes(self, rule: Any, game: Any, x: Any, y: Any, **change: Any) -> None:
        """Compare the changed orbit with the orbit of the changed game."""
        moved = Transformed(game, **change)
        u, w = moved.forth(x, y)
        expected = [moved.forth(*state[:2]) for state in play(rule, game, x, y, STEPS)]
        got = [state[:2] for state in play(rule, moved, u, w, STEPS)]
        self.same(tuple(got), tuple(expected), "the orbit in new coordinates")


class TranslationEquivariance(_Equivariance):
    """Where the origin is does not matter."""

    id = "translation"
    statement = "Moving the origin of the players' coordinates moves the orbit with it."
    trait = "translates"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Move x's origin by 1 and y's by -2."""
        self.commutes(rule, game, x, y, p=1.0, q=-2.0)


class OrthogonalEquivariance(_Equivariance):
    """Turning each player's coordinates turns the orbit."""

    id = "orthogonal"
    statement = "Turning a player's coordinates turns the orbit."
    trait = "orthogonal"

    def cases(self, rule: Any) -> Any:
        """Return games of vectors with a state."""
        return vector_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Turn x's plane by a rational rotation."""
        turn = np.array([[3.0, 4.0], [-4.0, 3.0]]) / 5
        self.commutes(rule, game, x, y, P=turn, Q=np.array([[-1.0]]))


class PermutationEquivariance(_Equivariance):
    """No coordinate, and no sign, is special."""

    id = "signed-permutation"
    statement = (
        "Exchanging coordinates of a player and their signs does so to the orbit."
    )
    trait = "permutes"

    def cases(self, rule: Any) -> Any:
        """Return games of vectors with a state."""
        return vector_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Exchange x's coordinates and turn one sign."""
        order = np.array([[0.0, -1.0], [1.0, 0.0]])
        self.commutes(rule, game, x, y, P=order, Q=np.array([[-1.0]]))


class SignEquivariance(_Equivariance):
    """The signs of two numbers."""

    id = "sign"
    statement = "In a game of two numbers, turning a player's sign turns its orbit's."
    trait = "permutes"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Turn y's sign."""
        self.commutes(rule, game, x, y, Q=-1.0)


class ScaleCovariance(_Equivariance):
    """The unit of the state does not matter."""

    id = "scale"
    statement = (
        "On v(z/s)·s, the same game in another unit, the orbit is s times as far."
    )
    trait = "scales"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Scale by 4."""
        self.commutes(rule, game, x, y, scale=4.0)


class LossScaleCovariance(Law):
    """Only the product of learning rate and loss matters."""

    id = "loss-scale"
    statement = (
        "Losses twice as large and learning rates half as large: the same orbit."
    )
    trait = "rate_times_loss"
    needs_rates = True

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Double the field, halve the rates."""
        a, b = current_rates(rule) or (0.1, 0.1)
        double = Transformed(game, factor=2.0)
        got = play(with_rates(rule, (a / 2, b / 2)), double, x, y, STEPS)
        self.same(players(got), players(play(rule, game, x, y, STEPS)), "the orbit")


class PlayerSwap(Law):
    """The players' names do not matter."""

    id = "swap"
    statement = (
        "Exchanging the players, their learning rates and hyperparameters, and who is "
        "first, exchanges their orbits."
    )
    trait = "symmetric"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases()

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Play the same with exchanged names."""
        got = play(exchanged(rule), Swapped(game), y, x, STEPS)
        expected = players(play(rule, game, x, y, STEPS))
        self.same(players(got)[:, ::-1], expected, "the orbit, names exchanged back")


class PayoffConstant(Law):
    """A constant in the losses moves nobody."""

    id = "constant"
    statement = "Adding a constant to a player's loss changes no orbit."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state and the constant."""
        return on(strategies.games(), shift=st.just(1.0))

    def examine(self, rule: Any, game: Any, x: Any, y: Any, shift: float) -> None:
        """Compare orbits with and without it."""
        got = play(rule, Watched(game, shift=shift), x, y, STEPS)
        self.same(players(got), players(play(rule, game, x, y, STEPS)), "the orbit")


def exchanged(rule: Any) -> Any:
    """Return a rule with the players' own fields exchanged, and who is first."""
    if not isinstance(rule, Node):
        return rule
    old = leaves(rule)
    new = {}
    for path, value in old.items():
        other = path[:-2] + {"_x": "_y", "_y": "_x"}.get(path[-2:], path[-2:])
        if path.split(".")[-1] == "y_first":
            new[path] = not value
        elif other != path and other in old:
            new[path] = old[other]
    return replace(rule, new)
