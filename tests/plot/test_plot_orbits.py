"""Portraits, orbits and spectra: what is drawn, and what cannot be."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from gandyn import plot
from gandyn.dynamics import simulate
from gandyn.errors import GandynError
from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import Alternating, Extragradient, Simultaneous

GAME = DiracGAN(regulariser="R1")


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_portrait_shows_the_flow_and_the_map_in_true_length():
    rule = Simultaneous(lr=0.5)
    ax = plot.phase_portrait(Bilinear(1.0), rule, reach=1.0)
    assert labels(ax) == [
        "flow $-v$ (streamlines)",
        "map: one step of Simultaneous from fresh memory (true length)",
        "equilibrium",
    ]
    (arrows,) = [c for c in ax.collections if hasattr(c, "XY")]
    x, y = arrows.XY.T
    np.testing.assert_allclose(np.ravel(arrows.U), -0.5 * y, atol=1e-15)
    np.testing.assert_allclose(np.ravel(arrows.V), 0.5 * x, atol=1e-15)
    assert (arrows.scale, arrows.scale_units, arrows.angles) == (1.0, "xy", "xy")
    assert any(isinstance(c, LineCollection) for c in ax.collections)


def test_portrait_without_a_rule_shows_the_flow_alone():
    ax = plot.phase_portrait(GAME)
    assert labels(ax) == ["flow $-v$ (streamlines)", "equilibrium"]
    assert ax.get_title() == "DiracGAN(regulariser=R1(gamma=0.1))"


def test_portraits_that_cannot_be_drawn():
    with pytest.raises(GandynError, match="scalar players"):
        plot.phase_portrait(Bilinear(np.eye(2)))
    with pytest.raises(GandynError, match="reach must be positive"):
        plot.phase_portrait(GAME, reach=0.0)


def made_orbit(**changes):
    t = np.arange(11)
    orbit = {
        "rule": Extragradient(lr=0.5),
        "game": Bilinear(1.0),
        "x": 0.5**t * np.cos(t),
        "y": 0.5**t * np.sin(t),
        "distance": 0.5**t,
        "field_norm": 3 * 0.5**t,
        "oracle_calls": {"gx": 2, "gy": 2},
        "verdict": "converges",
        "rate": -np.log(2),
    }
    return SimpleNamespace(**orbit | changes)


def test_convergence_counts_oracle_calls_unless_told():
    (line,) = plot.convergence(made_orbit()).lines
    np.testing.assert_array_equal(line.get_xdata(), 4 * np.arange(11))
    np.testing.assert_allclose(line.get_ydata(), 0.5 ** np.arange(11))
    ax = plot.convergence(made_orbit(), against="steps", measure="field_norm")
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), np.arange(11))
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "steps")
    assert ax.get_ylabel().startswith("norm of the field")


def test_convergence_without_an_equilibrium_shows_the_field():
    orbit = made_orbit(distance=np.full(11, np.nan))
    assert plot.convergence(orbit).get_ylabel().startswith("norm of the field")


def test_convergence_that_cannot_be_drawn():
    with pytest.raises(GandynError, match="measure is one of distance"):
        plot.convergence(made_orbit(), measure="loss")
    with pytest.raises(GandynError, match="against one of oracle_calls"):
        plot.convergence(made_orbit(), against="seconds")
    with pytest.raises(GandynError, match="nowhere positive"):
        plot.convergence(made_orbit(distance=np.zeros(11)))


def test_trajectory_of_vectors_draws_one_component():
    orbit = made_orbit(x=np.ones((11, 3)), y=np.arange(33.0).reshape(11, 3))
    ax = plot.trajectory(orbit, component=2)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), np.arange(2, 33, 3))
    assert ax.get_ylabel() == "y[2] (dimensionless)"
    with pytest.raises(GandynError, match="components 0 to 2, not 3"):
        plot.trajectory(orbit, component=3)


def test_trajectory_stops_where_numbers_end():
    x = np.arange(11.0)
    x[4:] = np.nan
    ax = plot.trajectory(made_orbit(x=x))
    assert ax.lines[0].get_xdata()[-1] == 3
    with pytest.raises(GandynError, match="no finite state"):
        plot.trajectory(made_orbit(x=np.full(11, np.nan)))


def test_real_orbit_is_drawn():
    orbit = simulate(Extragradient(lr=0.5), Bilinear(1.0), steps=50)
    ax = plot.convergence(orbit, against="steps")
    slope = np.polyfit(np.arange(51), np.log(orbit.distance), 1)[0]
    assert slope == pytest.approx(orbit.rate, rel=1e-6)
    assert labels(ax) == [f"converges, rate {orbit.rate:.3g} per step"]


def test_spectrum_tells_inside_on_and_outside_apart():
    ax = plot.spectrum([0.5, 0.3j, np.exp(1j), -1.2])
    assert labels(ax) == [
        "unit circle",
        "inside: contracts (2)",
        "on the circle to 1e-09 (1)",
        "outside: grows (1)",
    ]
    assert ax.get_title() == "spectral radius 1.2"


def test_spectrum_of_a_rule_on_a_game():
    ax = plot.spectrum(Alternating(lr=0.5), Bilinear(1.0))
    assert "on the circle to 1e-09 (2)" in labels(ax)
    assert ax.get_title().startswith("Alternating(lr=0.5) on Bilinear")


def test_spectra_that_cannot_be_drawn():
    with pytest.raises(GandynError, match="needs a game"):
        plot.spectrum(Alternating())
    with pytest.raises(GandynError, match="no finite multipliers"):
        plot.spectrum([np.nan])
