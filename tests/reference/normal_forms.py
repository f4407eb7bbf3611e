"""Normal-form coefficients, from the step's Taylor series by Cauchy's formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import eig, solve

from gandyn.dynamics import one_step_map
from gandyn.games import Game
from gandyn.rules import Rule
from tests.reference.cases import Case
from tests.reference.maps import threshold
from tests.reference.translate import game_of, rule_of

SAMPLES = 32
"""Points on each circle: coefficients of that many orders higher are aliased in."""
RADIUS = 0.1
"""Of the circles: the step must be analytic well beyond twice that."""


class Step:
    """A rule without memory at the equilibrium 0 of a game of two numbers."""

    def __init__(self, rule: Rule, game: Game) -> None:
        self.rule, self.game = rule, game
        self.matrix = one_step_map(rule, game)

    def taylor(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the coefficients of aʲbᵏ in F(a u + b v), shape (2, j, k)."""
        circle = RADIUS * np.exp(2j * np.pi * np.arange(SAMPLES) / SAMPLES)
        a, b = circle[:, None], circle[None, :]
        x, y = (a * u[i] + b * v[i] for i in (0, 1))
        image = np.stack(self.rule.step(self.game, x, y, ())[:2])
        powers = np.arange(SAMPLES)
        scale = RADIUS ** (powers[:, None] + powers[None, :])
        return np.fft.fft2(image) / (SAMPLES**2 * scale)

    def eigenvectors(self) -> tuple[complex, np.ndarray, np.ndarray]:
        """Return the leading multiplier, q with first entry 1, and p with ⟨p, q⟩ = 1.

        p is conjugated already: ⟨p, z⟩ is ``p @ z``.
        """
        values, left, right = eig(self.matrix, left=True)
        order = np.lexsort((-values.imag, -np.abs(values).round(9)))
        i = order[0]
        q, p = right[:, i] / right[0, i], left[:, i].conj()
        return complex(values[i]), q, p / (p @ q)

    def neimark_sacker(self) -> float:
        """Return d = Re(e^{-iθ} c₁)."""
        mu, q, p = self.eigenvectors()
        unit, bar = np.eye(2), q.conj()
        both = self.taylor(q, bar)
        inner = solve(unit - self.matrix, both[:, 1, 1])  # B(q, q̄)
        outer = solve(mu**2 * unit - self.matrix, 2 * both[:, 2, 0])  # B(q, q)
        cubic = 2 * both[:, 2, 1]  # C(q, q, q̄)
        cubic = cubic + 2 * self.taylor(q, inner)[:, 1, 1]
        cubic = cubic + self.taylor(bar, outer)[:, 1, 1]
        return float((p @ cubic / mu / 2).real)

    def flip(self) -> float:
        """Return the c of η → -η + c η³."""
        _, q, p = self.eigenvectors()
        along = self.taylor(q, q.conj())
        inner = solve(np.eye(2) - self.matrix, 2 * along[:, 2, 0])
        cubic = 6 * along[:, 3, 0] + 3 * self.taylor(q, inner)[:, 1, 1]
        return float((p @ cubic / 6).real)


def step_of(case: Case, **given: Any) -> Step:
    """Return the case's step."""
    return Step(rule_of(case, **given), game_of(case, **given))


def amplitude_slope(case: Case) -> float:
    """Return the limit of max θ²/(lr - lr_NS) on the circle: 4 (d|μ|/dlr)/(-d)."""
    lr = threshold(case)
    step = step_of(case, lr=lr)
    mu, q, p = step.eigenvectors()
    # the step of simultaneous play is affine in lr
    change = (step_of(case, lr=2 * lr).matrix - step.matrix) / lr
    growth = (mu.conjugate() / abs(mu) * (p @ change @ q)).real
    return float(4 * growth / -step.neimark_sacker())


NORMAL_FORMS: dict[str, Callable[[Case], Any]] = {
    "first Lyapunov coefficient d": lambda case: step_of(case).neimark_sacker(),
    "cubic normal-form coefficient d": lambda case: step_of(case).neimark_sacker(),
    "cubic flip normal-form coefficient c": lambda case: step_of(case).flip(),
    "lim theta_max^2/(lr-lr_NS)": amplitude_slope,
}
"""Functions of a case by the beginning of its quantity."""
