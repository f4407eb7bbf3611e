"""Stochastic problems: what the oracles draw, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gandyn.bench import (
    AdditiveNoise,
    FiniteSum,
    Problem,
    Protocol,
    find_problems,
    find_solvers,
)
from gandyn.bench.batches import RunBatch
from gandyn.bench.engines import _in_arrays, _one_by_one, run_solver
from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.errors import GandynError
from gandyn.games import Bilinear, DiracGAN, Quadratic
from gandyn.rules import Simultaneous

NAMES = [name for name, p in find_problems(["stochastic"]).items() if p.noise]
MATRIX = np.random.default_rng(3).normal(size=(3, 2))


def many(problem: Problem, count: int) -> tuple[list[tuple[int, int]], object]:
    replicates = [(0, k) for k in range(count)]
    return replicates, problem.oracle(problem.draws(replicates, 7))


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_of_the_oracle_is_the_game(name: str) -> None:
    problem = find_problems([name])[name]
    replicates, oracle = many(problem, 20_000)
    x, y = problem.states(replicates, 0)
    for method in ("gx", "gy"):
        drawn = np.atleast_2d(getattr(oracle, method)(x, y))
        exact = np.atleast_2d(getattr(problem.game, method)(x, y))
        spread = drawn.std(axis=1) / np.sqrt(len(replicates))
        assert (np.abs((drawn - exact).mean(axis=1)) < 5 * spread).all()
        assert (drawn.std(axis=1) > 0).all()


def test_the_variance_of_additive_noise_is_sigma_squared() -> None:
    problem = find_problems(["noisy-bilinear"])["noisy-bilinear"]
    replicates, oracle = many(problem, 20_000)
    x, y = problem.states(replicates, 0)
    off = [oracle.gx(x, y) - problem.game.gx(x, y)]  # type: ignore[attr-defined]
    off += [oracle.gy(x, y) - problem.game.gy(x, y)]  # type: ignore[attr-defined]
    square = (np.concatenate(off) ** 2).sum(axis=0)
    assert square.mean() == pytest.approx(0.1**2, rel=0.02)


def test_gradient_play_settles_at_the_variance_of_its_lyapunov_equation() -> None:
    """With normal J and r = |1 - ηλ| for all λ, E|z|² = η²σ²/(1 - r²)."""
    problem = find_problems(["noisy-monotone"])["noisy-monotone"]
    replicates, oracle = many(problem, 4000)
    x, y = problem.states(replicates, 0)
    lr, rule, memory = 0.2, Simultaneous(lr=0.2), ()
    for _ in range(200):
        x, y, memory = rule.step(oracle, x, y, memory)
    j = dense_jacobian(problem.game, 0.0, 0.0)
    r = np.abs(1 - lr * np.linalg.eigvals(j)).max()
    known = lr**2 * 0.1**2 / (1 - r**2)
    assert (x**2 + y**2).mean() == pytest.approx(known, rel=0.08)


def test_a_finite_sums_second_moment_grows_as_its_kronecker_product() -> None:
    """Interpolating: E z zᵀ is moved by the mean of M ⊗ M, gx and gy drawn apart."""
    problem = find_problems(["finite-sum-interpolating"])["finite-sum-interpolating"]
    j, b = problem.noise.games(problem.game)  # type: ignore[union-attr]
    assert not b.any()
    lr = 0.3
    moved = np.eye(2) - lr * np.array([[p[0], q[1]] for p in j for q in j])
    moment = np.mean([np.kron(m, m) for m in moved], axis=0)
    replicates, oracle = many(problem, 40_000)
    x, y = problem.states(replicates, 0)
    first = np.array([x[0], y[0]])
    for _ in range(4):
        x, y, _ = Simultaneous(lr=lr).step(oracle, x, y, ())
    known = np.linalg.matrix_power(moment, 4) @ np.kron(first, first)
    found = np.array([x * x, x * y, y * x, y * y]).mean(axis=1)
    np.testing.assert_allclose(found, known, atol=0.02 * np.abs(known).max())


def test_parts_are_zero_sum_and_add_up() -> None:
    game = Quadratic(0.5 * np.eye(3), MATRIX, -0.5 * np.eye(2))
    j, b = FiniteSum(5, 0.4, 0.2).games(game)
    exact = dense_jacobian(game, *game.equilibria()[0])
    np.testing.assert_allclose(j.mean(axis=0), exact, atol=1e-14)
    np.testing.assert_allclose(b.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(j[:, :3, 3:], -j[:, 3:, :3].swapaxes(1, 2), atol=1e-14)
    np.testing.assert_allclose(j[:, :3, :3], j[:, :3, :3].swapaxes(1, 2), atol=1e-14)
    bilinear, _ = FiniteSum(5, 0.4, 0.2).games(Bilinear(MATRIX))
    assert not bilinear[:, :3, :3].any()


def test_products_and_solves_are_of_the_part_drawn() -> None:
    game = Quadratic(0.5 * np.eye(3), MATRIX, -0.5 * np.eye(2))
    problem = Problem("parts", game, "stochastic", noise=FiniteSum(5, 0.4, 0.2))
    u, w = np.ones((3, 4)), np.linspace(0, 1, 8).reshape(2, 4)
    replicates = [(0, k) for k in range(4)]
    j, _ = problem.noise.games(game)  # type: ignore[union-attr]
    drawn = problem.draws(replicates, 1).next()
    assert len(set(drawn.tolist())) > 1
    z = np.concatenate([u, w])
    for name, rates in (("jvp", ()), ("vjp", ()), ("solve", (0.3, 0.2))):
        oracle = problem.oracle(problem.draws(replicates, 1))
        found = np.concatenate(getattr(oracle, name)(u, w, *rates, u, w))
        for i, part in enumerate(drawn):
            m = j[part].T if name == "vjp" else j[part]
            if name == "solve":
                m = np.linalg.inv(np.eye(5) + np.diag([0.3] * 3 + [0.2] * 2) @ m)
            np.testing.assert_allclose(found[:, i], m @ z[:, i], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_compared_on_common_random_numbers(name: str) -> None:
    """A setting's runs are the same alone, beside others, and with more starts."""
    problem = find_problems([name])[name]
    solver = find_solvers(["Extragradient"])[0]["Extragradient"]
    both = {key: np.array([4.0, 0.2]) for key in ("lr_x", "lr_y")}
    alone = {key: np.array([0.2]) for key in ("lr_x", "lr_y")}
    terms = Protocol(starts=2, seeds=3, budget=2000)
    together = run_solver(solver, problem, both, terms)
    single = run_solver(solver, problem, alone, terms)
    more = run_solver(solver, problem, alone, replace(terms, starts=3, seeds=4))
    np.testing.assert_array_equal(together.steps[:, 1], single.steps[:, 0])
    kept = [more.replicates.index(pair) for pair in single.replicates]
    np.testing.assert_array_equal(more.steps[:, 0, kept], single.steps[:, 0])
    assert len(np.unique(single.steps[:2])) > 2  # seeds differ
    assert np.isnan(together.radius).all()


