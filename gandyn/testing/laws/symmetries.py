"""Laws of symmetry: what a change of coordinates, units or names does to an orbit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gandyn._node import Node, leaves, replace
from gandyn.games.quadratic import Quadratic
from gandyn.testing import strategies
from gandyn.testing._cases import on, scalar_cases, vector_cases
from gandyn.testing._law import EXACT, Law
from gandyn.testing._oracles import Swapped, Transformed, Watched
from gandyn.testing._play import current_rates, play, players, with_rates

_STEPS = 3


class _Equivariance(Law):
    """Playing on and changing coordinates commute."""

    def commutes(self, rule: Any, game: Any, x: Any, y: Any, **change: Any) -> None:
        """Compare the changed orbit with the orbit of the changed game."""
        moved = Transformed(game, **change)
        u, w = moved.forth(x, y)
        expected = [moved.forth(*state[:2]) for state in play(rule, game, x, y, _STEPS)]
        got = [state[:2] for state in play(rule, moved, u, w, _STEPS)]
        start = rule, moved, u, w
        self.same_orbit(
            tuple(got), tuple(expected), "the orbit in new coordinates", start
        )


class TranslationEquivariance(_Equivariance):
    """Where the origin is does not matter."""

    id = "translation"
    statement = "Moving the origin of the players' coordinates moves the orbit with it."
    trait = "translates"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

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
        return vector_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Turn a plane of each player by a rational rotation."""
        self.commutes(rule, game, x, y, P=_rotation(len(x)), Q=_rotation(len(y)))


class SingularPairs(Law):
    """Vectors are numbers, one for each singular value."""

    id = "singular-pairs"
    statement = (
        "In a quadratic game of vectors, play that starts along a pair of singular "
        "vectors is that of the game of two numbers with their singular value."
    )
    reference = "by the singular value decomposition of the players' interaction"
    trait = "orthogonal"

    def declared(self, rule: Any) -> bool | None:
        """Leave it to the law orthogonal to tell that a rule has directions."""
        return super().declared(rule) or None

    def cases(self, rule: Any) -> Any:
        """Return games of many coordinates, which pair, and where on it."""
        number = strategies.numbers()
        return st.fixed_dictionaries(
            {
                "game": strategies.games("wide"),
                "along_x": number,
                "along_y": number,
                "pair": st.integers(0, 4),
                "settings": strategies.settings(rule),
            }
        )

    def examine(
        self, rule: Any, game: Any, along_x: Any, along_y: Any, pair: int
    ) -> None:
        """Play along the pair, and the game of two numbers."""
        left, values, right = np.linalg.svd(game.matrix())
        u, w = left[:, pair], right[pair]
        alone = Quadratic(f_xx=game.own, f_xy=float(values[pair]), f_yy=-game.own)
        numbers = play(rule, alone, along_x, along_y, _STEPS)
        expected = tuple((p * u, q * w) for p, q, _ in numbers)
        orbit = play(rule, game, along_x * u, along_y * w, _STEPS)
        got = tuple(state[:2] for state in orbit)
        start = rule, game, along_x * u, along_y * w
        self.same_orbit(got, expected, "the orbit along the pair", start)


class PermutationEquivariance(_Equivariance):
    """No coordinate, and no sign, is special."""

    id = "signed-permutation"
    statement = (
        "Exchanging coordinates of a player and their signs does so to the orbit."
    )
    trait = "permutes"

    def cases(self, rule: Any) -> Any:
        """Return games of vectors with a state."""
        return vector_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Exchange coordinates, two of them and the rest in a ring, and turn signs."""
        self.commutes(rule, game, x, y, P=_exchange(len(x)), Q=_exchange(len(y)))


class SignEquivariance(_Equivariance):
    """The signs of two numbers."""

    id = "sign"
    statement = "In a game of two numbers, turning a player's sign turns its orbit's."
    trait = "permutes"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

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
        return scalar_cases(rule)

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
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Double the field, halve the rates."""
        a, b = current_rates(rule) or (0.1, 0.1)
        double = Transformed(game, factor=2.0)
        got = play(with_rates(rule, (a / 2, b / 2)), double, x, y, _STEPS)
        expected = players(play(rule, game, x, y, _STEPS))
        self.same_orbit(players(got), expected, "the orbit", (rule, game, x, y))


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
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Play the same with exchanged names."""
        got = play(_exchanged(rule), Swapped(game), y, x, _STEPS)
        expected = players(play(rule, game, x, y, _STEPS))
        back = players(got)[:, ::-1]
        start = rule, game, x, y
        self.same_orbit(back, expected, "the orbit, names exchanged back", start)


class PayoffConstant(Law):
    """A constant in the losses moves nobody."""

    id = "constant"
    statement = "Adding a constant to a player's loss changes no orbit."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state and the constant."""
        return on(rule, strategies.games(), shift=st.just(1.0))

    def examine(self, rule: Any, game: Any, x: Any, y: Any, shift: float) -> None:
        """Compare orbits with and without it."""
        got = play(rule, Watched(game, shift=shift), x, y, _STEPS)
        self.same(players(got), players(play(rule, game, x, y, _STEPS)), "the orbit")


def _rotation(size: int) -> np.ndarray:
    """Return a rotation of the first and last coordinates by an angle of tan 4/3."""
    turn = np.eye(size) if size > 1 else -np.eye(1)
    if size > 1:
        turn[np.ix_([0, -1], [0, -1])] = np.array([[3.0, 4.0], [-4.0, 3.0]]) / 5
    return turn


def _exchange(size: int) -> np.ndarray:
    """Return a signed permutation that no other one of all coordinates is like."""
    order = [1, 0, *range(3, size), 2][:size] if size > 2 else list(range(size))[::-1]
    return np.eye(size)[order] * (-1.0) ** np.arange(1, size + 1)[:, None]


def _exchanged(rule: Any) -> Any:
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
