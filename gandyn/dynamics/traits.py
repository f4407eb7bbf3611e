"""What a rule and a game declare of themselves, tried before anything relies on it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gandyn._lowering import TINY
from gandyn._node import Node, fields, leaves, replace
from gandyn.dynamics._remedies import remedy
from gandyn.dynamics.cells import flatten, map_leaves
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule

SIZES = (1e-6, 1.0, 1e6)
"""Sizes of displacements, relative to the state's: a saturating step bends at large
ones, a step divided by a norm at all."""
PAIRS = 4
"""Displacements that are added; in half of them signs of a coordinate differ."""
AFFINE = 1e-9
"""Relative to the displacements' images, by how much an affine step may miss a sum."""
NUDGE = 2.0**-45
"""A relative change of a state whose effect, `SLACK` times, bounds its rounding."""
SLACK = 1e3
"""Roundings that a step may make, of all that is added up in it."""
AWAY = (0.013, 0.23, 1.7)
"""Distances from the equilibrium, relative to its size, where derivatives are tried."""
ASIDE = (1.0, 1.01)
"""Factors of these distances: derivatives contradict at a corner, but not beside it."""
STEPS = (1e-4, 1e-5)
"""Steps of central differences: the second is taken, the first says how well."""
ROUGH = 1e-3
"""Relative error of differences that is never held against complex steps."""
UNPLAYED = (
    ZeroDivisionError, np.linalg.LinAlgError, AttributeError, NotImplementedError,
    GandynError,
)  # fmt: skip
"""What a rule raises that cannot play the game: others say so, in better words."""
STILL = 1e-9
"""What a memory at rest may move by, relative to its size."""

State = Any


class TraitError(GandynError):
    """A rule or a game is not what its class declares, or has no exact derivative."""


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
    if not (is_own(rule) and is_own(game)):
        try_derivative(rule, game)


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
    with _refusing(rule, game):
        step, base = _start(rule, game)
        if rule.autonomous:
            _check_autonomous(_where(rule, game), step, base, bool(game.equilibria()))
        if game.linear:
            _check_field(game, base)
        if rule.linear and game.linear and rule.autonomous:
            _check_affine(_where(rule, game), step, base)


@functools.lru_cache(maxsize=1024)
def try_derivative(rule: Rule, game: Game) -> None:
    """Try the complex steps of any pair; errors as of `check_traits`."""
    with _refusing(rule, game):
        _check_derivative(rule, game, *_start(rule, game))


def _where(rule: Rule, game: Game) -> str:
    return f"{type(rule).__name__}.step on {type(game).__name__}"


def _start(rule: Rule, game: Game) -> tuple[Callable[..., Any], State]:
    """Return the step, and the state at an equilibrium, or at 0 if none is known."""
    rule, known = _in_floats(rule), game.equilibria()
    point = known[0] if known else tuple(np.zeros(shape) for shape in game.shape)
    x, y = (np.asarray(part, dtype=float)[..., None] for part in point)
    return functools.partial(rule.step, game), (x, y, rule.init(game, x, y))


@contextlib.contextmanager
def _refusing(rule: Rule, game: Game) -> Iterator[None]:
    """Turn what a step raises that does not take arrays into what to write instead."""
    try:
        with np.errstate(all="ignore"):
            yield
    except TraitError:
        raise
    except UNPLAYED:
        return
    except (TypeError, ValueError) as error:
        raise TraitError(
            f"{_where(rule, game)} does not take arrays of states, as kernels and "
            f"derivatives need ({type(error).__name__}: {error}); {remedy(rule)}"
        ) from error


def _in_floats(rule: Rule) -> Rule:
    exact = {
        path: float(value)
        for path, value in leaves(rule).items()
        if isinstance(value, Fraction)
    }
    return replace(rule, exact) if exact else rule


def _spread(base: State, by: np.ndarray) -> State:
    """Return a state displaced by the columns of a matrix, shape (S, batch)."""
    sizes = [int(np.prod(np.shape(leaf)[:-1])) for leaf in flatten(base)]
    parts = iter(np.split(by, np.cumsum(sizes)[:-1]))

    def moved(leaf: Any) -> np.ndarray:
        whole = np.asarray(leaf)
        shape = (*whole.shape[:-1], by.shape[1])
        return np.asarray(whole + next(parts).reshape(shape))

    return map_leaves(moved, base)


