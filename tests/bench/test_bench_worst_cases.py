"""Worst-case radii: closed forms, brute force, and performance estimation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from gandyn.bench.ranges import declared
from gandyn.bench.worst_cases import GameClass, game_class, worst_radius
from gandyn.dynamics.exact.grids import predicted_radius
from gandyn.errors import GandynError
from gandyn.games import (
    Bilinear,
    DiracGAN,
    LinearGame,
    Quadratic,
)
from gandyn.rules import (
    CATALOGUE,
    Alternating,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    ProximalPoint,
    Rule,
    Simultaneous,
)
from gandyn.spec import parse_rule

MU, L = 0.3, 1.5
MONOTONE = GameClass(False, MU, L)
RATES = np.array([0.02, 0.1, 0.3, 0.7, 1.3])


def both(rates: Any) -> dict[str, np.ndarray]:
    return {"lr_x": np.atleast_1d(rates), "lr_y": np.atleast_1d(rates)}


def drawn(rule: Rule, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return random settings of a rule's declared ranges."""
    rng = np.random.default_rng(seed)
    values = {}
    for interval, paths in declared(rule).values():
        values.update(dict.fromkeys(paths, interval.at(rng.random(count))))
    return values


def monotone(rng: np.random.Generator, normal: bool, size: int = 4) -> np.ndarray:
    """Return a random J of modulus MU or more, and norm L or less."""
    if normal:
        count = size // 2
        low = rng.uniform(MU, L, count) if rng.random() < 0.7 else np.full(count, MU)
        high = np.sqrt(L**2 - low**2)
        high *= rng.random(count) if rng.random() < 0.5 else 1.0
        values = [
            complex(a, s * b) for a, b in zip(low, high, strict=True) for s in (1, -1)
        ]
        seed = int(rng.integers(1 << 30))
        return np.asarray(LinearGame.with_spectrum(values, seed=seed).J)
    J = rng.normal(size=(size, size))
    J += (MU - np.linalg.eigvalsh((J + J.T) / 2)[0]) * np.eye(size)
    middle = MU * np.eye(size)  # towards which moduli stay, and norms fall
    shrunk = (J - middle) * rng.uniform(0.1, 1)
    while np.linalg.norm(middle + shrunk, 2) > L:
        shrunk *= 0.9
    return np.asarray(middle + shrunk)


def test_simultaneous_gradients_and_proximal_points_have_closed_forms() -> None:
    found = worst_radius(Simultaneous(), MONOTONE, both(RATES), len(RATES))
    expected = np.sqrt(1 - 2 * RATES * MU + RATES**2 * L**2)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    found = worst_radius(ProximalPoint(), MONOTONE, both(RATES), len(RATES))
    np.testing.assert_allclose(found, 1 / (1 + RATES * MU), rtol=1e-14)


@pytest.mark.parametrize("rule", [Simultaneous, ProximalPoint, Extragradient])
@settings(deadline=None)  # a busy machine breaks no law
@given(rate=st.floats(1e-3, 0.6), mu=st.floats(0.0, 1.4))
def test_no_radius_exceeds_a_certified_contraction(
    rule: type[Rule], rate: float, mu: float
) -> None:
    found = worst_radius(rule(), GameClass(False, mu, L), both(rate), 1)[0]
    certified = rule(lr_x=rate, lr_y=rate).contraction(mu, L)
    assert found <= certified * (1 + 1e-12)
    if rule is not Extragradient:
        assert found == pytest.approx(certified, rel=1e-12)


@pytest.mark.parametrize("normal", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "Extragradient",
        "OptimisticGradient",
        "PastExtragradient",
        "HeavyBall",
        "ComplexMomentum",
        "RungeKutta4",
        "Lookahead(Extragradient, k=3)",
    ],
)
def test_no_monotone_game_is_worse(name: str, normal: bool) -> None:
    rule, rng = parse_rule(name), np.random.default_rng(3)
    values = drawn(rule, 8)
    worst = worst_radius(rule, MONOTONE, values, 8)
    swept = {("rule", path): v for path, v in values.items()}
    for _ in range(60):
        game = LinearGame(monotone(rng, normal), n=2)
        found = game_class(game)
        assert found is not None
        assert found.low >= MU * (1 - 1e-9)
        assert found.high <= L * (1 + 1e-9)
        radius = predicted_radius(rule, game, swept, 8)
        assert np.all(radius <= worst * (1 + 1e-9))


def polynomials(name: str, lam: np.ndarray, values: dict[str, np.ndarray]) -> Any:
    """Return the multipliers' quadratic a z² + b z + c for eigenvalues of J."""
    rate = values["lr_x"][:, None] * lam
    if name == "Extragradient":
        r = values["ratio_x"][:, None]
        return 0 * rate, 1 + 0 * rate, -(1 - rate + r * rate**2)
    if name == "OptimisticGradient":
        r = values["ratio_x"][:, None]
        return 1 + 0 * rate, (1 + r) * rate - 1, -r * rate
    beta = values["beta_x"][:, None]
    return 1 + 0 * rate, rate - 1 - beta, beta + 0 * rate


