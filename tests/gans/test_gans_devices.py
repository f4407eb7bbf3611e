"""The same code on every device: what a GPU gives is what the CPU gives."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn.rules import Adam, Alternating, CompetitiveGradientDescent, Consensus

torch = pytest.importorskip("torch")

from gandyn.games import R1  # noqa: E402
from gandyn.gans import Minibatch, make_gan, train  # noqa: E402

CUDA = torch.cuda.is_available()
DEVICES = [
    pytest.param("cpu", 4, id="cpu"),
    pytest.param(
        "cuda",
        256,
        id="cuda",
        marks=[
            pytest.mark.cuda,
            pytest.mark.skipif(not CUDA, reason="no CUDA device"),
        ],
    ),
]
STEPS = 20


@pytest.mark.parametrize(("device", "members"), DEVICES)
@pytest.mark.parametrize("rule", [Alternating, Adam, Consensus])
@pytest.mark.parametrize("sampling", ["full", Minibatch(8)])
def test_ensemble_of_teachers(
    device: str, members: int, rule: Any, sampling: Any
) -> None:
    seeds = list(range(members))
    gammas = torch.linspace(0.1, 1.0, members, dtype=torch.float64)
    rates = torch.linspace(0.05, 0.02, members, dtype=torch.float64)

    def end(place: str, own: slice) -> Any:
        gan = make_gan("teacher", regulariser=R1(gammas[own].to(place)), points=16)
        start = gan.initial(seeds[own], device=place)
        game = gan.game(seeds[own], device=place, sampling=sampling)
        return train(rule(lr=rates[own].to(place)), game, start, STEPS).state

    found = end(device, slice(None))
    assert found.x.device.type == device
    some = slice(0, members, members // 4)  # by the CPU, and in another ensemble
    want = end("cpu", some)
    torch.testing.assert_close(found.x[:, some].cpu(), want.x, rtol=0, atol=1e-9)
    torch.testing.assert_close(found.y[:, some].cpu(), want.y, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("device", "members"), DEVICES)
@pytest.mark.parametrize(
    "fields",
    [
        {"name": "dcgan", "channels": 2, "points": 4, "regulariser": "R1"},
        {"name": "ring", "normalisation": "spectral", "regulariser": "DRAGAN"},
        {"name": "ring", "normalisation": "power", "noise_std": 0.1},
        {"name": "ring", "normalisation": "batch", "regulariser": "WGAN-GP"},
    ],
    ids=lambda fields: "-".join(map(str, fields.values())),
)
def test_single_precision_ensembles_are_finite_and_close_to_double(
    device: str, members: int, fields: Any
) -> None:
    gan, seeds = make_gan(**fields), list(range(min(members, 8)))
    ends = []
    for place, dtype in ((device, torch.float32), ("cpu", torch.float64)):
        kinds = {"device": place, "dtype": dtype}
        start = gan.initial(seeds, **kinds)
        run = train(Alternating(lr=0.01), gan.game(**kinds), start, 5)
        ends.append(torch.cat([run.state.x, run.state.y]).double().cpu())
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("device", "members"), DEVICES)
def test_dense_systems(device: str, members: int) -> None:
    gan = make_gan("teacher", hidden=3, points=8)
    ends = []
    for place in (device, "cpu"):
        start = gan.initial([1, 2], device=place)
        game = gan.game([1, 2], device=place)
        run = train(CompetitiveGradientDescent(lr=0.1), game, start, 3)
        ends.append(run.state.x.cpu())
    torch.testing.assert_close(*ends, rtol=0, atol=1e-10)
