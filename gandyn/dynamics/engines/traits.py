"""What a rule and a game declare of themselves, tried before anything relies on it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn._node import Node, fields
from gandyn.dynamics.engines._complex_steps import try_derivative
from gandyn.dynamics.engines._trials import (
    NUDGE,
    State,
    TraitError,
    flat,
    image_of,
    refusing,
    start_of,
    where_of,
)
from gandyn.games import Game
from gandyn.rules import Rule

_SIZES = (1e-6, 1.0, 1e6)
"""Sizes of displacements, relative to the state's: a saturating step bends at large
ones, a step divided by a norm at all."""
_PAIRS = 4
"""Displacements that are added; in half of them signs of a coordinate differ."""
_AFFINE = 1e-9
"""Relative to the displacements' images, by how much an affine step may miss a sum."""
_SLACK = 1e3
"""Roundings that a step may make, of all that is added up in it."""
_STILL = 1e-9
"""What a memory at rest may move by, relative to its size."""


def check_derivative(rule: Rule, game: Game) -> None:
    """Try the derivative that complex steps give; a TraitError if it is wrong."""
    if not (is_own(rule) and is_own(game)):
        try_derivative(rule, game)


def check_traits(rule: Rule, game: Game) -> None:
    """Try what a rule and a game declare, and the derivative that complex steps give.

    A few steps in batches, once for each pair; gandyn's own classes are tried in its
    tests instead. Complex steps are to give the derivative that differences do; for the
    rest see `check_declared`.

    Raises
    ------
    TraitError
        If one of them is not so, with what to write.
    """
    check_declared(rule, game)
    check_derivative(rule, game)


def check_declared(rule: Rule, game: Game) -> None:
    """Try ``autonomous`` and ``linear``, for what takes no complex steps.

    The step is to be the same at every call, and to leave an equilibrium with its
    memory alone (``autonomous``); on a linear game it is to be affine (``linear``).

    Raises
    ------
    TraitError
        If one of them is not so, with what to write.
    """
    if not (is_own(rule) and is_own(game)):
        try_declared(rule, game)


def is_own(node: Node) -> bool:
    """Tell whether the classes of a node and of those in it are gandyn's."""
    inner = (value for value in fields(node).values() if isinstance(value, Node))
    return type(node).__module__.startswith("gandyn.") and all(map(is_own, inner))


@functools.lru_cache(maxsize=1024)
def try_declared(rule: Rule, game: Game) -> None:
    """Try the declared traits of any pair; errors as of `check_declared`."""
    with refusing(rule, game):
        step, base = start_of(rule, game)
        if rule.autonomous:
            _check_autonomous(where_of(rule, game), step, base, bool(game.equilibria()))
        if game.linear:
            _check_field(game, base)
        if rule.linear and game.linear and rule.autonomous:
            _check_affine(where_of(rule, game), step, base)


def _check_autonomous(
    where: str, step: Callable[..., Any], base: State, known: bool
) -> None:
    size = flat(base, 1)
    generic = np.cos(np.arange(1.0, len(size) + 1))[:, None] * (0.1 + np.abs(size))
    one, two = (image_of(step, base, generic) for _ in range(2))
    advice = (
        "write autonomous = False in the class of a rule that counts its steps, draws "
        "random numbers or alternates between steps"
    )
    if not np.array_equal(one, two, equal_nan=True):
        raise TraitError(f"{where} gives two results for one state: {advice}")
    if not known:
        return
    moved = np.abs(image_of(step, base, 0 * generic) - size)[:, 0]
    players = flat(base[:2], 1).size
    scale = 1 + np.abs(size).max()
    at_rest = np.all(moved[:players] <= _STILL * scale)
    if at_rest and np.any(moved[players:] > _STILL * scale):
        raise TraitError(
            f"{where} rests at an equilibrium, but its memory moves by "
            f"{moved[players:].max():.3g} a step from what init gives: {advice}; "
            "otherwise let init give the memory that rests there"
        )


def _check_field(game: Game, base: State) -> None:
    def field(x: Any, y: Any) -> tuple[Any, Any]:
        return game.gx(x, y), game.gy(x, y)

    missed = _misses_sums(field, base[:2])
    if missed > 0:
        name = type(game).__name__
        raise TraitError(
            f"{name} declares linear = True, but its field is not affine: changes do "
            f"not add up, by {missed:.2g} of them; write linear = False in the class"
        )


def _check_affine(where: str, step: Callable[..., Any], base: State) -> None:
    missed = _misses_sums(step, base)
    if missed > 0:
        raise TraitError(
            f"{where} is not affine, as linear = True declares (the default): changes "
            f"do not add up, by {missed:.2g} of them; write linear = False in the class"
        )


def _misses_sums(step: Callable[..., Any], base: State) -> float:
    """Return by how much, relative to its terms, a map is not affine; 0 if it may be.

    With G the step less its value at the base, G(a + b) = G(a) + G(b).
    """
    origin = flat(base, 1)
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, len(origin), _PAIRS // 2))
    sizes = np.repeat(_SIZES, _PAIRS) * (1 + np.abs(origin).max())
    a = np.tile(np.concatenate([one, one], axis=1), len(_SIZES)) * sizes
    b = np.tile(np.concatenate([two, -two], axis=1), len(_SIZES)) * sizes
    start = image_of(step, base, np.zeros((len(origin), 1)))
    at_a, at_b, whole = (image_of(step, base, by) for by in (a, b, a + b))
    nudge = NUDGE * (np.abs(origin) + np.abs(a) + np.abs(b))
    nudge = nudge * np.sign(a)
    noise = np.abs(image_of(step, base, a + b + nudge) - whole)
    terms = np.abs(at_a - start) + np.abs(at_b - start) + np.abs(whole - start)
    gap = np.abs(whole - at_a - at_b + start)
    allowed = _AFFINE * terms + _SLACK * noise
    allowed = allowed + _SLACK * np.finfo(float).eps * (np.abs(start) + np.abs(whole))
    with np.errstate(invalid="ignore"):
        bad = gap > allowed
    return float(np.max((gap / terms)[bad], initial=0.0)) if bad.any() else 0.0