def largest_root(a: Any, b: Any, c: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        root = np.sqrt(b * b - 4 * a * c + 0j)
        pair = np.abs([(-b + root) / (2 * a), (-b - root) / (2 * a)]).max(axis=0)
    return np.asarray(np.where(a == 0, np.abs(c / b), pair))


@pytest.mark.parametrize("name", ["Extragradient", "OptimisticGradient", "HeavyBall"])
def test_some_normal_games_come_near_and_none_is_worse(name: str) -> None:
    rule = CATALOGUE[name]()
    values = drawn(rule, 32, seed=1)
    worst = worst_radius(rule, MONOTONE, values, 32)
    turn, rng = math.acos(MU / L), np.random.default_rng(2)
    line = MU + 1j * np.linspace(0, L * math.sin(turn), 4001)
    arc = L * np.exp(1j * np.linspace(0, turn, 4001))
    square = rng.uniform(MU, L, 4000) + 1j * rng.uniform(0, L, 4000)
    every = np.concatenate([line, arc, square[np.abs(square) <= L]])
    near = largest_root(*polynomials(name, every, values)).max(axis=1)
    assert np.all(near <= worst * (1 + 1e-12))
    assert near == pytest.approx(worst, rel=1e-6)


LOW, HIGH = 0.2, 1.0
BILINEAR = GameClass(True, LOW, HIGH)


def test_closed_forms_on_bilinear_games() -> None:
    rates = np.array([0.05, 0.3, 0.49, 0.7, 1.3, 2.2])
    values, s, t = both(rates), rates * LOW, rates * HIGH

    def optimistic(x: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            small = np.sqrt((1 + np.sqrt(1 - 4 * x**2)) / 2)
            large = np.hypot(0.5, x + np.sqrt(x**2 - 0.25))
        return np.asarray(np.where(x <= 0.5, small, large))

    expected = {
        Simultaneous(): np.sqrt(1 + t**2),
        ProximalPoint(): 1 / np.sqrt(1 + s**2),
        Extragradient(): np.sqrt(np.maximum(1 - s**2 + s**4, 1 - t**2 + t**4)),
        OptimisticGradient(): np.maximum(optimistic(s), optimistic(t)),
        Alternating(): np.where(
            t <= 2, 1, (t**2 - 2 + t * np.sqrt(np.maximum(t**2 - 4, 0))) / 2
        ),
    }
    for rule, closed in expected.items():
        found = worst_radius(rule, BILINEAR, values, len(rates))
        np.testing.assert_allclose(found, closed, rtol=1e-12, err_msg=repr(rule))


def test_best_extragradient_rates_on_bilinear_games() -> None:
    def least(ratio: float) -> float:
        def worst(log_rate: float) -> float:
            rule = Extragradient(ratio_x=ratio, ratio_y=ratio)
            values = both(math.exp(log_rate))
            return float(worst_radius(rule, BILINEAR, values, 1)[0])

        found = minimize_scalar(
            worst, bounds=(-12.0, 1.0), method="bounded", options={"xatol": 1e-12}
        )
        return float(found.fun)

    product, square = LOW * HIGH, LOW**2 + HIGH**2
    assert least(1.0) == pytest.approx(math.sqrt(1 - (product / square) ** 2), rel=1e-9)
    # Zhang, Yu 2020: (κ² - 1)/(κ² + 1) is the limit of long extrapolations
    limit = (HIGH**2 - LOW**2) / square
    apart = [least(r) - limit for r in (1e2, 1e4, 1e6)]
    assert apart[0] > apart[1] > apart[2] > 0
    assert apart[2] < 1e-5


@pytest.mark.parametrize(
    "name", [n for n, c in CATALOGUE.items() if c.linear and c.autonomous]
)
def test_no_bilinear_game_is_worse(name: str) -> None:
    rule, rng = CATALOGUE[name](), np.random.default_rng(5)
    values = drawn(rule, 16)
    values["lr_x" if "lr_x" in values else "inner.lr_x"] *= 0.6
    worst = worst_radius(rule, BILINEAR, values, 16)
    if name == "FollowTheRidge":  # it inverts y's own block
        assert np.isnan(worst).all()
        return
    swept = {("rule", path): v for path, v in values.items()}
    left, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    spread = np.diag([LOW, *rng.uniform(LOW, HIGH, 2), HIGH, 0.0])
    found = predicted_radius(rule, Bilinear(left @ spread), swept, 16)
    assert np.all(found <= worst * (1 + 1e-9))
    many = Bilinear(np.diag(np.linspace(LOW, HIGH, 50)))
    assert predicted_radius(rule, many, swept, 16) == pytest.approx(worst, rel=1e-3)


def test_peaks_between_samples_are_found() -> None:
    rule = parse_rule("Lookahead(Alternating, k=10)")
    values = {f"inner.{k}": v for k, v in both([1.0, 1.7]).items()}
    # |1 - α + α exp(10iθ)| is 1 where σ = 2 sin(θ/2) with θ = 2πm/10
    wide = GameClass(True, 1e-2, 1.0)
    worst = worst_radius(rule, wide, values, 2)
    assert worst == pytest.approx(1, abs=1e-9)
    ends = predicted_radius(
        rule,
        Bilinear(np.diag([1e-2, 1.0])),
        {("rule", k): v for k, v in values.items()},
        2,
    )
    assert np.all(ends < 1 - 1e-5)


def test_settings_do_not_touch_each_other() -> None:
    rule = HeavyBall()
    values = drawn(rule, 12)
    whole = worst_radius(rule, MONOTONE, values, 12)
    for k in range(12):
        one = {path: v[k : k + 1] for path, v in values.items()}
        assert worst_radius(rule, MONOTONE, one, 1) == whole[k]
    assert worst_radius(rule, MONOTONE, {}, 1).shape == (1,)


@pytest.mark.parametrize(
    "name",
    ["Adam", "Halpern", "ClipNorm", "Projected", "Alternating", "Consensus", "LOLA"],
)
def test_rules_without_a_certificate_have_none(name: str) -> None:
    rule = parse_rule(name)
    assert np.isnan(worst_radius(rule, MONOTONE, drawn(rule, 3), 3)).all()
    assert np.isnan(worst_radius(rule, None, drawn(rule, 3), 3)).all()


@pytest.mark.parametrize("field", ["lr_y", "beta_y"])
def test_players_must_have_the_same_settings_on_monotone_games(field: str) -> None:
    values = drawn(HeavyBall(), 4)
    values[field] = values[field] * [1.0, 1.001, 1.0, 0.5]
    found = worst_radius(HeavyBall(), MONOTONE, values, 4)
    assert np.isnan(found).tolist() == [False, True, False, True]


def test_classes_of_games() -> None:
    assert game_class(Bilinear(np.diag([3.0, 0.5, 0.0]))) == (True, 0.5, 3.0)
    assert game_class(Quadratic(0.0, 2.0, 0.0)) == (True, 2.0, 2.0)
    damped = Quadratic(np.diag([1.0, 2.0]), np.eye(2), -3.0)
    J = np.block([[np.diag([1.0, 2.0]), np.eye(2)], [-np.eye(2), 3 * np.eye(2)]])
    assert game_class(damped) == pytest.approx((False, 1.0, np.linalg.norm(J, 2)))
    assert game_class(LinearGame(np.eye(2) * 0.7)) == (False, 0.7, 0.7)
    assert game_class(Quadratic(1.0, 2.0, 0.0)) == pytest.approx(
        (False, 0.0, (1 + math.sqrt(17)) / 2)
    )
    turning = np.array([[0.0, 1, 1], [-1, 0, 1], [-1, -1, 0]])  # x turns by itself
    assert game_class(LinearGame(turning, n=2)) == pytest.approx(
        (False, 0.0, math.sqrt(3))
    )
    for game in (DiracGAN(), Quadratic(-0.15, 0.6, -0.6), Quadratic(0.0, 0.0, 0.0)):
        assert game_class(game) is None
    with pytest.raises(GandynError, match="no equilibrium"):
        game_class(Bilinear([[0.0]], b=[1.0]))


def test_without_a_modulus_nothing_contracts() -> None:
    flat = GameClass(False, 0.0, 1.0)
    found = worst_radius(Extragradient(), flat, both([0.1, 0.9, 1.5]), 3)
    assert found[:2] == pytest.approx(1, abs=1e-12)
    assert found[2] == pytest.approx(math.sqrt(1 - 1.5**2 + 1.5**4))


def step_of(name: str, A: Any, x: Any, rate: float) -> Any:
    """Return one step on performance estimation's points."""
    from PEPit.primitive_steps import proximal_step

    if name == "ProximalPoint":
        return proximal_step(x, A, rate)[0]
    half = x - rate * A.gradient(x) if name == "Extragradient" else x
    return x - rate * A.gradient(half)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rate", [0.3, 0.6])
@pytest.mark.parametrize("name", ["Simultaneous", "ProximalPoint", "Extragradient"])
def test_performance_estimation_bounds_it(name: str, rate: float) -> None:
    pepit = pytest.importorskip("PEPit")
    operators = pytest.importorskip("PEPit.operators")
    mu, rule = 0.1, CATALOGUE[name](lr_x=rate, lr_y=rate)
    problem = pepit.PEP()
    kind = operators.LipschitzStronglyMonotoneOperatorCheap
    A = problem.declare_function(kind, mu=mu, L=1.0)
    solution, start = A.stationary_point(), problem.set_initial_point()
    problem.set_initial_condition((start - solution) ** 2 <= 1)
    problem.set_performance_metric((step_of(name, A, start, rate) - solution) ** 2)
    estimated = math.sqrt(problem.solve(verbose=0))
    found = worst_radius(rule, GameClass(False, mu, 1.0), {}, 1)[0]
    certified = rule.contraction(mu, 1.0)
    solver = 1e-5
    assert found <= estimated + solver
    assert estimated <= certified + solver
    if name != "Extragradient":
        assert found == pytest.approx(estimated, abs=solver)
