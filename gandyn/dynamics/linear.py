"""The exact linear map of a rule at a point, its multipliers and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gandyn._lowering import TINY
from gandyn._node import replace
from gandyn.dynamics.cells import flatten, map_leaves
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule

NEAR = 1e-6
"""Distance from the unit circle under which the eigenvalues' conditioning is asked."""
ROUNDING = 64 * np.finfo(float).eps
"""Rounding of an eigenvalue per unit of norm and condition number."""
DEFECTIVE = 1e7
"""Condition number of an eigenvalue from which it may be a defective one."""


def one_step_map(
    rule: Rule, game: Game, point: tuple[Any, Any] | None = None
) -> np.ndarray:
    """Return the matrix of the linearised step on (x, y, memory).

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    point : pair, optional
        Where to linearise; the game's first equilibrium by default. The memory is the
        one that ``rule.init`` gives there, which is its fixed point at an equilibrium.

    Returns
    -------
    ndarray, shape (S, S)
        S counts the numbers in x, y and memory, in that order. Derivatives are exact
        to rounding (complex step).

    Raises
    ------
    GandynError
        If the rule changes with time or the game has no known equilibrium.

    Examples
    --------
    >>> from gandyn.games import DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> one_step_map(Simultaneous(lr=0.1), DiracGAN())
    array([[ 1.  , -0.05],
           [ 0.05,  1.  ]])
    """
    if point is None:
        point = reference_equilibrium(game)
    return linear_maps(rule, game, point, {}, 1)[0]


def multipliers(
    rule: Rule, game: Game, point: tuple[Any, Any] | None = None
) -> np.ndarray:
    """Return the eigenvalues of `one_step_map`, largest modulus first."""
    values = np.linalg.eigvals(one_step_map(rule, game, point))
    return np.asarray(values[np.argsort(-np.abs(values), kind="stable")])


def reference_equilibrium(game: Game) -> tuple[Any, Any]:
    """Return the equilibrium that diagrams of the game refer to: the first one."""
    found = game.equilibria()
    if not found:
        raise GandynError(f"{game!r} has no equilibrium to refer to")
    return found[0]


