"""Quantities of orbits: invariant circles, period-2 orbits, conserved energies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn.dynamics.engines import make_engine
from gandyn.stability import Bifurcation, RuleMap, critical_learning_rates
from gandyn.stability.cycles import period_two_branch
from gandyn.stability.periodic import PeriodicOrbit
from tests.reference.cases import Case
from tests.reference.translate import game_of, rule_of

SAMPLES = 1 << 16
"""Recorded steps on a circle."""
SETTLE = 200_000
"""Steps that every transient gets at least."""
FOLDS = 25
"""Factors of e by which a transient should have died."""
CELLS = 64
"""Starts that are told apart at once."""
NEAR_ZERO = 1e-6
"""An orbit this near is in the basin of 0."""
ON_EDGE = 1 << 12
"""Steps that a start on the edge, exact to rounding, stays there."""
LONG = 20_000
"""Steps after which a step size is nearly its limit."""


def transient(p: dict[str, Any]) -> int:
    """Return the steps to wait: by the README's e-fold, or 100/lr² without γ."""
    if "gamma" not in p:
        return math.ceil(100 / p["lr"] ** 2)
    excess = p["lr"] - p["lr_NS"]
    return max(SETTLE, math.ceil(FOLDS / (p["gamma"] * excess)) if excess > 0 else 0)


def circle(case: Case) -> list[float]:
    """Return max|θ|, max|ψ|, their rms and the rotation per step on the circle."""
    p = case.params
    engine = make_engine(rule_of(case), game_of(case), [])
    cells = engine.start({}, np.array([p["theta0"]]), np.array([p["psi0"]]))
    engine.advance(cells, transient(p))
    window = engine.observe(cells, SAMPLES)
    x, y = window.xs[:, 0], window.ys[:, 0]
    turned = np.abs(np.unwrap(np.angle(x + 1j * y)) - np.angle(x[0] + 1j * y[0]))
    whole = turned[-1] - turned[-1] % (2 * np.pi)
    last = int(np.argmin(np.abs(turned - whole)))  # means over whole turns
    spread = [np.sqrt(np.mean(z[:last] ** 2)) for z in (x, y)]
    return [abs(x).max(), abs(y).max(), *spread, turned[last] / last]


def unstable_circle(case: Case) -> float:
    """Return max|θ| on the edge of the basin of 0, found by section upon section."""
    engine = make_engine(rule_of(case), game_of(case), [])
    low, high = 0.0, 1.0
    for _ in range(9):
        starts = np.linspace(low, high, CELLS)
        cells = engine.start({}, starts, 0 * starts)
        engine.advance(cells, SETTLE)
        stays = np.hypot(*engine.players(cells)) < NEAR_ZERO
        first = int(np.argmin(stays))
        low, high = starts[first - 1], starts[first]
    cells = engine.start({}, np.array([low]), np.zeros(1))
    return float(abs(engine.observe(cells, ON_EDGE).xs[:, 0]).max())


def born_at_flip(case: Case) -> tuple[Bifurcation, PeriodicOrbit]:
    """Return the flip nearest to the case's learning rate, and its orbit there."""
    rule, game, lr = rule_of(case), game_of(case), case.params["lr"]
    found = critical_learning_rates(rule, game)
    flips = [one for one in found if one.kind == "flip"]
    flip = min(flips, key=lambda one: abs(one.value - lr))
    branch = period_two_branch(RuleMap(rule, game), flip, lr)
    return flip, branch.orbits[-1]


def flip_orbit(case: Case) -> np.ndarray:
    """Return |θ| and |ψ| on the period-2 orbit."""
    _, orbit = born_at_flip(case)
    assert orbit.value == case.params["lr"]
    return np.abs(orbit.states[0])


def flip_and_orbit(case: Case) -> list[float]:
    """Return the flip's learning rate, and |θ| and |ψ| on the unstable orbit."""
    flip, orbit = born_at_flip(case)
    assert flip.status == "degenerate"  # its cubic term vanishes
    assert orbit.value < flip.value
    assert not orbit.stable
    return [flip.value, *flip_orbit(case)]


def flip_orbit_radius(case: Case) -> float:
    """Return the spectral radius of D(F∘F) on the period-2 orbit."""
    return born_at_flip(case)[1].radius


def play(case: Case, steps: int) -> list[tuple[Any, Any, Any]]:
    """Return (x, y, memory) before the first step and after each."""
    p, rule, game = case.params, rule_of(case), game_of(case)
    x, y = p.get("x0", 3.0), p.get("y0", 0.0)
    states = [(x, y, rule.init(game, x, y))]
    for _ in range(steps):
        states.append(rule.step(game, *states[-1]))
    return states


def energy(case: Case) -> np.ndarray:
    """Return x²/lr_x + y²/lr_y - σ x y along an orbit."""
    p, states = case.params, play(case, 1000)
    x, y = np.array([state[:2] for state in states]).T
    return x**2 / p["lr_x"] + y**2 / p["lr_y"] - p["sigma"][0] * x * y


def anchored_limit(case: Case) -> float:
    """Return the limit of α_k, from α_k at two large k and its expansion in 1/k."""
    states = play(case, LONG)
    early, late = (states[step][2][3] for step in (LONG // 2, LONG))
    return case.params["alpha0_times_R"] * (2 * late - early)


def anchored_constant(case: Case) -> float:
    """Return 4 (1 + α₀ α∞)/α∞² with the α∞ of the rule."""
    limit = anchored_limit(case)
    return 4 * (1 + case.params["alpha0_times_R"] * limit) / limit**2


def after_steps(case: Case) -> float:
    """Return θ after the case's number of steps from 3."""
    return play(case, case.params["n"])[-1][0]


ORBITS: dict[str, Callable[[Case], Any]] = {
    "[max|theta|, max|psi|, rms theta, rms psi, mean rotation": circle,
    "max|theta| on the UNSTABLE": unstable_circle,
    "[|theta|,|psi|] of the symmetric period-2 orbit": flip_orbit,
    "[lr_flip, |theta|, |psi|]": flip_and_orbit,
    "spectral radius of D(F^2)": flip_orbit_radius,
    "conserved_energy": energy,
    "lim alpha_k * R": anchored_limit,
    "bound constant 4(1+a0 ainf)/ainf^2": anchored_constant,
    "theta after n steps": after_steps,
}
"""Functions of a case by the beginning of its quantity."""
