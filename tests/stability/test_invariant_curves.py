"""Invariant curves: exact ones, reference cases, orbits, folds, and refusals."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gandyn import rules
from gandyn.dynamics.birkhoff import birkhoff_average
from gandyn.errors import GandynError
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Rule
from gandyn.stability import (
    Bifurcation,
    Map,
    RuleMap,
    bifurcations,
    critical_learning_rates,
)
from gandyn.stability.continuation.branch import Branch
from gandyn.stability.curves.continuation import (
    continue_invariant_curve,
    invariant_curves_at,
)
from gandyn.stability.curves.curve_equations import NoCurve, slopes
from gandyn.stability.curves.curve_guesses import states_on
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.curves.fourier import (
    circle_grid,
    evaluate,
    to_values,
    turn_matrix,
)
from gandyn.stability.curves.invariant_curves import invariant_curve
from tests.reference.cases import Case, excess, load
from tests.reference.orbits import ORBITS

PHI = (math.sqrt(5) - 1) / 2
DELAYED = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")


def spiral(turn: float) -> Map:
    """Return z ↦ e^{2πi·turn} z (1 + μ - |z|²): the circle |z|² = μ, sheared."""
    c, s = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)

    def step(z: Any, mu: Any) -> Any:
        x, y = z[0], z[1] - z[0] * z[0]
        grow = 1 + mu - x * x - y * y
        x, y = grow * (c * x - s * y), grow * (s * x + c * y)
        return x, y + x * x

    return Map(step, "mu")


def with_memory(turn: float, a: float, b: float) -> Map:
    """Return the sheared spiral beside a driven linear pair with multipliers a ± ib."""
    plane = spiral(turn)

    def step(z: Any, mu: Any) -> Any:
        u, v = plane.function(z, mu)
        return u, v, a * z[2] - b * z[3] + u * v, b * z[2] + a * z[3] + z[0]

    return Map(step, "mu")


def on_circle(mu: float, n: int = 400, turn: float = PHI / 3) -> np.ndarray:
    """Return successive states on the sheared circle."""
    angle = 2 * np.pi * turn * np.arange(n)
    x, y = math.sqrt(mu) * np.cos(angle), math.sqrt(mu) * np.sin(angle)
    return np.stack([x, y + x * x])


@settings(max_examples=25)
@given(
    turn=st.floats(0.02, 0.48).filter(
        lambda t: min(abs(t * k - round(t * k)) for k in range(1, 13)) > 0.01
    ),
    mu=st.floats(0.01, 0.4),
)
def test_the_sheared_circle_is_found_to_rounding(turn: float, mu: float) -> None:
    (born,) = bifurcations(spiral(turn), [0.0, 0.0], -0.1, 0.1)
    curve = invariant_curve(spiral(turn), mu, born)
    assert curve.rotation == pytest.approx(turn, abs=1e-12)
    assert curve.exponents == pytest.approx([math.log(abs(1 - 2 * mu))], abs=1e-10)
    x, y = curve.points(64)
    assert x**2 + (y - x**2) ** 2 == pytest.approx(mu, abs=1e-11)
    assert curve.extent[0] == pytest.approx(math.sqrt(mu), abs=1e-11)
    assert curve.stable
    square = mu + np.mean(np.cos(2 * np.pi * np.arange(64) / 64) ** 4) * mu**2
    assert curve.amplitude == pytest.approx(math.sqrt(square), abs=1e-11)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (0.9, 0.0), (0.0, 1.1)])
def test_exponents_of_memory_and_of_the_circle(a: float, b: float) -> None:
    mu, step = 0.1, with_memory(PHI / 3, a, b)
    start = np.zeros((4, 400))
    start[:2] = on_circle(mu)
    if a * a + b * b < 1:
        start = states_on(step, mu, start[:, 0], 400, skip=300)
    curve = invariant_curve(step, mu, start)
    own = math.log(math.hypot(a, b))
    expected = sorted([math.log(1 - 2 * mu), own, own], reverse=True)
    assert curve.exponents == pytest.approx(expected, abs=1e-7)
    assert curve.stable == (own < 0)
    assert curve.multiplier == pytest.approx(math.exp(expected[0]), abs=1e-7)


def test_exponents_lie_on_circles_of_the_transfer_operator() -> None:
    """Its eigenvalues are e^{χ + 2πikρ}; those of smooth functions are found well."""
    step, born = rule_and_point(rules.OptimisticGradient())
    curve = invariant_curve(step, 1.01 * born.value, born)
    values = to_values(curve.coefficients)
    jacobians = slopes(step, values, curve.value)
    size, places = values.shape
    back = turn_matrix(curve.modes, -curve.rotation)
    whole = np.einsum("mj,jab->ambj", back, jacobians)
    found = np.log(np.abs(np.linalg.eigvals(whole.reshape(size * places, -1))))
    for exponent in (0.0, *curve.exponents[:2]):
        assert np.abs(found - exponent).min() < 1e-7
    total = np.log(np.abs(np.linalg.det(jacobians))).mean()
    assert curve.exponents.sum() == pytest.approx(total, abs=1e-9)


def rule_and_point(rule: Rule) -> tuple[RuleMap, Bifurcation]:
    game = DiracGAN(regulariser=R1(0.3))
    found = critical_learning_rates(rule, game, "lr", 0.01, 5.0)
    born = next(one for one in found if one.kind == "neimark-sacker")
    return RuleMap(rule, game), born


@pytest.mark.parametrize(
    "rule", [rules.HeavyBall(), rules.PastExtragradient(), rules.Extragradient()]
)
def test_stable_curves_are_where_orbits_end(rule: Rule) -> None:
    step, born = rule_and_point(rule)
    at = born.value + 0.02 / born.speed
    curve = invariant_curve(step, at, born)
    start = curve.centre + 0.5 * (curve.points(7)[:, 0] - curve.centre)
    orbit = states_on(step, at, start, 2000, skip=1000)
    away = orbit[:2] - curve.centre[:2, None]
    mean = birkhoff_average(np.sum(away**2, axis=0)[:, None])[0]
    assert math.sqrt(mean) == pytest.approx(curve.amplitude, rel=1e-7)
    assert np.abs(orbit).max(axis=1) == pytest.approx(curve.extent, rel=2e-3)
    again = invariant_curve(step, at, orbit)
    assert again.rotation == pytest.approx(curve.rotation, abs=1e-12)
    assert again.exponents == pytest.approx(curve.exponents, abs=1e-6)
    assert curve.stable


def test_an_unstable_curve_parts_rest_from_escape() -> None:
    game = DiracGAN("non-saturating", R1(0.8))
    step = RuleMap(rules.Simultaneous(), game)
    (born,) = critical_learning_rates(step.rule, game, "lr", 3.0, 3.4)
    curve = invariant_curve(step, 3.195, born)
    assert not curve.stable
    inner = states_on(step, 3.195, 0.99 * curve.points(5)[:, 1], 1, skip=4000)
    outer = states_on(step, 3.195, 1.01 * curve.points(5)[:, 1], 1, skip=4000)
    assert np.linalg.norm(inner) < 0.1 * curve.amplitude < 0.15 * np.linalg.norm(outer)


CIRCLES = [case for case in load() if "circle" in case.quantity]


@pytest.mark.parametrize("case", CIRCLES, ids=lambda case: case.id)
def test_reference_circles(case: Case) -> None:
    quantity = next(name for name in ORBITS if case.quantity.startswith(name))
    assert excess(case._replace(tol=1e-8), ORBITS[quantity](case)) <= 1


@pytest.fixture(scope="module")
def hysteresis() -> Branch[InvariantCurve]:
    game = DiracGAN("non-saturating", R1(0.8))
    step = RuleMap(rules.Simultaneous(), game)
    (born,) = critical_learning_rates(step.rule, game, "lr", 3.0, 3.4)
    return continue_invariant_curve(step, born, 3.0, 3.25)


def test_two_curves_meet_in_a_fold(hysteresis: Branch[InvariantCurve]) -> None:
    (fold,) = hysteresis.bifurcations
    assert abs(fold.point.exponents[0]) < 1e-7
    assert hysteresis.ends == ("start", "interval")
    assert hysteresis.points[-1].value == 3.25
    turn = int(np.argmin(hysteresis.values))
    assert not hysteresis.stable[: turn - 1].any()
    assert hysteresis.stable[turn + 1 :].all()
    step = RuleMap(rules.Simultaneous(), DiracGAN("non-saturating", R1(0.8)))
    assert invariant_curves_at(step, hysteresis, fold.value - 1e-5) == []
    gaps = []
    for way in (2e-3, 4e-3):
        low, high = invariant_curves_at(step, hysteresis, fold.value + way)
        assert (low.stable, high.stable) == (False, True)
        gaps.append(high.amplitude - low.amplitude)
    assert gaps[1] / gaps[0] == pytest.approx(math.sqrt(2), rel=0.05)


def test_a_branch_begins_by_the_law() -> None:
    step, born = rule_and_point(rules.Simultaneous())
    branch = continue_invariant_curve(step, born, 1.0, 1.3)
    assert branch.stable.all()
    assert (branch.ends[1], branch.values[-1]) == ("interval", 1.3)
    first = branch.points[0]
    assert first.amplitude == pytest.approx(born.amplitude(first.value), rel=1e-3)
    assert (np.diff(branch.values) > 0).all()
    (middle,) = invariant_curves_at(step, branch, 1.22)
    direct = invariant_curve(step, 1.22, born)
    assert middle.amplitude == pytest.approx(direct.amplitude, rel=1e-10)
    back = continue_invariant_curve(step, branch.points[-1], 1.1, 1.4, downwards=True)
    assert back.ends[1] == "shrinks"
    assert f"{back.values[-1]:.8g}".startswith("1.2000")


def test_a_curve_ends_where_it_loses_smoothness() -> None:
    """The delayed logistic's curve breaks down beyond r = 2.2."""
    (born,) = bifurcations(DELAYED, [0.5, 0.5], 1.9, 2.1)
    branch = continue_invariant_curve(DELAYED, born, 1.9, 2.5, limit=64)
    assert branch.ends[1] == "lost"
    assert 2.05 < branch.values.max() < 2.3
    assert all(curve.residual < 1e-9 for curve in branch.points)


