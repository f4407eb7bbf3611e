"""Quantities of the flow -v: eigenvalues, rate ratios, periods, limit cycles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, root

from gandyn.games import Game
from gandyn.stability.oscillations import oscillation_timescales
from gandyn.stability.timescales import critical_timescale
from tests.reference.cases import Case
from tests.reference.maps import sign_changes
from tests.reference.translate import game_of, point_of

ACCURACY = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-15}
RATIOS = np.geomspace(1e-3, 1e3, 601)
"""Where critical weights are looked for."""
DURATION = 20.0
"""Time over which conserved quantities are watched."""


def jacobian(case: Case, **given: Any) -> np.ndarray:
    """Return J at the case's point."""
    game = game_of(case, **given)
    x, y = (np.asarray(part, dtype=float) for part in point_of(case, game))
    n, m = x.size, y.size
    unit = np.eye(n + m)
    columns = [
        game.jvp(x, y, e[:n].reshape(x.shape), e[n:].reshape(y.shape)) for e in unit
    ]
    return np.array([np.concatenate([np.ravel(p) for p in c]) for c in columns]).T


def scaled(matrix: np.ndarray, tau: float) -> np.ndarray:
    """Return J with the rows of y, as many as those of x, multiplied by τ."""
    half = len(matrix) // 2
    return np.repeat([1.0, tau], half)[:, None] * matrix


def eigenvalues(case: Case) -> np.ndarray:
    """Return the eigenvalues of the motion's Jacobian -J."""
    matrix = scaled(jacobian(case), case.params.get("tau", 1.0))
    values = np.linalg.eigvals(-matrix)
    return values[np.lexsort((-values.real, -values.imag))]


def least_ratio(case: Case) -> float:
    """Return the τ* beyond which the flow is stable."""
    game = game_of(case)
    return critical_timescale(game, point_of(case, game)).tau_star


def largest_ratio(case: Case) -> float:
    """Return the τ₀ below which the flow is stable."""
    game = game_of(case)
    return critical_timescale(game, point_of(case, game)).tau_0


def discriminant(matrix: np.ndarray) -> float:
    """Return tr² - 4 det, negative where the eigenvalues are complex."""
    return float(np.trace(matrix) ** 2 - 4 * np.linalg.det(matrix))


def real_from_weight(case: Case) -> float:
    """Return the γ at which the eigenvalues become real."""
    return sign_changes(lambda g: discriminant(jacobian(case, gamma=g)), RATIOS)[0]


def real_from_ratio(case: Case) -> float:
    """Return the τ at which the eigenvalues become real."""
    (tau,) = oscillation_timescales(game_of(case))
    return tau


