"""Compiled loops over recorded windows, beside numpy's own words for the same."""

import numpy as np
import pytest
from numba import njit

from gandyn import sweep
from gandyn._polar import angle, log_length
from gandyn.dynamics.birkhoff import birkhoff_weights
from gandyn.dynamics.engines.cells import Window
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.recognition._window_kernels import REGULAR, STATIONARY
from gandyn.dynamics.recognition.escapes import divergence
from gandyn.dynamics.recognition.indicators import Measures, headings, nearest_return
from gandyn.games import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.rules import Consensus, Simultaneous

RNG = np.random.default_rng(5)
GAME = DiracGAN(regulariser=R1(0.3))
PATHS = [("rule", "lr_x"), ("rule", "lr_y")]


@njit(error_model="numpy", fastmath={"nsz"})
def _logs(values, out):
    for i in range(values.size):
        out[i] = log_length(values[i])


@njit(error_model="numpy", fastmath={"nsz"})
def _angles(sines, cosines, out):
    for i in range(sines.size):
        out[i] = angle(sines[i], cosines[i])


def test_logarithms_of_lengths_are_right_to_a_unit_in_the_last_place():
    spread = np.exp(RNG.uniform(-744, 709, 20000))
    values = np.concatenate([spread, 1 + RNG.normal(size=999) * 1e-9, [1.0, 5e-324]])
    found = np.empty_like(values)
    _logs(values, found)
    truth = np.log(values)
    assert np.all(np.abs(found - truth) <= 2 * np.spacing(np.abs(truth)))
    special = np.array([0.0, np.inf, np.nan])
    found = np.empty(3)
    _logs(special, found)
    assert np.array_equal(found, [-np.inf, np.inf, np.nan], equal_nan=True)


def test_angles_are_right_to_two_units_in_the_last_place():
    turns, size = RNG.uniform(-np.pi, np.pi, 20000), np.exp(RNG.uniform(-99, 99, 20000))
    sines = np.concatenate([size * np.sin(turns), [0, 0, 1, -1, 0, 1]])
    cosines = np.concatenate([size * np.cos(turns), [0, -1, 0, 0, 1, -1]])
    found = np.empty_like(sines)
    _angles(sines, cosines, found)
    truth = np.arctan2(sines, cosines)
    assert np.all(np.abs(found - truth) <= 3 * np.spacing(np.abs(truth)))


