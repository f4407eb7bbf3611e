"""The exact linear map of a rule at a point, and its multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._node import replace
from gandyn.dynamics.engines._trials import flat, image_of
from gandyn.dynamics.engines.cells import TINY
from gandyn.dynamics.engines.traits import check_traits
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule


@checked
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
    TraitError
        If the rule or the game is not what its class declares: see `check_traits`.

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
    check_traits(rule, game)
    return linear_maps(rule, game, point, {}, 1)[0]


@checked
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
    size = len(flat(base, 1))
    directions = np.repeat(np.eye(size), cells, axis=1)
    tiled = {path: np.tile(values, size) for path, values in swept.items()}
    step = partial(replace(rule, tiled).step, game)
    with np.errstate(all="ignore"):
        after = image_of(step, base, 1j * TINY * directions)
    slopes = np.imag(after).reshape(size, size, cells) / TINY
    return np.moveaxis(slopes, -1, 0)


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
