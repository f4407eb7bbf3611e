"""Certificates for intervals of a field and for the cells of a sweep."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gandyn import sweep
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, DiracGAN, Quadratic
from gandyn.rules import (
    Alternating,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability import certify_interval, certify_sweep


@pytest.mark.parametrize(
    ("rule", "game", "low", "high", "threshold"),
    [
        (Extragradient(), Bilinear(1.0), 0.05, 1.5, 1.0),
        (Simultaneous(), Quadratic(0.5, 1.0, -0.5), 0.01, 2.0, 0.8),
        (Simultaneous(), DiracGAN(regulariser="r1"), 0.01, 2.0, 0.4),
        (OptimisticGradient(), Bilinear(1.0), 0.1, 0.8, 1 / np.sqrt(3)),
        (HeavyBall(), Quadratic(0.5, 0.0, -1.0), 0.1, 6.0, 3.0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_intervals_of_a_learning_rate(rule, game, low, high, threshold):
    found = certify_interval(rule, game, "lr", low, high)
    covered = sorted((*found.stable, *found.unstable, *found.unproved))
    assert (covered[0][0], covered[-1][1]) == (low, high)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(covered))
    assert all(b <= threshold for _, b in found.stable)
    assert all(a >= threshold for a, _ in found.unstable)
    assert sum(b - a for a, b in found.unproved) < 1e-2 * (high - low)
    assert certify_interval(rule, game, "lr", low, threshold * 0.9).proved_stable


def test_intervals_of_a_field_of_the_game():
    found = certify_interval(Extragradient(lr=0.5), Bilinear(1.0), "A", 0.1, 1.9)
    assert found.proved_stable


def test_an_interval_on_the_circle_stays_unproved():
    found = certify_interval(Alternating(), Bilinear(1.0), "lr", 0.5, 1.5, pieces=64)
    assert (found.stable, found.unstable) == ((), ())
    assert found.unproved == ((0.5, 1.5),)


def test_intervals_that_are_none():
    rule, game = Extragradient(), Bilinear(1.0)
    with pytest.raises(FieldError, match="positive"):
        certify_interval(rule, game, "lr", -0.5, 1.0)
    with pytest.raises(FieldError, match="empty"):
        certify_interval(rule, game, "lr", 1.0, 0.5)
    with pytest.raises(FieldError, match="not a number that can vary"):
        certify_interval(Alternating(), game, "k_x", 1, 2)
    with pytest.raises(GandynError, match="manifold"):
        certify_interval(rule, Bilinear([[1.0, 0.0]]), "lr", 0.1, 0.5)


def test_a_sweep_with_certificates():
    rule, game = Alternating(), Bilinear()
    axes = {"k_x": [1, 2], "lr_y": [1.0, 4.0, 8.0], "A": [0.5, 1.0]}
    rule = Alternating(lr_x=1.0)
    seen = sweep(rule, game, axes)
    found = certify_sweep(seen, rule, game)
    meanings = found.certificate.attrs["flag_meanings"].split()
    assert found.certificate.dtype == np.int8
    assert found.certificate.dims == seen.verdict.dims
    first = [[meanings[k] for k in row] for row in found.certificate.values[0]]
    assert first == [
        ["proved_on_circle", "proved_on_circle"],
        ["proved_on_circle", "proved_unstable"],
        ["proved_on_circle", "not_asked"],
    ]
    far = np.abs(seen.radius.values - 1) > 1e-6
    assert np.all((found.certificate.values == 0) == far)
    with pytest.raises(FieldError, match="the sweep is of"):
        certify_sweep(seen, Simultaneous(), game)
