"""One plain Python step before anything is compiled: errors in Python's own words."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

from gandyn._arguments import checked, is_number
from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.engines._refusals import WatchedGame, explain, one_step, singular
from gandyn.dynamics.engines.traits import check_derivative
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule

_OFFSETS = (0.5, 0.4)
"""Initial distance of x and y from the reference equilibrium."""


class RuleError(GandynError):
    """A rule that cannot take a step on this game."""


@checked
def default_start(game: Game) -> tuple[Any, Any]:
    """Return the initial state that sweeps use: the reference equilibrium, shifted."""
    known = game.equilibria()
    shapes = game.shape
    base = known[0] if known else tuple(np.zeros(shape) for shape in shapes)
    x, y = (np.asarray(b) + d for b, d in zip(base, _OFFSETS, strict=True))
    if shapes == ((), ()):
        return float(x), float(y)
    return x, y


@checked
def check_plain_step(rule: Rule, game: Game, start: tuple[Any, Any]) -> None:
    """Take one plain step from a start and check what comes back.

    Raises
    ------
    FieldError
        If the start does not fit the game.
    RuleError
        If ``init`` or ``step`` raises (with Python's own message, or what the game
        lacks and which rules can play it), meets a singular matrix, or returns other
        shapes than it was given. An implicit step without a solution is no error: it
        is a verdict.
    TraitError
        If complex steps through the rule and the game give no derivative.
    """
    if hasattr(game, "instead"):  # modules play elsewhere
        raise GandynError(game.instead)
    shapes = game.shape
    for name, part, shape in zip("xy", start, shapes, strict=True):
        _check_numbers(name, part)
        if np.shape(part) != shape:
            raise FieldError(
                f"start: {name} has shape {np.shape(part)}, "
                f"{type(game).__name__} needs {shape}"
            )
        if not np.all(np.isfinite(np.asarray(part, dtype=float))):
            raise FieldError(f"start: {name} must be finite, got {part}")
    name, watched = type(rule).__name__, WatchedGame(game)
    try:
        memory, after = one_step(rule, watched, start)
    except Exception as error:
        if isinstance(error, ZeroDivisionError) and "solve" in watched.asked:
            return
        raise RuleError(explain(rule, watched, game, start, error)) from error
    if not isinstance(after, tuple) or len(after) != 3:
        raise RuleError(f"{name}.step must return (x, y, memory), got {after!r}")
    for player, part, shape in zip("xy", after, shapes, strict=False):
        if np.shape(part) != shape:
            raise RuleError(
                f"{name}.step returns {player} of shape {np.shape(part)}, "
                f"it was given {shape}"
            )
    _check_memory(name, memory, after[2])
    solved = all(np.all(np.isfinite(part)) for part in after[:2])
    if rule.inverts and "solve" not in watched.asked and not solved:
        raise RuleError(singular(rule, game, start))
    check_derivative(rule, game)


def _check_numbers(name: str, part: Any) -> None:
    """Raise FieldError for what is no array of real numbers, such as ragged rows."""
    try:
        found = np.asarray(part)
    except ValueError:
        real = False
    else:
        numeric = all(is_number(entry) for entry in found.flat)
        real = found.dtype.kind in "iuf" or (found.dtype.kind == "O" and numeric)
    if not real:
        raise FieldError(
            f"start: {name} must be a number, or an array of real numbers in rows of "
            f"one length, got {reprlib.repr(part)}"
        )


def _check_memory(name: str, before: Any, after: Any) -> None:
    if _structure(before) != _structure(after):
        raise RuleError(
            f"{name}.step returns memory of structure {_structure(after)}, "
            f"init gave {_structure(before)}"
        )
    for old, new in zip(flatten(before), flatten(after), strict=True):
        if np.shape(old) != np.shape(new):
            raise RuleError(
                f"{name}.step returns a memory entry of shape {np.shape(new)}, "
                f"it was given {np.shape(old)}"
            )


def _structure(memory: Any) -> Any:
    return map_leaves(lambda _: "value", memory)
