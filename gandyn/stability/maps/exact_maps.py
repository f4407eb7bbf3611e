"""The linear map of a rule at a point over the rationals, or in balls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from flint import arb, fmpq, fmpq_mat

from gandyn._node import Node, fields, is_structural
from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.engines._refusals import WatchedGame, explain
from gandyn.dynamics.engines.traits import check_declared
from gandyn.dynamics.exact.linear import dense_jacobian, reference_equilibrium
from gandyn.elementary import solve_implicit
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.duals import ONE, Dual, as_duals, rational
from gandyn.stability.maps.points import checked_point

LEAVES_THE_FIELD = (TypeError, AttributeError, ValueError, OverflowError)
"""What a step raises that wants a float, an attribute of one, or makes a NaN."""
EXACT_SIZE = 40
"""Largest map whose exact characteristic polynomial takes no more than a second."""
_RESIDUAL = 1e-9
"""A step that moves a point by more, relative to its size, does not fix it."""


class _RationalMap(NamedTuple):
    """A linear map, and how far a step moves the point it was taken at."""

    rows: list[list[Any]]
    moved: list[Any]


def dual_map(
    rule: Rule, game: Game | JacobianGame, point: tuple[Any, Any]
) -> _RationalMap:
    """Return the linear map on (x, y, memory) in rationals and balls.

    The step is the rule's own; rule and game have `Dual` numbers for fields, as
    `with_duals` makes them.

    Raises
    ------
    One of `LEAVES_THE_FIELD`
        If the step needs floats.
    ZeroDivisionError
        If it divides by zero, or a derivative is infinite.
    """
    x, y = (as_duals(np.asarray(part)[..., None]) for part in point)
    base = (x, y, map_leaves(as_duals, rule.init(game, x, y)))
    leaves = flatten(base)
    size = sum(leaf.size for leaf in leaves)
    places = iter(np.split(np.arange(size), np.cumsum([v.size for v in leaves])[:-1]))

    def seeded(leaf: np.ndarray) -> np.ndarray:
        spread = np.repeat(leaf, size, axis=-1).reshape(-1, size)
        for row, place in zip(spread, next(places), strict=True):
            row[place] = Dual(row[place].value, ONE)
        return spread.reshape(*leaf.shape[:-1], size)

    after = flatten(tuple(rule.step(game, *map_leaves(seeded, base))))
    rows, moved = [], []
    for leaf, old in zip(after, leaves, strict=True):
        leaf = np.broadcast_to(as_duals(leaf), (*old.shape[:-1], size))
        for row, start in zip(leaf.reshape(-1, size), old.ravel(), strict=True):
            rows.append([entry.slope for entry in row])
            moved.append(row[0].value - start.value)
    if not all(_is_finite(entry) for row in (*rows, moved) for entry in row):
        raise ZeroDivisionError("the step or its derivative is infinite")
    return _RationalMap(rows, moved)


def _is_finite(number: Any) -> bool:
    return not isinstance(number, arb) or bool(number.is_finite())


def _rational_jacobian(game: Game, point: tuple[Any, Any]) -> fmpq_mat:
    """Return J at a point over the rationals; the game has `Dual` numbers for fields.

    Raises
    ------
    One of `LEAVES_THE_FIELD`
        If the derivatives need floats, or are not rational.
    """
    n, m = (int(np.size(part)) for part in point)
    unit = as_duals(np.eye(n + m))
    u = unit[:n].reshape(*np.shape(point[0]), n + m)
    w = unit[n:].reshape(*np.shape(point[1]), n + m)
    x, y = (as_duals(np.asarray(part, dtype=float)[..., None]) for part in point)
    x, y = x + 0 * u, y + 0 * w
    blocks = [
        np.broadcast_to(as_duals(part), like.shape).reshape(-1, n + m)
        for part, like in zip(game.jvp(x, y, u, w), (u, w), strict=True)
    ]
    entries = [entry.value for entry in np.concatenate(blocks).ravel()]
    return fmpq_mat(n + m, n + m, entries)


def step_map(
    rule: Any, game: Game, point: tuple[Any, Any], changes: Any = None
) -> _RationalMap:
    """Return the map of a rule with `Dual` fields at a point of a game.

    Where an affine game's own field needs floats, its rational J takes its place.
    ``changes`` are fields of the game.
    """
    duals = with_duals(game, changes)
    try:
        return dual_map(rule, duals, point)
    except LEAVES_THE_FIELD:
        if not (game.linear and rule.linear):
            raise
    jacobian, n = _rational_jacobian(duals, point), int(np.size(point[0]))
    origin = (np.zeros(n), np.zeros(jacobian.nrows() - n))
    return dual_map(rule, _linear_game(jacobian, n), origin)


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
    """
    point = reference_equilibrium(game) if point is None else point
    check_rest(rule, game, point)
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


