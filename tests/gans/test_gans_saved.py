"""Checkpoints of training scripts: usual shapes are read, others named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gandyn.errors import GandynError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn.gans import Minibatch, Training  # noqa: E402
from gandyn.gans.advising.saved import read_saved, role_of  # noqa: E402


def made(hidden: int = 4) -> tuple[Any, ...]:
    generator = nn.Sequential(nn.Linear(2, hidden), nn.Linear(hidden, 2))
    critic = nn.Linear(2, 1)
    optimizers = [torch.optim.Adam(m.parameters(), 0.01) for m in (generator, critic)]
    for module, optimizer in zip((generator, critic), optimizers, strict=True):
        module(torch.randn(3, 2)).sum().backward()
        optimizer.step()
    return generator, critic, *optimizers


def training(parts: tuple[Any, ...]) -> Training:
    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch)
        return -D(fake).mean(), D(fake.detach()).mean() - D(batch).mean()

    generator, critic, *optimizers = parts
    data = torch.randn(20, 2)
    return Training(generator, critic, losses, data, *optimizers, sampling=Minibatch(4))


NAMES = [
    ("generator", "discriminator", "opt_g", "opt_d"),
    ("netG", "netD", "optimizerG", "optimizerD"),
    ("G_state_dict", "D_state_dict", "optim_G", "optim_D"),
    ("model_g", "model_d", "g_optimizer", "d_optimizer"),
    ("gen", "critic", "optimizer_gen_state_dict", "optimizer_critic_state_dict"),
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_usual_names(names: tuple[str, ...], tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs, file = made(), tmp_path / "gan.pt"
    states = {n: part.state_dict() for n, part in zip(names, theirs, strict=True)}
    torch.save({"epoch": 3, **states}, file)
    torch.manual_seed(2)
    own = training(made())
    assert own.load(file) == ()
    wanted, found = training(theirs).state, own.state
    assert torch.equal(found.x, wanted.x)
    assert torch.equal(found.y, wanted.y)
    assert torch.equal(found.memory[0][1], wanted.memory[0][1])


def test_nested_and_parallel_states(tmp_path: Path) -> None:
    parts, file = made(), tmp_path / "gan.pt"
    generator = {f"module.{k}": v for k, v in parts[0].state_dict().items()}
    torch.save(
        {"models": {"G": generator, "D": parts[1].state_dict()},
         "optimizers": {"G": parts[2].state_dict()}}, file,
    )  # fmt: skip
    assert training(made()).load(file) == ("opt_d",)


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    file, own = tmp_path / "gan.pt", training(made())
    parts = made()
    good = dict(zip(NAMES[0], (part.state_dict() for part in parts), strict=True))

    def refused(content: Any, words: str) -> None:
        torch.save(content, file)
        with pytest.raises(GandynError, match=words) as caught:
            own.load(file)
        assert str(caught.value).count("\n") < 2

    refused({"generator": good["generator"]}, "no state of the discriminator")
    refused({**good, "netG": good["generator"]}, "two states of the generator")
    other = made(hidden=5)[0].state_dict()
    refused({**good, "generator": other}, r"generator's 0.weight has shape \(5, 2\)")
    less = {k: v for k, v in good["generator"].items() if k != "1.bias"}
    refused({**good, "generator": less}, "1.bias is not in it")
    more = {**good["generator"], "2.bias": torch.zeros(1)}
    refused({**good, "generator": more}, "2.bias is in it")
    nan = {**good["discriminator"], "bias": torch.tensor([torch.nan])}
    refused({**good, "discriminator": nan}, "bias is not finite")
    refused({**good, "opt_g": good["opt_d"]}, "parameters")
    refused([1, 2], "holds a list")
    refused(parts[0], "holds whole objects")
    whole = file.read_bytes()
    torch.save(good, file)
    whole = file.read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        file.write_bytes(content)
        with pytest.raises(GandynError, match="damaged"):
            own.load(file)
    with pytest.raises(GandynError, match="cannot read"):
        own.load(tmp_path / "none.pt")


def test_keys_that_tell_nothing(tmp_path: Path) -> None:
    assert [role_of(k) for k in ("epoch", "args", "encoder", "optimizer")] == [""] * 4
    torch.save({"state_dict": {}}, tmp_path / "x.pt")
    with pytest.raises(GandynError, match="its keys are state_dict"):
        read_saved(tmp_path / "x.pt")
