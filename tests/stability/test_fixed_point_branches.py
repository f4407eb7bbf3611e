"""Fixed points followed through folds and crossings: closed forms of every kind."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError
from gandyn.games import DiracGAN, GrimmerQuartic
from gandyn.games.dirac import R1
from gandyn.rules import HeavyBall, Simultaneous
from gandyn.stability.equilibria.continuation import continue_equilibria
from gandyn.stability.equilibria.fixed_points import fixed_points
from gandyn.stability.maps.maps import Map, RuleMap

CUSP = Map(lambda z, p: (z[0] + 0.1 * (p + z[0] - z[0] ** 3),))
PITCHFORK = Map(lambda z, p: (z[0] * (1 + p - z[0] * z[0]),))
TRANSCRITICAL = Map(lambda z, p: (z[0] * (1 + p - z[0]),))


def kinds(branch) -> list[str]:
    return sorted(one.kind for one in branch.bifurcations)


def test_s_shaped_curve_is_one_branch_through_both_folds() -> None:
    """p = x³ - x turns back at x = ±1/√3."""
    (branch,) = continue_equilibria(CUSP, [(-2, 2)], -1.0, 1.0)
    x = branch.along("state")[:, 0]
    assert branch.values == pytest.approx(x**3 - x, abs=1e-12)
    assert np.array_equal(branch.stable, np.abs(x) > 1 / math.sqrt(3))
    assert branch.values[[0, -1]].tolist() == [-1.0, 1.0]
    assert branch.ends == ("interval", "interval")
    assert kinds(branch) == ["fold", "fold"]
    folds = sorted(one.value for one in branch.bifurcations)
    turn = 2 / (3 * math.sqrt(3))
    assert folds == pytest.approx([-turn, turn], abs=1e-12)


def test_pitchfork_has_its_trunk_and_its_pair() -> None:
    trunk, pair = continue_equilibria(PITCHFORK, [(-2, 2)], -0.5, 0.5)
    assert np.all(trunk.along("state") == 0)
    assert np.array_equal(trunk.stable, trunk.values <= 0)
    assert pair.values == pytest.approx(pair.along("state")[:, 0] ** 2, abs=1e-12)
    assert pair.along("state")[[0, -1], 0] == pytest.approx(
        [math.sqrt(0.5), -math.sqrt(0.5)]
    )
    for branch in (trunk, pair):
        (one,) = branch.bifurcations
        assert (one.kind, one.criticality) == ("pitchfork", "supercritical")
        assert one.value == pytest.approx(0.0, abs=1e-9)


def test_transcritical_curves_exchange_stability() -> None:
    branches = continue_equilibria(TRANSCRITICAL, [(-2, 2)], -0.5, 0.5)
    assert len(branches) == 2
    for branch in branches:
        assert kinds(branch) == ["transcritical"]
        assert branch.stable[0] != branch.stable[-1]
        rest = branch.along("state")[:, 0] * (
            branch.values - branch.along("state")[:, 0]
        )
        assert np.max(np.abs(rest)) < 1e-12


def test_crossing_curve_between_the_slices_is_switched_to() -> None:
    """An isola, x² = 1e-2 - p², meets the trunk between two slices."""

    def step(z, p):
        return (z[0] * (1 + 0.01 - p * p - z[0] * z[0]),)

    trunk, isola = continue_equilibria(Map(step), [(-1, 1)], -1.0, 1.2, slices=2)
    circle = isola.along("state")[:, 0] ** 2 + isola.values**2
    assert circle == pytest.approx(np.full(circle.size, 0.01), abs=1e-12)
    assert isola.ends == ("closed", "closed")
    assert kinds(trunk) == kinds(isola) == ["pitchfork", "pitchfork"]
    assert sorted(one.value for one in trunk.bifurcations) == pytest.approx([-0.1, 0.1])


def test_henon_map_is_born_at_a_fold_and_flips() -> None:
    """Both fixed points are one curve, turning at a = -(1 - b)²/4."""
    henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    (branch,) = continue_equilibria(henon, [(-20, 20)] * 2, -0.2, -0.05)
    (fold,) = branch.bifurcations
    assert fold.value == pytest.approx(-(0.7**2) / 4, abs=1e-12)
    branches = continue_equilibria(henon, [(-3, 3)] * 2, 0.2, 1.4)
    flips = [one for branch in branches for one in branch.bifurcations]
    assert [one.kind for one in flips] == ["flip"]
    assert flips[0].value == pytest.approx(0.3675, abs=1e-12)
    assert flips[0].criticality == "supercritical"


@pytest.mark.parametrize("rule", [Simultaneous(lr=0.01), HeavyBall(lr=0.01)])
def test_grimmers_nine_points_are_four_folds_and_one_branch(rule) -> None:
    step = RuleMap(rule, GrimmerQuartic(), "A")
    branches = continue_equilibria(step, [(-3, 3.1)] * 2, 6.5, 7.5, slices=3)
    assert len(branches) == 5
    folds = [one for branch in branches for one in branch.bifurcations]
    assert [one.kind for one in folds] == ["fold"] * 4
    values = [one.value for one in folds]
    assert values == pytest.approx([5 * math.sqrt(2)] * 4, abs=1e-9)
    for value in (6.6, 7.4):
        crossings = sum(
            int(np.sum(np.diff(np.sign(branch.values - value)) != 0))
            for branch in branches
        )
        found = fixed_points(GrimmerQuartic(A=value), [(-3, 3.1)] * 2)
        assert found.complete
        assert crossings == len(found.points)


def test_learning_rate_moves_nothing_but_stability() -> None:
    step = RuleMap(Simultaneous(), DiracGAN(regulariser=R1(0.3)), "lr")
    (branch,) = continue_equilibria(step, [(-1, 1)] * 2, 0.2, 2.0, slices=2)
    assert np.all(branch.along("state") == 0)
    assert np.array_equal(branch.along("unstable"), np.where(branch.values > 1.2, 2, 0))
    (one,) = branch.bifurcations
    assert (one.kind, one.criticality) == ("neimark-sacker", "supercritical")
    assert one.value == pytest.approx(1.2, abs=1e-10)
    moduli = np.abs(branch.along("multipliers"))
    expected = 1 - 0.3 * branch.values + branch.values**2 / 4
    assert moduli**2 == pytest.approx(np.repeat(expected[:, None], 2, 1), abs=1e-12)
    record = branch.as_dict()
    assert record["field"] == "lr"
    assert len(record["points"]) == len(branch.values)


def test_neutral_direction_does_not_stop_a_branch() -> None:
    step = Map(lambda z, p: (p * z[0], z[1]))
    branches = continue_equilibria(step, [(-1, 1)] * 2, -1.5, 0.5, slices=1, budget=200)
    assert branches
    for branch in branches:
        assert np.all(branch.along("neutral") == 1)
        assert np.array_equal(branch.stable, np.abs(branch.values) <= 1)
        assert kinds(branch) == ["flip"]


def test_bad_input() -> None:
    with pytest.raises(FieldError, match="empty or not finite"):
        continue_equilibria(CUSP, [(-2, 2)], 1.0, 1.0)
    with pytest.raises(FieldError, match="slices"):
        continue_equilibria(CUSP, [(-2, 2)], 0.0, 1.0, slices=0)
    with pytest.raises(FieldError, match="rise from low to high"):
        continue_equilibria(CUSP, [(2, -2)], 0.0, 1.0)
    with pytest.raises(GandynError, match="no fixed point in the box"):
        continue_equilibria(CUSP, [(5, 6)], 0.0, 1.0)
