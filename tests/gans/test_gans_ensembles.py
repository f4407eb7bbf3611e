"""Ensembles of GANs: engines, chunks, checkpoints, verdicts, growth rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from gandyn import sweep
from gandyn.dynamics import Axis
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.errors import FieldError, GandynError
from gandyn.games import R1, DiracGAN
from gandyn.rules import Adam, Alternating, Lookahead, Simultaneous, SmoothedGDA

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402
from torch.utils import _pytree as pytree  # noqa: E402

from gandyn.gans import Minibatch, TorchGame, make_gan  # noqa: E402
from gandyn.gans.training import ensembles  # noqa: E402
from gandyn.gans.training.lean import noted  # noqa: E402
from gandyn.gans.training.stepping import Stepper  # noqa: E402

DIRAC = make_gan("dirac", regulariser="R1")
SMALL = make_gan("teacher", hidden=3, points=8, regulariser="R1")
RATES = np.geomspace(0.1, 8.0, 5)
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def play(engine: str, rule: Any, steps: int = 5, **options: Any) -> Any:
    fields = {"lr_x": torch.linspace(0.01, 0.05, 3, dtype=torch.float64)}
    game, stepper = SMALL.game(**options), Stepper(rule, engine)
    state = stepper.begin(game, *SMALL.initial([1, 2, 3]), fields)
    for _ in range(steps):
        state = stepper.step(game, state, fields)
    return state, stepper


@pytest.mark.parametrize("sampling", ["full", Minibatch(4)])
@pytest.mark.parametrize("rule", [Alternating(lr=0.1), Adam(), SmoothedGDA()])
def test_traced_steps_have_the_same_bits(rule: Any, sampling: Any) -> None:
    eager, _ = play("eager", rule, sampling=sampling)
    traced, stepper = play("trace", rule, sampling=sampling)
    assert "trace" in stepper.used
    assert torch.equal(eager.x, traced.x)
    assert torch.equal(eager.y, traced.y)
    assert traced.x.stride() == (1, len(traced.x))  # a member's numbers together


def test_samples_that_change_within_a_step_are_not_frozen_into_a_trace() -> None:
    sampling = Minibatch(4, fresh=True)
    eager, _ = play("eager", Alternating(lr=0.1), sampling=sampling)
    traced, stepper = play("trace", Alternating(lr=0.1), sampling=sampling)
    assert stepper.used == "eager"
    assert torch.equal(eager.x, traced.x)


def test_engines_that_are_not_there_fall_back(monkeypatch: Any) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("no compiler")

    monkeypatch.setattr("gandyn.gans.training.stepping._compiled", broken)
    eager, _ = play("eager", Simultaneous(lr=0.1))
    for engine, note in (("compile", "no compiler"), ("graph", "CUDA")):
        found, stepper = play(engine, Simultaneous(lr=0.1))
        assert note in stepper.notes[0]
        assert torch.equal(eager.x, found.x)


@pytest.mark.slow
def test_compiled_steps_agree_to_rounding() -> None:
    eager, _ = play("eager", Alternating(lr=0.1))
    found, stepper = play("compile", Alternating(lr=0.1))
    assert stepper.used == "compile", stepper.notes
    torch.testing.assert_close(found.x, eager.x, rtol=0, atol=1e-13)


@pytest.mark.cuda
@CUDA
def test_cuda_graphs_agree_with_eager_steps() -> None:
    eager, _ = play("eager", Alternating(lr=0.1))
    fields = {"lr_x": torch.linspace(0.01, 0.05, 3).double().cuda()}
    game, stepper = SMALL.game(device="cuda"), Stepper(Alternating(lr=0.1), "graph")
    start = SMALL.initial([1, 2, 3], device="cuda")
    state = stepper.begin(game, *start, fields)
    for _ in range(5):
        state = stepper.step(game, state, fields)
    assert stepper.used == "graph", stepper.notes
    torch.testing.assert_close(state.x.cpu(), eager.x, rtol=0, atol=1e-12)


def test_measured_dirac_diagram_is_the_exact_one() -> None:
    axes = {"lr_x": RATES[1:], "lr_y": RATES[1:]}
    found = sweep(Alternating(), DIRAC, axes, steps=1000, every=20)
    exact = sweep(Alternating(), DiracGAN(regulariser=R1(gamma=0.1)), axes)
    clear = abs(np.log(exact.radius)) > 1e-3
    inside = exact.radius < 1
    assert ((found.verdict == Verdict.CONVERGES) == inside).where(clear, True).all()
    diverging = found.verdict.isin([2, 3, 4])
    assert (diverging == ~inside).where(clear, True).all()


def test_early_rate_and_rotation_are_those_of_the_leading_multiplier() -> None:
    lr = np.array([0.5, 2.0])
    found = sweep(Simultaneous(), DIRAC, {"lr": lr}, steps=400, distance=1e-6)
    for i, rate in enumerate(lr):
        jacobian = np.array([[0.0, 0.5], [-0.5, 0.1]])
        leading = np.linalg.eigvals(np.eye(2) - rate * jacobian)[0]
        error = max(float(found.rate_error[i]), 1e-4)
        assert abs(found.rate[i] - np.log(abs(leading))) < 4 * error
        turn = abs(np.angle(leading)) / (2 * np.pi)
        np.testing.assert_allclose(found.rotation[i], turn, rtol=0.02)


def test_the_width_of_chunks_changes_rounding_only() -> None:
    axes = {"lr": [0.05, 0.1, 0.2, 2.5], "seed": [0, 1]}
    whole = sweep(Alternating(), SMALL, axes, steps=60)
    parts = sweep(Alternating(), SMALL, axes, steps=60, chunk=3)
    again = sweep(Alternating(), SMALL, axes, steps=60, chunk=3)
    assert parts.identical(again)
    assert parts.verdict.equals(whole.verdict)
    np.testing.assert_allclose(parts.norm, whole.norm, rtol=1e-6)


def test_structural_fields_are_groups() -> None:
    axes = {"k": [1, 2], "lr": [0.1, 0.2]}
    found = sweep(Lookahead(Simultaneous()), DIRAC, axes, steps=50)
    one = sweep(Lookahead(Simultaneous(), k=2), DIRAC, {"lr": [0.1, 0.2]}, steps=50)
    np.testing.assert_array_equal(found.rate.sel(k=2), one.rate)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize(
    "sampling", ["full", pytest.param(Minibatch(4), marks=pytest.mark.slow)]
)
def test_resumed_runs_have_the_same_bits(
    tmp_path: Any, sampling: Any, monkeypatch: Any
) -> None:
    options = {
        "steps": 20, "escape": 1e12, "sampling": sampling, "chunk": 2, "tile": 6,
        "save_every": 0.0, "engine": "trace" if sampling == "full" else "eager",
    }  # fmt: skip
    axes = {"k": [1, 2], "inner.lr_x": [0.01, 0.02, 0.05]}
    rule = Lookahead("optimistic" if sampling == "full" else Adam(lr=0.01), alpha=0.1)
    want = sweep(rule, SMALL, axes, store=tmp_path / "whole.zarr", **options)
    calls: list[int] = []
    tell = ensembles.Trainer._tell

    def interrupted(self: Any, members: int) -> None:
        tell(self, members)
        calls.append(members)
        if len(calls) in (10, 35):
            raise Interrupted

    monkeypatch.setattr(ensembles.Trainer, "_tell", interrupted)
    options["store"] = tmp_path / "parts.zarr"
    for _ in range(2):
        with pytest.raises(Interrupted):
            sweep(rule, SMALL, axes, **options)
    assert list(options["store"].rglob("*.pt"))  # the tiles in hand
    found = sweep(rule, SMALL, axes, **options)
    xr.testing.assert_identical(found.load(), want.load())
    assert not list(options["store"].rglob("*.pt"))
    with pytest.raises(GandynError, match="another run: seed is 0 there, 1 here"):
        sweep(rule, SMALL, axes, **options, seed=1)


def test_a_damaged_checkpoint_costs_time_only(tmp_path: Any) -> None:
    axes = {"inner.lr_x": [0.01, 0.02], "inner.lr_y": [0.01, 0.02]}
    options = {"steps": 5, "store": tmp_path / "a.zarr"}
    begun = options["store"] / "tile_status" / "drafts"
    begun.mkdir(parents=True)
    (begun / "0.0.pt").write_bytes(b"half a file")
    found = sweep(Lookahead("gda"), SMALL, axes, **options)
    assert (found.steps == 5).all()


def test_too_little_memory_halves_chunks(monkeypatch: Any) -> None:
    whole = sweep(Simultaneous(), DIRAC, {"lr": RATES}, steps=30)
    most = [2]
    begin = ensembles.Watch

    def tight(state: Any, limits: Any) -> Any:
        if state.x.shape[1] > most[0]:
            raise torch.OutOfMemoryError("out of memory")
        return begin(state, limits)

    monkeypatch.setattr(ensembles, "Watch", tight)
    found = sweep(Simultaneous(), DIRAC, {"lr": RATES}, steps=30)
    assert list(found.attrs["chunks"]) == [2]
    assert found.verdict.equals(whole.verdict)
    most[0] = 0
    with pytest.raises(GandynError, match="not enough memory for one member"):
        sweep(Simultaneous(), DIRAC, {"lr": RATES}, steps=30)


def test_estimates_of_memory_grow_with_the_batch() -> None:
    big = SMALL.game(sampling=Minibatch(4096))
    assert ensembles.member_bytes(big) > 10 * ensembles.member_bytes(SMALL.game())
    assert ensembles.fitting(SMALL.game(), 10) == 10


def test_a_member_that_breaks_leaves_the_others_alone() -> None:
    gan = make_gan("LQ", columns=1, covariance=[[1.0]])
    axes = {"lr": [0.01, 50.0]}
    options = {"steps": 200, "start": "initial", "escape": 1e300}
    found = sweep(Simultaneous(), gan, axes, **options)
    alone = sweep(Simultaneous(), gan, {"lr": [0.01]} | {"lr": [0.01, 0.02]}, **options)
    assert found.ended[1] in (Ending.LEFT_BOX, Ending.OVERFLOW, Ending.NOT_A_NUMBER)
    assert found.steps[1] < 200
    np.testing.assert_allclose(found.norm[0], alone.norm[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "turbo"}, "engine must be one of"),
        ({"steps": 0}, "steps must be"),
        ({"device": "cuda:99"}, "there is no device"),
        ({"dtype": torch.float16}, "dtype must be"),
        ({"chunk": 0}, "chunk must be"),
        ({"start": "somewhere"}, "start must be one of"),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    with pytest.raises(GandynError, match=message):
        sweep(Simultaneous(), DIRAC, {"lr": RATES}, **options)
    with pytest.raises(FieldError, match="no field of a GAN"):
        sweep(Simultaneous(), DIRAC, {"start.x": RATES})


@pytest.mark.parametrize("rule", [Alternating(), Adam(), Lookahead("extragradient")])
def test_tensors_give_the_verdicts_of_kernels(rule: Any) -> None:
    name = "inner.lr_x" if isinstance(rule, Lookahead) else "lr_x"
    axes = {name: Axis(0.1, 10, 4, "log"), "gamma": Axis(0.05, 3, 4, "log")}
    game = DiracGAN(regulariser="R1")
    found = sweep(rule, game, axes, steps=500, device="cpu")
    want = sweep(rule, game, axes, steps=500, method="simulate")
    assert found.verdict.equals(want.verdict)
    np.testing.assert_allclose(found.rate, want.rate, rtol=1e-9)


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("seeds", [(), (4, 5, 5)])
def test_losses_that_draw_are_traced_to_the_bit(seeds: Any, timed: bool) -> None:
    torch.manual_seed(0)
    nets = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))

    def losses(G: Any, D: Any, batch: Any, step: Any) -> Any:
        fake = G(torch.randn(len(batch), 2))
        weight = 2.0 if timed and step % 3 == 0 else 1.0
        judged = weight * D(fake.detach()).square().mean()
        return -D(fake).mean(), judged - D(batch).mean()

    game = TorchGame(*nets, losses, torch.randn(9, 2), dtype=torch.float64)
    start = [torch.stack([z] * 3, 1) for z in game.start()]
    game = game.replicas(seeds) if seeds else game
    rates = {"lr_x": torch.tensor([0.1, 0.2, 0.2], dtype=torch.float64)}
    ends, known = [], torch.get_rng_state()
    for engine in ("eager", "trace"):
        stepper = Stepper(Alternating(), engine)
        state = stepper.begin(game, *start, rates)
        for _ in range(5):
            state = stepper.step(game, state, rates)
        ends.append(torch.cat([state.x, state.y]))
    assert stepper.used == ("eager" if timed else "trace")
    assert torch.equal(*ends)
    assert torch.equal(known, torch.get_rng_state())
    same = torch.equal(ends[0][:, 1], ends[0][:, 2])
    assert same == (not seeds)


@pytest.mark.parametrize("paired", [False, True])
def test_batches_that_are_drawn_at_one_go_are_those_of_each_seed(paired: bool) -> None:
    pools = {
        "real": torch.randn(20, 3), "label": torch.arange(20), "weight": torch.ones(()),
        "latents": torch.randn(20, 2), "other": (torch.randn(7, 2, 2),),
    }  # fmt: skip
    sampling, seeds = Minibatch(5, paired=paired), (3, 1, 2**40)
    found = sampling.draw_each(pools, (), seeds, (4, 1))
    for i, seed in enumerate(seeds):
        one = sampling.draw(pools, (), seed, (4, 1), 0)
        own = pytree.tree_map(lambda part, i=i: part[i], found)
        pairs = zip(pytree.tree_leaves(own), pytree.tree_leaves(one), strict=True)
        assert all(torch.equal(*pair) for pair in pairs)


def test_noted_operations_are_fewer_and_give_the_same_bits() -> None:
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    start = nn.utils.parameters_to_vector(net.parameters()).detach()
    names = {name: p.shape for name, p in net.named_parameters()}

    def loss(z: Any, points: Any) -> Any:
        parts = z.split([shape.numel() for shape in names.values()])
        own = {k: v.reshape(s) for (k, s), v in zip(names.items(), parts, strict=True)}
        return torch.func.functional_call(net, own, points).square().mean()

    step = torch.vmap(torch.func.grad(loss))
    args = torch.stack([start, -start]), torch.randn(2, 5, 3)
    found, whole = noted(step, args), make_fx(step)(*args)
    assert len(found.graph.nodes) < 0.8 * len(whole.graph.nodes)
    for _ in range(2):
        assert torch.equal(found(*args), step(*args))
        args = (2 * args[0], args[1])


def test_noted_operations_that_write_are_kept_as_they_are() -> None:
    def step(z: Any) -> Any:
        kept = z.view(4)
        other = kept.expand(4).clone()
        other.view(4).mul_(2)
        return other + kept

    found = noted(step, (torch.ones(4),))
    assert torch.equal(found(torch.full((4,), 3.0)), torch.full((4,), 9.0))
