"""Quantities of orbits: invariant circles, period-2 orbits, conserved energies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn.dynamics.engines.choice import make_engine
from gandyn.stability import Bifurcation, RuleMap, critical_learning_rates
from gandyn.stability.curves.continuation import (
    continue_invariant_curve,
    invariant_curves_at,
)
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.invariant_curves import invariant_curve
from gandyn.stability.cycles.cycles import continue_periodic_orbit
from gandyn.stability.cycles.periodic import PeriodicOrbit
from tests.reference.cases import Case
from tests.reference.translate import game_of, rule_of

SAMPLES = 1 << 16
"""Recorded steps on a circle."""
HYSTERESIS = 0.01
"""How far beyond a subcritical threshold the outer circle is followed."""
LONG = 20_000
"""Steps after which a step size is nearly its limit."""


def of_circle(case: Case) -> tuple[RuleMap, Bifurcation]:
    """Return the map, and the point at which the case's circle arises."""
    step = RuleMap(rule_of(case), game_of(case))
    found = critical_learning_rates(step.rule, step.game)
    spirals = (one for one in found if one.kind == "neimark-sacker")
    threshold = case.params["lr_NS"]
    return step, min(spirals, key=lambda one: abs(one.value - threshold))


def stable_circle(case: Case) -> InvariantCurve:
    """Return the circle by its branch; where it has no beginning, by an orbit."""
    lr = case.params["lr"]
    if "gamma" not in case.params:
        return invariant_curve(RuleMap(rule_of(case), game_of(case)), lr, settled(case))
    step, born = of_circle(case)
    if born.criticality == "supercritical":
        return invariant_curve(step, lr, born)
    low, high = born.value - 4 * HYSTERESIS, born.value + HYSTERESIS
    branch = continue_invariant_curve(step, born, low, high)
    found = invariant_curves_at(step, branch, lr)
    (curve,) = (one for one in found if one.stable)
    return curve


def settled(case: Case) -> np.ndarray:
    """Return an orbit after 100/lr² steps."""
    p = case.params
    engine = make_engine(rule_of(case), game_of(case), [])
    cells = engine.start({}, np.array([p["theta0"]]), np.array([p["psi0"]]))
    engine.advance(cells, math.ceil(100 / p["lr"] ** 2))
    window = engine.observe(cells, SAMPLES)
    return np.stack([window.xs[:, 0], window.ys[:, 0]])


def circle(case: Case) -> list[float]:
    """Return max|θ|, max|ψ|, their rms and the rotation per step on the circle."""
    curve = stable_circle(case)
    assert curve.stable
    return [*curve.extent, *curve.spread, 2 * math.pi * curve.rotation]


def unstable_circle(case: Case) -> float:
    """Return max|θ| on the edge of the basin of 0."""
    step, born = of_circle(case)
    curve = invariant_curve(step, case.params["lr"], born)
    assert not curve.stable
    return float(curve.extent[0])


def born_at_flip(case: Case) -> tuple[Bifurcation, PeriodicOrbit]:
    """Return the flip nearest to the case's learning rate, and its orbit there."""
    rule, game, lr = rule_of(case), game_of(case), case.params["lr"]
    found = critical_learning_rates(rule, game)
    flips = [one for one in found if one.kind == "flip"]
    flip = min(flips, key=lambda one: abs(one.value - lr))
    low, high = sorted((lr, 2 * flip.value - lr))
    branch = continue_periodic_orbit(RuleMap(rule, game), flip, low, high)
    return flip, branch.points[-1]


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
