"""Ranks that theory fixes come out of the benchmark's own runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gandyn.bench import Protocol, find_problems, find_solvers
from gandyn.bench.engines import RunOutcomes, run_solver
from gandyn.bench.settings import settings

SCALAR = find_problems(["bilinear-scalar"])["bilinear-scalar"]


def raced(name: str, calls: int = 20_000, **fields: float) -> RunOutcomes:
    solver = find_solvers([name])[0][name]
    values = {key: np.atleast_1d(value) for key, value in fields.items()}
    return run_solver(solver, SCALAR, values, Protocol(starts=2, budget=calls))


def test_simultaneous_never_converges() -> None:
    rates = np.geomspace(1e-3, 4.0, 20)
    found = raced("Simultaneous", lr_x=rates, lr_y=rates)
    assert np.isinf(found.steps).all()
    assert (found.verdict == "diverges").all()
    np.testing.assert_allclose(found.radius, np.sqrt(1 + rates**2), rtol=1e-14)


def test_alternating_never_converges() -> None:
    rates = np.geomspace(1e-3, 1.99, 20)  # neutral up to lr σ = 2
    found = raced("Alternating", lr_x=rates, lr_y=rates)
    assert np.isinf(found.steps[-1]).all()
    assert (found.verdict == "neutral").all()
    above = raced("Alternating", lr_x=2.1, lr_y=2.1)
    assert (above.verdict == "diverges").all()


@pytest.mark.parametrize(
    ("name", "lr", "radius"),
    [
        # the minimum of |1 - q + i lr|, q = lr²: q = 1/2
        ("Extragradient(ratio_x=1, ratio_y=1)", math.sqrt(1 / 2), math.sqrt(3) / 2),
        # λ² - λ + 2iηλ - iη = 0 has a double root where 1 - 4η² = 0: λ = (1 - i)/2
        ("OptimisticGradient(ratio_x=1, ratio_y=1)", 0.5, math.sqrt(1 / 2)),
    ],
)
def test_exact_optimal_rates(name: str, lr: float, radius: float) -> None:
    found = raced(name, lr_x=lr, lr_y=lr)
    assert found.radius[0] == pytest.approx(radius, abs=1e-7)
    assert (found.verdict == "reached").all()
    beside = raced(name, lr_x=lr * np.array([0.9, 1.1]), lr_y=lr * np.array([0.9, 1.1]))
    assert (beside.radius > radius).all()


def test_extragradient_tuned_by_theory_is_at_its_closed_form() -> None:
    from gandyn.bench.ranges import declared
    from gandyn.bench.solvers import Solver
    from gandyn.rules import Extragradient

    ranges = {"lr": declared(Extragradient())["lr"]}
    solver = Solver("extragradient", Extragradient(), ranges)
    values = settings(solver, SCALAR, Protocol(tuning="theory"))
    assert values["lr_x"][0] == pytest.approx(math.sqrt(1 / 2), rel=1e-9)
    assert values["lr_y"][0] == values["lr_x"][0]
    found = run_solver(solver, SCALAR, values, Protocol(starts=2, budget=4000))
    # the scalar game's step is a rotation times the radius: the rate is exact
    assert found.rate[0] == pytest.approx(0.5 * math.log(0.75), rel=1e-9)
    steps = math.ceil(math.log(1e-8) / (0.5 * math.log(0.75)))
    assert (found.steps[-1] == steps).all()


def test_negative_momentum_alternating_at_its_known_rate() -> None:
    """Its characteristic polynomial: Gidel et al. 2019, with β = -1/2 for both."""
    lr = np.array([0.2, 0.4, 0.8])
    half = np.full(3, -0.5)
    found = raced("NegativeMomentum", lr_x=lr, lr_y=lr, beta_x=half, beta_y=half)
    for i, rate in enumerate(lr):
        # (λ - 1)²(λ - β)² + (lr σ)² λ³ = 0, the alternating characteristic polynomial
        factor = np.polymul([1, -1], [1, 0.5])
        known = np.roots(np.polyadd(np.polymul(factor, factor), [rate**2, 0, 0, 0]))
        assert found.radius[i] == pytest.approx(np.abs(known).max(), rel=1e-9)
    assert (found.verdict == "reached").all()


def test_consensus_and_symplectic_adjustment_are_equal() -> None:
    """On a zero-sum bilinear game both corrections are γ Jᵀv."""
    lr, weight = np.geomspace(0.05, 1.0, 6), np.full(6, 0.5)
    rates = {"lr_x": lr, "lr_y": lr}
    one = raced("SymplecticGradientAdjustment", 4000, **rates, lam=weight)
    two = raced("Consensus", 4000, **rates, gamma=weight)
    np.testing.assert_array_equal(one.verdict, two.verdict)
    np.testing.assert_array_equal(one.steps, two.steps)
    np.testing.assert_allclose(one.radius, two.radius, rtol=1e-13)


def test_competitive_gradient_descent_is_the_proximal_point() -> None:
    lr = np.geomspace(0.1, 4.0, 8)
    one = raced("CompetitiveGradientDescent", 100_000, lr_x=lr, lr_y=lr)
    two = raced("ProximalPoint", 100_000, lr_x=lr, lr_y=lr)
    np.testing.assert_array_equal(one.steps, two.steps)
    np.testing.assert_allclose(one.radius, 1 / np.sqrt(1 + lr**2), rtol=1e-13)


def test_order_that_theory_fixes() -> None:
    """Tuned: proximal point before optimistic before extragradient, by exact radius."""
    proximal = raced("ProximalPoint", lr_x=4.0, lr_y=4.0)
    optimistic = raced("OptimisticGradient", lr_x=0.5, lr_y=0.5)
    extra = raced("Extragradient", lr_x=math.sqrt(0.5), lr_y=math.sqrt(0.5))
    assert proximal.steps[-1].max() < optimistic.steps[-1].min()
    assert optimistic.steps[-1].max() < extra.steps[-1].min()


def test_measured_rates_agree_with_exact_ones_off_the_origin() -> None:
    """A nonlinear game whose equilibrium is not the origin."""
    problem = find_problems(["forsaken"])["forsaken"]
    solver = find_solvers(["Extragradient"])[0]["Extragradient"]
    lr = np.array([0.4])
    protocol = Protocol(starts=2, budget=4000)
    found = run_solver(solver, problem, {"lr_x": lr, "lr_y": lr}, protocol)
    assert (found.verdict == "reached").all()
    exact = np.log(found.radius)[:, None]
    np.testing.assert_allclose(found.rate, np.repeat(exact, 2, 1), rtol=0.02)


def test_a_spurious_cycle_is_reported_as_such() -> None:
    problem = find_problems(["almost-bilinear"])["almost-bilinear"]
    solver = find_solvers(["Extragradient"])[0]["Extragradient"]
    values = {key: np.array([0.1]) for key in ("lr_x", "lr_y")}
    found = run_solver(solver, problem, values, Protocol(starts=1, budget=200))
    assert np.isinf(found.steps[-1]).all()
    assert found.verdict[0, 0] in ("quasi_periodic", "periodic")
