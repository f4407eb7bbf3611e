"""Multipliers followed along a field, and their pictures."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.plot.paths import root_locus, spectrum_path
from gandyn.rules import Alternating, OptimisticGradient, Simultaneous
from gandyn.stability.linear.paths import _LONGEST_MOVE, multiplier_path
from gandyn.stability.maps.maps import Map

GAME = DiracGAN(regulariser=R1(0.3))


def test_every_multiplier_of_a_path_is_followed_in_small_steps():
    path = multiplier_path(OptimisticGradient(), Bilinear(1.0), "lr", 0.05, 2.0)
    moves = np.abs(np.diff(path.multipliers, axis=0))
    assert path.multipliers.shape[1] == 4
    assert moves.max() <= _LONGEST_MOVE
    # λ² - (1 - 2ilr)λ - ilr = 0 for each of ±i: Vieta's sums at every value
    sums = path.multipliers.sum(axis=1)
    np.testing.assert_allclose(sums, 2.0, atol=1e-12)
    products = path.multipliers.prod(axis=1)
    np.testing.assert_allclose(products, path.values**2, atol=1e-12)
    (crossing,) = path.crossings
    assert crossing.value == pytest.approx(1 / np.sqrt(3), rel=1e-12)


def test_the_radius_of_alternating_play_leaves_the_circle_at_two():
    path = multiplier_path(Alternating(), Bilinear(1.0), "lr", 1.0, 3.0)
    below = path.values < 2
    np.testing.assert_allclose(path.radius[below], 1.0, atol=1e-12)
    assert (path.radius[path.values > 2.0] > 1).all()


def test_neutral_multipliers_are_left_out():
    line = Map(lambda z, p: (z[0] - p * (z[0] - z[1]), z[1]), "p")
    path = multiplier_path(line, [0.3, 0.3], low=0.1, high=3.0)
    assert path.neutral == 1
    np.testing.assert_allclose(path.multipliers[:, 0], 1 - path.values, atol=1e-12)
    still = Map(lambda z, p: (z[0],), "p")
    with pytest.raises(FieldError, match="every multiplier is neutral"):
        multiplier_path(still, [0.0], low=0.1, high=1.0)


def test_a_field_outside_its_domain_is_named():
    with pytest.raises(FieldError, match="lr_x"):
        multiplier_path(Simultaneous(), GAME, "lr", -1.0, 1.0)
    with pytest.raises(GandynError, match="empty"):
        multiplier_path(Simultaneous(), GAME, "lr", 1.0, 1.0)


def test_pictures_mark_the_crossing_where_it_is():
    path = multiplier_path(Simultaneous(), GAME, "lr", 0.05, 20.0)
    ax = spectrum_path(path)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["stable", "|λ| of a pair", "Neimark–Sacker, lr = 1.2"]
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marks[0].get_xdata(), [1.2], rtol=1e-12)
    locus = root_locus(path)
    marks = [line for line in locus.lines if line.get_label().startswith("Neimark")]
    place = marks[0].get_xdata()[0] + 1j * marks[0].get_ydata()[0]
    assert abs(place) == pytest.approx(1.0, abs=1e-12)
