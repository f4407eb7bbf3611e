"""Branches of fixed points keep to their own curve, or say where they do not."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from gandyn import Real
from gandyn.elementary import sign
from gandyn.errors import GandynError
from gandyn.games import ScalarGame
from gandyn.rules import Simultaneous
from gandyn.stability import (
    Flow,
    Map,
    bifurcations,
    critical_learning_rates,
    hopf_points,
    multiplier_path,
    normal_form,
    switch_branch,
)
from gandyn.stability.crossings.branches import Branch
from tests.planted_maps import KINDS, planted

INTERVALS = [(-0.51, 0.53), (-0.5, 0.5), (-1.0, 0.7), (-0.83, 0.37)]
NEAR = [10.0**-k for k in range(2, 10)]


def kinds(found: Any) -> list[str]:
    return [one.kind for one in found]


def values(found: Any) -> list[float]:
    return [one.value for one in found]


def test_the_logistic_branch_goes_through_zero_to_its_flip() -> None:
    logistic = Map(lambda z, r: (r * z[0] * (1 - z[0]),), "r")
    found = bifurcations(logistic, [-1.0], 0.5, 3.5)
    assert kinds(found) == ["transcritical", "flip"]
    assert values(found) == pytest.approx([1.0, 3.0], abs=1e-12)
    path = multiplier_path(logistic, [-1.0], low=0.5, high=3.5)
    assert path.multipliers[:, 0] == pytest.approx(2 - path.values, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-0.5, 0.5), (-0.37, 1.31), (-0.5, 3.0), (-1.0, 1.0), (-0.1, 0.9),
        (-0.9, 0.1), (-0.64, 0.64), (-0.01, 0.02), (-1.7, 2.9), (-0.25, 1.75),
    ],
)  # fmt: skip
def test_a_transcritical_is_gone_straight_through(low: float, high: float) -> None:
    step = Map(lambda z, p: ((1 + p) * z[0] - z[0] ** 2,), "p")
    for start, slope in ((low, -1), (0.0, 1)):
        found = bifurcations(step, [start], low, high)
        truth = [("transcritical", 0.0)]
        truth += [("flip", 2.0)] if slope < 0 and high > 2 else []
        assert kinds(found) == [kind for kind, _ in truth]
        assert values(found) == pytest.approx([v for _, v in truth], abs=1e-12)
        path = multiplier_path(step, [start], low=low, high=high)
        assert path.multipliers[-1, 0] == pytest.approx(1 + slope * high, abs=1e-12)


def test_a_pitchforks_pair_ends_at_its_trunk() -> None:
    fork = Map(lambda z, p: ((1 - p) * z[0] - z[0] ** 3,), "p")
    for start in (1.0, -1.0):
        (found,) = bifurcations(fork, [start], -1.0, 0.7)
        assert (found.kind, found.status) == ("pitchfork", "converged")
        assert found.value == pytest.approx(0.0, abs=1e-12)


def imperfect_pitchfork(e: float, rate: float, low: float, high: float) -> None:
    """Follow z > 0 of z' = z + r (e + p z - z³), which has no critical point."""
    step = Map(lambda z, p: (z[0] + rate * (e + p * z[0] - z[0] ** 3),), "p")
    start = np.roots([-1, 0, low, e])
    start = [max(z.real for z in start if abs(z.imag) < 1e-9)]
    assert bifurcations(step, start, low, high) == []
    top = np.roots([-1, 0, high, e]).real.max()
    last = multiplier_path(step, start, low=low, high=high).multipliers[-1, 0]
    assert last == pytest.approx(1 + rate * (high - 3 * top * top), abs=1e-9)


def imperfect_transcritical(e: float, low: float, high: float) -> None:
    """Follow the upper branch of z' = z + .3 (e + p z - z²): a fold if e < 0."""
    step = Map(lambda z, p: (z[0] + 0.3 * (e + p * z[0] - z[0] ** 2),), "p")
    found = bifurcations(step, [-2 * e / (low - math.sqrt(low**2 + 4 * e))], low, high)
    assert kinds(found) == ([] if e > 0 else ["fold"])
    assert values(found) == pytest.approx(
        [] if e > 0 else [-2 * math.sqrt(-e)], abs=1e-9
    )


