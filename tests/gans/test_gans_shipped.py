"""Losses and GANs of many kinds on the same game, beside what they must equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gandyn.rules import Simultaneous

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn.gans import InfoNCE, Lagrangian, TorchGame, make_gan, train  # noqa: E402
from gandyn.gans.catalogue.lagrangian import Multiplier  # noqa: E402

DOUBLE = torch.float64


def test_approximate_r1_tends_to_r1() -> None:
    kinds = "ApproximateR1", "R1", "none"
    gans = [make_gan("ring", hidden=4, points=4096, regulariser=r) for r in kinds]
    losses = [gan.game().loss_y(*gans[0].initial()) for gan in gans]
    sizes = [losses[0] - losses[2], losses[1] - losses[2]]
    assert float(sizes[0] / sizes[1]) == pytest.approx(1, abs=0.05)


def test_info_nce_is_the_analytic_game_on_the_dirac_gan() -> None:
    from gandyn.games import InfoNCEDiracGAN

    dirac = make_gan("dirac", points=3).game()
    data = {"real": torch.zeros(1, 1, dtype=DOUBLE), "latents": dirac.pools["latents"]}
    parts = dirac.pair.generator.form, dirac.pair.discriminator.form
    game = TorchGame(*parts, InfoNCE(0.5), data)
    analytic = InfoNCEDiracGAN(negatives=3, shared=True, temperature=0.5, gamma=0.0)
    x, y = np.array([0.7]), np.array([-0.4])
    got = game.field(torch.from_numpy(x), torch.from_numpy(y))
    for have, want in zip(got, (analytic.gx(x, y), analytic.gy(x, y)), strict=True):
        np.testing.assert_allclose(have.numpy(), want, atol=1e-14)


def test_a_lagrangian_with_pi_control_finds_the_constrained_optimum() -> None:
    def size(model: Any, batch: Any) -> Any:
        return model.weight.square().sum()

    def violation(model: Any, batch: Any) -> Any:
        return model.weight.sum() - 1

    losses = Lagrangian(size, violation, gain=2.0)
    game = TorchGame(
        nn.Linear(4, 1, bias=False),
        Multiplier(),
        losses,
        torch.ones(1, 4, dtype=DOUBLE),
    )
    x, y = game.start()
    jacobian = game.dense_jacobian(x, y)[:4, :4]
    want = 2 * torch.eye(4, dtype=DOUBLE) + 2 * torch.ones(4, 4, dtype=DOUBLE)
    torch.testing.assert_close(jacobian, want)  # ∇²f + κ ∇g ∇gᵀ
    end = train(Simultaneous(lr=0.1), game, (x, y), 400, record=[]).state
    torch.testing.assert_close(end.x, torch.full((4,), 0.25, dtype=DOUBLE))
    torch.testing.assert_close(end.y, torch.tensor([-0.5], dtype=DOUBLE))


def test_the_adaptive_weight_is_the_ratio_of_slopes() -> None:
    fields = {"hidden": 3, "points": 8, "weight": 0.5}
    fixed, adaptive = (
        make_gan("autoencoder", adaptive=a, **fields) for a in (False, True)
    )
    x, y = fixed.initial(1)
    one = fixed.game(1)
    parts = []
    for weight in (0.0, 1.0):
        gan = make_gan("autoencoder", **{**fields, "weight": weight, "beta": 0.0})
        parts.append(gan.game(1).gx(x, y))
    last = slice(-8, -2)  # the decoder's last weight: 2 x 3, before two biases
    ratio = parts[0][last].norm() / ((parts[1] - parts[0])[last].norm() + 1e-6)
    gain = (
        one.gx(x, y)
        - make_gan("autoencoder", **{**fields, "weight": 0.0}).game(1).gx(x, y)
    ) / 0.5
    want = one.gx(x, y) + 0.5 * (ratio - 1) * gain
    torch.testing.assert_close(adaptive.game(1).gx(x, y), want)
