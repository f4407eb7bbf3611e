"""Normal forms: textbook maps, the reference cases, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gandyn import games, rules
from gandyn.elementary import exp
from gandyn.errors import GandynError
from gandyn.games.dirac import R1, DiracGAN, GradientPenalty
from gandyn.stability import Map, normal_form, rule_normal_form
from tests.reference.cases import Case, load
from tests.reference.translate import game_of, rule_of

COEFFICIENTS = {
    "first Lyapunov coefficient d": "neimark-sacker",
    "cubic normal-form coefficient d": "neimark-sacker",
    "cubic flip normal-form coefficient c": "flip",
}
CASES = [case for case in load() if case.quantity.startswith(tuple(COEFFICIENTS))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_reference_coefficients(case: Case) -> None:
    found = rule_normal_form(rule_of(case), game_of(case))
    (kind,) = (k for q, k in COEFFICIENTS.items() if case.quantity.startswith(q))
    assert found.kind == kind
    # the file scales q to a first component of 1
    scaled = found.coefficient / abs(found.right[0]) ** 2
    assert scaled == pytest.approx(case.value, abs=case.tol, rel=case.tol)
    assert found.status == ("converged" if case.value else "degenerate")


def test_all_coefficients_of_the_file_are_seen() -> None:
    assert len(CASES) >= 8


def test_delayed_logistic_map() -> None:
    delayed = Map(lambda z, r: (r * z[0] * (1 - z[1]), z[0]))
    found = normal_form(delayed, [0.5, 0.5], 2.0)
    assert found.coefficient == pytest.approx(-1.0, abs=1e-13)
    assert np.angle(found.multiplier) == pytest.approx(math.pi / 3, abs=1e-14)


@pytest.mark.parametrize("beta", [-0.6, -0.2, 0.3, 0.7])
def test_henon_flip(beta: float) -> None:
    # x' = y, y' = α - βx - y²: a fixed point with multiplier -1 where y = (1 + β)/2
    henon = Map(lambda z, alpha: (z[1], alpha - beta * z[0] - z[1] * z[1]))
    y = (1 + beta) / 2
    found = normal_form(henon, [y, y], (1 + beta) * y + y * y)
    assert (found.kind, found.criticality) == ("flip", "supercritical")
    got = found.coefficient / found.right[0].real ** 2
    assert got == pytest.approx(1 / (1 - beta**2), rel=1e-12)
    assert found.coefficient == pytest.approx(0.5 / (1 - beta**2), rel=1e-12)


def test_ricker_flip() -> None:
    # x e^{r(1 - x)} at r = 2: derivatives -1, 0 and 4, by hand
    ricker = Map(lambda z, r: z * exp(r * (1 - z)))
    found = normal_form(ricker, [1.0], 2.0)
    assert (found.kind, found.criticality) == ("flip", "supercritical")
    assert found.coefficient == pytest.approx(4 / 6, rel=1e-13)


@pytest.mark.parametrize(
    ("function", "kind", "coefficient", "criticality"),
    [
        (lambda z, p: z + p * z - 3 * z * z, "transcritical", -3.0, ""),
        (lambda z, p: z + p * z - 3 * z**3, "pitchfork", -3.0, "supercritical"),
        (lambda z, p: z + p * z + 3 * z**3, "pitchfork", 3.0, "subcritical"),
    ],
)
def test_multiplier_one(
    function: Any, kind: str, coefficient: float, criticality: str
) -> None:
    found = normal_form(Map(function), [0.0], 0.0)
    assert (found.kind, found.criticality) == (kind, criticality)
    assert found.coefficient == pytest.approx(coefficient, rel=1e-13)


@pytest.mark.parametrize("k", [3, 4])
def test_strong_resonances_are_refused(k: int) -> None:
    c, s = math.cos(2 * math.pi / k), math.sin(2 * math.pi / k)
    turning = Map(lambda z, p: (c * z[0] - s * z[1], s * z[0] + c * z[1] + z[0] ** 3))
    found = normal_form(turning, [0.0, 0.0], 0.0)
    assert found.status == "resonant"
    assert math.isnan(found.coefficient)


def test_a_double_multiplier_is_refused() -> None:
    shear = Map(lambda z, p: (-z[0] + z[1], -z[1] + z[0] ** 3))
    assert normal_form(shear, [0.0, 0.0], 0.0).status == "resonant"


def test_a_linear_map_is_degenerate() -> None:
    spiral = games.LinearGame([[0.1, 1.0], [-1.0, 0.1]])
    found = rule_normal_form(rules.Simultaneous(lr=0.2 / 1.01), spiral)
    assert (found.status, found.coefficient) == ("degenerate", 0.0)


def test_a_jump_is_no_normal_form() -> None:
    game = DiracGAN(regulariser=GradientPenalty(gamma=0.3))
    found = rule_normal_form(rules.Simultaneous(lr=1.2), game)
    assert found.status == "nonsmooth"
    assert math.isnan(found.coefficient)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_the_coefficient_does_not_depend_on_the_orientation(scale: float) -> None:
    # turning the plane changes neither norms nor the coefficient
    c, s = math.cos(scale), math.sin(scale)

    def turned(z: Any, r: Any) -> Any:
        u, w = c * z[0] + s * z[1] + 0.5, c * z[1] - s * z[0] + 0.5
        u, w = r * u * (1 - w) - 0.5, u - 0.5
        return c * u - s * w, s * u + c * w

    found = normal_form(Map(turned), [0.0, 0.0], 2.0)
    assert found.coefficient == pytest.approx(-1.0, abs=1e-12)


def test_memory_and_dead_coordinates_change_nothing_but_the_norm() -> None:
    rule, game = (
        rules.HeavyBall(lr=1.2, beta_x=0.0, beta_y=0.0),
        DiracGAN(regulariser=R1(0.3)),
    )
    plain = rule_normal_form(rules.Simultaneous(lr=1.2), game)
    heavy = rule_normal_form(rule, game)
    share = np.linalg.norm(heavy.right[:2]) ** 2
    assert share < 0.99
    assert heavy.coefficient / share == pytest.approx(plain.coefficient, rel=1e-12)


def test_rules_with_a_clock_have_no_map() -> None:
    with pytest.raises(GandynError, match="changes with time"):
        rule_normal_form(rules.Adam(), DiracGAN())