@pytest.mark.parametrize("together", [True, False])
def test_one_setting_after_the_other_plays_as_the_batch(
    monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    solver = find_solvers(["Alternating"])[0]["Alternating"]
    monkeypatch.setattr(type(solver.rule), "batched", together)
    values = {key: np.array([0.1, 0.3]) for key in ("lr_x", "lr_y")}
    for name in NAMES:
        problem = find_problems([name])[name]
        replicates = [(0, 0), (0, 1), (1, 0)]
        batch = RunBatch(solver, problem, values, 2, replicates, 0, 60)
        one, two = _in_arrays(batch), _one_by_one(batch)
        np.testing.assert_array_equal(one.hits, two.hits)


def test_noise_that_does_not_fit_is_refused() -> None:
    with pytest.raises(GandynError, match="not linear"):
        Problem("no", DiracGAN(), "stochastic", noise=FiniteSum(4, 0.1, 0.1))
    with pytest.raises(GandynError, match="at least 2 parts"):
        FiniteSum(1, 0.1, 0.1)
    problem = Problem(
        "blocks", Bilinear(MATRIX), "stochastic", noise=FiniteSum(4, 0.1, 0.1)
    )
    oracle = problem.oracle(problem.draws([(0, 0)], 0))
    with pytest.raises(GandynError, match="no blocks"):
        oracle.jacobian(np.ones((3, 1)), np.ones((2, 1)))
    assert AdditiveNoise(0.1).oracle(DiracGAN(), problem.draws([], 0)).shape == ((), ())
