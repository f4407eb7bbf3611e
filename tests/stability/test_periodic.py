"""Periodic orbits, iterates and branches of cycles: textbook maps and Dirac-GANs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gandyn.elementary import cos, sin
from gandyn.errors import FieldError, GandynError
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability import Map, RuleMap, bifurcations, critical_learning_rates
from gandyn.stability.cycles.cycles import continue_periodic_orbit
from gandyn.stability.cycles.periodic import iterated, periodic_orbit
from gandyn.stability.maps.iterates import Iterate
from gandyn.stability.maps.products import product_multipliers

B = 0.3
HENON = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], B * z[0]), "a")
LOGISTIC = Map(lambda z, r: r * z * (1 - z), "r")
BORN = 3 * (1 - B) ** 2 / 4
DOUBLED = (1 - B) ** 2 + (1 + B) ** 2 / 4


def henon_pair(a: float, b: float = B) -> np.ndarray:
    """Return the states of period 2: a²x² - a(1 - b)x + (1 - b)² - a = 0."""
    x = np.roots([a * a, -a * (1 - b), (1 - b) ** 2 - a])
    return np.column_stack([x, b * x[::-1]])


def henon_flip() -> Any:
    (flip,) = bifurcations(HENON, [0.9, 0.3], 0.1, 1.0)
    return flip


@pytest.mark.parametrize("a", [0.3676, 0.5, 0.8, 0.9125, 1.3])
def test_henon_orbit_of_period_two(a: float) -> None:
    orbit = periodic_orbit(HENON, henon_pair(a) + 0.001, 2, a)
    gap = np.sort(orbit.states, axis=0) - np.sort(henon_pair(a), axis=0)
    assert np.abs(gap).max() < 1e-15 + 10 * orbit.uncertainty < 1e-10
    # det DF² = b² and trace DF² = 4a²x₁x₂ + 2b
    trace = 4 * ((1 - B) ** 2 - a) + 2 * B
    assert np.prod(orbit.multipliers).real == pytest.approx(B * B, rel=1e-10)
    assert np.sum(orbit.multipliers).real == pytest.approx(trace, rel=1e-10)
    assert orbit.stable == (a < DOUBLED)
    assert orbit.instability == (("flip",) if a == 1.3 else ())
    assert orbit.hyperbolic == (a != DOUBLED)


def test_strongly_unstable_orbits_of_long_period() -> None:
    # at a = 1.4: det DF^p = (-b)^p on every orbit
    state = np.array([0.1, 0.1])
    orbit = [state]
    for _ in range(20_000):
        orbit.append(HENON.value(orbit[-1], 1.4))
    states = np.array(orbit[500:])
    for period in (7, 13, 16, 31):
        back = np.linalg.norm(states[period:] - states[:-period], axis=1)
        i = int(back.argmin())
        found = periodic_orbit(HENON, states[i : i + period], period, 1.4)
        assert found.instability
        assert found.residual < 1e-14
        logs = np.log(np.abs(found.multipliers)).sum()
        assert logs == pytest.approx(period * np.log(B), rel=1e-12)


def test_small_multipliers_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(40, 3, 3))
    logs = np.log(np.abs(np.linalg.det(matrices))).sum()
    values = product_multipliers(matrices)
    assert np.log(np.abs(values)).sum() == pytest.approx(logs, rel=1e-12)
    backwards = product_multipliers(np.linalg.inv(matrices)[::-1])
    assert 1 / backwards[::-1] == pytest.approx(values, rel=1e-7)


def test_multipliers_of_few_matrices() -> None:
    rng = np.random.default_rng(1)
    for count, size in [(1, 4), (2, 3), (5, 2)]:
        matrices = rng.normal(size=(count, size, size))
        whole = np.linalg.multi_dot([*matrices[::-1], np.eye(size)])
        plain = np.poly(np.linalg.eigvals(whole))
        assert np.poly(product_multipliers(matrices)) == pytest.approx(plain)
    assert product_multipliers(np.zeros((3, 2, 2))).tolist() == [0, 0]


def test_multipliers_are_those_of_the_iterate() -> None:
    orbit = periodic_orbit(HENON, henon_pair(0.8), 2, 0.8)
    whole = Iterate(HENON, 2).jacobian(orbit.states[0], 0.8)
    values = np.linalg.eigvals(whole)
    assert np.sort(values) == pytest.approx(np.sort(orbit.multipliers.real), rel=1e-13)


def test_fixed_points_on_a_manifold() -> None:
    # every point of the x-axis is fixed
    step = Map(lambda z, p: (z[0] + z[0] * z[1], p * z[1] + z[1] * z[1]))
    orbit = periodic_orbit(step, [0.3, 0.05], 1, 0.5)
    assert orbit.states[0, 1] == pytest.approx(0, abs=1e-15)
    assert (orbit.neutral, orbit.stable, orbit.hyperbolic) == (1, True, False)
    assert orbit.radius == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("start", "period", "parameter", "message"),
    [
        ([0.63, 0.19], 2, 0.3, "is a fixed point, not an orbit of minimal period 2"),
        (henon_pair(0.8)[[0, 1, 0, 1]], 4, 0.8, "is an orbit of period 2, not"),
        ([0.6, 0.2], 2.5, 0.3, "period must be a whole number, got 2.5"),
        ([0.6, 0.2], True, 0.3, "period is True"),
        ([0.6, 0.2], 0, 0.3, "period is 0"),
        ([0.6], 2, 0.3, "a state of 1 coordinates does not fit"),
        ([0.6, 0.2, 0.1], 2, 0.3, "a state of 3 coordinates does not fit"),
        ([[0.6, 0.2]], 2, 0.3, r"has the shape \(S,\) or \(2, S\), not \(1, 2\)"),
        ([1e300, 0.0], 2, 0.3, "not finite at a = 0.3: give a guess"),
        ([0.6, 0.2], 2, math.nan, "a is nan"),
        ([0.6, 0.2], 3000, 0.3, "ask for a shorter period"),
        ([0.6, 0.2], 1, -2.0, "no orbit of period 1 found at a = -2: the residual is"),
    ],
)
def test_refusals(start: Any, period: Any, parameter: float, message: str) -> None:
    with pytest.raises(GandynError, match=message):
        periodic_orbit(HENON, start, period, parameter)


def test_field_outside_its_domain() -> None:
    step = RuleMap(Simultaneous(), DiracGAN())
    with pytest.raises(FieldError, match="lr"):
        periodic_orbit(step, [0.1, 0.1], 2, -0.5)


def test_step_that_is_not_finite() -> None:
    pole = Map(lambda z, p: p / z)
    with pytest.raises(GandynError, match="the step is not finite at p = 0"):
        periodic_orbit(pole, [[0.0], [0.0]], 2, 0.5)


@pytest.mark.parametrize("b", [-0.3, 0.1, 0.5])
def test_iterates_have_the_bifurcations_of_cycles(b: float) -> None:
    henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], b * z[0]), "a")
    edge = (1 - b) ** 2 + (1 + b) ** 2 / 4
    low, high = edge - 0.1 * (1 + b) ** 2, edge + 0.05 * (1 + b) ** 2
    (found,) = bifurcations(Iterate(henon, 2), henon_pair(low, b)[0], low, high)
    assert (found.kind, found.criticality) == ("flip", "supercritical")
    assert found.value == pytest.approx(edge, rel=1e-13)
    # beside it the pair of the iterate's period 2 has the predicted amplitude
    orbit = periodic_orbit(
        henon,
        found.state + found.amplitude(edge + 1e-5) * np.array([1.0, -b / 2]),
        4,
        edge + 1e-5,
    )
    half = np.linalg.norm(orbit.states[0] - orbit.states[2]) / 2
    assert half == pytest.approx(found.amplitude(edge + 1e-5), rel=1e-2)


def test_cycle_of_the_logistic_map_is_born_in_a_fold() -> None:
    fold_at = 1 + math.sqrt(8)
    orbit = periodic_orbit(LOGISTIC, [0.5], 3, 3.835)
    branch = continue_periodic_orbit(LOGISTIC, orbit, 3.82, 3.85, downwards=True)
    (fold,) = branch.bifurcations
    assert (fold.kind, branch.ends[1]) == ("fold", "interval")
    assert fold.value == pytest.approx(fold_at, rel=1e-14)
    assert branch.values[-1] == 3.85
    assert branch.values.min() >= fold_at
    turned = int(branch.values.argmin())
    assert branch.stable[:turned].all()
    assert not branch.stable[turned + 1 :].any()
    # F³(x) = x without fixed points is a sextic; its roots are both orbits
    for found in (branch.points[0], branch.points[-1]):
        x, r = found.states[:, 0], found.value
        assert np.abs(np.roll(x, -1) - r * x * (1 - x)).max() < 1e-14


def test_isola_closes() -> None:
    # on the circle around 0, period 2 lives where (a - 1)² + (η² - 1)² = 1/4
    def step(z: Any, a: Any) -> Any:
        s = z * z
        return -z + 0.1 * z * ((a - 1) * (a - 1) + (s - 1) * (s - 1) - 0.25)

    isola = Map(step, "a")
    orbit = periodic_orbit(isola, [[1.2247448], [-1.2247448]], 2, 1.0)
    branch = continue_periodic_orbit(isola, orbit, -1.0, 3.0)
    assert branch.ends[1] == "closed"
    folds = [one.value for one in branch.bifurcations if one.kind == "fold"]
    assert folds == pytest.approx([1.5, 0.5], rel=1e-12)
    square = branch.along("states")[:, 0, 0] ** 2
    circle = (branch.values - 1) ** 2 + (square - 1) ** 2
    assert circle == pytest.approx(0.25, abs=1e-12)


def test_bubble_merges_into_its_other_flip() -> None:
    # a flip at a = 0 and back at a = 1: η² = a(1 - a)
    bubble = Map(lambda z, a: -z - 0.5 * z * (a * (1 - a) - z * z), "a")
    first, second = bifurcations(bubble, [0.0], -0.5, 1.5)
    assert (first.value, second.value) == pytest.approx((0, 1), abs=1e-12)
    branch = continue_periodic_orbit(bubble, first, -1.5, 1.5)
    assert branch.ends[1] == "shrinks"
    assert branch.values[-1] == pytest.approx(1.0, abs=0.02)
    law = branch.values * (1 - branch.values)
    assert branch.along("amplitude") ** 2 == pytest.approx(law, abs=1e-12)
    assert branch.stable.all()


def test_period_two_of_henon_from_its_flip() -> None:
    flip = henon_flip()
    branch = continue_periodic_orbit(HENON, flip, -0.4, 1.2)
    assert branch.ends[1] == "interval"
    assert branch.values[-1] == 1.2
    assert branch.values.min() > BORN
    for orbit in branch.points[::7]:
        x = orbit.states[:, 0]
        assert x.sum() == pytest.approx((1 - B) / orbit.value, rel=1e-12)
    (doubling,) = branch.bifurcations
    assert doubling.value == pytest.approx(DOUBLED, rel=1e-13)
    assert branch.stable.tolist() == (branch.values < DOUBLED).tolist()
    first = branch.points[0]
    assert first.amplitude == pytest.approx(flip.amplitude(first.value), rel=1e-3)


def test_subcritical_branch_turns_back_at_a_fold() -> None:
    # η ↦ -(1 + a)η - η³ + η⁵: η² = (1 ± √(1 + 4a))/2
    step = Map(lambda z, a: -(1 + a) * z - z**3 + z**5, "a")
    (flip,) = bifurcations(step, [0.0], -0.4, 0.2)
    assert flip.criticality == "subcritical"
    branch = continue_periodic_orbit(step, flip, -0.4, 0.4)
    fold, breaking = branch.bifurcations
    assert (fold.kind, fold.value) == ("fold", pytest.approx(-0.25, rel=1e-12))
    # F' = 1 at η = 1, a = 0: the orbit loses its symmetry
    assert (breaking.kind, breaking.value) == ("pitchfork", pytest.approx(0, abs=1e-12))
    assert branch.ends[1] == "interval"
    assert branch.values[-1] == 0.4
    outer = (1 + math.sqrt(1 + 4 * 0.4)) / 2
    assert branch.along("amplitude")[-1] ** 2 == pytest.approx(outer, rel=1e-12)
    turned = int(branch.values.argmin())
    assert not branch.stable[: turned - 1].any()
    assert branch.stable[turned + 1]


def test_symmetry_breaking_is_located_as_a_flip_of_half_the_map() -> None:
    # the orbit w, -w is a fixed point of -F, and a flip of -F a pitchfork of F²
    game, rule = DiracGAN(regulariser=R1(0.8)), Alternating()
    step = RuleMap(rule, game)
    flip = next(
        one for one in critical_learning_rates(rule, game) if one.kind == "flip"
    )
    branch = continue_periodic_orbit(step, flip, 2 * flip.value - 1.95, 1.95)
    (breaking,) = branch.bifurcations
    half = Map(lambda z, lr: -step(z, lr), "lr")
    inside = next(orbit for orbit in branch.points if orbit.value > 1.93)
    (other,) = bifurcations(half, inside.states[0], inside.value, 1.95)
    assert (breaking.kind, other.kind) == ("pitchfork", "flip")
    assert breaking.value == pytest.approx(other.value, rel=1e-13)
    assert breaking.criticality == other.criticality


def test_cascade_of_the_logistic_map() -> None:
    # the second and the third doubling, and the third from a period-4 orbit in x alone
    (flip,) = bifurcations(LOGISTIC, [0.6], 2.6, 3.2)
    first = continue_periodic_orbit(LOGISTIC, flip, 2.5, 3.5)
    (second,) = first.bifurcations
    assert second.value == pytest.approx(1 + math.sqrt(6), rel=1e-13)
    twice = Iterate(LOGISTIC, 2)
    (third,) = continue_periodic_orbit(twice, second, 3.34, 3.56).bifurcations
    assert third.value == pytest.approx(3.5440903595519228, rel=1e-12)
    assert {flip.kind, second.kind, third.kind} == {"flip"}


def test_fixed_points_are_followed_through_folds_too() -> None:
    parabola = Map(lambda z, a: z + a - z * z, "a")
    start = periodic_orbit(parabola, [0.9], 1, 0.81)
    branch = continue_periodic_orbit(parabola, start, -1.0, 2.6, downwards=True)
    (fold,) = branch.bifurcations
    assert (fold.kind, fold.value) == ("fold", pytest.approx(0, abs=1e-12))
    assert branch.along("states")[:, 0, 0] ** 2 == pytest.approx(
        branch.values, abs=1e-12
    )
    assert branch.along("states")[-1, 0, 0] < 0
    assert (branch.points[0].period, branch.ends[1]) == (1, "interval")


def test_degenerate_flip_has_a_branch_too() -> None:
    # no cubic term: η⁴ = a
    step = Map(lambda z, a: -(1 + a) * z + z**5, "a")
    (flip,) = bifurcations(step, [0.0], -0.3, 0.2)
    assert flip.status == "degenerate"
    branch = continue_periodic_orbit(step, flip, -0.2, 0.2)
    assert branch.along("amplitude") ** 4 == pytest.approx(branch.values, rel=1e-10)
    assert branch.ends[1] == "interval"


def test_branches_refuse() -> None:
    delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]), "r")
    (circle,) = bifurcations(delayed, [0.45, 0.45], 1.8, 2.1)
    with pytest.raises(GandynError, match="neimark-sacker has no branch of period 2"):
        continue_periodic_orbit(delayed, circle, 1.9, 2.1)
    flip = henon_flip()
    for until in (flip.value, math.inf, math.nan):
        with pytest.raises(GandynError, match="nothing to follow"):
            continue_periodic_orbit(HENON, flip, flip.value, until)


def test_branch_ends_at_the_edge_of_a_domain() -> None:
    game = DiracGAN(regulariser=R1(0.8))
    step = RuleMap(Alternating(), game)
    flip = next(
        one
        for one in critical_learning_rates(Alternating(), game)
        if one.kind == "flip"
    )
    branch = continue_periodic_orbit(step, flip, 2 * flip.value - 1.97, 1.97)
    assert branch.ends[1] == "interval"
    weight = RuleMap(Alternating(1.97), game, "gamma")
    back = continue_periodic_orbit(weight, branch.points[-1], -1, 4.94, downwards=True)
    assert back.ends[1] in ("lost", "unbounded", "limit")
    assert back.values.min() > 0


def test_iterate_is_as_many_steps() -> None:
    step = Map(lambda z, a: (sin(a) * z[0] + cos(a) * z[1], -z[0] + z[0] ** 3))
    assert Iterate(step, 3).value([0.1, 0.2], 0.3) == pytest.approx(
        step.value(step.value(step.value([0.1, 0.2], 0.3), 0.3), 0.3)
    )


def test_orbit_attracts() -> None:
    game = DiracGAN(regulariser=R1(0.8))
    rule = Alternating()
    flip = next(
        one for one in critical_learning_rates(rule, game) if one.kind == "flip"
    )
    step = RuleMap(rule, game)
    branch = continue_periodic_orbit(step, flip, flip.value - 0.02, flip.value + 0.02)
    inside = next(orbit for orbit in branch.points if orbit.value > flip.value + 0.01)
    assert inside.stable
    seen = iterated(step, inside.states[0] * 1.001, inside.value, 4001)
    assert np.abs(seen[-1] - inside.states[0]).max() < 1e-9


def test_records_are_plain() -> None:
    branch = continue_periodic_orbit(HENON, henon_flip(), 0.2, 0.5)
    row = branch.as_dict()
    assert row["points"][0]["period"] == 2
    assert len(row["points"]) == len(branch.along("radius"))