def _flat(state: State, width: int) -> np.ndarray:
    """Return the numbers of a batch of states, shape (S, width)."""
    rows = []
    for leaf in flatten(tuple(state)):
        whole = np.asarray(leaf)
        shape = (*whole.shape[:-1], width) if whole.ndim else (width,)
        rows.append(np.broadcast_to(whole, shape).reshape(-1, width))
    return np.concatenate(rows)


def _image(step: Callable[..., Any], base: State, by: np.ndarray) -> np.ndarray:
    return _flat(step(*_spread(base, by)), by.shape[1])


def _check_autonomous(
    where: str, step: Callable[..., Any], base: State, known: bool
) -> None:
    size = _flat(base, 1)
    generic = np.cos(np.arange(1.0, len(size) + 1))[:, None] * (0.1 + np.abs(size))
    one, two = (_image(step, base, generic) for _ in range(2))
    advice = (
        "write autonomous = False in the class of a rule that counts its steps, draws "
        "random numbers or alternates between steps"
    )
    if not np.array_equal(one, two, equal_nan=True):
        raise TraitError(f"{where} gives two results for one state: {advice}")
    if not known:
        return
    moved = np.abs(_image(step, base, 0 * generic) - size)[:, 0]
    players = _flat(base[:2], 1).size
    scale = 1 + np.abs(size).max()
    at_rest = np.all(moved[:players] <= STILL * scale)
    if at_rest and np.any(moved[players:] > STILL * scale):
        raise TraitError(
            f"{where} rests at an equilibrium, but its memory moves by "
            f"{moved[players:].max():.3g} a step from what init gives: {advice}; "
            "otherwise let init give the memory that rests there"
        )


def _check_derivative(
    rule: Rule, game: Game, step: Callable[..., Any], base: State
) -> None:
    places = [_displaced(base[:2], factor) for factor in ASIDE]
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
    """Return players at generic places, one for each distance in `AWAY`."""
    size = _flat(players, 1)
    angles = np.arange(1.0, len(size) + 1)[:, None] + np.arange(len(AWAY))
    away = np.array(AWAY) * factor * (1 + np.abs(size).max())
    return _spread(players, np.cos(angles) * away)


def _miscomplex(step: Callable[..., Any], state: State) -> tuple[float, float] | None:
    """Return derivatives by complex steps and by differences that contradict, if any.

    Along a direction in which each number changes in proportion to its size.
    Differences that have not converged contradict nothing.
    """
    size = np.abs(_flat(state, len(AWAY)))
    angles = np.arange(1.0, len(size) + 1)[:, None] * 2
    direction = np.sin(angles) * size
    exact = np.imag(_image(step, state, 1j * TINY * direction)) / TINY
    coarse, fine = (
        (_image(step, state, h * direction) - _image(step, state, -h * direction))
        / (2 * h)
        for h in STEPS
    )
    noise = _image(step, state, NUDGE * np.sign(np.cos(angles)) * size)
    noise = np.abs(noise - _image(step, state, 0 * size)) / STEPS[1]
    allowed = ROUGH * np.maximum(np.abs(exact), np.abs(fine))
    allowed = allowed + noise + 10 * np.abs(coarse - fine)
    for i, j in np.argwhere(np.abs(exact - fine) > allowed):
        return float(exact[i, j]), float(fine[i, j])
    return None


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
    origin = _flat(base, 1)
    rng = np.random.default_rng(0)
    one, two = rng.normal(size=(2, len(origin), PAIRS // 2))
    sizes = np.repeat(SIZES, PAIRS) * (1 + np.abs(origin).max())
    a = np.tile(np.concatenate([one, one], axis=1), len(SIZES)) * sizes
    b = np.tile(np.concatenate([two, -two], axis=1), len(SIZES)) * sizes
    start = _image(step, base, np.zeros((len(origin), 1)))
    at_a, at_b, whole = (_image(step, base, by) for by in (a, b, a + b))
    nudge = NUDGE * (np.abs(origin) + np.abs(a) + np.abs(b))
    nudge = nudge * np.sign(a)
    noise = np.abs(_image(step, base, a + b + nudge) - whole)
    terms = np.abs(at_a - start) + np.abs(at_b - start) + np.abs(whole - start)
    gap = np.abs(whole - at_a - at_b + start)
    allowed = AFFINE * terms + SLACK * noise
    allowed = allowed + SLACK * np.finfo(float).eps * (np.abs(start) + np.abs(whole))
    with np.errstate(invalid="ignore"):
        bad = gap > allowed
    return float(np.max((gap / terms)[bad], initial=0.0)) if bad.any() else 0.0
