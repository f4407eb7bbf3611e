"""Branches, amplitudes, exponents, staircases and basins: what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import plot
from gandyn.errors import GandynError
from gandyn.games import AdolphsSaddle, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous
from gandyn.stability import (
    Map,
    RuleMap,
    basins,
    bifurcations,
    continue_equilibria,
    continue_invariant_curve,
    continue_periodic_orbit,
    critical_learning_rates,
    lyapunov_spectrum,
    rotation_staircase,
)

HENON = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
GAME = DiracGAN(regulariser=R1(0.3))


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def drawn(ax, style):
    """Return the finite x-values of the lines of a style."""
    lines = [line for line in ax.lines if line.get_linestyle() == style]
    whole = [np.array(line.get_xydata()) for line in lines]
    return [points[np.isfinite(points).all(axis=1)] for points in whole]


def test_a_branch_is_solid_where_stable_and_dashed_beyond_its_flip():
    branches = continue_equilibria(HENON, [(0.0, 1.5), (0.0, 0.5)], 0.1, 0.6)
    (flip,) = bifurcations(HENON, [0.9, 0.3], 0.1, 0.6)
    pair = continue_periodic_orbit(HENON, flip, 0.1, 0.6)
    ax = plot.bifurcation_diagram([*branches, pair])
    assert labels(ax) == [
        "fixed point, stable",
        "fixed point, unstable",
        "period 2, stable",
        "flip, a = 0.3675",
    ]
    (unstable,) = drawn(ax, "--")
    assert unstable[:, 0].min() > 0.35
    stable = drawn(ax, "-")
    assert len(stable) == 3  # the point, and the two points of the cycle
    assert stable[0][:, 0].max() < 0.4


def test_branches_of_different_fields_are_not_drawn_together():
    (one,) = continue_equilibria(HENON, [(0.0, 1.5), (0.0, 0.5)], 0.1, 0.3)
    other = Map(HENON.function, "b")
    (two,) = continue_equilibria(other, [(0.0, 1.5), (0.0, 0.5)], 0.1, 0.3)
    with pytest.raises(GandynError, match="one field, got a, b"):
        plot.bifurcation_diagram([one, two])
    with pytest.raises(GandynError, match="got none"):
        plot.bifurcation_diagram([])


def test_the_law_of_the_amplitude_is_drawn_beside_the_curve():
    (born,) = critical_learning_rates(Simultaneous(), GAME, "lr", 0.1, 3.0)
    branch = continue_invariant_curve(RuleMap(Simultaneous(), GAME), born, 1.0, 1.3)
    ax = plot.cycle_amplitude(branch, born, measured=([1.25], [0.4]))
    (law,) = drawn(ax, ":")
    np.testing.assert_allclose(law[-1], [1.3, born.amplitude(1.3)], rtol=1e-12)
    (curve,) = drawn(ax, "-")
    np.testing.assert_allclose(curve[-1, 1], branch.points[-1].amplitude, rtol=1e-12)
    assert "orbits, simulated" in labels(ax)


def test_exponents_that_are_not_finite_leave_a_gap():
    found = lyapunov_spectrum(HENON, [0.1, 0.1], np.array([0.2, 1.4, 3.0]), 256, 64)
    ax = plot.lyapunov(found)
    first = next(line for line in ax.lines if line.get_label() == "exponent 1")
    height = first.get_ydata()
    assert height[0] < 0 < height[1]
    assert np.isnan(height[2])  # the orbit has left
    assert ax.get_xlabel() == "a (dimensionless)"


def test_plateaus_are_named_by_their_winding():
    step = RuleMap(Simultaneous(), GAME)
    values = np.linspace(2.1, 2.4, 16)
    staircase = rotation_staircase(step, values, [0.3, 0.2])
    ax = plot.rotation_staircase(staircase)
    assert "1/8" in [text.get_text() for text in ax.texts]
    locked = int((staircase.status == "locked").sum())
    assert f"locked, verified ({locked})" in labels(ax)


def test_every_basin_has_its_share():
    land = basins(
        Simultaneous(lr=0.05), AdolphsSaddle(), [-4.0, -2.0, 1.0], [-1.0, 1.0, 4.0]
    )
    ax = plot.basins(land)
    assert labels(ax) == ["0: fixed point (55.6 %)", "1: fixed point (44.4 %)"]
    shades = {handle.get_facecolor() for handle in ax.get_legend().legend_handles}
    assert len(shades) == 2
