"""Quadratic games: strongly monotone, rotation dominated, and neither."""

from __future__ import annotations

import math

import numpy as np

from gandyn.bench.problem import Problem
from gandyn.bench.problems.bilinear import SIZE, with_singular_values
from gandyn.games.quadratic import Quadratic
from gandyn.games.quartic import AdolphsSaddle


def _monotone(mu: float) -> Problem:
    """Return modulus μ and Lipschitz constant 1: σ ≤ √(1-μ²)."""
    values = np.linspace(math.sqrt(1 - mu * mu), 0.0, SIZE)
    game = Quadratic.strongly_monotone(mu, with_singular_values(values).A)
    return Problem(f"monotone-{mu:g}", game, "strongly monotone")


def _rotation(ratio: float) -> Problem:
    """Return eigenvalues μ ± iσ with σ/μ = ratio and modulus 1."""
    mu = 1 / math.hypot(1, ratio)
    game = Quadratic.strongly_monotone(mu, ratio * mu)
    return Problem(f"rotation-{ratio:g}", game, "rotation dominated")


PROBLEMS = (
    *(_monotone(mu) for mu in (0.5, 0.1, 0.01)),
    *(_rotation(ratio) for ratio in (10.0, 100.0)),
    # x's own curvature is negative; trace and determinant of J are positive
    Problem("locally-stable", Quadratic(-0.15, 0.6, -0.6), "nonmonotone"),
    Problem(
        "adolphs-saddle", AdolphsSaddle(), "nonmonotone", distance=0.1, spurious=True
    ),
)
