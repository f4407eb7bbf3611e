"""``gandyn advise``, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from gandyn.cli import main  # noqa: E402

SCRIPT = """
import torch
from torch import nn
from gandyn.gans import Minibatch, TorchGame, Training

torch.manual_seed(0)
G, D = nn.Linear(2, 2), nn.Linear(2, 1)
data = torch.randn(100, 2) + 1
opt_g, opt_d = (torch.optim.Adam(m.parameters(), 0.01) for m in (G, D))

def losses(G, D, batch):
    fake = G(torch.randn(8, 2))
    pull = sum(p.square().sum() for p in D.parameters())
    return -D(fake).mean(), D(fake.detach()).mean() - D(batch).mean() + pull

def gap(G, D):
    return float((G(torch.zeros(1, 2)) - 1).norm())

def training():
    return Training(G, D, losses, data, opt_g, opt_d, sampling=Minibatch(8))

def game():
    return TorchGame(G, D, losses, data, sampling=Minibatch(8))

def broken():
    raise OSError("no such data")

def one_argument(G):
    return 1.0

number = 3
"""
FAST = ["--steps", "10", "--replicas", "2", "--factor", "lr=2,10000", "--metric", "gap"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(SCRIPT, "utf-8")
    return tmp_path


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["advise", *args])
    assert result.exit_code == code, result.output
    return result


def test_to_files_and_in_words(folder: Path) -> None:
    plain = run("my.py:training", *FAST, "--json", "-o", "a.json", "-o", "a.png").stdout
    found = json.loads(plain)
    assert found["evidence"] == "metric"
    assert found["upwards"][0]["value"] > 2
    assert json.loads((folder / "a.json").read_text("utf-8"))["cost"] == 80
    assert (folder / "a.png").stat().st_size > 1000
    assert "exists" in run("my.py:training", *FAST, "-o", "a.png", code=2).output
    lines = run("my.py:training", *FAST).stdout.splitlines()
    assert lines[0].startswith("OptimizerPair(lr_x=0.01, lr_y=0.01")
    assert any("not measured yet" in line or "real trainings" in line for line in lines)


def test_checkpoints(folder: Path) -> None:
    from gandyn._userfile import load_module

    module = load_module(folder / "my.py")
    states = {
        "generator": module.G.state_dict(),
        "discriminator": module.D.state_dict(),
    }
    torch.save(states, "half.pt")
    told = run("my.py:training", *FAST, "--checkpoint", "half.pt").stdout
    assert "half.pt has no opt_g: the optimizer begins anew" in told
    torch.save({**states, "netG": states["generator"]}, "twice.pt")
    again = run("my.py:training", *FAST, "--checkpoint", "twice.pt", code=2)
    assert "two states of the generator" in again.output


def test_a_game_takes_a_rule() -> None:
    words = run("my.py:game", *FAST, "--rule", "alternating(lr=0.01)").stdout
    assert words.startswith("Alternating(lr_x=0.01, lr_y=0.01)")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["my.py:trainin"], "did you mean training"),
        (["my.py"], "write FILE.py:NAME"),
        (["none.py:training"], "cannot read none.py"),
        (["my.py:number"], "is a int"),
        (["my.py:game"], "needs a rule"),
        (["my.py:training", "--rule", "adam"], "plays by its optimizers"),
        (["my.py:training", "--replicas", "1"], "needs 2 replicas or more, got 1"),
        (["my.py:broken"], "my.py:broken raised OSError: no such data"),
        (["my.py:training", "--metric", "one_argument"], "fails at the checkpoint"),
        (["my.py:game", "--checkpoint", "a.pt"], "goes with a gandyn.gans.Training"),
        (["my.py:training", "--metric", "gapp"], "did you mean gap"),
        (["my.py:training", "--factor", "lr=a"], "write FIELD=NUMBER"),
        (["my.py:training", "--value", "k_y"], "write --value FIELD"),
        (["my.py:training", "--factor", "rate"], "rate"),
        (["my.py:training", "-o", "a.txt"], "a.txt"),
    ],
)
def test_refusals(args: list[str], words: str) -> None:
    assert words in run(*args, code=2).output
