"""Determinants of small matrices, and the test for critical pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gandyn.stability.boundaries.determinants import (
    determinant_rounding,
    determinants,
    pair_test,
)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_minors_give_the_determinant(size: int) -> None:
    matrices = np.random.default_rng(size).normal(size=(500, size, size))
    known = np.linalg.det(matrices)
    assert np.all(
        np.abs(determinants(matrices) - known) <= 0.1 * determinant_rounding(matrices)
    )


def test_pairs_of_multipliers_give_the_product_over_them() -> None:
    maps = np.random.default_rng(0).normal(size=(500, 4, 4))
    values = np.linalg.eigvals(maps)
    pairs = itertools.combinations(range(4), 2)
    known = np.prod([values[:, i] * values[:, j] - 1 for i, j in pairs], axis=0)
    found, noise = pair_test(maps)
    assert np.all(np.abs(found - known) <= noise)


def test_a_pair_on_the_circle_is_critical() -> None:
    rng = np.random.default_rng(1)
    block = np.diag([0.0, 0.0, 0.3, -1.7])
    block[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    basis = rng.normal(size=(200, 4, 4)) + 3 * np.eye(4)
    value, noise = pair_test(basis @ block @ np.linalg.inv(basis))
    assert np.all(np.abs(value) <= noise)
