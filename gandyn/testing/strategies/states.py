"""States of a rule on a game: initial, resting, remembered; learning rates."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.testing._play import play, with_rates
from gandyn.testing.strategies.values import numbers


def initial_states(game: Game) -> SearchStrategy[tuple[Any, Any]]:
    """Return initial states of a game, numbers or vectors."""
    return st.tuples(*(_players(shape) for shape in game.shape))


def _players(shape: tuple[int, ...]) -> SearchStrategy[Any]:
    if shape == ():
        return numbers()
    size = int(np.prod(shape))
    return st.lists(numbers(), min_size=size, max_size=size).map(np.array)


def fixed_points(game: Game) -> SearchStrategy[tuple[Any, Any]]:
    """Return the known equilibria of a game."""
    return st.sampled_from(game.equilibria())


def learning_rates(
    rule: Rule, game: Game, inside: bool = True, low: float = 1e-3, high: float = 10.0
) -> SearchStrategy[float]:
    """Return common learning rates inside or outside the exact stable range.

    The range is from `gandyn.stability.critical_learning_rates`; rates closer than a
    thousandth to one of its ends are left out.

    Raises
    ------
    GandynError
        If there is no such rate between ``low`` and ``high``.

    Examples
    --------
    >>> from hypothesis import find
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> inside = learning_rates(Extragradient(), Bilinear(2.0))
    >>> find(inside, lambda lr: True) < 0.5
    True
    """
    pieces = stable_rates(rule, game, low, high)
    chosen = [(a, b) for a, b, stable in pieces if stable is inside]
    if not chosen:
        where = "inside" if inside else "outside"
        raise GandynError(f"no learning rate in [{low}, {high}] is {where} the range")
    spans = [st.floats(a + 1e-3 * (b - a), b - 1e-3 * (b - a)) for a, b in chosen]
    return st.one_of(spans)


def stable_rates(
    rule: Rule, game: Game, low: float = 1e-3, high: float = 10.0
) -> list[tuple[float, float, bool]]:
    """Return pieces (from, to, stable) of an interval of the common learning rate.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> pieces = stable_rates(Extragradient(), Bilinear(2.0), 0.01, 1.0)
    >>> [(round(a, 9), round(b, 9), stable) for a, b, stable in pieces]
    [(0.01, 0.5, True), (0.5, 1.0, False)]
    """
    from gandyn.dynamics import multipliers
    from gandyn.stability import critical_learning_rates

    found = critical_learning_rates(rule, game, "lr", low, high)
    ends = [low, *(point.value for point in found), high]
    pieces: list[tuple[float, float, bool]] = []
    for a, b in itertools.pairwise(ends):
        middle = with_rates(rule, ((a * b) ** 0.5,) * 2)
        stable = bool(abs(multipliers(middle, game)[0]) < 1)
        if pieces and pieces[-1][2] is stable:
            a = pieces.pop()[0]
        pieces.append((a, b, stable))
    return pieces


@st.composite
def memories(draw: Any, rule: Rule, game: Game) -> Any:
    """Return memories that a rule can have: those after zero to three steps."""
    x, y = draw(initial_states(game))
    return play(rule, game, x, y, draw(st.integers(0, 3)))[-1][2]
