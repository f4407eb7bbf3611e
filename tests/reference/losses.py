"""Quantities of weight clipping, and of the losses of a fake point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from gandyn.games.dirac import Minimax, NonSaturating
from tests.reference.cases import Case
from tests.reference.flows import ACCURACY
from tests.reference.translate import game_of

SHORT = 1e-3
"""A step along the field before projection; at the bound any length is the same."""


def terminal_radius(case: Case) -> np.ndarray:
    """Return the distance from 0 along the end of a projected flow, at several times.

    The orbit is followed freely to the bound, along it, and on from where it leaves.
    """
    game, bound = game_of(case), case.params["clip"]

    def free(_: float, z: np.ndarray) -> list[float]:
        return [-game.gx(*z), -game.gy(*z)]

    def sliding(_: float, z: np.ndarray) -> np.ndarray:
        ahead = game.project(*(z + SHORT * np.array(free(0.0, z))))
        return (np.array(ahead) - z) / SHORT

    def reached(_: float, z: np.ndarray) -> float:
        return abs(z[1]) - bound

    def turned(_: float, z: np.ndarray) -> float:
        return free(0.0, z)[1]

    reached.terminal = turned.terminal = True  # type: ignore[attr-defined]
    z = np.array([2.5 * bound, 0.1 * bound])
    for flow, event in ((free, reached), (sliding, turned)):
        z = solve_ivp(flow, (0.0, 100.0), z, events=event, **ACCURACY).y[:, -1]
        z = np.array(game.project(*z))
    x, y = solve_ivp(free, (0.0, 4 * np.pi), z, **ACCURACY).y
    assert np.allclose(game.project(x, y), (x, y), 0, 1e-9)
    return np.hypot(x, y)


def generator_slopes(case: Case) -> list[float]:
    """Return the generator's slopes in the logit, minimax and non-saturating.

    Our t is the logit's negative: see `gandyn.games.losses.Loss`.
    """
    t = -float(case.params["logit"])
    return [-Minimax().pull_x(t), -NonSaturating().pull_x(t)]


LOSSES: dict[str, Callable[[Case], Any]] = {
    "radius of the terminal cycle": terminal_radius,
    "[d/dl log(1-sigmoid(l)), d/dl (-log sigmoid(l))]": generator_slopes,
}
"""Functions of a case by the beginning of its quantity."""
