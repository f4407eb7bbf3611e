"""What is asked about: a map at a state, or a rule at an equilibrium of a game."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import start_at
from gandyn.stability.maps.maps import Map, RuleMap


def as_map(
    subject: Map | Rule,
    at: Any,
    parameter: float | None,
    point: tuple[Any, Any] | None,
    field: str | None,
) -> tuple[Map, np.ndarray, float]:
    """Return the map, the state and the value of the parameter that are asked about.

    Parameters
    ----------
    subject : Map, or Rule
    at : array_like of shape (S,), or Game
        The map's state, or the game that the rule plays.
    parameter : float or None
        None is the field's own value in the rule or the game.
    point : pair or None
        An equilibrium of the game; None is its first one.
    field : str or None
        The rule's or the game's field that is free; None is ``"lr"``.

    Raises
    ------
    GandynError
        If a map comes with what belongs to a rule or without a parameter, or a rule
        without a game.
    """
    if isinstance(subject, Map):
        if point is not None or field is not None:
            raise GandynError(
                "point and field go with a rule and a game: a map has its own "
                "parameter, and its state is given"
            )
        if parameter is None:
            raise GandynError(f"give the value of the map's parameter {subject.name}")
        return subject, np.asarray(at, dtype=float), parameter
    if not isinstance(subject, Rule) or not isinstance(at, Game):
        raise GandynError(
            "give a Map and a state, or a Rule and a Game; got "
            f"{type(subject).__name__} and {type(at).__name__}"
        )
    step = RuleMap(subject, at, "lr" if field is None else field)
    value = step.current() if parameter is None else parameter
    return step, start_at(step, point, value), value
