"""Simulated verdicts of linear cells against the exact spectral radius."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import rules, sweep
from gandyn._node import leaves, replace
from gandyn.dynamics import Verdict, multipliers, one_step_map
from gandyn.dynamics.exact.grids import predicted_radius
from gandyn.dynamics.exact.linear import linear_maps
from gandyn.dynamics.exact.matrix_entries import (
    alike,
    homogeneous,
    map_entries,
    stacked,
)
from gandyn.dynamics.spectra import spectra
from gandyn.games import AdolphsSaddle, Bilinear, Forsaken, LinearGame, Quadratic
from gandyn.rules import (
    Alternating,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)

LINEAR = sorted(
    name
    for name, cls in rules.CATALOGUE.items()
    if cls.linear
    and cls.autonomous
    and {"lr_x", "lr_y"} <= {path.split(".")[-1] for path in leaves(cls())}
)
GAMES = {
    "bilinear": Bilinear(1.0),
    "saddle": Quadratic(0.3, 1.1, -0.4),
    "nonconvex": Quadratic(-0.2, 1.3, -0.9),
}
BAND = 1e-3
"""Undecided cells must be this close to the circle."""
RESOLUTION = 1e-9
"""Growth per step under which a simulated orbit is called neutral."""
NUM = 40
"""Random learning rates per player, rule and game in the slow test."""
DIVERGES = (
    Verdict.DIVERGES_SPIRAL,
    Verdict.DIVERGES_FLIP,
    Verdict.DIVERGES_MONOTONE,
)


def random_axes(seed, num):
    rng = np.random.default_rng(seed)
    return {
        "lr_x": np.sort(10 ** rng.uniform(-2, 0.7, num)),
        "lr_y": np.sort(10 ** rng.uniform(-2, 0.7, num)),
    }


def contradictions(rule, game, axes):
    """Return how many decided cells are wrong, and how many undecided ones far."""
    seen = sweep(rule, game, axes, method="simulate")
    radius = sweep(rule, game, axes, method="exact").radius.values
    verdict = seen.verdict.values
    wrong = (verdict == Verdict.CONVERGES) & (radius >= 1)
    wrong |= np.isin(verdict, DIVERGES) & (radius <= 1)
    wrong |= (verdict == Verdict.NEUTRAL) & (np.abs(radius - 1) > RESOLUTION)
    wrong |= np.isin(
        verdict, [Verdict.PERIODIC, Verdict.QUASI_PERIODIC, Verdict.CHAOTIC]
    )
    far = (verdict == Verdict.UNDECIDED) & (np.abs(radius - 1) > BAND)
    return int(wrong.sum()), int(far.sum()), verdict.size


def playable(rule, game):
    return np.all(np.isfinite(one_step_map(rule, game)))


@pytest.mark.parametrize("name", ["Simultaneous", "Alternating", "OptimisticGradient"])
def test_simulation_never_contradicts_the_exact_radius(name):
    rule = rules.CATALOGUE[name]()
    found = contradictions(rule, GAMES["bilinear"], random_axes(0, 24))
    assert found[:2] == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("name", LINEAR)
def test_simulation_never_contradicts_the_exact_radius_of_any_linear_rule(name, game):
    rule = rules.CATALOGUE[name]()
    if name == "FollowTheRidge" and game == "bilinear":
        pytest.skip("follow-the-ridge inverts the curvature that this game lacks")
    found = contradictions(rule, GAMES[game], random_axes(1, NUM))
    assert found == (0, 0, NUM**2)


@pytest.mark.slow
def test_a_hundred_thousand_cells():
    """The parametrised test above covers the number that it promises."""
    assert len(LINEAR) * len(GAMES) * NUM**2 > 1e5


@pytest.mark.parametrize(
    "rule", [Simultaneous(), Alternating(), Extragradient(), HeavyBall()]
)
def test_decoupling_equals_the_whole_map(rule):
    """The 2-D games of the singular values give the multipliers of the n-D game."""
    rng = np.random.default_rng(2)
    for shape, rank in (((4, 3), 3), ((3, 4), 2), ((1, 2), 1)):
        u, v = rng.normal(size=(shape[0], rank)), rng.normal(size=(rank, shape[1]))
        game = Bilinear(u @ v)
        axes = {"lr_x": [0.05, 0.4, 1.1], "lr_y": [0.07, 0.3]}
        found = sweep(rule, game, axes, method="exact")
        for i, j in np.ndindex(3, 2):
            other = type(rule)(lr_x=axes["lr_x"][i], lr_y=axes["lr_y"][j])
            values = multipliers(other, game)
            still = sum(shape) - 2 * rank
            values = values[np.argsort(np.abs(values - 1))][still:]
            radius = found.radius.values[i, j]
            assert radius == pytest.approx(np.max(np.abs(values)), rel=1e-9)


def test_decoupling_equals_direct_integration():
    rng = np.random.default_rng(3)
    game = Bilinear(rng.normal(size=(5, 3)), b=rng.normal(size=5) * 0)
    axes = {"lr_x": [0.05, 0.2, 0.5], "lr_y": [0.05, 0.2, 0.5]}
    exact = sweep(Extragradient(), game, axes)
    seen = sweep(Extragradient(), game, axes, method="simulate")
    decided = seen.verdict.values != Verdict.UNDECIDED
    assert decided.any()
    assert np.array_equal(seen.verdict.values[decided], exact.verdict.values[decided])
    near = np.abs(exact.radius.values - 1) < BAND
    assert np.all(near[~decided])


def test_a_manifold_of_equilibria_is_set_aside():
    """J of rank 2 in 4 dimensions: two multipliers stay at 1 and are not counted."""
    rng = np.random.default_rng(4)
    block = np.zeros((4, 4))
    block[:2, :2] = [[0.5, 1.0], [-1.0, 0.5]]
    whole = np.array([[1, 2, 0, 1], [0, 1, 3, 1], [0, 0, 1, 2], [0, 0, 0, 1]])
    for basis, verdict in (
        (whole, Verdict.CONVERGES),
        (rng.normal(size=(4, 4)), Verdict.UNDECIDED),  # of rank 4, by rounding
    ):
        game = LinearGame(basis @ block @ np.linalg.inv(basis), 2)
        found = sweep(Simultaneous(), game, {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]})
        same = [found.radius.values[i, i] for i in (0, 1)]
        # λ = 0.5 ± i on the moving plane
        want = [abs(1 - lr * (0.5 + 1j)) for lr in (0.1, 0.2)]
        np.testing.assert_allclose(same, want, rtol=1e-9)
        assert set(np.diag(found.verdict.values)) == {verdict}


@pytest.mark.parametrize(
    ("matrix", "verdict"),
    [
        ([[0.0, -1.0], [1.0, 0.0]], Verdict.NEUTRAL),
        ([[1.0, 1.0], [0.0, 1.0]], Verdict.UNDECIDED),
        ([[-1.0, 0.0], [0.0, 0.5]], Verdict.NEUTRAL),
        ([[1 + 1e-9, 0.0], [0.0, 0.5]], Verdict.DIVERGES_MONOTONE),
        ([[1 - 1e-9, 0.0], [0.0, 0.5]], Verdict.CONVERGES),
        ([[-1 - 1e-9, 0.0], [0.0, 0.5]], Verdict.DIVERGES_FLIP),
        ([[0.0, 0.0], [0.0, 0.0]], Verdict.CONVERGES),
        ([[np.inf, 0.0], [0.0, 0.0]], Verdict.UNDECIDED),
    ],
)
def test_verdicts_of_maps_near_the_circle(matrix, verdict):
    assert spectra(np.array([matrix])).verdict[0] == verdict


def test_condition_number_of_a_million_million():
    """Singular values of 1 and 1e-12: whatever is said of the slow one is no lie."""
    game = Bilinear(np.diag([1.0, 1e-12]))
    found = sweep(Extragradient(), game, {"lr": [0.1, 0.5], "ratio_x": [0.9, 1.0]})
    assert set(found.verdict.values.ravel()) <= {Verdict.NEUTRAL, Verdict.UNDECIDED}
    slow = Bilinear(np.diag([1.0, 1e-4]))
    found = sweep(Extragradient(), slow, {"lr": [0.1, 0.5], "ratio_x": [0.9, 1.0]})
    assert found.radius.values.max() < 1 - 1e-11
    assert set(found.verdict.values.ravel()) == {Verdict.CONVERGES}


def test_inconsistent_offsets_drift():
    game = Bilinear(np.array([[1.0], [0.0]]), b=np.array([0.0, 0.1]))
    axes = {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]}
    found = sweep(Extragradient(), game, axes, steps=2048)
    assert found.attrs["method"] == "simulate"
    assert np.isnan(found.radius.values).all()
    assert not np.any(found.verdict.values == Verdict.CONVERGES)


ALIKE = {
    "ComplexMomentum",
    "ExponentialAverage",
    "Extragradient",
    "HeavyBall",
    "Lookahead",
    "Nesterov",
    "OptimisticGradient",
    "PastExtragradient",
    "ProximalPoint",
    "RungeKutta2",
    "RungeKutta4",
    "Simultaneous",
}
"""Simultaneous rules of the field alone: no second derivatives, no order."""


def some_rates(rule, num=6):
    rng = np.random.default_rng(7)
    paths = [p for p in leaves(rule) if p.split(".")[-1] in ("lr_x", "lr_y")]
    return {path: rng.uniform(0.05, 0.9, num) for path in paths}


@pytest.mark.parametrize("name", LINEAR)
def test_images_of_unit_vectors_are_the_columns_of_the_map(name):
    rule, game = rules.CATALOGUE[name](), Quadratic(0.3, 1.1, -0.4, 0.7, -0.2)
    fields = some_rates(rule)
    entries = map_entries(replace(rule, fields), homogeneous(game, {}))
    maps = linear_maps(rule, game, (0.7, -0.2), fields, 6)
    np.testing.assert_allclose(stacked(entries, (6,)), maps, atol=2e-14)


@pytest.mark.parametrize("name", LINEAR)
def test_who_sees_both_players_alike_is_found_out(name):
    rule = rules.CATALOGUE[name]()
    assert (alike(rule, some_rates(rule)) is not None) == (name in ALIKE)


def test_players_of_different_momentum_are_not_alike():
    assert alike(HeavyBall(), {"lr_x": np.array([0.1, 0.2])}) is not None
    assert alike(HeavyBall(beta_x=0.5, beta_y=0.4), {}) is None
    same = np.array([0.1, 0.9])
    assert alike(HeavyBall(), {"beta_x": same, "beta_y": same}) is None


@pytest.mark.parametrize("name", sorted(ALIKE))
def test_multipliers_along_rays_are_those_of_the_whole_map(name):
    rule = rules.CATALOGUE[name]()
    rng = np.random.default_rng(5)
    game = LinearGame(rng.normal(size=(5, 5)) + 1.5 * np.eye(5), 2)
    rates = np.geomspace(0.01, 1.0, 7)
    found = sweep(rule, game, {"lr_x": rates, "lr_y": rates}, method="exact")
    lr_x, lr_y = (p.ravel() for p in np.meshgrid(rates, rates, indexing="ij"))
    paths = sorted(some_rates(rule))
    swept = dict(zip(paths, (lr_x, lr_y), strict=True))
    maps = linear_maps(rule, game, (np.zeros(2), np.zeros(3)), swept, 49)
    whole = spectra(maps)
    np.testing.assert_allclose(found.radius.values.ravel(), whole.radius, rtol=1e-9)
    assert np.array_equal(found.verdict.values.ravel(), whole.verdict)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("game", GAMES)
def test_diagrams_of_two_numbers_equal_their_stacked_maps(name, game):
    if name == "FollowTheRidge" and game == "bilinear":
        pytest.skip("follow-the-ridge inverts the curvature that this game lacks")
    rule, game = rules.CATALOGUE[name](), GAMES[game]
    x, y = np.geomspace(0.003, 9.0, 40), np.linspace(0.01, 5.0, 31)
    found = sweep(rule, game, {"lr_x": x, "lr_y": y}, method="exact")
    grid = (p.ravel() for p in np.meshgrid(x, y, indexing="ij"))
    swept = dict(zip(sorted(some_rates(rule)), grid, strict=True))
    whole = spectra(
        linear_maps(rule, game, game.equilibria()[0], swept, x.size * y.size)
    )
    np.testing.assert_allclose(found.radius.values.ravel(), whole.radius, rtol=2e-7)
    error = np.abs(found.radius.values.ravel() / whole.radius - 1)
    assert np.mean(error > 1e-11) < 0.01  # multipliers nearly meet in the others
    far = np.abs(whole.radius - 1) > 1e-6
    same = found.verdict.values.ravel() == whole.verdict
    settles = found.verdict.values.ravel() == Verdict.CONVERGES
    assert np.all((settles == (whole.verdict == Verdict.CONVERGES))[far])
    assert np.mean(same) > 0.99


def test_fields_of_the_game_are_swept_at_once():
    axes = {"lr": [0.1, 0.5, 2.0], "f_xy": [0.2, 1.0, 3.0, 5.0]}
    found = sweep(HeavyBall(), GAMES["saddle"], axes, method="exact")
    for i, j in np.ndindex(3, 4):
        rule = HeavyBall(lr=axes["lr"][i])
        game = replace(GAMES["saddle"], {"f_xy": axes["f_xy"][j]})
        radius = np.abs(multipliers(rule, game)[0])
        assert found.radius.values[i, j] == pytest.approx(radius, rel=1e-12)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("rule", [Simultaneous(), Alternating(), HeavyBall()])
def test_rotation_is_the_angle_of_the_leading_multiplier(rule, game):
    x, y = np.geomspace(0.003, 9.0, 40), np.linspace(0.01, 5.0, 31)
    found = sweep(rule, GAMES[game], {"lr_x": x, "lr_y": y}, method="exact")
    for i, j in ((0, 0), (39, 30), (20, 3), (39, 0), (0, 30), (31, 29)):
        cell = replace(rule, {"lr_x": x[i], "lr_y": y[j]})
        turn = abs(np.angle(multipliers(cell, GAMES[game])[0])) / (2 * np.pi)
        assert found.rotation.values[i, j] == pytest.approx(turn, rel=1e-12, abs=1e-12)


def test_blocks_rows_and_structural_axes_come_to_the_same_bits():
    x, y = np.geomspace(0.003, 9.0, 150), np.geomspace(0.01, 5.0, 170)
    whole = sweep(HeavyBall(), GAMES["saddle"], {"lr_x": x, "lr_y": y})
    rows = sweep(HeavyBall(), GAMES["saddle"], {"lr_x": x[77:93], "lr_y": y})
    assert whole.isel(lr_x=slice(77, 93)).equals(rows)
    rule = rules.Lookahead(Simultaneous(), k=2)
    both = sweep(rule, GAMES["saddle"], {"lr_x": x, "k": [2, 3], "lr_y": y})
    one = sweep(rule, GAMES["saddle"], {"lr_x": x, "lr_y": y})
    assert both.sel(k=2, drop=True).equals(one)


@pytest.mark.parametrize("rule", [Extragradient(), OptimisticGradient(), HeavyBall()])
@pytest.mark.parametrize("game", [Forsaken(), AdolphsSaddle()])
def test_the_predicted_radius_is_that_at_the_equilibrium(rule, game):
    rates = np.array([0.01, 0.1, 0.3])
    swept = {("rule", "lr_x"): rates, ("rule", "lr_y"): rates}
    found = predicted_radius(rule, game, swept, rates.size)
    known = [
        np.abs(multipliers(replace(rule, {"lr_x": lr, "lr_y": lr}), game)).max()
        for lr in rates
    ]
    np.testing.assert_allclose(found, known, rtol=1e-12)


@pytest.mark.parametrize(
    "rule",
    [
        rules.StableOpponentShaping(lr=0.3, ratio_x=1.9, ratio_y=1.9),
        rules.AlignedSymplecticGradientAdjustment(lr=0.3),
        rules.ClipNorm(Extragradient(lr=0.3)),
        Extragradient(lr=0.3),
    ],
)
def test_a_matrix_has_the_radius_of_its_singular_values(rule):
    """Also for rules that are not linear: theirs is the map's at the equilibrium."""
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    found = predicted_radius(rule, Bilinear(matrix), {}, 1)
    known = np.abs(multipliers(rule, Bilinear(matrix))).max()
    assert found[0] == pytest.approx(known, rel=1e-9)
    values = np.linalg.svd(matrix, compute_uv=False)
    each = [np.abs(multipliers(rule, Bilinear(float(s)))).max() for s in values]
    assert found[0] == pytest.approx(max(each), rel=1e-9)
