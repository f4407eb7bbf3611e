"""Multipliers enclosed in balls: large maps and irrational ones."""

from __future__ import annotations

import numpy as np
import pytest
from flint import acb_mat, arb, fmpq, fmpq_mat

from gandyn.games import Bilinear
from gandyn.rules import Alternating, Extragradient, Simultaneous
from gandyn.stability import certify
from gandyn.stability.certificates.balls import ball_counts, large_counts
from gandyn.stability.certificates.schur_cohn import circle_counts
from gandyn.stability.maps.exact_maps import EXACT_SIZE


def test_large_maps_by_balls():
    rng = np.random.default_rng(13)
    game = Bilinear(rng.normal(size=(30, 25)))
    assert sum(n for (n,) in game.shape) > EXACT_SIZE
    found = certify(Extragradient(lr=0.05), game)
    assert (found.status, found.inside, found.neutral) == ("proved_stable", 50, 5)
    assert found.coefficients == ()
    assert certify(Simultaneous(lr=0.05), game).outside == 50
    circling = certify(Alternating(lr=0.05), game)
    assert circling.status == "unproved"
    assert "balls" in circling.reason


@pytest.mark.parametrize("size", [2, 5, 12])
def test_balls_agree_with_the_polynomial(size):
    rng = np.random.default_rng(size)
    for _ in range(20):
        whole = rng.integers(-3, 4, size=(size, size))
        matrix = fmpq_mat(whole.tolist()) * fmpq(1, 3)
        found = large_counts(matrix)
        assert found is None or found == circle_counts(matrix.charpoly().numer())


def test_balls_never_decide_a_multiplier_on_the_circle():
    assert large_counts(fmpq_mat([[0, -1], [1, 0]])) is None
    assert large_counts(fmpq_mat([[1, 1], [0, 1]])) is None
    assert large_counts(fmpq_mat([[1, 0], [0, 0]])) == (1, 1, 0)


def test_irrational_maps_are_enclosed():
    def irrational():
        return acb_mat([[arb(2).sqrt() - 1, 1], [0, arb(3).sqrt() / 2]])

    assert ball_counts(irrational) == (2, 0, 0)
