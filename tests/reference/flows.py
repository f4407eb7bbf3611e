"""Quantities of the flow -v: eigenvalues, rate ratios, periods, limit cycles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from gandyn.games import Game
from gandyn.rules import Simultaneous
from gandyn.stability.equilibria.continuation import continue_equilibria
from gandyn.stability.equilibria.fixed_points import fixed_points
from gandyn.stability.flows.flow_cycles import LimitCycle, limit_cycle
from gandyn.stability.flows.flows import GameFlow, game_eigenvalues
from gandyn.stability.flows.timescales import critical_timescale
from gandyn.stability.maps.maps import RuleMap
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


def eigenvalues(case: Case) -> np.ndarray:
    """Return the eigenvalues of the motion's Jacobian -J."""
    game = game_of(case)
    tau = case.params.get("tau", 1.0)
    values = -game_eigenvalues(game, point_of(case, game), tau)
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
    matrix = jacobian(case)
    (tau,) = sign_changes(
        lambda tau: discriminant(np.diag([1.0, tau]) @ matrix), RATIOS
    )
    return tau


def hessian_diagonal(case: Case) -> np.ndarray:
    """Return the diagonal of f's Hessian: -f is what y descends."""
    diagonal = np.diag(jacobian(case)).copy()
    diagonal[diagonal.size // 2 :] *= -1
    return diagonal


def motion(game: Game) -> Callable[[float, np.ndarray], np.ndarray]:
    """Return the flow as an integrator wants it."""
    flow = GameFlow(game)
    return lambda _, z: flow.value(z, 1.0)


def period(case: Case) -> float:
    """Return the period of the flow from (radius, 0), between crossings of x = 0."""
    velocity, start = motion(game_of(case)), np.array([case.params["radius"], 0.0])

    def axis(_: float, z: np.ndarray) -> float:
        return float(z[0])

    run = solve_ivp(velocity, (0.0, 50.0), start, events=axis, **ACCURACY)
    first, _, third = run.t_events[0][:3]
    return float(third - first)


STARTS = {
    "almost bilinear": (1.0, 0.0),
    "forsaken": (1.0, 0.4),
    "forsaken, unstable": (0.2, 0.4),
    "letcher": (1.0, 0.1),
    "grimmer": (2.4, 0.0),
}
"""Points from which the motion settles on the limit cycle, backwards if unstable."""


def cycle(case: Case) -> LimitCycle:
    """Return the case's limit cycle."""
    name = next(key for key in STARTS if case.game.startswith(key))
    unstable = "-unstable-" in case.id
    start = STARTS[f"{name}, unstable" if unstable else name]
    return limit_cycle(GameFlow(game_of(case)), start, backward=unstable)


def section(case: Case) -> list[float]:
    """Return the largest x on the section, and the period."""
    found, level = cycle(case), case.params["section_y"]
    times = np.linspace(0.0, found.period, 2001)
    crossings = sign_changes(lambda t: float(found.at(t)[1, 0] - level), times)
    return [max(found.at(crossings)[0]), found.period]


def floquet(case: Case) -> float:
    """Return the nontrivial Floquet multiplier."""
    return float(cycle(case).multipliers[0].real)


def extremes(case: Case) -> list[float]:
    """Return the largest and smallest x and y on the cycle."""
    found = cycle(case)
    return np.stack([found.highest, found.lowest], axis=1).ravel().tolist()


def conserved(case: Case) -> np.ndarray:
    """Return the case's conserved quantity along the flow."""
    p, game = case.params, game_of(case)
    names = ("a0", "w0") if "a0" in p else ("th0", "ph0")
    start = [p[name] for name in names]
    x, y = solve_ivp(motion(game), (0.0, DURATION), start, **ACCURACY).y
    if "a0" in p:
        return y**2 + x**2 / 2 - np.log(np.abs(x))
    return hidden_energy(x, p["p"]) + hidden_energy(y, p["q"])


def hidden_energy(t: np.ndarray, r: float) -> np.ndarray:
    """Return (1 - 2r) t + (1 - r) eᵗ + r e⁻ᵗ."""
    return (1 - 2 * r) * t + (1 - r) * np.exp(t) + r * np.exp(-t)


def fold(case: Case) -> float:
    """Return the A at which all but one of nine critical points meet and vanish."""
    box = [(-3.0, 3.1)] * 2
    step = RuleMap(Simultaneous(lr=0.01), game_of(case, A=7.0), "A")
    branches = continue_equilibria(step, box, 6.5, 7.2, slices=1)
    folds = [one.value for branch in branches for one in branch.bifurcations]
    a = float(np.mean(folds))
    assert np.ptp(folds) < 1e-9
    near = (fixed_points(game_of(case, A=s * a), box) for s in (0.999, 1.001))
    counts = [(len(found.points), found.complete) for found in near]
    assert counts == [(9, True), (1, True)]
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