def hessian_diagonal(case: Case) -> np.ndarray:
    """Return the diagonal of f's Hessian: -f is what y descends."""
    diagonal = np.diag(jacobian(case)).copy()
    diagonal[diagonal.size // 2 :] *= -1
    return diagonal


def motion(game: Game) -> Callable[[float, np.ndarray], list[float]]:
    """Return the flow of (x, y, ∫ div dt)."""

    def velocity(_: float, z: np.ndarray) -> list[float]:
        xx, _, _, yy = game.jacobian(z[0], z[1])
        return [-game.gx(z[0], z[1]), -game.gy(z[0], z[1]), -xx - yy]

    return velocity


class Turn(NamedTuple):
    """One return to a section y = const."""

    x: float
    period: float
    divergence: float


def turn(game: Game, x: float, level: float) -> Turn:
    """Follow the flow from (x, level) to its next crossing in the same direction."""
    velocity = motion(game)

    def run(z: np.ndarray, time: float) -> np.ndarray:
        return solve_ivp(velocity, (0.0, time), z, **ACCURACY).y[:, -1]

    def crossing(_: float, z: np.ndarray) -> float:
        return float(z[1] - level)

    start = np.array([x, level, 0.0])
    speed = velocity(0.0, start)
    crossing.direction, crossing.terminal = math.copysign(1, speed[1]), True  # type: ignore[attr-defined]
    off = 0.01 * math.hypot(x, level) / math.hypot(*speed[:2])
    away = solve_ivp(velocity, (off, 1e3), run(start, off), events=crossing, **ACCURACY)
    time = float(away.t[-1])
    z = run(start, time)  # the event's own state is only interpolated
    for _ in range(2):
        step = (level - z[1]) / velocity(0.0, z)[1]
        z, time = z + step * np.array(velocity(0.0, z)), time + step
    return Turn(float(z[0]), time, float(z[2]))


def period(case: Case) -> float:
    """Return the period of the flow from (radius, 0)."""
    return turn(game_of(case), case.params["radius"], 0.0).period


SECTIONS = {
    "almost bilinear": (0.0, 1.0, 1.6),
    "forsaken": (0.4, 1.1, 1.5),
    "forsaken, unstable": (0.4, 0.15, 0.3),
    "letcher": (0.0, 0.3, 2.0),
    "grimmer": (0.0, 2.0, 3.0),
}
"""The level of y, and an interval of x that holds one limit cycle."""


def cycle(case: Case) -> tuple[float, float]:
    """Return x and y of the limit cycle on its section."""
    name = next(key for key in SECTIONS if case.game.startswith(key))
    unstable = "-unstable-" in case.id
    level, low, high = SECTIONS[f"{name}, unstable" if unstable else name]
    game = game_of(case)
    x = brentq(lambda x: turn(game, x, level).x - x, low, high, xtol=1e-15, rtol=1e-14)
    return float(x), level


def section(case: Case) -> list[float]:
    """Return x on the section and the period."""
    x, level = cycle(case)
    assert level == case.params["section_y"]
    return [x, turn(game_of(case), x, level).period]


def floquet(case: Case) -> float:
    """Return the nontrivial Floquet multiplier, the exponential of ∫ div dt."""
    return math.exp(turn(game_of(case), *cycle(case)).divergence)


def extremes(case: Case) -> list[float]:
    """Return the largest and smallest x and y on the cycle."""
    game = game_of(case)
    x, level = cycle(case)
    time = turn(game, x, level).period

    def still_x(_: float, z: np.ndarray) -> float:
        return game.gx(z[0], z[1])

    def still_y(_: float, z: np.ndarray) -> float:
        return game.gy(z[0], z[1])

    span, start = (0.0, 1.1 * time), [x, level, 0.0]
    run = solve_ivp(motion(game), span, start, events=[still_x, still_y], **ACCURACY)
    xs, ys = run.y_events[0][:, 0], run.y_events[1][:, 1]
    return [xs.max(), xs.min(), ys.max(), ys.min()]


def conserved(case: Case) -> np.ndarray:
    """Return the case's conserved quantity along the flow."""
    p, game = case.params, game_of(case)
    names = ("a0", "w0") if "a0" in p else ("th0", "ph0")
    start = [*(p[name] for name in names), 0.0]
    x, y, _ = solve_ivp(motion(game), (0.0, DURATION), start, **ACCURACY).y
    if "a0" in p:
        return y**2 + x**2 / 2 - np.log(np.abs(x))
    return hidden_energy(x, p["p"]) + hidden_energy(y, p["q"])


def hidden_energy(t: np.ndarray, r: float) -> np.ndarray:
    """Return (1 - 2r) t + (1 - r) eᵗ + r e⁻ᵗ."""
    return (1 - 2 * r) * t + (1 - r) * np.exp(t) + r * np.exp(-t)


def fold(case: Case) -> float:
    """Return the A at which v = 0 and det J = 0 together."""

    def system(u: np.ndarray) -> list[float]:
        game = game_of(case, A=float(u[2]))
        xx, xy, yx, yy = game.jacobian(u[0], u[1])
        return [game.gx(u[0], u[1]), game.gy(u[0], u[1]), xx * yy - xy * yx]

    found = root(system, [1.6, 2.4, 7.0], tol=1e-14)
    a = float(found.x[2])
    counts = [len(game_of(case, A=s * a).equilibria()) for s in (0.999, 1.001)]
    assert counts == [9, 1]
    return a


FLOWS: dict[str, Callable[[Case], Any]] = {
    "eigenvalues [[re,im],[re,im]]": eigenvalues,
    "eigenvalue (upper)": lambda case: eigenvalues(case)[0],
    "critical gamma (eigenvalues become real)": real_from_weight,
    "tau at which the imaginary parts vanish": real_from_ratio,
    "tau_star": least_ratio,
    "tau_0": largest_ratio,
    "Hessian diagonal": hessian_diagonal,
    "period": period,
    "[x on section": section,
    "nontrivial Floquet multiplier": floquet,
    "[x_max,x_min,y_max,y_min] on the cycle": extremes,
    "conserved quantity w^2+a^2/2-log a": conserved,
    "conserved H=": conserved,
    "A where the number of stationary points drops": fold,
}
"""Functions of a case by the beginning of its quantity."""
