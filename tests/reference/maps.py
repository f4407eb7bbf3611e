"""Quantities of the linearised step: multipliers, thresholds, optima, limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.linalg import eig
from scipy.optimize import brentq

from gandyn.dynamics import multipliers, one_step_map
from gandyn.rules import Extragradient, OptimisticGradient, ProximalPoint
from gandyn.stability.linear.minimise_radius import minimise_radius
from tests.reference.cases import Case
from tests.reference.translate import game_of, games_of, point_of, rule_of

RATES = np.geomspace(1e-3, 10.0, 400)
"""Where thresholds and optima are looked for."""
NOISE = 1e-12
"""A test function that is nearer to 0 has no sign."""
BOX = {"lr": (1e-3, 10.0)}
"""Where optima are looked for."""
SMALL = np.linspace(0.03, 0.15, 7)
"""Learning rates from which limits at 0 are extrapolated, in their squares."""


def spectrum(case: Case, **given: Any) -> np.ndarray:
    """Return the multipliers, largest modulus first; of several games the worst."""
    rule = rule_of(case, **given)
    found = [
        multipliers(rule, game, point_of(case, game))
        for game in games_of(case, **given)
    ]
    return max(found, key=lambda values: abs(values[0]))


def radius(case: Case, **given: Any) -> float:
    """Return the spectral radius."""
    return float(abs(spectrum(case, **given)[0]))


def angle(case: Case, **given: Any) -> float:
    """Return the angle of the multiplier of largest modulus."""
    return float(abs(np.angle(spectrum(case, **given)[0])))


def sign_changes(f: Callable[[float], float], grid: np.ndarray) -> list[float]:
    """Return the zeros of f between points of a grid, located by Brent's method."""
    values = np.array([f(float(t)) for t in grid])
    kept = np.flatnonzero(np.abs(values) > NOISE)
    return [
        float(brentq(f, grid[i], grid[j], xtol=1e-15, rtol=1e-15))
        for i, j in itertools.pairwise(kept)
        if values[i] * values[j] < 0
    ]


def threshold(case: Case) -> float:
    """Return the learning rate at which stability is lost."""
    return sign_changes(lambda lr: radius(case, lr=lr) - 1, RATES)[0]


def threshold_and_angle(case: Case) -> list[float]:
    """Return the threshold and the angle of the multiplier that crosses there."""
    lr = threshold(case)
    return [lr, angle(case, lr=lr)]


def angle_at_lr(case: Case) -> float:
    """Return the angle at the case's learning rate, or at the threshold."""
    if case.params.get("lr") == "at threshold":
        return threshold_and_angle(case)[1]
    return angle(case)


def interaction_threshold(case: Case) -> float:
    """Return the A at which the proximal point method becomes stable at 0."""
    grid = np.geomspace(1.0, 200.0, 200)
    return sign_changes(lambda a: radius(case, A=a) - 1, grid)[0]


def optimum(case: Case) -> list[float]:
    """Return the best learning rate and its radius."""
    found = minimise_radius(rule_of(case, lr=0.1), games_of(case), BOX)
    return [float(found.fields["lr"]), found.radius]


def optimal_optimism(case: Case) -> list[float]:
    """Return the best lr_prev, lr its double, and the radius."""
    # a gradient step of 2b and a past step of b: lr = b with ratio 1
    found = minimise_radius(rule_of(case, lr=0.2, lr_prev=0.1), games_of(case), BOX)
    return [float(found.fields["lr"]), found.radius]


def at_zero(values: Any) -> float:
    """Return the limit at 0 of an even function known at the rates `SMALL`."""
    return float(BarycentricInterpolator(SMALL**2, values)(0.0))


def small_step_growth(case: Case) -> float:
    """Return the limit of (ρ² - 1)/lr²."""
    return at_zero([(radius(case, lr=h) ** 2 - 1) / h**2 for h in SMALL])


def distance_to_proximal(case: Case) -> float:
    """Return the limit of |multiplier - that of the proximal point method|/x³."""
    rule = OptimisticGradient if case.rule.startswith("ogda") else Extragradient
    (game,) = games_of(case)
    gaps = []
    for h in SMALL:
        leading = (multipliers(r(lr=h), game)[:2] for r in (rule, ProximalPoint))
        one, two = (values[np.argmax(values.imag)] for values in leading)
        gaps.append(abs(one - two) / h**3)
    return at_zero(gaps)


def upper_multipliers(case: Case) -> np.ndarray:
    """Return the multipliers in the upper half plane, largest modulus first."""
    values = spectrum(case)
    return values[values.imag > 0]


def momentum_slope(case: Case, lr: float) -> float:
    """Return dρ²/dβ at β = 0, by perturbation of the leading multiplier."""
    game = game_of(case)
    base = one_step_map(rule_of(case, lr=lr, beta=0.0), game)
    # the step is affine in β
    change = one_step_map(rule_of(case, lr=lr, beta=1.0), game) - base
    values, left, right = eig(base, left=True)
    i = np.argmax(np.abs(values))
    p, q = left[:, i].conj(), right[:, i]
    return float(2 * (values[i].conj() * (p @ change @ q) / (p @ q)).real)


def momentum_slope_at_best_rate(case: Case) -> float:
    """Return dρ²/dβ at β = 0 and lr = Re(1/λ)."""
    return momentum_slope(case, (1 / complex(*case.params["lam"])).real)


def momentum_interval(case: Case) -> list[float]:
    """Return the two learning rates where dρ²/dβ at β = 0 changes sign."""
    return sign_changes(lambda lr: momentum_slope(case, lr), RATES)


MAPS: dict[str, Callable[[Case], Any]] = {
    "spectral_radius": radius,
    "spectral_radius per outer step": radius,
    "spectral_radius at 0": radius,
    "multiplier_angle_rad": angle_at_lr,
    "[|multiplier|, angle]": lambda case: [radius(case), angle(case)],
    "multipliers (upper half plane": upper_multipliers,
    "lr_threshold": threshold,
    "lr_threshold (flip)": threshold,
    "lr_threshold (Neimark-Sacker)": threshold,
    "threshold of lr_x*lr_y*sigma^2": lambda case: threshold(case) ** 2,
    "[lr_NS, angle]": threshold_and_angle,
    "[lr_NS, multiplier angle rad]": threshold_and_angle,
    "[lr_threshold, |multiplier angle|]": threshold_and_angle,
    "A above which 0 is PPM-stable": interaction_threshold,
    "[best lr, best rho] for lr=extrap": optimum,
    "[optimal lr, optimal rho]": optimum,
    "optimal_spectral_radius": lambda case: optimal_optimism(case)[1],
    "optimal_lr_prev": lambda case: optimal_optimism(case)[0],
    "lim (rho^2-1)/(lr*sigma)^2": small_step_growth,
    "lim |mult_": distance_to_proximal,
    "d rho^2/d beta at beta=0": momentum_slope_at_best_rate,
    "lr interval where d rho^2/d beta at 0 is >0": momentum_interval,
}
"""Functions of a case by its quantity, or the beginning of it."""
