"""Quantities of two distributions, and of a batch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.reference.cases import Case

NODES = np.linspace(-14, 16, 3001)
"""Nodes of the trapezoidal rule, which is spectrally accurate for normal densities."""


def distances() -> Any:
    """Return the module; skip where torch is not installed."""
    pytest.importorskip("torch")
    return importlib.import_module("gandyn.gans.catalogue.distances")


def normal(mean: float) -> np.ndarray:
    return np.exp(-((NODES - mean) ** 2) / 2) / np.sqrt(2 * np.pi)


def best_value(case: Case) -> float:
    weights = NODES[1] - NODES[0]
    return distances().minimax_value(normal(0.0), normal(case.params["mu"]), weights)


def of_two_points(case: Case) -> list[float]:
    """Return JSD and W1 of two point masses, seen as atoms and as samples."""
    return [
        distances().jensen_shannon([1.0, 0.0], [0.0, 1.0]),
        distances().wasserstein_1([0.0], [case.params["theta"]]),
    ]


def smoothed(case: Case) -> np.ndarray:
    p = case.params
    return distances().optimal_discriminator(p["p_d"], p["p_g"], p["a"], p["b"])


def least_squares(case: Case) -> float:
    return 2 * distances().least_squares_criterion(case.params["p"], case.params["q"])


def frechet(case: Case) -> float:
    p = case.params
    first, second = [[p["s1"] ** 2]], [[p["s2"] ** 2]]
    return distances().frechet_distance([p["m1"]], first, [p["m2"]], second)


def noise_of_the_variance(case: Case) -> float:
    """Return Var(s²)/σ⁴ of a batch: 2 tr M² for the quadratic form s² = xᵀMx."""
    torch = pytest.importorskip("torch")
    zero = torch.zeros(case.params["B"], dtype=torch.float64)
    form = torch.func.hessian(torch.var)(zero) / 2
    return float(2 * (form @ form).trace())


DISTRIBUTIONS: dict[str, Callable[[Case], Any]] = {
    "V(D*,G)": best_value,
    "[JSD, W1]": of_two_points,
    "D*": smoothed,
    "2 C(G) at D*": least_squares,
    "Frechet distance": frechet,
    "Var(unbiased s2)": noise_of_the_variance,
}
"""By the beginning of the quantity's name."""
