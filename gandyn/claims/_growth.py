"""Growth of a deviation under the nonlinear step, and where it vanishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gandyn._trees import flatten, map_leaves
from gandyn.games import Game
from gandyn.rules import Rule

_Step = Callable[[np.ndarray], np.ndarray]

STEPS, QUICK = 1500, 150
"""Steps over which a growth is measured, and over which its sign is looked at."""
SMALL = 1e-6
"""The deviation: its square is at the level of what the roots are asked for."""


def weighted_mean(numbers: np.ndarray) -> float:
    """Return the mean with the smooth weights exp(-1/(t (1 - t))).

    Of a quasi-periodic sequence it converges faster than any power of its length.

    References
    ----------
    Das, Saiki, Sander, Yorke, *Quantitative quasiperiodicity*, Nonlinearity 2017,
    Theorem 1.1.
    """
    t = (np.arange(len(numbers)) + 0.5) / len(numbers)
    weights = np.exp(-1 / (t * (1 - t)))
    return float(np.average(numbers, axis=0, weights=weights))


def growth(
    step: _Step,
    point: np.ndarray,
    steps: int = STEPS,
    keep: Callable[[np.ndarray], np.ndarray] | None = None,
    start: np.ndarray | None = None,
) -> float:
    """Return the logarithmic growth a step of a small deviation from a fixed point.

    The deviation is rescaled to 1e-6 after every step; the last two thirds of the steps
    count.

    Parameters
    ----------
    step : callable
        The nonlinear step, of states of shape (S,).
    point : ndarray, shape (S,)
        Its fixed point.
    steps : int
    keep : callable or None
        Projects a deviation off the neutral directions, in which nothing grows.
    start : ndarray, shape (S,), or None
        The first deviation; by default all coordinates have a share in it.

    Examples
    --------
    >>> round(growth(lambda z: z - 0.1 * z, np.zeros(2)), 9)
    -0.105360516
    """
    project = keep or (lambda moved: moved)
    first = 1 / np.sqrt(1 + np.arange(len(point))) if start is None else start
    deviation = project(np.asarray(first, dtype=float))
    deviation = deviation * (SMALL / np.linalg.norm(deviation))
    logs = np.empty(steps)
    for i in range(steps):
        moved = project(step(point + deviation) - point)
        size = np.linalg.norm(moved)
        logs[i] = np.log(size / SMALL)
        deviation = moved * (SMALL / size)
    return weighted_mean(logs[steps // 3 :])


def critical(growth_at: Callable[[float], float], low: float, high: float) -> float:
    """Return where a growth vanishes between two values of a parameter.

    Raises
    ------
    ValueError
        If it has the same sign at both.
    """
    return float(brentq(growth_at, low, high, xtol=1e-12, rtol=1e-12))


def threshold(
    growth_at: Callable[[float, int], float], low: float, rise: float = 1.1
) -> float:
    """Return where a growth first vanishes as a learning rate goes up.

    Parameters
    ----------
    growth_at : callable
        ``(lr, steps) -> growth``, negative at ``low``.
    low : float
        Where the search starts.
    rise : float
        The factor between the learning rates that are tried.
    """
    high = low
    while growth_at(high, QUICK) < 0 or growth_at(high, STEPS) < 0:
        high *= rise
    return critical(lambda lr: growth_at(lr, STEPS), high / rise, high)


def extrapolate(coarse: float, fine: float, order: int = 1) -> float:
    """Return Richardson's limit of values at ε and ε/2, whose error is of an order."""
    return fine + (fine - coarse) / (2**order - 1)


def step_of(rule: Rule, game: Game) -> _Step:
    """Return a rule's step on a game as a function of flat states (x, y, memory).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> step_of(Simultaneous(0.1, 0.1), Bilinear())(np.array([1.0, 0.0]))
    array([1. , 0.1])
    """
    x, y = (np.zeros(shape) for shape in game.shape)
    template = (x, y, rule.init(game, x, y))

    def step(state: np.ndarray) -> np.ndarray:
        left = iter(state.tolist()) if state.dtype == float else iter(state)

        def take(leaf: Any) -> Any:
            shape = np.shape(leaf)
            own = [next(left) for _ in range(int(np.prod(shape)))]
            return own[0] if shape == () else np.reshape(own, shape)

        after = rule.step(game, *map_leaves(take, template))
        return np.concatenate([np.ravel(leaf) for leaf in flatten(tuple(after))])

    return step
