"""Users' own modules, losses and data as games: the stories from end to end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gandyn
from gandyn.errors import GandynError
from gandyn.rules import Adam, Alternating, Simultaneous

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from gandyn.gans import (  # noqa: E402
    InfoNCE,
    Lagrangian,
    Losses,
    Minibatch,
    Objective,
    TorchGame,
    linearise,
    make_gan,
    step_multipliers,
    train,
)
from gandyn.gans.lagrangian import Multiplier  # noqa: E402

DOUBLE = torch.float64


def points(*shape: int, seed: int = 0) -> Any:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=DOUBLE)


def perceptrons(*last: nn.Module, seed: int = 0, **norm: Any) -> tuple[Any, Any]:
    """Return a generator and a discriminator of two numbers, in float32."""
    torch.manual_seed(seed)
    inner = [nn.BatchNorm1d(5)] if norm.get("batch") else []
    generator = nn.Sequential(nn.Linear(3, 5), *inner, nn.Tanh(), nn.Linear(5, 2))
    judge = nn.Sequential(nn.Linear(2, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1), *last)
    return generator, judge


def vanilla(G: Any, D: Any, batch: Any) -> Any:
    """The published losses of a vanilla GAN: probabilities, and a detached fake."""
    real = batch[0] if isinstance(batch, tuple | list) else batch
    fake = G(torch.randn(len(real), 3))
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    wrong = F.binary_cross_entropy(D(fake.detach()), zeros)
    loss_y = F.binary_cross_entropy(D(real), ones) + wrong
    return F.binary_cross_entropy(D(fake), ones), loss_y


def gradient_penalty(G: Any, D: Any, batch: Any) -> Any:
    """WGAN-GP as it is written everywhere."""
    fake = G(torch.randn(len(batch), 3))
    share = torch.rand(len(batch), 1)
    mixed = (share * batch + (1 - share) * fake.detach()).requires_grad_(True)
    (slope,) = torch.autograd.grad(
        D(mixed).sum(), mixed, create_graph=True, retain_graph=True
    )
    penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
    return -D(fake).mean(), D(fake.detach()).mean() - D(batch).mean() + 10 * penalty


def check(game: TorchGame, tolerance: float = 1e-7) -> None:
    """Compare J with differences of the field, its transpose and the dense one."""
    x, y = game.start()
    u, w, p, q = (points(len(z), seed=i) for i, z in enumerate((x, y, x, y), start=1))
    exact = torch.cat(game.jvp(x, y, u, w))
    ahead, behind = (torch.cat(game.field(x + h * u, y + h * w)) for h in (1e-6, -1e-6))
    found = (ahead - behind) / 2e-6
    assert (found - exact).norm() < tolerance * exact.norm()
    back = torch.cat(game.vjp(x, y, p, q))
    forth = exact @ torch.cat([p, q])
    torch.testing.assert_close(back @ torch.cat([u, w]), forth)
    dense = game.dense_jacobian(x, y) @ torch.cat([u, w])
    torch.testing.assert_close(dense, exact)


def check_members(game: TorchGame) -> None:
    """Compare an ensemble with its members alone."""
    x, y = game.start()
    many = [torch.stack([z, z + 0.1], 1) for z in (x, y)]
    for name, args in (("field", ()), ("jvp", many), ("vjp", many)):
        found = getattr(game, name)(*many, *args)
        for i in (0, 1):
            one = [z[:, i] for z in (*many, *args)]
            for got, want in zip(found, getattr(game, name)(*one), strict=True):
                torch.testing.assert_close(got[:, i], want, rtol=1e-9, atol=1e-12)


def torch_loop(nets: Any, losses: Any, batches: Any, lr: float) -> Any:
    """Train as torch does, discriminator last, with Adam; return the parameters."""
    G, D = nets
    opts = [torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.999)) for m in nets]
    for batch in batches:
        for i in (0, 1):
            opts[i].zero_grad()
            losses(G, D, batch)[i].backward()
            opts[i].step()
    return [torch.cat([p.detach().reshape(-1) for p in m.parameters()]) for m in nets]


def test_j_sees_what_losses_detach() -> None:
    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch["latents"])
        with torch.no_grad():
            seen = G(batch["latents"])
        return -D(fake).mean(), D(seen).mean() - D(batch["real"]).mean()

    nets = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    data = {"real": points(6, 1), "latents": points(6, 1, seed=1)}
    mine = TorchGame(*nets, losses, data)
    same = TorchGame(*nets, Objective("wasserstein"), data)
    z = torch.tensor([0.7], dtype=DOUBLE), torch.tensor([-0.4], dtype=DOUBLE)
    torch.testing.assert_close(mine.dense_jacobian(*z), same.dense_jacobian(*z))
    for got, want in zip(mine.vjp(*z, *z), same.vjp(*z, *z), strict=True):
        torch.testing.assert_close(got, want)
    for got, want in zip(mine.cross(*z), same.cross(*z), strict=True):
        torch.testing.assert_close(got, want)


def test_what_a_player_holds_back_from_itself_is_no_gradient_but_in_j() -> None:
    def losses(G: Any, D: Any, batch: Any) -> Any:
        a = G(batch).sum()
        return a.detach() * a, D(batch).square().sum() + a.data * D(batch).sum()

    one = torch.ones(1, 1, dtype=DOUBLE)
    nets = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    game = TorchGame(*nets, losses, one)
    x, y = torch.tensor([3.0], dtype=DOUBLE), torch.tensor([2.0], dtype=DOUBLE)
    assert [float(v) for v in game.field(x, y)] == [3.0, 7.0]  # x, 2y + x
    assert game.dense_jacobian(x, y).tolist() == [[1.0, 0.0], [1.0, 2.0]]


@pytest.mark.parametrize("losses", [vanilla, gradient_penalty])
def test_published_losses_in_float64(losses: Any) -> None:
    last = [nn.Sigmoid()] if losses is vanilla else []
    game = TorchGame(*perceptrons(*last, batch=True), losses, points(12, 2))
    assert not game.deterministic  # latents are drawn
    check(game)
    check_members(game)
    assert bool(game.one_by_one) == (losses is gradient_penalty)
    found = step_multipliers(Alternating(lr=0.01), game, *game.start(), 1)
    dense = linearise(game, *game.start()).game()
    want = gandyn.linear_stability(Alternating(lr=0.01), dense)
    assert found.radius == pytest.approx(want.radius, rel=1e-6)


def test_vanilla_gan_is_trained_as_torch_trains_it() -> None:
    nets = perceptrons(nn.Sigmoid(), batch=True)
    data = points(20, 2).float()
    latents = points(20, 3, seed=2).float()

    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch["z"])
        ones = torch.ones(len(fake), 1)
        wrong = F.binary_cross_entropy(D(fake.detach()), 0 * ones)
        right = F.binary_cross_entropy(D(batch["u"]), ones)
        return F.binary_cross_entropy(D(fake), ones), right + wrong

    batch = {"u": data.double(), "z": latents.double()}
    game = TorchGame(*nets, losses, batch)
    rule = Adam(lr=1e-3, beta1_x=0.5, beta1_y=0.5, alternating=True)
    state = train(rule, game, game.start(), 20, record=[]).state
    nets = [net.double() for net in nets]
    with torch.random.fork_rng([]):
        want = torch_loop(nets, losses, [batch] * 20, 1e-3)
    torch.testing.assert_close(state.x, want[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(state.y, want[1], rtol=0, atol=1e-12)


def test_modules_stay_as_they_are() -> None:
    nets = perceptrons(nn.Sigmoid(), batch=True)
    before = [{k: v.clone() for k, v in m.state_dict().items()} for m in nets]
    game = TorchGame(*nets, vanilla, points(8, 2).float())
    train(Adam(lr=0.01), game, game.start(), 3)
    for net, kept in zip(nets, before, strict=True):
        assert all(torch.equal(v, kept[k]) for k, v in net.state_dict().items())


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_loader_with_labels_gives_the_same_batches_in_any_order(
    shuffle: bool,
) -> None:
    images, labels = points(22, 1, 6, 6).float(), torch.arange(22) % 3
    loader = DataLoader(TensorDataset(images, labels), batch_size=4, shuffle=shuffle)

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.told = nn.Embedding(3, 2)
            self.up = nn.ConvTranspose2d(4, 1, 6)

        def forward(self, z: Any, label: Any) -> Any:
            return self.up(torch.cat([z, self.told(label)], 1)[:, :, None, None])

    judge = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 2, 3)),
        nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32, 1),
    )  # fmt: skip

    def losses(G: Any, D: Any, batch: Any) -> Any:
        image, label = batch
        fake = G(torch.randn(len(image), 2), label)
        wrong = F.relu(1 + D(fake.detach())).mean()
        return -D(fake).mean(), F.relu(1 - D(image)).mean() + wrong

    torch.manual_seed(0)
    game = TorchGame(Generator(), judge, losses, loader, seed=3)
    x, y = game.start()
    seen = [game.for_step(k, x, y).given.batch for k in range(12)]
    for k in (7, 2, 11, 0):
        again = game.for_step(k, x, y).given.batch
        assert all(torch.equal(a, b) for a, b in zip(again, seen[k], strict=True))
    epoch = torch.cat([batch[0] for batch in seen[:5]])
    assert len(torch.unique(epoch, dim=0)) == 20  # the last, smaller batch is left out
    whole = train(Adam(lr=1e-3), game, game.start(), 6, record=[]).state
    half = train(Adam(lr=1e-3), game, game.start(), 3, record=[]).state
    rest = train(Adam(lr=1e-3), game, half, 3, record=[]).state
    assert torch.equal(whole.x, rest.x)
    assert torch.equal(whole.y, rest.y)
    assert {"_u", "_v"} == {key.rpartition(".")[2] for key in game.state}
    check(TorchGame(Generator(), judge, losses, loader, dtype=DOUBLE), 1e-6)


def test_random_numbers_are_those_of_the_step() -> None:
    game = TorchGame(*perceptrons(nn.Sigmoid()), vanilla, points(8, 2))
    x, y = game.start()
    known = torch.get_rng_state()
    first, again, other = (game.for_step(k, x, y).gx(x, y) for k in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(known, torch.get_rng_state())
    fresh = TorchGame(
        *perceptrons(nn.Sigmoid()), vanilla, points(8, 2), sampling=Minibatch(8, True)
    )
    assert not torch.equal(fresh.gx(x, y), fresh.gx(x, y))


@pytest.mark.parametrize("old", [True, False])
def test_spectral_norm_of_torch_is_the_power_iteration(old: bool) -> None:
    norm = nn.utils.spectral_norm if old else nn.utils.parametrizations.spectral_norm
    torch.manual_seed(0)
    judge = nn.Sequential(norm(nn.Linear(2, 5)), nn.Tanh(), nn.Linear(5, 1)).double()
    judge(points(3, 2))  # the older one leaves a tensor behind that is no leaf
    generator = nn.Linear(2, 2).double()
    data = {"real": points(6, 2), "latents": points(6, 2, seed=1)}
    game = TorchGame(generator, judge, Objective("hinge", "R1"), data)
    x, y = game.start()
    settled = game.settled(x, y)
    (weight,) = (k for k in game.pair.discriminator.names if "orig" in k)
    matrix = game.pair.discriminator.split(y)[weight]
    u, v = (settled.state[k] for k in sorted(settled.state))
    want = torch.linalg.matrix_norm(matrix, 2)
    torch.testing.assert_close(u @ matrix @ v, want)
    check(settled)
    check_members(settled)


def test_groups_and_frozen_parts() -> None:
    torch.manual_seed(0)
    frozen = nn.Linear(2, 3).requires_grad_(False)
    group = {"encoder": nn.Linear(2, 3), "decoder": nn.Linear(3, 2), "fixed": frozen}
    judges = (nn.Linear(2, 1), nn.Sequential(frozen, nn.Tanh(), nn.Linear(3, 1)))

    def losses(G: Any, D: Any, batch: Any) -> Any:
        assert list(G) == ["encoder", "decoder", "fixed"]
        assert isinstance(D, tuple)
        fake = G["decoder"](torch.tanh(G["encoder"](batch)) + G["fixed"](batch))
        scores = [F.softplus(-d(fake)).mean() for d in D]
        wrong = [F.softplus(d(fake)).mean() + F.softplus(-d(batch)).mean() for d in D]
        return (fake - batch).square().mean() + sum(scores), sum(wrong)

    game = TorchGame(group, judges, losses, points(7, 2))
    assert game.shape == ((9 + 8,), (3 + 4,))
    assert game.pair.generator.names[0] == "encoder.weight"
    check(game)
    check_members(game)


def test_members_one_by_one_where_vmap_cannot() -> None:
    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch)
        if fake.mean() > 0:  # vmap has no answer to this
            return -D(fake).mean(), D(fake).mean() - D(batch).mean()
        return -2 * D(fake).mean(), 2 * D(fake).mean() - D(batch).mean()

    game = TorchGame(nn.Linear(2, 2), nn.Linear(2, 1), losses, points(6, 2))
    check_members(game)
    assert "vmap" in game.one_by_one or "control flow" in game.one_by_one


class Penalised(Losses):
    """A user's losses with a number that is swept."""

    gamma: float = 0.1

    def loss_x(self, G: Any, D: Any, batch: Any, step: Any) -> Any:
        return -D(G(batch)).mean()

    def loss_y(self, G: Any, D: Any, batch: Any, step: Any) -> Any:
        decay = sum(p.square().sum() for p in D.parameters())
        return D(G(batch)).mean() - D(batch + 1).mean() + self.gamma / 2 * decay


