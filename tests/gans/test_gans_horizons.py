"""What is said of multipliers: how sure, for how long, at which cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator, eigs

torch = pytest.importorskip("torch")

from gandyn.errors import GandynError  # noqa: E402
from gandyn.gans import (  # noqa: E402
    DiracGAN,
    Minibatch,
    Ring,
    TeacherStudent,
    step_multipliers,
)
from gandyn.gans.spectra.eigenvalues import dense_eigenvalues  # noqa: E402
from gandyn.gans.spectra.noisy_maps import mean_square_radius  # noqa: E402
from gandyn.gans.spectra.period_maps import PeriodMap  # noqa: E402
from gandyn.rules import Alternating, OptimisticGradient  # noqa: E402

DOUBLE = torch.float64
GAN = Ring(latent_size=2, hidden=3, depth=1, points=12, regulariser="R1")


@pytest.mark.parametrize("where", ["equilibrium", "initial"])
def test_iteration_finds_what_arpack_finds(where: str) -> None:
    gan = TeacherStudent(regulariser="R1", hidden=24, depth=2, points=32)
    game, (x, y) = gan.game(), getattr(gan, where)()
    rule = Alternating(lr=0.1)
    ends = ("largest modulus", "smallest real", "largest imaginary")
    found = step_multipliers(
        rule, game, x, y, 3, ends=ends, dense=False, tolerance=1e-9
    )
    assert found.converged.all()
    assert found.gradients / len(found.values) < 2 * 60
    map_ = PeriodMap(rule, game, (x, y, ()), [range(1)])
    operator = LinearOperator(
        (len(map_.vector),) * 2, dtype=float,
        matvec=lambda v: map_.product(torch.as_tensor(v.ravel())).numpy(),
    )  # fmt: skip
    for end, which in (("smallest real", "SR"), ("largest imaginary", "LI")):
        theirs = eigs(
            operator, 3, which=which, ncv=60, return_eigenvectors=False,
            v0=np.random.default_rng(0).normal(size=len(map_.vector)),
        )  # fmt: skip
        mine = found.at(end)
        for value in theirs:
            if abs(value - 1) > 1.01 * found.aside:
                assert np.abs(mine - value).min() < 1e-8


def test_what_a_point_that_moves_says() -> None:
    game = DiracGAN(regulariser="R1").game()
    one = torch.ones(1, dtype=DOUBLE)
    still = step_multipliers(Alternating(lr=0.1), game, 0 * one, 0 * one)
    assert (still.moved, still.horizon, still.point) == (0, np.inf, "a fixed point")
    found = step_multipliers(Alternating(lr=0.1), game, one, one)
    assert found.moved > 0.01
    assert "no fixed point: one step moves the state by" in repr(found)
    assert found.as_dict()["horizon"] == pytest.approx(found.horizon)


@pytest.mark.parametrize("lr", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("cls", [Alternating, OptimisticGradient])
def test_at_its_horizon_a_prediction_is_half_wrong(cls: Any, lr: float) -> None:
    game = DiracGAN(regulariser="R1").game()
    x, y = torch.tensor([1.5], dtype=DOUBLE), torch.tensor([-0.4], dtype=DOUBLE)
    rule = cls(lr=lr)
    state = (x, y, rule.init(game, x, y))
    found = step_multipliers(rule, game, x, y)
    assert 1 < found.horizon < 60
    map_ = PeriodMap(rule, game, state, [range(1)])
    vector, errors = found.vectors[:, 0], []
    expected = vector.clone()
    for _ in range(int(2 * found.horizon) + 1):
        matrix = map_.at(state).matrix().to(vector.dtype)
        vector, expected = matrix @ vector, complex(found.values[0]) * expected
        errors.append(float((vector - expected).norm() / expected.norm()))
        state = map_.run(state)
    at = int(found.horizon) - 1
    assert max(errors[: at + 1]) < 0.6
    if cls is Alternating:  # with a memory the bound is not as sharp
        assert errors[-1] > 0.7


def test_minibatches_have_a_mean_map_with_errors() -> None:
    game, (x, y) = GAN.game(sampling=Minibatch(6)), GAN.initial()
    rule = Alternating(lr=0.4)
    found = step_multipliers(rule, game, x, y, samples=20, step=3)
    maps = [
        PeriodMap(rule, game, (x, y, ()), [range(k, k + 1)]).matrix().numpy()
        for k in range(3, 23)
    ]
    mean = np.mean(maps, axis=0)
    every = np.linalg.eigvals(mean)
    for value in found.values:
        assert np.abs(every - value).min() < 1e-9
    # the jackknife knows no eigenvectors
    left_out = [(20 * mean - own) / 19 for own in maps]
    near = np.array(
        [
            values[np.abs(values[:, None] - found.values).argmin(axis=0)]
            for values in map(np.linalg.eigvals, left_out)
        ]
    )
    jackknife = np.sqrt(19 / 20 * (np.abs(near - near.mean(axis=0)) ** 2).sum(axis=0))
    simple = jackknife < 0.1 * np.abs(found.values[:, None] - every).min(
        axis=1, where=np.abs(found.values[:, None] - every) > 1e-9, initial=np.inf
    )
    assert simple.sum() >= 2
    np.testing.assert_allclose(found.errors[simple], jackknife[simple], rtol=0.2)
    square = np.mean([np.kron(m, m) for m in small(maps)], axis=0)
    expected = np.sqrt(np.abs(np.linalg.eigvals(square)).max())
    assert mean_square_radius(np.array(small(maps))) == pytest.approx(expected)
    assert found.mean_square >= found.radius - 1e-9


def small(maps: Any) -> Any:
    """Return maps of six directions, few enough for a Kronecker product."""
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(len(maps[0]), 6)))[0]
    return [basis.T @ own @ basis for own in maps]


def test_errors_of_large_gans_compare_groups_of_batches() -> None:
    game, (x, y) = GAN.game(sampling=Minibatch(6)), GAN.initial()
    rule, ends = Alternating(lr=0.4), ("largest modulus",)
    both = [
        step_multipliers(rule, game, x, y, 1, samples=4, ends=ends, dense=dense)
        for dense in (True, False)
    ]
    np.testing.assert_allclose(both[0].values, both[1].values, atol=1e-8)
    ratio = both[1].errors / both[0].errors
    assert (ratio > 0.1).all()
    assert (ratio < 10).all()
    assert np.isnan(both[1].mean_square)
    one = step_multipliers(rule, game, x, y, 1, samples=1)
    assert np.isnan(one.errors).all()


def test_gradients_are_counted() -> None:
    game, (x, y), rule = GAN.game(), GAN.initial(), Alternating(lr=0.1)
    found = step_multipliers(rule, game, x, y, 2, dense=False)
    map_ = PeriodMap(rule, game, (x, y, ()), [range(1)])
    before = map_.tally.gradients
    map_.product(map_.vector)
    assert (before, map_.tally.gradients) == (2, 2 + 4)
    map_.matrix()
    assert map_.tally.gradients == 6 + 4 * len(map_.vector)
    assert found.gradients > 4 * found.products


def test_matrices_that_are_not_finite() -> None:
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[1, 2] = torch.inf
    with pytest.raises(GandynError, match="entries that are not finite: take another"):
        dense_eigenvalues(matrix)