def test_in_a_tongue_there_is_no_curve() -> None:
    """The delayed logistic map locks to period 7 at r = 2.19."""
    orbit = states_on(DELAYED, 2.19, [0.6, 0.5], 1000, skip=5000)
    assert orbit[:, 7:] == pytest.approx(orbit[:, :-7], abs=1e-9)
    with pytest.raises(NoCurve, match=r"no smooth invariant curve found at r = 2\.19"):
        invariant_curve(DELAYED, 2.19, orbit)


def test_records_are_plain_numbers(hysteresis: Branch[InvariantCurve]) -> None:
    curve = hysteresis.points[0]
    there = json.loads(json.dumps(curve.as_dict()))
    pairs = np.array(there["coefficients"])
    again = evaluate(pairs[..., 0] + 1j * pairs[..., 1], circle_grid(3))
    assert again == pytest.approx(curve.points(7)[:, :-1])
    assert there["rotation"] == curve.rotation
    assert isinstance(curve, InvariantCurve)


def bad_guesses() -> list[Any]:
    _, born = rule_and_point(rules.Simultaneous())
    (flip,) = bifurcations(
        Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a"),
        [0.9, 0.3], 0.1, 1.0,
    )  # fmt: skip
    good = on_circle(0.1)
    rest = np.zeros((2, 300))
    return [
        pytest.param(1.1, born, {}, "exists above it", id="wrong side"),
        pytest.param(1.3, flip, {}, "flip point", id="flip"),
        pytest.param(math.nan, born, {}, "must be finite", id="nan"),
        pytest.param(1.3, born, {"modes": 1}, "modes must be", id="modes"),
        pytest.param(1.3, good[:, :50], {}, "successive states", id="short"),
        pytest.param(1.3, good[0], {}, "successive states", id="shape"),
        pytest.param(1.3, good * math.nan, {}, "not finite", id="infinite"),
        pytest.param(1.3, rest, {}, "at rest", id="rest"),
        pytest.param(1.3, on_circle(0.1).repeat(2, 0), {}, "coordinates", id="size"),
        pytest.param(-1.0, good, {}, "lr_x must be positive", id="domain"),
        pytest.param(1.3, "cycle", {}, "a guess is", id="text"),
    ]


@pytest.mark.parametrize(("at", "guess", "options", "says"), bad_guesses())
def test_bad_guesses_are_refused(
    at: float, guess: Any, options: dict[str, int], says: str
) -> None:
    step = RuleMap(rules.Simultaneous(), DiracGAN(regulariser=R1(0.3)))
    with pytest.raises(GandynError, match=says):
        invariant_curve(step, at, guess, **options)


def test_bad_branches_are_refused() -> None:
    step, born = rule_and_point(rules.Simultaneous())
    for until in (born.value, math.inf):
        with pytest.raises(GandynError, match="nothing to follow"):
            continue_invariant_curve(step, born, 1.0, until)
    with pytest.raises(GandynError, match="start must be a Bifurcation"):
        continue_invariant_curve(step, on_circle(0.1), 1.0, 1.3)  # type: ignore[arg-type]
