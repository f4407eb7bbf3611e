"""Games whose oracles are noisy: additive noise, and finite sums."""

from __future__ import annotations

import math

import numpy as np

from gandyn.bench.noise import AdditiveNoise, FiniteSum
from gandyn.bench.problem import Problem
from gandyn.bench.problems.bilinear import SIZE, with_singular_values
from gandyn.games.bilinear import Bilinear
from gandyn.games.quadratic import Quadratic

_SIGMA = 0.1
"""Of additive noise: a tenth of the starts' distance."""


def _monotone(mu: float) -> Quadratic:
    return Quadratic.strongly_monotone(mu, math.sqrt(1 - mu * mu))


PROBLEMS = (
    Problem(
        "noisy-bilinear",
        with_singular_values(np.linspace(1.0, 0.5, SIZE)),
        "stochastic",
        noise=AdditiveNoise(_SIGMA),
    ),
    Problem(
        "noisy-monotone", _monotone(0.5), "stochastic", noise=AdditiveNoise(_SIGMA)
    ),
    Problem(
        "finite-sum-bilinear", Bilinear(1.0), "stochastic", noise=FiniteSum(8, 0.5, 0.1)
    ),
    Problem(
        "finite-sum-monotone",
        _monotone(0.5),
        "stochastic",
        noise=FiniteSum(8, 0.5, 0.1),
    ),
    Problem(
        "finite-sum-interpolating",
        _monotone(0.5),
        "stochastic",
        noise=FiniteSum(8, 0.5, 0.0),
    ),
)
