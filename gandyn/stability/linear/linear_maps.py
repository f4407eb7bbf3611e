"""Linear maps of a rule over the rationals, and of many cells at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from gandyn._parameters import find_parameter
from gandyn._trees import flatten
from gandyn.dynamics.linear import reference_equilibrium
from gandyn.dynamics.null_spaces import null_directions
from gandyn.dynamics.spectra import leading_multipliers
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.calculus.jets import lift
from gandyn.stability.calculus.maps import TINY, RuleMap
from gandyn.stability.calculus.points import checked_point
from gandyn.stability.certificates.exact_maps import (
    LEAVES_THE_FIELD,
    check_fixed,
    step_map,
    structural_at,
    with_duals,
)

MOVED = 1e-9
"""A step that moves a point by more, relative to its size, does not fix it."""


def rational_map(
    rule: Rule, game: Game, point: tuple[Any, Any] | None = None
) -> np.ndarray:
    """Return the linear map on (x, y, memory) without any rounding.

    The rule's own step runs on rationals; the fields' binary64 numbers are the
    rationals that they are, and a field given as a ``Fraction`` is itself.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    point : pair, optional
        A fixed point; the game's first equilibrium by default.

    Returns
    -------
    ndarray of Fraction, shape (S, S)
        In the order of `one_step_map`.

    Raises
    ------
    GandynError
        If an entry is irrational, the step needs floats, divides by zero, changes with
        time, or moves the point (with the residual).

    Examples
    --------
    >>> from fractions import Fraction
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> found = rational_map(Extragradient(lr=Fraction(1, 3)), Bilinear(1.0))
    >>> [[str(entry) for entry in row] for row in found]
    [['8/9', '-1/3'], ['1/3', '8/9']]
    """
    point = reference_equilibrium(game) if point is None else point
    check_fixed(rule, game, point)
    where = f"{type(rule).__name__} on {type(game).__name__}"
    try:
        rows = step_map(with_duals(rule), game, point).rows
    except ZeroDivisionError:
        raise GandynError(f"{where}: the step divides by zero") from None
    except LEAVES_THE_FIELD as error:
        raise GandynError(f"{where}: the step needs floats ({error})") from error
    if not all(isinstance(entry, fmpq) for row in rows for entry in row):
        raise GandynError(f"{where}: an entry of the map is irrational")
    found = np.empty((len(rows), len(rows)), dtype=object)
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            found[i, j] = Fraction(int(entry.numerator), int(entry.denominator))
    return found


@dataclass(frozen=True)
class MapBatch:
    """Linear maps of many cells, ``shape`` the broadcast shape of the fields given.

    Attributes
    ----------
    maps : ndarray, shape (..., S, S)
    neutral : ndarray of int, shape ``shape``
        Directions along a manifold of equilibria, whose multiplier 1 is set aside.
    radius : ndarray, shape ``shape``
        The spectral radius of the rest; NaN where the map is not finite.
    leading : ndarray of complex, shape ``shape``
        The multiplier of that modulus.
    """

    maps: np.ndarray
    neutral: np.ndarray
    radius: np.ndarray
    leading: np.ndarray

    @property
    def multipliers(self) -> np.ndarray:
        """All eigenvalues, shape (..., S), largest modulus first."""
        finite = np.isfinite(self.maps).all((-2, -1))[..., None, None]
        values = np.linalg.eigvals(np.where(finite, self.maps, 0.0)).astype(complex)
        values = np.where(finite[..., 0], values, complex(math.nan, math.nan))
        order = np.argsort(-np.abs(values), axis=-1, kind="stable")
        return np.take_along_axis(values, order, axis=-1)


def map_batch(
    rule: Rule,
    game: Game,
    fields: Mapping[str, Any],
    point: tuple[Any, Any] | None = None,
) -> MapBatch:
    r"""Return the linear maps of a rule for arrays of any of its or the game's fields.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    fields : mapping of name to array_like
        Values of fields, named as in `sweep`; the arrays broadcast against each other,
        so ``{"lr_x": a[:, None], "lr_y": b}`` is a grid. Counts and switches may vary.
    point : pair, optional
        A fixed point for all cells; by default each cell's first equilibrium.

    Returns
    -------
    MapBatch

    Raises
    ------
    FieldError
        If the arrays do not broadcast, or a value is outside its field's domain.
    NonSmooth
        If the step has no derivative at the point.
    GandynError
        If the rule changes with time, the game has no known equilibrium, or a step
        moves the point of a cell (with the residual).

    Notes
    -----
    Fields of the rule, and of games of two numbers, are one batch; cells that differ in
    a count, a switch, or a field of a game of vectors are batches of their own.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> found = map_batch(
    ...     Extragradient(), Bilinear(), {"lr": [[0.5], [1.0]], "A": [0.5, 1.0, 2.0]})
    >>> found.maps.shape
    (2, 3, 2, 2)
    >>> found.radius.round(6)
    array([[0.970261, 0.901388, 1.      ],
           [0.901388, 1.      , 3.605551]])
    """
    shape, columns = _columns(fields)
    point = None if point is None else checked_point(game, point)
    count = math.prod(shape)
    found: dict[str, np.ndarray] = {}
    for own, cells, values in _groups(rule, game, columns, count):
        part = _of_group(*own, values, cells.size, point)
        for name, array in part.items():
            whole = found.setdefault(
                name, np.empty((count, *array.shape[1:]), array.dtype)
            )
            if whole.shape[1:] != array.shape[1:]:
                raise FieldError(
                    f"the fields {', '.join(fields)} change the size of the map: "
                    "give them in batches of one size"
                )
            whole[cells] = array
    return MapBatch(**{k: v.reshape((*shape, *v.shape[1:])) for k, v in found.items()})


def _columns(
    fields: Mapping[str, Any],
) -> tuple[tuple[int, ...], dict[str, np.ndarray]]:
    arrays = {name: np.asarray(values) for name, values in fields.items()}
    for name, array in arrays.items():
        if array.size == 0:
            raise FieldError(f"{name} is an array without values")
        if array.dtype.kind not in "biuf":
            raise FieldError(f"{name} must be an array of numbers, got {array.dtype}")
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise FieldError(f"the fields' shapes do not broadcast: {shapes}") from None
    return shape, {
        name: np.broadcast_to(array, shape).ravel() for name, array in arrays.items()
    }


def _groups(
    rule: Rule, game: Game, columns: Mapping[str, np.ndarray], count: int
) -> Iterator[tuple[tuple[Rule, Game], np.ndarray, dict[str, np.ndarray]]]:
    """Yield what is one batch: rule and game, the cells, and the fields that vary."""
    nodes: dict[str, Any] = {"rule": rule, "game": game}
    apart, numeric = {}, {}
    for name, column in columns.items():
        one = find_parameter(nodes, name)
        structural = structural_at(nodes[one.owner], one.paths[0])
        theirs = any(owner == "game" for owner, _ in one.targets)
        if structural or (theirs and game.shape != ((), ())):
            apart[name] = (one, structural)
        else:
            numeric[name] = column.astype(float)
    if not apart:
        yield (rule, game), np.arange(count), numeric
        return
    table = np.stack([columns[name].astype(float) for name in apart], axis=1)
    distinct, which = np.unique(table, axis=0, return_inverse=True)
    for i, values in enumerate(distinct):
        own = dict(nodes)
        for (one, whole), value in zip(apart.values(), values, strict=True):
            setting = int(value) if whole and value == int(value) else float(value)
            own = one.set_in(own, setting)
        cells = np.flatnonzero(which.ravel() == i)
        chosen = {name: column[cells] for name, column in numeric.items()}
        yield (own["rule"], own["game"]), cells, chosen


def _of_group(
    rule: Rule, game: Game, fields: dict[str, np.ndarray], count: int, point: Any
) -> dict[str, np.ndarray]:
    step = RuleMap(rule, game, tuple(fields))
    values = tuple(fields.values())
    points = _points(step, values, count) if point is None else point
    state = _states(*step.at(values), points, count)
    size = len(state)
    turned = state[:, None, :] + 1j * TINY * np.eye(size)[:, :, None]
    tiled = tuple(np.tile(column, size) for column in values)
    image = step(turned.reshape(size, size * count), tiled).reshape(size, size, count)
    maps = np.moveaxis(np.imag(image) / TINY, -1, 0)
    moved = np.abs(np.real(image[:, 0]) - state).max(axis=0)
    if not (rule.linear and game.linear):  # else the same map at every point
        check_smooth(step, state[:, 0], tuple(float(column[0]) for column in values))
        _check_residual(step, moved / (1 + np.abs(state).max(axis=0)))
    neutral = null_directions(game, points) if game.shape != ((), ()) else 0
    leading, finite = leading_multipliers(maps, neutral)
    return {
        "maps": maps,
        "neutral": np.full(count, neutral),
        "radius": np.where(finite, np.abs(leading), np.nan),
        "leading": leading,
    }


def check_smooth(step: RuleMap, state: np.ndarray, parameter: Any) -> None:
    """Raise NonSmooth if a step has no Taylor series at a state."""
    step(lift(state, np.cos(np.arange(1.0, len(state) + 1))), parameter)


def _check_residual(step: RuleMap, moved: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        bad = moved > MOVED
    if bad.any():
        raise GandynError(
            f"{type(step.rule).__name__} does not rest at the point given, or at the "
            f"equilibrium, in {int(bad.sum())} of {bad.size} cells: a step moves it by "
            f"{np.max(moved[bad]):.3g} of its size; give a fixed point"
        )


def _points(step: RuleMap, values: tuple[np.ndarray, ...], count: int) -> Any:
    """Return each cell's first equilibrium, one for all where they agree."""
    _, game = step.at(values)
    if game is step.game or game == step.game:
        return reference_equilibrium(step.game)
    point = _at_once(game, count)
    if point is not None:
        return point
    found = [
        reference_equilibrium(step.at(cell)[1]) for cell in zip(*values, strict=True)
    ]
    return tuple(np.array(column, dtype=float) for column in zip(*found, strict=True))


def _at_once(game: Game, count: int) -> Any:
    """Return the equilibria of a game whose fields are arrays, if it can give them."""
    try:
        x, y = (np.broadcast_to(part, count) for part in game.equilibria()[0])
        with np.errstate(all="ignore"):
            left = np.abs(game.gx(x, y)) + np.abs(game.gy(x, y))
    except Exception:  # it wants numbers, in whatever words
        return None
    return (x, y) if np.all(left <= MOVED * (1 + np.abs(x) + np.abs(y))) else None


def _states(rule: Rule, game: Game, point: Any, count: int) -> np.ndarray:
    """Return (x, y, memory) of every cell, shape (S, count)."""
    batch = (count,)
    parts = [np.asarray(part, dtype=float) for part in point]
    if game.shape != ((), ()):
        parts = [part[..., None] for part in parts]
    x, y = (
        np.broadcast_to(part, (*shape, *batch))
        for part, shape in zip(parts, game.shape, strict=True)
    )
    rows = []
    for leaf in flatten((x, y, rule.init(game, x, y))):
        whole = np.broadcast_to(leaf, (*np.shape(leaf)[:-1], *batch))
        rows.append(whole.reshape(-1, count))
    return np.concatenate(rows).astype(float)