def test_a_game_of_ones_own_in_a_sweep() -> None:
    torch.manual_seed(0)
    nets = nn.Linear(2, 2), nn.Linear(2, 1)
    game = TorchGame(*nets, Penalised(), points(6, 2))
    axes = {"lr": [0.05, 0.1], "gamma": [0.1, 0.5]}
    found = gandyn.sweep(Alternating(), game, axes, steps=30)
    one = TorchGame(*nets, Penalised(0.5), points(6, 2))
    run = train(Alternating(lr=0.1), one, one.start(), 30, every=30)
    norm = run.record["field_norm"]
    got = float(found.norm.sel(lr=0.1, gamma=0.5))
    assert got == pytest.approx(float(norm[-1] / norm[0]), rel=1e-9)
    with pytest.raises(GandynError, match="seed is no axis"):
        gandyn.sweep(Alternating(), game, {"seed": [0, 1]})
    with pytest.raises(GandynError, match="certify is for games of numbers"):
        gandyn.sweep(Alternating(), game, axes, certify=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda game: gandyn.simulate(Alternating(), game),
        lambda game: gandyn.critical_learning_rates(Alternating(), game),
        lambda game: gandyn.linear_stability(Alternating(), game),
    ],
)
def test_one_line_names_the_right_call(call: Any) -> None:
    game = TorchGame(nn.Linear(2, 2), nn.Linear(2, 1), Penalised(), points(6, 2))
    with pytest.raises(GandynError, match=r"gandyn\.gans\.train .*linearise\(game"):
        call(game)


