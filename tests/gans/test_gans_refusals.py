"""What cannot be played is refused, with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn.errors import FieldError, GandynError, UnknownName

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn.games import R1  # noqa: E402
from gandyn.gans import Objective, TorchGame, Training, make_gan  # noqa: E402

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


def mean(G: Any, D: Any, batch: Any) -> Any:
    return D(G(batch)).mean(), D(batch).mean()


def backward(G: Any, D: Any, batch: Any) -> Any:
    D(batch).mean().backward()
    return mean(G, D, batch)


def step(G: Any, D: Any, batch: Any) -> Any:
    torch.optim.SGD([torch.zeros(1, requires_grad=True)]).step()
    return mean(G, D, batch)


def squashed(G: Any, D: Any, batch: Any) -> Any:
    ones = torch.ones(len(batch))
    scores = D(batch).sigmoid().view(-1)
    wrong = nn.functional.binary_cross_entropy_with_logits(scores, ones)
    return D(G(batch)).mean(), wrong


CALLS = [0]


def counting(G: Any, D: Any, batch: Any) -> Any:
    CALLS[0] += 1
    return CALLS[0] * D(G(batch)).mean(), D(batch).mean()


def read(G: Any, D: Any, batch: Any) -> Any:
    return D(G(batch)).mean() * D(batch).mean().item(), D(batch).square().mean()


def legacy(G: Any, D: Any, batch: Any) -> Any:
    fake = torch.autograd.Variable(G(batch), requires_grad=True)
    return D(G(batch)).mean(), D(fake).square().mean() - D(batch).mean()


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (
            lambda G, D, b: (D(G(b).data).mean(), D(b).mean()),
            r"loss_x, does not",
        ),
        (
            lambda G, D, b: (D(G(b)).mean(), D(b).detach().mean()),
            r"loss_y, does not",
        ),
        (
            lambda G, D, b: (D(G(b)).mean(), D(b).mean().item()),
            r"loss_y as a tensor",
        ),
        (
            lambda G, D, b: (D(G(b)), D(b)),
            r"number, got \(6, 1\): take the",
        ),
        (lambda G, D, b: D(b).mean(), r"must return the two losses .* got Tensor"),
        (lambda G, D, b: (D(G(b)).mean(), -D(b).log().mean()), r"loss is .* finite"),
        (lambda G, D, b: (D(G(b[:, :1])).mean(), D(b).mean()), r"RuntimeError: mat1"),
        (backward, r"call backward\(\): return \(loss_x, loss_y\)"),
        (step, r"call step\(\) of SGD: return"),
        (squashed, r"takes logits, and gets what a Sigmoid made: leave"),
        (counting, r"are others when they are computed again"),
        (read, r"read numbers out of tensors \(item\(\)\)"),
        (legacy, r"call t\.requires_grad_\(\) instead of Variable"),
        (3, r"losses must be a function losses\(G, D, batch\)"),
    ],
)
def test_losses_that_are_none(losses: Any, message: str) -> None:
    torch.manual_seed(0)
    with pytest.raises(GandynError, match=message):
        TorchGame(nn.Linear(2, 2), nn.Linear(2, 1), losses, POINTS)


def test_a_sigmoid_under_an_objective() -> None:
    judge = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    with pytest.raises(GandynError, match="NonSaturating takes logits"):
        game(nn.Linear(2, 2), judge)
    game(nn.Linear(2, 2), judge, objective=Objective("wasserstein"))


def test_data_that_do_not_fit() -> None:
    nets = nn.Linear(2, 2), nn.Linear(2, 1)
    bad = POINTS.clone()
    bad[1, 0] = float("nan")
    for data, message in (
        ({"points": bad}, r"data\['points'\] has 1 values that are not finite, of 12"),
        ({"points": "a.png"}, r"data\['points'\] is no tensor but str"),
        (iter([POINTS]), "an iterator, which can be read only once"),
        (3, "a DataLoader or a function of the step, got int"),
        (lambda step: POINTS[: 6 - step], "batch of step 1 has tensors of shape"),
    ):
        with pytest.raises(GandynError, match=message):
            TorchGame(*nets, mean, data).for_step(1, POINTS, POINTS)
    with pytest.raises(GandynError, match="plays on data of the form"):
        TorchGame(*nets, Objective(), POINTS)


def fooled(G: Any, D: Any, batch: Any) -> Any:
    return -D(G(batch)).mean(), D(G(batch).detach()).mean() - D(batch).mean()


def test_parameters_of_no_player() -> None:
    generator, judge = nn.Linear(2, 2), nn.Linear(2, 1)

    def losses(G: Any, D: Any, batch: Any) -> Any:
        loss_x, loss_y = fooled(G, D, batch)
        return loss_x - judge(G(batch)).mean(), loss_y

    with pytest.raises(
        GandynError, match=r"loss_x .* shape \(1, 2\) that is no player"
    ):
        TorchGame(generator, judge, losses, POINTS)
    judge.requires_grad_(False)
    assert TorchGame(generator, nn.Linear(2, 1), losses, POINTS).shape == ((6,), (3,))


def test_softmax_under_a_cross_entropy() -> None:
    judge = nn.Sequential(nn.Linear(2, 2), nn.Softmax(-1))
    real, fake = (torch.full((6,), i) for i in (1, 0))
    entropy = nn.CrossEntropyLoss()

    def losses(G: Any, D: Any, batch: Any) -> Any:
        made = D(G(batch))
        return entropy(made, real), entropy(D(batch), real) + entropy(made, fake)

    with pytest.raises(GandynError, match=r"cross_entropy takes .* a Softmax"):
        TorchGame(nn.Linear(2, 2), judge, losses, POINTS)


def test_losses_that_set_or_write_parameters() -> None:
    def frozen(G: Any, D: Any, batch: Any) -> Any:
        for p in D.parameters():
            p.requires_grad_(False)
        return fooled(G, D, batch)

    def clipped(G: Any, D: Any, batch: Any) -> Any:
        for p in D.parameters():
            p.data.clamp_(-0.01, 0.01)
        return fooled(G, D, batch)

    nets = nn.Linear(2, 2), nn.Linear(2, 1)
    with pytest.raises(GandynError, match="sets requires_grad of parameters: leave"):
        TorchGame(*nets, frozen, POINTS)
    with pytest.raises(GandynError, match=r"clipped weights are Projected\(rule\)"):
        TorchGame(*nets, clipped, POINTS)


class Spare(nn.Module):
    """A generator with a layer that it does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.spare = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, latents: Any) -> Any:
        return self.used(latents)


def test_trainings_that_torch_would_not_make() -> None:
    generator, judge = Spare(), nn.Linear(2, 1)

    def training(decay: float = 0.0, optimizer: Any = None, **play: Any) -> Training:
        own = torch.optim.Adam(generator.parameters(), weight_decay=decay)
        other = torch.optim.Adam(judge.parameters(), weight_decay=0.1)
        return Training(
            generator, judge, fooled, POINTS, optimizer or own, other, **play
        )

    assert training().rule.lr_x == 0.001
    with pytest.raises(
        GandynError, match=r"does not reach .* spare\.weight, which has"
    ):
        training(0.1)
    with pytest.raises(GandynError, match=r"must be one of torch\.optim, got float"):
        training(optimizer=2e-4)
    with pytest.raises(UnknownName, match="did you mean k_y"):
        training(ky=5)
