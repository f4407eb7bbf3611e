"""Training: samples, states, members that fail, and equilibria that are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.errors import GandynError, UnknownName
from gandyn.rules import Adam, Alternating, Extragradient, Simultaneous

torch = pytest.importorskip("torch")

from gandyn.games.losses import LabelSmoothing  # noqa: E402
from gandyn.gans import (  # noqa: E402
    CATALOGUE,
    Minibatch,
    State,
    advance,
    begin,
    make_gan,
    train,
)
from gandyn.gans.catalogue.perceptrons import Ring, TeacherStudent  # noqa: E402
from gandyn.gans.training.train import projection  # noqa: E402

SMALL = {"latent_size": 2, "hidden": 3, "depth": 1, "points": 16}
SMALLEST = {
    "DiracGAN": {},
    "CovarianceGAN": {"points": 8},
    "ShapesDCGAN": {"points": 4, "channels": 1, "latent_size": 2},
    "ConvolutionalTeacherStudent": {"points": 4},
    "AutoencoderGAN": {"latent_size": 2, "hidden": 3, "points": 16},
    "ConditionalRing": {"latent_size": 2, "hidden": 3, "points": 16},
    "DomainAdversarial": {"hidden": 3, "points": 16},
}


def same(a: State, b: State) -> None:
    assert torch.equal(a.x, b.x)
    assert torch.equal(a.y, b.y)
    assert a.step == b.step


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_every_gan_trains_alone_and_with_others(name: str) -> None:
    gan = make_gan(name, **SMALLEST.get(name, SMALL))
    seeds = [0, 1]
    run = train(
        Simultaneous(lr=0.01), gan.game(seeds), gan.initial(seeds), 2,
        record=["field_norm", "loss_x", "loss_y", "x_norm", "y_norm"],
    )  # fmt: skip
    alone = train(Simultaneous(lr=0.01), gan.game(1), gan.initial(1), 2)
    assert all(torch.isfinite(v).all() for v in run.record.values())
    torch.testing.assert_close(run.state.x[:, 1], alone.state.x, rtol=0, atol=1e-13)
    want = run.record["field_norm"][:, 1]
    torch.testing.assert_close(alone.record["field_norm"], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sampling", ["full", Minibatch(4), Minibatch(4, fresh=True)])
@pytest.mark.parametrize("normalisation", ["none", "power"])
def test_training_goes_on_bit_for_bit(sampling: Any, normalisation: str) -> None:
    gan = Ring(regulariser="DRAGAN", normalisation=normalisation, **SMALL)
    rule = Adam(lr=0.01)

    def game() -> Any:
        return gan.game(3, sampling=sampling)

    start = gan.initial([1, 2])
    whole = train(rule, game(), start, 6, record=[]).state
    half = train(rule, game(), start, 3, record=["field_norm"]).state
    same(train(rule, game(), half, 3, record=[]).state, whole)


def test_recording_changes_nothing() -> None:
    gan = Ring(**SMALL)
    game = gan.game(sampling=Minibatch(4, fresh=True))
    rule, start = Extragradient(lr=0.1), gan.initial()
    seen = train(rule, game, start, 5, record=["loss_x", "loss_y"], every=2)
    assert seen.steps.tolist() == [0, 2, 4]
    same(seen.state, train(rule, game, start, 5, record=[]).state)


def test_one_sample_for_a_step_or_one_for_every_call() -> None:
    gan = Ring(**SMALL)
    x, y = gan.initial()
    same, fresh = (
        gan.game(sampling=Minibatch(4, fresh=f)).for_step(7, x, y) for f in (0, 1)
    )
    assert torch.equal(same.gx(x, y), same.gx(x, y))
    first, second = fresh.gx(x, y), fresh.gx(x, y)
    assert torch.equal(first, same.gx(x, y))
    assert not torch.equal(first, second)
    again = gan.game(sampling=Minibatch(4, fresh=True)).for_step(7, x, y)
    assert torch.equal(again.gx(x, y), first)
    assert not torch.equal(gan.game(sampling=Minibatch(4)).gx(x, y), first)


def test_minibatch_gradients_have_the_full_batch_as_their_mean() -> None:
    gan = Ring("wasserstein", **SMALL)
    (x, y), game = gan.initial(), gan.game(sampling=Minibatch(16))
    want = gan.game().gy(x, y)
    found = torch.stack([game.for_step(t, x, y).gy(x, y) for t in range(400)])
    error = found.std(0) / 20
    assert (error > 0).sum() > 10
    assert ((found.mean(0) - want).abs() <= 5 * error + 1e-12).all()


@pytest.mark.parametrize("loss", ["minimax", "wasserstein", "least-squares", "hinge"])
@pytest.mark.parametrize("regulariser", ["none", "R1", "R2", "R1R2"])
def test_teacher_is_an_exact_equilibrium(loss: str, regulariser: str) -> None:
    gan = TeacherStudent(loss=loss, regulariser=regulariser, hidden=4, points=16)
    x, y = gan.equilibrium([0, 1])
    gx, gy = gan.game([0, 1]).field(x, y)
    assert torch.cat([gx, gy]).abs().max() < 1e-15
    paired = gan.game([0, 1], sampling=Minibatch(4, paired=True)).for_step(3, x, y)
    assert torch.cat(paired.field(x, y)).abs().max() < 1e-15


@pytest.mark.parametrize(
    "fields", [{"regulariser": "L2"}, {"loss": LabelSmoothing()}, {"noise_std": 0.1}]
)
def test_equilibria_that_are_none_are_not_returned(fields: Any) -> None:
    with pytest.raises(GandynError, match="no equilibrium is known"):
        TeacherStudent(**fields).equilibrium()
    with pytest.raises(GandynError, match="no equilibrium known"):
        Ring().equilibrium()


def test_small_disturbances_grow_as_the_jacobian_says() -> None:
    gan = TeacherStudent(regulariser="R1", hidden=3, points=16)
    game, (x, y) = gan.game(2), gan.equilibrium(2)
    dense, rate = game.dense_jacobian(x, y), 0.2
    step = torch.eye(len(dense), dtype=torch.float64) - rate * dense
    rng = torch.Generator().manual_seed(0)
    z = 1e-7 * torch.randn(len(dense), generator=rng, dtype=torch.float64)
    start = x + z[: len(x)], y + z[len(x) :]
    end = train(Simultaneous(lr=rate), game, start, 50, record=[]).state
    moved = torch.cat([end.x - x, end.y - y])
    want = torch.linalg.matrix_power(step, 50) @ z
    assert torch.dist(moved, want) < 1e-5 * want.norm()


@pytest.mark.parametrize("normalisation", ["none", "spectral", "power"])
def test_a_member_that_overflows_leaves_the_others_alone(normalisation: str) -> None:
    gan = Ring("wasserstein", "L2Both", normalisation=normalisation, **SMALL)
    start = gan.initial([1, 2])
    rates = torch.tensor([0.1, 1e120], dtype=torch.float64)
    run = train(Simultaneous(lr=rates), gan.game(), start, 12)
    good = train(Simultaneous(lr=0.1), gan.game(), gan.initial([1]), 12)
    assert run.failed[0] == -1
    assert 1 <= run.failed[1] <= 8
    assert not torch.isfinite(run.state.x[:, 1]).all()
    torch.testing.assert_close(
        run.state.x[:, 0], good.state.x[:, 0], rtol=0, atol=1e-12
    )
    assert torch.isfinite(run.record["field_norm"][:, 0]).all()


def test_a_loss_that_is_not_finite_is_its_members_failure() -> None:
    gan = make_gan("dirac", loss="wasserstein")
    x = torch.tensor([[1.0, 1e200]], dtype=torch.float64)
    run = train(Simultaneous(lr=0.1), gan.game(), (x, x), 2, record=["loss_x"])
    assert run.failed.tolist() == [-1, 0]
    assert torch.isfinite(run.state.x).all()


def test_power_iteration_follows_the_spectral_norm() -> None:
    fields = {**SMALL, "hidden": 6}
    power, exact = (Ring(normalisation=n, **fields) for n in ("power", "spectral"))
    x, y = power.initial()
    game = power.game()
    for _ in range(200):
        game = game.for_step(0, x, y)
    torch.testing.assert_close(game.gx(x, y), exact.game().gx(x, y))
    torch.testing.assert_close(game.gy(x, y), exact.game().gy(x, y))


def test_power_iteration_moves_once_a_step_and_not_within() -> None:
    gan = Ring(normalisation="power", **SMALL)
    (x, y), rule = gan.initial(), Alternating(lr=0.1)
    state = begin(rule, gan.game(), (x, y))
    after = advance(rule, gan.game(), advance(rule, gan.game(), state))
    assert all(not torch.equal(after.norms[k], v) for k, v in state.norms.items())
    stale = gan.game().with_state(state.norms)
    fresh = gan.game().with_state(after.norms)
    at = after.x, after.y
    assert torch.equal(stale.gy(*at), stale.gy(*at))
    assert not torch.equal(stale.gy(*at), fresh.gy(*at))
    check = fresh.for_step(2, *at).state
    once = advance(rule, gan.game(), after).norms
    assert all(torch.equal(once[k], v) for k, v in check.items())


def test_projection_on_a_direction_is_recorded() -> None:
    gan = Ring(**SMALL)
    start = gan.initial([1, 2])
    u, w = torch.ones_like(start[0][:, 0]), torch.zeros_like(start[1][:, 0])
    seen = {"along": projection(u, w)}
    run = train(Simultaneous(lr=0.1), gan.game(), start, 3, record=seen)
    torch.testing.assert_close(run.record["along"][-1], run.state.x.sum(0))
    with pytest.raises(UnknownName, match="did you mean field_norm"):
        train(Simultaneous(lr=0.1), gan.game(), start, 3, record=["field_nrm"])


def test_own_moments_are_exact() -> None:
    gan = make_gan("LQ", points=30)
    real, latents = gan.data(torch.Generator().manual_seed(1))
    np.testing.assert_allclose((real.T @ real) / 30, gan.covariance, atol=1e-13)
    np.testing.assert_allclose((latents.T @ latents) / 30, np.eye(2), atol=1e-13)
