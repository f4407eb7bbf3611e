"""Quantities of orbits: invariant circles, period-2 orbits, conserved energies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gandyn.dynamics import one_step_map
from gandyn.dynamics.engines import make_engine
from gandyn.games import Game
from gandyn.rules import Rule
from tests.reference.cases import Case
from tests.reference.maps import threshold
from tests.reference.translate import game_of, rule_of

SAMPLES = 1 << 16
"""Recorded steps on a circle."""
SETTLE = 200_000
"""Steps that every transient gets at least."""
FOLDS = 25
"""Factors of e by which a transient should have died."""
CELLS = 64
"""Starts that are told apart at once."""
NEWTON = 50
"""Newton steps for a period-2 orbit."""
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


def newton_starts() -> Iterator[np.ndarray]:
    """Yield starts in both orientations, from the origin outwards."""
    for r in (0.1, 0.2, 0.4, 0.8, 1.6, 2.4):
        for phase in np.linspace(0.1, math.pi - 0.1, 12):
            yield r * np.array([math.cos(phase), math.sin(phase)])


def symmetric_orbit(rule: Rule, game: Game) -> np.ndarray:
    """Return the z ≠ 0 of least norm found with F(z) = -z, F∘F(z) = z."""
    found = []
    for z in newton_starts():
        for _ in range(NEWTON):
            image = np.array(rule.step(game, *z, ())[:2])
            slope = one_step_map(rule, game, (z[0], z[1])) + np.eye(2)
            move = np.linalg.solve(slope, image + z)
            z = z - move
            if not np.abs(z).max() < 10 or np.abs(move).max() < 1e-15:
                break
        again = rule.step(game, *rule.step(game, *z, ()))[:2]
        if 1e-3 < np.linalg.norm(z) < 10 and np.allclose(again, z, 0, 1e-12):
            found.append(z)
    return min(found, key=np.linalg.norm)


def flip_orbit(case: Case) -> np.ndarray:
    """Return |θ| and |ψ| on the period-2 orbit."""
    return np.abs(symmetric_orbit(rule_of(case), game_of(case)))


def flip_and_orbit(case: Case) -> list[float]:
    """Return the flip's learning rate, and |θ| and |ψ| on the orbit."""
    return [threshold(case), *flip_orbit(case)]


def flip_orbit_radius(case: Case) -> float:
    """Return the spectral radius of D(F∘F) on the period-2 orbit."""
    rule, game = rule_of(case), game_of(case)
    x, y = symmetric_orbit(rule, game)
    there = one_step_map(rule, game, rule.step(game, x, y, ())[:2])
    product = there @ one_step_map(rule, game, (x, y))
    return float(np.abs(np.linalg.eigvals(product)).max())


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
