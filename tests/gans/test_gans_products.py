"""Derivatives of torch GANs, beside autograd's and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn import games
from gandyn._node import members

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn.games import FieldPenalty, Regulariser  # noqa: E402
from gandyn.games.losses import Loss  # noqa: E402
from gandyn.gans import Objective, TorchGame, step_multipliers  # noqa: E402
from gandyn.gans.catalogue.gaussian import CovarianceGAN  # noqa: E402
from gandyn.gans.catalogue.images import ShapesDCGAN  # noqa: E402
from gandyn.gans.catalogue.perceptrons import Ring, TeacherStudent  # noqa: E402
from gandyn.rules import Simultaneous  # noqa: E402

LOSSES = list(members(Loss))
REGULARISERS = [name for name in members(Regulariser) if name != "Sum"]
SMALL = {"latent_size": 2, "hidden": 3, "depth": 1, "points": 6}
DOUBLE = torch.float64


def directions(game: TorchGame, seed: int = 0) -> Any:
    rng = torch.Generator().manual_seed(seed)
    shapes = [size for (size,) in game.shape]
    return [torch.randn(n, generator=rng, dtype=DOUBLE) for n in shapes]


def autograd_jacobian(game: TorchGame, x: Any, y: Any) -> Any:
    """Return v and J by reverse passes of plain autograd, row by row."""
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    field = []
    for loss, player in ((game.loss_x, x), (game.loss_y, y)):
        field += torch.autograd.grad(loss(x, y), player, create_graph=True)
    v = torch.cat(field)
    rows = []
    for entry in v:
        parts = torch.autograd.grad(entry, (x, y), retain_graph=True, allow_unused=True)
        filled = zip(parts, (x, y), strict=True)
        rows.append(torch.cat([0 * p if g is None else g for g, p in filled]))
    return v.detach(), torch.stack(rows)


def check(game: TorchGame, x: Any, y: Any) -> None:
    """Compare the field, J and its products with autograd's."""
    v, jacobian = autograd_jacobian(game, x, y)
    n = len(x)
    u, w = directions(game)
    assert torch.isfinite(jacobian).all()
    for got, want in (
        (torch.cat([game.gx(x, y), game.gy(x, y)]), v),
        (torch.cat(game.field(x, y)), v),
        (torch.cat(game.jvp(x, y, u, w)), jacobian @ torch.cat([u, w])),
        (torch.cat(game.vjp(x, y, u, w)), torch.cat([u, w]) @ jacobian),
        (game.dense_jacobian(x, y), jacobian),
    ):
        torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)
    scale = torch.cat([0.3 + 0 * x, 0.2 + 0 * y])[:, None] * jacobian
    solved = torch.cat(game.solve(x, y, 0.3, 0.2, u, w))
    back = solved + scale @ solved
    torch.testing.assert_close(back, torch.cat([u, w]), rtol=1e-9, atol=1e-9)
    assert game.jacobian(x, y)[1].shape == (n, len(y))


@pytest.mark.parametrize("loss", LOSSES)
def test_products_of_every_loss(loss: str) -> None:
    gan = Ring(loss=loss, **SMALL)
    check(gan.game(), *gan.initial())


@pytest.mark.parametrize("regulariser", REGULARISERS)
def test_products_of_every_regulariser(regulariser: str) -> None:
    gan = Ring("wasserstein", regulariser, noise_std=0.3, **SMALL)
    check(gan.game(), *gan.initial())


@pytest.mark.parametrize("normalisation", ["batch", "layer", "spectral", "power"])
def test_products_of_every_normalisation(normalisation: str) -> None:
    gan = Ring(regulariser="R1", normalisation=normalisation, **SMALL)
    check(gan.game(), *gan.initial())


