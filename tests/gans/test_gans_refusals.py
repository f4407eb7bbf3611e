"""What cannot be played is refused, with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn.errors import FieldError, GandynError, UnknownName

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn.games import R1  # noqa: E402
from gandyn.gans import Objective, TorchGame, make_gan  # noqa: E402

POINTS = torch.randn(6, 2)


def game(generator: Any, discriminator: Any, **fields: Any) -> TorchGame:
    data = {"real": POINTS, "latents": POINTS}
    objective = fields.pop("objective", Objective())
    return TorchGame(generator, discriminator, objective, data, **fields)


def with_layer(layer: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(2, 4), layer, nn.Linear(4, 1))


def test_parameters_that_are_no_players() -> None:
    still = nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(GandynError, match=r"generator Linear has no .*requires grad"):
        game(still, nn.Linear(2, 1))
    with pytest.raises(GandynError, match="generator Tanh has no parameters"):
        game(nn.Tanh(), nn.Linear(2, 1))
    both = nn.Linear(2, 2)
    with pytest.raises(GandynError, match=r"both players have the parameter 0\.weight"):
        game(both, nn.Sequential(both, nn.Linear(2, 1)))
    with pytest.raises(GandynError, match="complex parameters, weight: use real"):
        game(nn.Linear(2, 2, dtype=torch.complex64), nn.Linear(2, 1))
    with pytest.raises(GandynError, match=r"is on cpu, the .* on meta: move"):
        game(nn.Linear(2, 2), nn.Linear(2, 1, device="meta"))
    with pytest.raises(GandynError, match=r"must be an nn\.Module, or a dict"):
        game(nn.Linear(2, 2).forward, nn.Linear(2, 1))


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(GandynError, match=r"points of shape \(3,\), the real"):
        game(nn.Linear(2, 3), nn.Linear(2, 1))
    with pytest.raises(GandynError, match=r"one logit per point, got shape \(6, 2\)"):
        game(nn.Linear(2, 2), nn.Linear(2, 2))
    data = {"real": POINTS.int(), "latents": POINTS}
    with pytest.raises(GandynError, match="must be floating-point"):
        TorchGame(nn.Linear(2, 2), nn.Linear(2, 1), Objective(), data)
    found = game(nn.Linear(2, 2), nn.Linear(2, 1))
    x, y = found.start()
    with pytest.raises(GandynError, match=r"player y must have shape \(3,\)"):
        found.checked(x, x)
    with pytest.raises(GandynError, match=r"is torch\.float64 on cpu, the game is"):
        found.checked(x.double(), y)


def test_swept_fields_need_an_ensemble() -> None:
    objective = Objective(regulariser=R1(torch.tensor([0.1, 0.2])))
    found = game(nn.Linear(2, 2), nn.Linear(2, 1), objective=objective)
    with pytest.raises(GandynError, match=r"own regulariser\.gamma"):
        found.gx(*found.start())
    wrong = Objective(regulariser=R1(torch.tensor([0.1, -0.2])))
    with pytest.raises(FieldError, match="R1: gamma must be zero or positive"):
        game(nn.Linear(2, 2), nn.Linear(2, 1), objective=wrong)


def test_unknown_names() -> None:
    with pytest.raises(UnknownName, match="did you mean Ring"):
        make_gan("rinng")
    with pytest.raises(UnknownName, match="unknown activation 'tahn'"):
        make_gan("ring", activation="tahn")
    with pytest.raises(UnknownName, match="unknown normalisation"):
        make_gan("ring", normalisation="group")


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(GandynError, match=r"no device 'cuda:99'.*use device='cpu'"):
        make_gan("ring").game(device="cuda:99")
    with pytest.raises(GandynError, match="no device 'nonsense'"):
        make_gan("ring").game(device="nonsense")


def test_penalty_between_points_needs_as_many_of_either() -> None:
    with pytest.raises(GandynError, match="got 6 real points and 4 latents"):
        TorchGame(
            nn.Linear(2, 2), nn.Linear(2, 1), Objective(regulariser="WGAN-GP"),
            {"real": POINTS, "latents": POINTS[:4]},
        )  # fmt: skip


def test_too_few_points_for_exact_moments() -> None:
    with pytest.raises(GandynError, match="must be at least 2"):
        make_gan("LQ", points=1).game()
