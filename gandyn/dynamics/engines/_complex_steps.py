"""Derivatives by complex steps against central differences."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn.dynamics.engines._remedies import remedy
from gandyn.dynamics.engines._trials import (
    NUDGE,
    State,
    TraitError,
    flat,
    image_of,
    refusing,
    spread,
    start_of,
)
from gandyn.dynamics.engines.cells import TINY
from gandyn.games import Game
from gandyn.rules import Rule

_AWAY = (0.013, 0.23, 1.7)
"""Distances from the equilibrium, relative to its size, where derivatives are tried."""
_ASIDE = (1.0, 1.01)
"""Factors of these distances: derivatives contradict at a corner, but not beside it."""
_STEPS = (1e-4, 1e-5)
"""Steps of central differences: the second is taken, the first says how well."""
_ROUNDINGS = 16 * np.finfo(float).eps
"""What the terms of a step may round, relative to its result."""
_ROUGH = 1e-3
"""Relative error of differences that is never held against complex steps."""


@functools.lru_cache(maxsize=1024)
def try_derivative(rule: Rule, game: Game) -> None:
    """Try the complex steps of any pair; errors as of `check_traits`."""
    with refusing(rule, game):
        _check_derivative(rule, game, *start_of(rule, game))


def _check_derivative(
    rule: Rule, game: Game, step: Callable[..., Any], base: State
) -> None:
    places = [_displaced(base[:2], factor) for factor in _ASIDE]
    tried = []
    for players in places:
        memory = step(*players, rule.init(game, *players))[2]  # in no special position
        tried.append(_miscomplex(step, (*players, memory)))
    wrong = tried[0]
    if wrong is None or None in tried:
        return

    def field(x: Any, y: Any) -> tuple[Any, Any]:
        return game.gx(x, y), game.gy(x, y)

    guilty: Any = rule
    if _miscomplex(field, places[0]) is not None:
        guilty = game
    name = type(guilty).__name__
    what = f"{name}.gx or gy" if guilty is game else f"{name}.step"
    raise TraitError(
        f"{what} has no exact derivative: complex steps give {wrong[0]:.6g}, "
        f"differences {wrong[1]:.6g}; {remedy(guilty)}"
    )


def _displaced(players: State, factor: float) -> State:
    """Return players at generic places, one for each distance in `_AWAY`."""
    size = flat(players, 1)
    angles = np.arange(1.0, len(size) + 1)[:, None] + np.arange(len(_AWAY))
    away = np.array(_AWAY) * factor * (1 + np.abs(size).max())
    return spread(players, np.cos(angles) * away)


def _miscomplex(step: Callable[..., Any], state: State) -> tuple[float, float] | None:
    """Return derivatives by complex steps and by differences that contradict, if any.

    Along a direction in which each number changes in proportion to its size.
    Differences that have not converged contradict nothing.
    """
    size = np.abs(flat(state, len(_AWAY)))
    angles = np.arange(1.0, len(size) + 1)[:, None] * 2
    direction = np.sin(angles) * size
    exact = np.imag(image_of(step, state, 1j * TINY * direction)) / TINY
    coarse, fine = (
        (image_of(step, state, h * direction) - image_of(step, state, -h * direction))
        / (2 * h)
        for h in _STEPS
    )
    noise = image_of(step, state, NUDGE * np.sign(np.cos(angles)) * size)
    here = image_of(step, state, 0 * size)
    noise = (np.abs(noise - here) + _ROUNDINGS * np.abs(here)) / _STEPS[1]
    allowed = _ROUGH * np.maximum(np.abs(exact), np.abs(fine))
    allowed = allowed + noise + 10 * np.abs(coarse - fine)
    for i, j in np.argwhere(np.abs(exact - fine) > allowed):
        return float(exact[i, j]), float(fine[i, j])
    return None
