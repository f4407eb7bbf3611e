"""Strategies of cases that laws share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn.testing import strategies
from gandyn.testing._law import Case


def scalar_cases(
    rule: Any, kind: str = "scalar", **more: SearchStrategy[Any]
) -> SearchStrategy[Case]:
    """Return cases of a game of two numbers, a state, settings, and what is given."""
    return on(rule, strategies.games(kind), **more)


def _wide_cases(rule: Any, **more: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Return cases of players of many coordinates, whose states are one number each."""
    return on(rule, strategies.games("wide"), **more)


def on(rule: Any, game: SearchStrategy[Any], **more: Any) -> SearchStrategy[Case]:
    """Return cases of games from a strategy, a state of two numbers, and settings.

    ``settings`` among what is given takes the place of the rule's own strategy.
    """
    parts = {
        "game": game,
        "x": strategies.positions(),
        "y": strategies.positions(),
        **more,
    }
    return st.fixed_dictionaries({"settings": strategies.settings(rule), **parts})


def vector_cases(rule: Any, **more: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Return cases of a linear game of vectors of two and one coordinates, or wide."""
    number = strategies.numbers()
    narrow = st.fixed_dictionaries(
        {
            "game": strategies.linear_games(),
            "x": st.lists(number, min_size=2, max_size=2),
            "y": st.lists(number, min_size=1, max_size=1),
            **more,
            "settings": strategies.settings(rule),
        }
    )
    return st.one_of(narrow, _wide_cases(rule, **more))