@pytest.mark.parametrize("e", [1e-2, 1e-4, 1e-6, 1e-9])
def test_nearly_crossing_branches_are_not_mixed_up(e: float) -> None:
    imperfect_pitchfork(e, 0.3, -0.51, 0.53)
    imperfect_pitchfork(e, 0.7, -1.0, 0.7)
    imperfect_transcritical(e, -0.5, 0.5)
    imperfect_transcritical(-e, -0.5, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("e", NEAR)
def test_all_imperfect_crossings(e: float) -> None:
    for rate, (low, high) in itertools.product((0.1, 0.3, 0.7), INTERVALS):
        imperfect_pitchfork(e, rate, low, high)
    for one, (low, high) in itertools.product((e, -e), [*INTERVALS, (-0.3, 0.9)]):
        imperfect_transcritical(one, low, high)


@pytest.mark.parametrize("c", [0.0, 1e-6, -1e-9, 0.1, 1e6])
def test_a_fold_is_found_wherever_the_parameter_is(c: float) -> None:
    step = Map(lambda z, p: (z[0] - (p - c) - z[0] ** 2,), "p")
    (found,) = bifurcations(step, [1.0], c - 1, c + 0.5)
    assert (found.kind, found.status) == ("fold", "converged")
    assert found.value == pytest.approx(c, abs=1e-12, rel=1e-15)


@pytest.mark.parametrize("c", [0.0, 1.0, -3e5])
def test_a_border_collision_is_listed_once_and_nonsmooth(c: float) -> None:
    kink = Map(lambda z, m: (m - c - 0.5 * z[0] - z[0] * sign(z[0]),), "mu")
    (found,) = bifurcations(kink, [-0.2], c - 0.1, c + 0.1)
    assert (found.kind, found.status) == ("flip", "nonsmooth")
    assert found.value == pytest.approx(c, abs=1e-8)
    assert found.bracket[0] <= c <= found.bracket[1]
    assert found.speed == math.inf


def test_what_the_parameter_pushes_is_a_fold_or_a_cusp() -> None:
    fold = normal_form(Map(lambda z, p: (z[0] + p - z[0] ** 2,)), [0.0], 0.0)
    assert (fold.kind, fold.status, fold.coefficient) == ("fold", "converged", -1.0)
    cusp = normal_form(Map(lambda z, p: (z[0] + p - z[0] ** 3,)), [0.0], 0.0)
    assert (cusp.kind, cusp.status, cusp.criticality) == ("cusp", "degenerate", "")


def test_hopf_points_beyond_a_transcritical() -> None:
    def flow(z: Any, p: Any) -> Any:
        r = z[0] - 0.3 - z[1] * z[1] - z[2] * z[2]
        return p * z[0] - z[0] ** 2, z[2] + r * z[1], -z[1] + r * z[2]

    (found,) = hopf_points(Flow(flow, "p"), [-1.0, 0.0, 0.0], -1.0, 1.0)
    assert found.value == pytest.approx(0.3, abs=1e-12)
    assert found.criticality == "supercritical"


def test_an_equilibrium_that_turns_back_is_said() -> None:
    flow = Flow(lambda z, p: (-p - z[0] ** 2, -z[1]), "p")
    with pytest.warns(RuntimeWarning, match="followed to p = .* it turns back there"):
        assert hopf_points(flow, [1.0, 0.0], -1.0, 1.0) == []


class Exchange(ScalarGame):
    """x (x - a) and y: the equilibria (0, 0) and (a, 0) meet at a = 0."""

    zero_sum = linear = False
    a: Real = -1.0

    def loss_x(self, x: Any, y: Any) -> Any:
        return x * x * x / 3 - self.a * x * x / 2

    def loss_y(self, x: Any, y: Any) -> Any:
        return y * y / 2

    def gx(self, x: Any, y: Any) -> Any:
        return x * (x - self.a)

    def gy(self, x: Any, y: Any) -> Any:
        return y

    def jacobian(self, x: Any, y: Any) -> Any:
        return 2 * x - self.a, 0.0, 0.0, 1.0

    def equilibria(self) -> Any:
        return [(self.a, 0.0)]


def test_an_equilibrium_of_a_game_is_followed_through_another() -> None:
    (found,) = critical_learning_rates(
        Simultaneous(lr=0.5), Exchange(), "a", -1.0, 1.0, point=(-1.0, 0.0)
    )
    assert found.kind == "transcritical"
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.speed == pytest.approx(-0.5, rel=1e-9)


def agrees(seed: int, kind: str, scaled: bool) -> None:
    known = planted(seed, kind, scaled)
    found = bifurcations(known.step, known.start, known.low, known.high)
    assert kinds(found) == [name for name, _ in known.truth]
    near = 1e-9 * (known.high - known.low)
    assert values(found) == pytest.approx([v for _, v in known.truth], abs=near)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_planted_bifurcations(seed: int, kind: str) -> None:
    agrees(seed, kind, scaled=False)
    agrees(seed, kind, scaled=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_planted_bifurcations(kind: str) -> None:
    for seed in range(100, 130):
        agrees(seed, kind, scaled=bool(seed % 2))


def test_the_other_branch_is_switched_to() -> None:
    logistic = Map(lambda z, r: (r * z[0] * (1 - z[0]),), "r")
    (meeting,) = bifurcations(logistic, [0.0], 0.5, 2.0)
    before, behind = switch_branch(logistic, [0.0], 0.5, meeting)
    assert before.parameter < 1 < behind.parameter
    for one in (before, behind):
        assert one.state == pytest.approx([1 - 1 / one.parameter], abs=1e-12)
    (flip,) = bifurcations(logistic, behind.state, behind.parameter, 3.5)
    assert (flip.kind, round(flip.value, 12)) == ("flip", 3.0)
    with pytest.raises(GandynError, match="no other branch crosses"):
        switch_branch(logistic, behind.state, behind.parameter, flip)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["transcritical", "pitchfork"])
def test_a_switch_lands_on_another_fixed_point(seed: int, kind: str) -> None:
    known = planted(seed, kind, scaled=False)
    found = bifurcations(known.step, known.start, known.low, known.high)
    (crossing,) = [one for one in found if one.kind == kind]
    for one in switch_branch(known.step, known.start, known.low, crossing):
        assert known.step.residual(one.state, one.parameter) < 1e-12
        path = Branch(known.step, known.start, known.low, known.high - known.low)
        apart = np.linalg.norm(path.at(one.parameter).state - one.state)
        assert apart > 1e-4