def _circling(steps, speeds):
    """Return a window of rigid rotations, a column per speed."""
    t = np.arange(steps)[:, None]
    xs, ys = 2 + np.cos(speeds * t), np.sin(speeds * t) - 1
    growth = RNG.normal(size=(2, steps // 8, speeds.size))
    return Window(xs, ys, growth, np.empty(0))


def _measured(window):
    steps, width = window.xs.shape
    measures = Measures(width, steps)
    measures.add(window, 0)
    return measures.indicators()


def _to_and_fro(window, seen, steps):
    """Return the turning of the wider number and its change, scaled alike."""
    parts = (window.xs, seen.centre[0]), (window.ys, seen.centre[1])
    found = []
    for values, mean in parts:
        change = np.diff(values, axis=0)
        even = values[: steps // 2 * 2] - mean
        size = birkhoff_weights(len(even)) @ even**2
        z = (values[:-1] - mean) / np.sqrt(size) + 1j * change / np.sqrt(
            (change**2).mean(axis=0)
        )
        total = birkhoff_weights(steps - 1)[:-1] @ np.angle(z[1:] * z[:-1].conj())
        found.append((size, np.abs(total) / (2 * np.pi)))
    (x_size, x_turns), (y_size, y_turns) = found
    return np.where(y_size > x_size, y_turns, x_turns)


@pytest.mark.parametrize("steps", [64, 1024, 1027])
def test_moments_and_turning_are_those_of_numpy(steps):
    speeds = np.linspace(0.2, 3.0, 128)
    window = _circling(steps, speeds)
    seen = _measured(window)
    even = steps // 2 * 2
    weights = birkhoff_weights(even)
    mean = weights @ window.xs[:even]
    assert np.allclose(seen.centre[0], mean, rtol=1e-13, atol=0)
    passes = steps // 8 // 2 * 2
    exponent = birkhoff_weights(passes) @ window.growth[0, :passes]
    assert np.allclose(seen.exponent, exponent, rtol=0, atol=1e-14)
    x, y = window.xs - seen.centre[0], window.ys - seen.centre[1]
    z = x + 1j * y
    turning = np.angle(z[1:] * z[:-1].conj())
    truth = np.abs(birkhoff_weights(steps - 1) @ turning) / (2 * np.pi)
    seldom = truth * steps < 8  # which says nothing of the mean: to and fro, then
    truth[seldom] = _to_and_fro(window, seen, steps)[seldom]
    regular = (seen.disorder <= REGULAR) & (seen.drift <= STATIONARY)
    assert np.array_equal(np.isfinite(seen.turns), regular | (seen.period > 1))
    aperiodic = regular & (seen.period == 0)
    assert aperiodic.sum() > (60 if steps > 64 else 0)
    assert np.allclose(seen.turns[aperiodic], truth[aperiodic], rtol=1e-12)


def test_growth_beside_the_leading_tangent_is_that_of_numpy():
    window = _circling(1024, np.linspace(0.2, 3.0, 70))
    seen = _measured(window._replace(growth=window.growth.copy()))
    more = np.cumsum(8 * (window.growth[1] - window.growth[0]), axis=0)
    more = np.vstack([np.zeros(70), more])
    truth = (more - np.minimum.accumulate(more, axis=0)).max(axis=0)
    assert np.allclose(seen.beside, truth, rtol=1e-12)
    assert truth.min() > 1


@pytest.mark.parametrize("steps", [512, 4096])
def test_the_error_of_growth_is_that_of_the_means_of_sixteen_batches(steps):
    window = _circling(steps, np.linspace(0.1, 0.4, 5))
    seen = _measured(window._replace(growth=window.growth.copy()))
    means = window.growth[0].reshape(16, -1, 5).mean(axis=1)
    np.testing.assert_allclose(
        seen.growth_error, means.std(axis=0, ddof=1) / 4, rtol=1e-9
    )
    assert seen.growth == pytest.approx(window.growth[0].mean(axis=0), rel=1e-9)


def test_a_figure_of_eight_turns_as_often_as_it_passes_its_mean():
    speeds = np.linspace(0.1, 1.0, 64)
    window = _circling(4096, speeds)
    crossed = window._replace(ys=0.5 * np.sin(2 * speeds * np.arange(4096)[:, None]))
    for seen in (_measured(window), _measured(crossed)):
        regular = np.isfinite(seen.turns) & (seen.period == 0)
        right = np.isclose(seen.turns, speeds / (2 * np.pi), rtol=1e-6)
        assert right[regular].sum() > 55  # through the mean itself it turns by jumps


def test_a_period_is_turned_exactly_once_about():
    periods = np.arange(5, 69)
    window = _circling(1024, 2 * np.pi / periods)
    seen = _measured(window)
    assert np.array_equal(seen.period, periods)
    assert np.allclose(seen.turns, 1 / periods, rtol=1e-13)


def test_cells_are_measured_alike_in_one_window_and_in_parts():
    whole = _circling(200, np.linspace(0.2, 3.0, 150))
    width = 192  # as an engine pads them
    padded = [np.concatenate([part, part[..., :42]], axis=-1) for part in whole[:3]]
    parts = Measures(150, 200)
    for first in range(0, width, 64):
        cut = [part[..., first : first + 64].copy() for part in padded]
        parts.add(Window(*cut, np.empty(0)), first)
    at_once = Measures(150, 200)
    at_once.add(Window(*padded, np.empty(0)), 0)
    for one, other in zip(parts.indicators(), at_once.indicators(), strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_nearest_returns_are_those_of_numpy():
    turns = RNG.uniform(0, 0.5, 70)
    phase = np.arange(1, 301)[:, None] * turns
    truth = np.min(np.abs(phase - np.round(phase)), axis=0)
    assert np.array_equal(nearest_return(turns, 300), truth)


def test_displacements_are_those_of_numpy_and_none_is_nan():
    xs, ys = RNG.normal(size=(2, 48, 5)) * np.exp(RNG.uniform(-300, 300, (2, 48, 5)))
    xs[10:12, 1], ys[10:12, 1] = 1.0, 2.0
    xs[20, 2], ys[30, 3] = np.inf, np.nan
    heading, height = headings(Window(xs, ys, np.empty(0), np.empty(0)))
    with np.errstate(invalid="ignore"):
        dx, dy = np.diff(xs, axis=0), np.diff(ys, axis=0)
        size = np.hypot(dx, dy)
        size[(size == 0) | ~np.isfinite(size)] = np.nan
        angles = np.arctan2(dy / size, dx / size)
    assert np.allclose(height, np.log(size), rtol=1e-14, equal_nan=True)
    assert np.allclose(heading, angles, rtol=1e-13, equal_nan=True)


def test_divergence_reads_the_last_turnings_that_were_seen():
    t = np.arange(48)[:, None]
    xs = 1.5**t * np.cos(np.array([0.3, np.pi, 0.0]) * t)
    ys = 1.5**t * np.sin(np.array([0.3, np.pi, 0.0]) * t)
    late = Window(xs.copy(), ys.copy(), np.empty(0), np.empty(0))
    late.xs[40:] = np.inf
    whole = divergence(Window(xs, ys, np.empty(0), np.empty(0)))
    cut = divergence(late)
    assert whole[0].tolist() == cut[0].tolist() == [2, 3, 4]
    assert np.allclose([whole[1], cut[1]], np.log(1.5))


def test_a_window_written_over_another_is_the_same_as_a_fresh_one():
    engine = make_engine(Simultaneous(), GAME, PATHS)
    rates = np.geomspace(0.5, 3.0, 70)

    def record(over=None):
        cells = engine.start(
            dict.fromkeys(PATHS, rates), np.full(70, 0.5), np.full(70, 0.5)
        )
        return engine.observe(cells, 200, over=over)

    fresh = record()
    kept = [part.copy() for part in fresh]
    again = record(over=fresh)
    assert again.xs is fresh.xs
    assert all(np.array_equal(a, b) for a, b in zip(kept, again, strict=True))


def test_what_leaves_the_box_is_watched_alike_in_any_tile(monkeypatch):
    """These cells come back after some thousand steps, at the edge of the watch."""
    rates = np.geomspace(0.1, 30, 96)
    axes = {"lr_x": list(rates[66:76]), "lr_y": list(rates[50:54])}
    whole = sweep(Consensus(), GAME, axes)
    monkeypatch.setattr("gandyn.dynamics.tiles.TILE", 8)
    cut = sweep(Consensus(), GAME, axes)
    assert np.array_equal(whole.verdict, cut.verdict)
    assert np.array_equal(whole.steps, cut.steps)