def linear_maps(
    rule: Rule,
    game: Game,
    point: tuple[Any, Any],
    swept: Mapping[str, np.ndarray],
    cells: int,
) -> np.ndarray:
    """Return the linearised maps of many cells, shape (cells, S, S).

    ``swept`` gives fields of the rule an array of ``cells`` values each.
    """
    if not rule.autonomous:
        raise GandynError(
            f"{type(rule).__name__} changes with time: it has no one-step map"
        )
    x, y = (np.asarray(p, dtype=float) for p in point)
    memory = rule.init(game, x[..., None], y[..., None])
    base = (x[..., None], y[..., None], memory)
    shapes = [_own_shape(leaf) for leaf in flatten(base)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    size = sum(sizes)
    directions = iter(np.split(np.eye(size), np.cumsum(sizes)[:-1]))

    def perturbed(leaf: Any) -> np.ndarray:
        unit = next(directions).reshape(*_own_shape(leaf), size, 1)
        unit = np.broadcast_to(unit, (*unit.shape[:-1], cells))
        spread = np.asarray(leaf)[..., None] + 1j * TINY * unit
        return spread.reshape(*_own_shape(leaf), size * cells)

    start = map_leaves(perturbed, base)
    tiled = {path: np.tile(values, size) for path, values in swept.items()}
    with np.errstate(all="ignore"):
        after = flatten(tuple(replace(rule, tiled).step(game, *start)))
    rows = [
        np.broadcast_to(np.imag(leaf), (*shape, size * cells)).reshape(-1, size, cells)
        for leaf, shape in zip(after, shapes, strict=True)
    ]
    return np.moveaxis(np.concatenate(rows) / TINY, -1, 0)


def _own_shape(leaf: Any) -> tuple[int, ...]:
    return np.shape(leaf)[:-1]


class Spectrum(NamedTuple):
    """What the multipliers of many cells say."""

    radius: np.ndarray
    leading: np.ndarray
    """The multiplier of largest modulus, neutral directions set aside."""
    verdict: np.ndarray
    ended: np.ndarray


def spectra(maps: np.ndarray, neutral: int = 0) -> Spectrum:
    """Return radius, leading multiplier and verdict of stacked maps.

    ``neutral`` multipliers nearest to 1 are set aside: directions along a manifold of
    equilibria. Within rounding of the circle a cell is ``neutral`` if its multipliers
    there are well conditioned, otherwise ``undecided``.
    """
    finite = np.all(np.isfinite(maps), axis=(1, 2))
    safe = np.where(finite[:, None, None], maps, 0.0)
    leading = _leading(_eigenvalues(safe), neutral)
    radius = np.abs(leading)
    verdict = np.where(radius < 1, Verdict.CONVERGES, _kind(leading)).astype(np.int8)
    ended = np.full(radius.shape, Ending.EXACT, np.int8)
    for cell in np.flatnonzero((np.abs(radius - 1) < NEAR) & finite):
        verdict[cell], ended[cell] = _near_circle(
            safe[cell], radius[cell], neutral, verdict[cell]
        )
    radius = np.where(finite, radius, np.nan)
    verdict[~finite], ended[~finite] = Verdict.UNDECIDED, Ending.OVERFLOW
    return Spectrum(radius, leading, verdict, ended)


def _eigenvalues(maps: np.ndarray) -> np.ndarray:
    if maps.shape[-1] != 2:
        return np.linalg.eigvals(maps)
    a, b, c, d = (maps[:, i, j] for i in (0, 1) for j in (0, 1))
    mean = (a + d) / 2
    root = np.sqrt(((a - d) / 2) ** 2 + b * c + 0j)
    return np.stack([mean + root, mean - root], axis=1)


def _leading(values: np.ndarray, neutral: int) -> np.ndarray:
    if neutral:
        order = np.argsort(np.abs(values - 1), axis=1)
        values = np.take_along_axis(values, order[:, neutral:], axis=1)
    if not values.shape[1]:
        return np.zeros(len(values), complex)
    largest = np.argmax(np.abs(values), axis=1)
    return np.asarray(np.take_along_axis(values, largest[:, None], axis=1)[:, 0])


def _kind(leading: np.ndarray) -> np.ndarray:
    real = np.abs(leading.imag) <= ROUNDING * np.abs(leading)
    return np.select(
        [real & (leading.real > 0), real],
        [Verdict.DIVERGES_MONOTONE, Verdict.DIVERGES_FLIP],
        Verdict.DIVERGES_SPIRAL,
    )


def _near_circle(
    matrix: np.ndarray, radius: float, neutral: int, verdict: int
) -> tuple[int, int]:
    """Decide a map whose radius is near 1, with the conditioning of its eigenvalues."""
    from scipy.linalg import eig

    values, left, right = eig(matrix, left=True, right=True)
    overlap = np.abs(np.sum(left.conj() * right, axis=0))
    with np.errstate(divide="ignore"):
        condition = 1 / overlap
    order = np.argsort(np.abs(values - 1))[neutral:]
    near = order[np.abs(np.abs(values[order]) - 1) < 2 * NEAR]
    worst = float(np.max(condition[near], initial=1.0))
    if abs(radius - 1) > ROUNDING * worst * max(1.0, float(np.linalg.norm(matrix))):
        return verdict, Ending.EXACT
    if worst < DEFECTIVE:
        return Verdict.NEUTRAL, Ending.EXACT
    return Verdict.UNDECIDED, Ending.ROUNDING


def null_directions(game: Game) -> int:
    """Return the dimension of the manifold of equilibria of a linear game."""
    x, y = reference_equilibrium(game)
    size = np.size(x) + np.size(y)
    jacobian = dense_jacobian(game, x, y)
    return size - int(np.linalg.matrix_rank(jacobian))


def dense_jacobian(game: Game, x: Any, y: Any) -> np.ndarray:
    """Return J at a point as one matrix, x's coordinates first."""
    n, m = np.size(x), np.size(y)
    unit = np.eye(n + m)
    u = unit[:n].reshape(*np.shape(x), n + m)
    w = unit[n:].reshape(*np.shape(y), n + m)
    point = (np.asarray(p, dtype=float)[..., None] + 0 * q for p, q in ((x, u), (y, w)))
    x, y = point
    p, q = game.jvp(x, y, u, w)
    return np.concatenate([p.reshape(n, n + m), q.reshape(m, n + m)])
