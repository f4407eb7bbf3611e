"""Growth of deviations under simultaneous play at many learning rates at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gandyn.claims._growth import SMALL, STEPS, weighted_mean
from gandyn.games import Game
from gandyn.rules.gradient import Simultaneous

_LANES = 32
"""Learning rates side by side: arrays of this length cost little more than numbers."""
_LOW, _HIGH = 1e-3, 40.0


def growths(
    game: Game, rates: Sequence[float] | np.ndarray, steps: int = STEPS
) -> np.ndarray:
    """Return the growth a step of a small deviation from a vector game's equilibrium.

    The players play their nonlinear steps at each rate; the deviation is rescaled to
    1e-6 after every step, and the last two thirds of the steps count.

    Parameters
    ----------
    game : Game
        Of two vectors; the first of its equilibria is the one.
    rates : sequence of float, length L
        Learning rates of both players.
    steps : int

    Returns
    -------
    ndarray, shape (L,)

    Examples
    --------
    >>> from gandyn.games import ShiftedNormalGAN
    >>> game = ShiftedNormalGAN(covariance=[[1.0]])
    >>> growths(game, [1.0, 1.9, 3.0]).round(4).tolist()
    [-0.1438, -0.0243, 0.2798]
    """
    lr = np.asarray(rates, dtype=float)
    rule = Simultaneous(lr, lr)
    x, y = (part[:, None] for part in game.equilibria()[0])
    n, size = len(x), len(x) + len(y)
    first = 1 / np.sqrt(1 + np.arange(size))[:, None] * np.ones(len(lr))
    gap = first * (SMALL / np.linalg.norm(first, axis=0))
    logs = np.empty((steps, len(lr)))
    for i in range(steps):
        after_x, after_y, _ = rule.step(game, x + gap[:n], y + gap[n:], ())
        gap = np.concatenate([after_x - x, after_y - y])
        norm = np.sqrt((gap * gap).sum(axis=0))
        logs[i] = np.log(norm / SMALL)
        gap = gap * (SMALL / norm)
    return np.array([weighted_mean(lane) for lane in logs[steps // 3 :].T])


def lane_threshold(game: Game, steps: int = STEPS) -> float:
    """Return the learning rate up to which a deviation shrinks.

    Simultaneous play is stable on an interval from 0. Three rounds of lanes, each
    between the two of the last one where the growth turns positive, and a chord. At
    the least rates a deviation turns too slowly for its growth to be seen: they are
    passed over.
    """
    rates = np.geomspace(_LOW, _HIGH, 2 * _LANES)
    for _ in range(3):
        found = growths(game, rates, steps)
        i = min(int(np.flatnonzero(found <= 0)[-1]) + 1, len(rates) - 1)
        low, high = rates[i - 1], rates[i]
        share = found[i - 1] / (found[i - 1] - found[i])
        rates = np.linspace(low, high, _LANES)
    return float(low + share * (high - low))


def best_growth(game: Game, steps: int = STEPS) -> tuple[float, float]:
    """Return the learning rate of the fastest decay, and the growth a step there."""
    rates = np.geomspace(_LOW, _HIGH, 2 * _LANES)
    for _ in range(2):
        found = growths(game, rates, steps)
        i = int(np.argmin(found))
        low, high = rates[max(i - 1, 0)], rates[min(i + 1, len(rates) - 1)]
        best = float(rates[i]), float(found[i])
        rates = np.linspace(low, high, _LANES)
    return best
