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
from gandyn.stability import Map, normal_form
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
    found = normal_form(rule_of(case), game_of(case))
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
    found = normal_form(rules.Simultaneous(lr=0.2 / 1.01), spiral)
    assert (found.status, found.coefficient) == ("degenerate", 0.0)


def test_a_jump_is_no_normal_form() -> None:
    game = DiracGAN(regulariser=GradientPenalty(gamma=0.3))
    found = normal_form(rules.Simultaneous(lr=1.2), game)
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
    plain = normal_form(rules.Simultaneous(lr=1.2), game)
    heavy = normal_form(rule, game)
    share = np.linalg.norm(heavy.right[:2]) ** 2
    assert share < 0.99
    assert heavy.coefficient / share == pytest.approx(plain.coefficient, rel=1e-12)


def test_rules_with_a_clock_have_no_map() -> None:
    with pytest.raises(GandynError, match="changes with time"):
        normal_form(rules.Adam(), DiracGAN())


def hidden(map_of: Any, size: int, seed: int) -> tuple[Map, np.ndarray, Any]:
    """Return a map in other coordinates, its fixed point, and the old ones' matrix.

    They are sheared by squares and turned by a matrix far from a rotation, so that
    q and p differ and B is nowhere 0.
    """
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(size, size)) + 1.5 * np.eye(size)
    back, shear = np.linalg.inv(matrix), np.tril(draw.normal(size=(size, size)), -1)
    shift = draw.normal(size=size)

    def outside(w: Any) -> list[Any]:
        bent = [
            w[i] + sum((shear[i, j] * w[j] * w[j] for j in range(i)), 0.0)
            for i in range(size)
        ]
        return [
            sum(matrix[i, j] * bent[j] for j in range(size)) + shift[i]
            for i in range(size)
        ]

    def within(z: Any) -> list[Any]:
        flat = [z[i] - shift[i] for i in range(size)]
        bent = [sum(back[i, j] * flat[j] for j in range(size)) for i in range(size)]
        w: list[Any] = []
        for i in range(size):
            w.append(bent[i] - sum((shear[i, j] * w[j] * w[j] for j in range(i)), 0.0))
        return w

    return Map(lambda z, p: outside(map_of(within(z), p))), shift, matrix


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("side", [-1, 1])
def test_real_coefficients_through_the_centre_manifold(seed: int, side: int) -> None:
    """u' = ±u + e u² + c u w + b u³, w' = a w + d u²: w = d u²/(1 - a) on it."""
    draw = np.random.default_rng(seed)
    a, (b, c, d, e) = draw.uniform(-0.9, 0.9), draw.normal(size=4)
    e = e if side < 0 else 0.0

    def step(w: Any, p: Any) -> Any:
        u, v = w
        first = (side + p) * u + e * u * u + c * u * v + b * u * u * u
        return first, a * v + d * u * u

    hid, point, matrix = hidden(step, 2, seed)
    found = normal_form(hid, point, 0.0, side)
    truth = (b + c * d / (1 - a) + e * e) / np.linalg.norm(matrix[:, 0]) ** 2
    assert found.kind == ("flip" if side < 0 else "pitchfork")
    assert found.status == "converged"
    assert found.coefficient == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_spirals_coefficient_through_the_centre_manifold(seed: int) -> None:
    """z' = λ z (1 + a|z|² + c w) + h z̄ v, w' = αw + d|z|², v' = μ v + g z²."""
    draw = np.random.default_rng(seed)
    angle = draw.uniform(0.3, 1.3)
    lam = complex(np.exp(1j * angle))
    alpha, mu = draw.uniform(-0.8, 0.8), 0.7 * np.exp(1j * draw.uniform(0, 6))
    a, c, d = draw.normal(size=3)
    g, h = draw.normal(size=2) + 1j * draw.normal(size=2)

    def times(one: complex, x: Any, y: Any) -> tuple[Any, Any]:
        return one.real * x - one.imag * y, one.real * y + one.imag * x

    def step(w: Any, p: Any) -> Any:
        x, y, s, vx, vy = w
        size = x * x + y * y
        grown = 1 + p + a * size + c * s
        first = times(lam, grown * x, grown * y)
        bent = times(h, x * vx + y * vy, x * vy - y * vx)
        fast, square = times(complex(mu), vx, vy), times(g, x * x - y * y, 2 * x * y)
        return (
            first[0] + bent[0], first[1] + bent[1], alpha * s + d * size,
            fast[0] + square[0], fast[1] + square[1],
        )  # fmt: skip

    hid, point, matrix = hidden(step, 5, seed)
    found = normal_form(hid, point, 0.0, lam)
    cubic = a + c * d / (1 - alpha) + (h * g / (lam**2 - mu) / lam).real
    q = matrix[:, :2] @ np.array([1, -1j]) / math.sqrt(2)
    truth = 2 * cubic / np.linalg.norm(q) ** 2
    assert found.status == "converged"
    assert found.coefficient == pytest.approx(truth, rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_a_neutral_direction_that_is_excited_has_no_normal_form(seed: int) -> None:
    """w' = w + u² leaves the manifold of fixed points: there is no cubic term."""
    flip, point, _ = hidden(
        lambda w, p: (-(1 + p) * w[0] + w[0] * w[1], w[1] + w[0] * w[0]), 2, seed
    )
    found = normal_form(flip, point, 0.0, -1)
    assert (found.status, found.criticality) == ("degenerate", "")
    resting, point, _ = hidden(
        lambda w, p: (-(1 + p) * w[0] + w[0] * w[1] + w[0] ** 3, w[1]), 2, seed
    )
    found = normal_form(resting, point, 0.0, -1)
    assert found.status == "converged"


def test_a_square_term_of_rounding_leaves_a_pitchfork() -> None:
    step = Map(lambda z, p: (z[0] + p * z[0] + 1e-11 * z[0] ** 2 - z[0] ** 3,))
    found = normal_form(step, [0.0], 0.0)
    assert (found.kind, found.status) == ("pitchfork", "converged")
    assert found.coefficient == pytest.approx(-1.0, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_kinds_at_one_in_other_coordinates(seed: int) -> None:
    """Of u' = u + s p + m p u + k u² + n u³: pushed if s, else branches cross."""
    for s, k, kind in (
        (0.3, -1.0, "fold"),
        (0.3, 0.0, "cusp"),
        (0.0, -1.0, "transcritical"),
        (0.0, 0.0, "pitchfork"),
    ):

        def step(w: Any, p: Any, s: float = s, k: float = k) -> Any:
            u, v = w
            return u + s * p + 0.7 * p * u + k * u * u - u**3, 0.4 * v + p + u * v

        hid, point, _ = hidden(step, 2, seed)
        found = normal_form(hid, point, 0.0, 1)
        assert found.kind == kind
        assert (found.status == "converged") == (kind != "cusp")
        assert (found.criticality != "") == (kind == "pitchfork")


@pytest.mark.parametrize("seed", range(5))
def test_a_neutral_direction_that_rests_takes_no_part(seed) -> None:
    """m moves the multiplier of the flip of x' = -x + ax² + bx³ + mx, and stays."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, 2)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))

    def step(z, _):
        x, y, m = (sum(turn[i, j] * z[j] for j in range(3)) for i in range(3))
        own = (-x + a * x * x + b * x * x * x + m * x, y / 2 + x * x, m)
        return tuple(sum(turn[i, j] * own[i] for i in range(3)) for j in range(3))

    found = normal_form(Map(step), np.zeros(3), 0.0, near=-1.0)
    assert found.kind == "flip"
    assert found.coefficient == pytest.approx(a * a + b, abs=1e-9)


@pytest.mark.parametrize(("push", "kind"), [(1e-5, "fold"), (0.0, "transcritical")])
def test_a_small_push_makes_a_fold(push, kind) -> None:
    step = Map(lambda z, p: (z[0] + push * p + p * z[0] + z[0] ** 2,), "p")
    assert normal_form(step, [0.0], 0.0).kind == kind