def neutral_directions(game: Game, point: tuple[Any, Any]) -> int:
    """Return the dimension of the manifold of equilibria of an affine game, exactly.

    It is 0 for other games, whose J doesn't tell.
    """
    if not game.linear:
        return 0
    try:
        jacobian = _rational_jacobian(with_duals(game), point)
    except LEAVES_THE_FIELD:
        jacobian = rational_matrix(dense_jacobian(game, *point))
    return jacobian.nrows() - jacobian.rank()


def check_rest(rule: Rule, game: Game, point: tuple[Any, Any]) -> None:
    """Raise GandynError if a rule has no one map, or a step moves the point."""
    if not rule.autonomous:
        raise GandynError(
            f"{type(rule).__name__} changes with time: it has no one-step map"
        )
    x, y = (part[..., None] for part in checked_point(game, point))
    check_declared(rule, game)
    watched = WatchedGame(game)
    try:
        with np.errstate(all="ignore"):
            before = (x, y, rule.init(watched, x, y))
            after = flatten(tuple(rule.step(watched, *before)))
    except (AttributeError, NotImplementedError) as error:
        raise GandynError(explain(rule, watched, game, point, error)) from error
    moved = max(
        np.max(np.abs(np.subtract(new, old)))
        for new, old in zip(after, flatten(before), strict=True)
    )
    size = 1 + max(np.max(np.abs(x)), np.max(np.abs(y)))
    if moved > _RESIDUAL * size:
        raise GandynError(
            f"{type(rule).__name__} does not rest at {point!r}: a step moves it by "
            f"{moved:.3g}; give a fixed point"
        )


def with_duals(node: Any, changes: Mapping[str, Any] | None = None) -> Any:
    """Return a copy of a node whose numbers are `Dual`, in arrays as a sweep's are.

    ``changes`` gives fields, by dotted path, another value than the node's.
    """
    changes = changes or {}
    copy = object.__new__(type(node))
    for name, value in fields(node).items():
        if isinstance(value, Node):
            head = name + "."
            inner = {
                p[len(head) :]: v for p, v in changes.items() if p.startswith(head)
            }
            value = with_duals(value, inner)
        elif name in changes:
            value = as_duals(changes[name])
        elif not is_structural(type(node), name):
            value = as_duals(value)
        object.__setattr__(copy, name, value)
    return copy


def structural_at(node: Any, path: str) -> bool:
    """Tell whether the field at a dotted path is a count or a switch."""
    *heads, name = path.split(".")
    for head in heads:
        node = getattr(node, head)
    return is_structural(type(node), name)


def rational_matrix(matrix: Any) -> fmpq_mat:
    """Return a square array of finite numbers as the rationals that they are."""
    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not values.size:
        raise FieldError(f"a map is a square matrix, got shape {values.shape}")
    if values.dtype.kind == "c":
        raise FieldError("a map that is to be certified is a real matrix")
    if not all(math.isfinite(entry) for entry in values.ravel()):
        raise FieldError("a map that is to be certified must be finite everywhere")
    entries = [rational(entry) for entry in values.ravel().tolist()]
    return fmpq_mat(values.shape[0], values.shape[1], entries)


@dataclass(frozen=True)
class JacobianGame:
    """The linear game of a rational J around 0: all a linear rule sees of others."""

    J: np.ndarray
    n: int
    zero_sum = False

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players."""
        return (self.n,), (len(self.J) - self.n,)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return the four blocks of J."""
        n, J = self.n, self.J
        return J[:n, :n], J[:n, n:], J[n:, :n], J[n:, n:]

    def gx(self, x: Any, y: Any) -> Any:
        """Return the first n entries of J z."""
        return self.jvp(x, y, x, y)[0]

    def gy(self, x: Any, y: Any) -> Any:
        """Return the other entries of J z."""
        return self.jvp(x, y, x, y)[1]

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J·(u, w)."""
        moved = self.J @ np.concatenate([u, w])
        return moved[: self.n], moved[self.n :]

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ·(u, w)."""
        moved = self.J.T @ np.concatenate([u, w])
        return moved[: self.n], moved[self.n :]

    def solve(self, x: Any, y: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
        """Return (I + diag(a, b) J)⁻¹ (u, w)."""
        n, J = self.n, self.J
        return solve_implicit(J[:n, :n], J[:n, n:], J[n:, :n], J[n:, n:], a, b, u, w)


def _linear_game(jacobian: fmpq_mat, n: int) -> JacobianGame:
    """Return the linear game of a rational J."""
    entries = [Dual(entry) for entry in jacobian.entries()]
    size = jacobian.nrows()
    J = np.array(entries, dtype=object).reshape(size, size)
    return JacobianGame(J, n)