def test_lazy_regularisation_acts_every_k_steps() -> None:
    lazy = make_gan("dirac", regulariser="Lazy")
    plain = make_gan("dirac")
    x = torch.tensor([0.3], dtype=DOUBLE)
    gaps = []
    for step in range(6):
        at, without = (
            gan.game().for_step(step, x, x).gy(x, x) for gan in (lazy, plain)
        )
        gaps.append(round(float((at - without) / x), 12))
    assert gaps == [0.4, 0.0, 0.0, 0.0, 0.4, 0.0]  # γ = 0.1, k = 4


def test_losses_that_take_the_step() -> None:
    def losses(G: Any, D: Any, batch: Any, step: Any) -> Any:
        weight = 10.0 if step % 3 == 0 else 0.0
        decay = sum(p.square().sum() for p in D.parameters())
        return -D(G(batch)).mean(), D(G(batch)).mean() - D(
            batch
        ).mean() + weight * decay

    game = TorchGame(nn.Linear(2, 2), nn.Linear(2, 1), losses, points(6, 2))
    x, y = game.start()
    slopes = [game.for_step(k, x, y).gy(x, y) for k in range(4)]
    torch.testing.assert_close(slopes[0] - slopes[1], 20 * y)
    assert torch.equal(slopes[3], slopes[0])


def test_approximate_r1_tends_to_r1() -> None:
    rough = make_gan("ring", hidden=4, points=4096, regulariser="ApproximateR1")
    exact, none = (
        make_gan("ring", hidden=4, points=4096, regulariser=r) for r in ("R1", "none")
    )
    x, y = rough.initial()
    sizes = [
        gan.game().loss_y(x, y) - none.game().loss_y(x, y) for gan in (rough, exact)
    ]
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
    game = TorchGame(nn.Linear(4, 1, bias=False), Multiplier(), losses, points(1, 4))
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
    check(adaptive.game(1))
