"""Steps tried in batches: the state, its displacements, and what stops a step."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gandyn._node import leaves, replace
from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.engines._remedies import remedy
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule

NUDGE = 2.0**-45
"""A relative change of a state whose effect, `SLACK` times, bounds its rounding."""
_UNPLAYED = (
    ZeroDivisionError, np.linalg.LinAlgError, AttributeError, NotImplementedError,
    GandynError,
)  # fmt: skip
"""What a rule raises that cannot play the game: others say so, in better words."""

State = Any


class TraitError(GandynError):
    """A rule or a game is not what its class declares, or has no exact derivative."""


def where_of(rule: Rule, game: Game) -> str:
    return f"{type(rule).__name__}.step on {type(game).__name__}"


def start_of(rule: Rule, game: Game) -> tuple[Callable[..., Any], State]:
    """Return the step, and the state at an equilibrium, or at 0 if none is known."""
    rule, known = _in_floats(rule), game.equilibria()
    point = known[0] if known else tuple(np.zeros(shape) for shape in game.shape)
    x, y = (np.asarray(part, dtype=float)[..., None] for part in point)
    return functools.partial(rule.step, game), (x, y, rule.init(game, x, y))


@contextlib.contextmanager
def refusing(rule: Rule, game: Game) -> Iterator[None]:
    """Turn what a step raises that does not take arrays into what to write instead."""
    try:
        with np.errstate(all="ignore"):
            yield
    except TraitError:
        raise
    except _UNPLAYED:
        return
    except (TypeError, ValueError) as error:
        raise TraitError(
            f"{where_of(rule, game)} does not take arrays of states, as kernels and "
            f"derivatives need ({type(error).__name__}: {error}); {remedy(rule)}"
        ) from error


def _in_floats(rule: Rule) -> Rule:
    exact = {
        path: float(value)
        for path, value in leaves(rule).items()
        if isinstance(value, Fraction)
    }
    return replace(rule, exact) if exact else rule


def spread(base: State, by: np.ndarray) -> State:
    """Return a state displaced by the columns of a matrix, shape (S, batch)."""
    sizes = [int(np.prod(np.shape(leaf)[:-1])) for leaf in flatten(base)]
    parts = iter(np.split(by, np.cumsum(sizes)[:-1]))

    def moved(leaf: Any) -> np.ndarray:
        whole = np.asarray(leaf)
        shape = (*whole.shape[:-1], by.shape[1])
        return np.asarray(whole + next(parts).reshape(shape))

    return map_leaves(moved, base)


def flat(state: State, width: int) -> np.ndarray:
    """Return the numbers of a batch of states, shape (S, width)."""
    rows = []
    for leaf in flatten(tuple(state)):
        whole = np.asarray(leaf)
        shape = (*whole.shape[:-1], width) if whole.ndim else (width,)
        rows.append(np.broadcast_to(whole, shape).reshape(-1, width))
    return np.concatenate(rows)


def image_of(step: Callable[..., Any], base: State, by: np.ndarray) -> np.ndarray:
    return flat(step(*spread(base, by)), by.shape[1])