@pytest.mark.parametrize("normalisation", ["none", "batch", "layer", "spectral"])
def test_products_of_a_convolutional_gan(normalisation: str) -> None:
    gan = ShapesDCGAN(
        regulariser="R1", normalisation=normalisation, channels=2, points=3,
        latent_size=2, activation="softplus",
    )  # fmt: skip
    game, (x, y) = gan.game(), gan.initial()
    (u, w), (p, q) = directions(game, 0), directions(game, 1)
    back, forth = game.vjp(x, y, p, q), game.jvp(x, y, u, w)
    a, b = x.clone().requires_grad_(), y.clone().requires_grad_()
    (gx,) = torch.autograd.grad(game.loss_x(a, b), a, create_graph=True)
    (gy,) = torch.autograd.grad(game.loss_y(a, b), b, create_graph=True)
    want = torch.autograd.grad(gx @ p + gy @ q, (a, b))
    for got, right in zip(back, want, strict=True):
        torch.testing.assert_close(got, right, rtol=1e-9, atol=1e-9)
    both = forth[0] @ p + forth[1] @ q
    torch.testing.assert_close(both, u @ want[0] + w @ want[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_jacobian_is_what_differences_of_the_field_tend_to(loss: str) -> None:
    gan = Ring(loss=loss, regulariser="R1R2", **SMALL)
    game, (x, y) = gan.game(), gan.initial(3)
    u, w = directions(game)
    exact = torch.cat(game.jvp(x, y, u, w))
    errors = []
    for h in (2e-3, 1e-3):
        ahead, behind = (
            torch.cat(game.field(x + s * h * u, y + s * h * w)) for s in (1, -1)
        )
        errors.append((ahead - behind) / (2 * h) - exact)
    # a central difference: a quarter of the error at half the width
    assert errors[0].norm() / errors[1].norm() == pytest.approx(4, rel=0.05)


def test_members_have_their_own_products() -> None:
    seeds = [1, 2, 3]
    gan = TeacherStudent(regulariser="R1", hidden=3, points=6)
    game, (x, y) = gan.game(seeds), gan.initial(seeds)
    u, w = torch.randn_like(x), torch.randn_like(y)
    rates = torch.tensor([0.1, 0.2, 0.3], dtype=DOUBLE)
    together = [
        *game.jvp(x, y, u, w), *game.vjp(x, y, u, w), *game.cross(x, y),
        *game.solve(x, y, rates, 2 * rates, u, w),
    ]  # fmt: skip
    for i, seed in enumerate(seeds):
        alone, at = gan.game(seed), (x[:, i], y[:, i])
        along, rate = (u[:, i], w[:, i]), float(rates[i])
        one = [
            *alone.jvp(*at, *along), *alone.vjp(*at, *along), *alone.cross(*at),
            *alone.solve(*at, rate, 2 * rate, *along),
        ]  # fmt: skip
        for got, want in zip(together, one, strict=True):
            torch.testing.assert_close(got[:, i], want, rtol=0, atol=1e-12)


def linear_game(regulariser: str, points: Any, **fields: Any) -> TorchGame:
    """Return a GAN with a linear generator and the critic D(s) = wᵀs."""
    from gandyn._node import find_member

    node = find_member(Regulariser, regulariser)(**fields)
    networks = nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)
    return TorchGame(
        *networks,
        Objective("wasserstein", node),
        {"real": points, "latents": points},
    )


@pytest.mark.parametrize(
    ("regulariser", "fields", "expected"),
    [
        ("R1", {}, lambda w: w @ w / 2),
        ("R2", {}, lambda w: w @ w / 2),
        ("R1R2", {}, lambda w: w @ w),
        ("L2", {}, lambda w: w @ w / 2),
        ("GradientPenalty", {"target": 0.5}, lambda w: (w.norm() - 0.5) ** 2 / 2),
        ("DRAGAN", {"target": 0.5}, lambda w: (w.norm() - 0.5) ** 2 / 2),
    ],
)
def test_penalties_of_a_linear_critic(
    regulariser: str, fields: Any, expected: Any
) -> None:
    points = torch.randn(5, 2, dtype=DOUBLE)
    gamma, w = 0.7, torch.tensor([0.6, -1.1], dtype=DOUBLE)
    x = torch.tensor([1.0, 0.2, 0.0, 0.5], dtype=DOUBLE)
    plain = linear_game("none", points)
    game = linear_game(regulariser, points, gamma=gamma, **fields)
    penalty = game.loss_y(x, w) - plain.loss_y(x, w)
    torch.testing.assert_close(penalty, gamma * expected(w), rtol=1e-13, atol=1e-13)
    hessian = game.dense_jacobian(x, w)[4:, 4:]
    want = gamma * torch.func.hessian(expected)(w)
    torch.testing.assert_close(hessian, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("regulariser", ["GradientPenalty", "DRAGAN"])
def test_slope_penalties_are_finite_where_the_slope_is_zero(regulariser: str) -> None:
    points = torch.randn(5, 2, dtype=DOUBLE)
    game = linear_game(regulariser, points)
    x, y = torch.randn(4, dtype=DOUBLE), torch.zeros(2, dtype=DOUBLE)
    assert torch.isfinite(game.dense_jacobian(x, y)).all()
    assert torch.isfinite(torch.cat(game.vjp(x, y, x, y))).all()


def test_linear_quadratic_gan_is_the_covariance_gan() -> None:
    covariance = [[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]]
    analytic = games.CovarianceGAN(covariance, columns=2)
    game = CovarianceGAN(covariance=covariance, columns=2, points=20).game()
    rng = np.random.default_rng(0)
    (n,), (m,) = analytic.shape
    x, u, y, w = (rng.normal(size=(size, 4)) for size in (n, n, m, m))
    a, b, p, q = map(torch.from_numpy, (x, y, u, w))
    for got, want in (
        (game.gx(a, b), analytic.gx(x, y)),
        (game.gy(a, b), analytic.gy(x, y)),
        *zip(game.jvp(a, b, p, q), analytic.jvp(x, y, u, w), strict=True),
        *zip(game.vjp(a, b, p, q), analytic.vjp(x, y, u, w), strict=True),
    ):
        np.testing.assert_allclose(got.numpy(), want, rtol=0, atol=1e-12)


def test_linear_quadratic_gan_of_one_number_with_the_field_penalty() -> None:
    gan = CovarianceGAN(
        covariance=[[2.25]], columns=1, regulariser=FieldPenalty(eta=0.4)
    )
    analytic = games.LQGAN(moment=1.0, scale=1.5, eta=0.4)
    game = gan.game()
    x, y = np.array([[0.7, -1.2]]), np.array([[0.3, 0.8]])
    a, b = map(torch.from_numpy, (x, y))
    np.testing.assert_allclose(game.gx(a, b).numpy(), analytic.gx(x, y), atol=1e-12)
    xx, xy, yx, _ = analytic.jacobian(x, y)
    dense = game.dense_jacobian(a, b).numpy()
    want = np.stack([xx, xy, yx, 0 * x], axis=-1).reshape(2, 2, 2)
    np.testing.assert_allclose(dense, want, atol=1e-12)


def test_label_smoothing_has_its_optimum_where_theory_puts_it() -> None:
    from gandyn.games.losses import LabelSmoothing

    p, q, a, b = 0.6, 0.2, 0.1, 0.05
    best = ((1 - a) * p + b * q) / (p + q)
    logit = torch.tensor(best, dtype=DOUBLE).logit().requires_grad_()
    loss = LabelSmoothing("minimax", a, b)
    total = p * loss.value_real(logit) + q * loss.value_y(-logit)
    (slope,) = torch.autograd.grad(total, logit)
    assert abs(float(slope)) < 1e-15


def embedding(batch: Any) -> Any:
    """Return a game behind a table of numbers, with squared errors."""
    table = nn.Sequential(nn.Embedding(3, 4), nn.Linear(4, 2))
    ones = torch.ones(8, 1)

    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake, error = G(batch[0]), nn.functional.mse_loss
        return error(D(fake), ones), error(D(batch[1]), ones) + D(fake.detach()).mean()

    return TorchGame(table, nn.Linear(2, 1), losses, batch, dtype=torch.float64)


def normalised(norm: Any, batch: Any) -> Any:
    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch[1])
        return -D(fake).mean(), D(fake.detach()).square().mean() - D(batch[1]).mean()

    judge = nn.Sequential(norm(nn.Linear(2, 3)), nn.Tanh(), nn.Linear(3, 1))
    return TorchGame(nn.Linear(2, 2), judge, losses, batch, dtype=torch.float64)


class Attentive(nn.Module):
    """A layer of attention between the two numbers of a point."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(1, 1, batch_first=True)

    def forward(self, points: Any) -> Any:
        tokens = points[..., None]
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].mean(1)


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize(
    "make",
    [
        embedding,
        lambda batch: normalised(nn.utils.parametrizations.weight_norm, batch),
        lambda batch: normalised(nn.utils.weight_norm, batch),
        lambda batch: normalised(
            lambda _: nn.Sequential(Attentive(), nn.Linear(1, 3)), batch
        ),
    ],
)
def test_operations_without_forward_derivatives(make: Any) -> None:
    torch.manual_seed(0)
    game = make((torch.randint(0, 3, (8,)), torch.randn(8, 2)))
    x, y = game.start()
    u, w = torch.randn_like(x), torch.randn_like(y)
    z, along, h = torch.cat([x, y]), torch.cat([u, w]), 1e-5

    def field(z: Any) -> Any:
        return torch.cat(game.field(*z.split([len(x), len(y)])))

    expected = (field(z + h * along) - field(z - h * along)) / (2 * h)
    for found in (torch.cat(game.jvp(x, y, u, w)), game.dense_jacobian(x, y) @ along):
        torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-8)
    multipliers = step_multipliers(Simultaneous(lr=0.1), game, x, y, len(z))
    dense = 1 - 0.1 * np.linalg.eigvals(game.dense_jacobian(x, y).numpy())
    for value in multipliers.values:
        assert np.abs(dense - value).min() < 1e-7
    assert "vectors" not in multipliers.as_dict()
