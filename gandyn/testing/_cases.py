"""Strategies of cases that laws share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn.testing import strategies
from gandyn.testing._law import Case


def scalar_cases(
    kind: str = "scalar", **more: SearchStrategy[Any]
) -> SearchStrategy[Case]:
    """Return cases of a game of two numbers, a state, rates, and what else is given."""
    return on(strategies.games(kind), **more)


def on(game: SearchStrategy[Any], **more: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Return cases of games from a strategy, a state of two numbers, and rates."""
    return st.fixed_dictionaries(
        {
            "game": game,
            "x": strategies.numbers(),
            "y": strategies.numbers(),
            **more,
            "rates": strategies.rates(),
        }
    )


def vector_cases(**more: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Return cases of a linear game of vectors of two and one coordinates."""
    number = strategies.numbers()
    return st.fixed_dictionaries(
        {
            "game": strategies.linear_games(),
            "x": st.lists(number, min_size=2, max_size=2),
            "y": st.lists(number, min_size=1, max_size=1),
            **more,
            "rates": strategies.rates(),
        }
    )
