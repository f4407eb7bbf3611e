"""``gandyn phase --gan`` on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import xarray as xr
from click.testing import CliRunner

from gandyn.cli import main

pytest.importorskip("torch")

GAN = ["phase", "--gan", "dirac(regulariser=R1(0.3))", "--steps", "100"]
AXES = ["--x", "lr_x=0.1:20:3:log", "--y", "lr_y=0.1:10:2:log"]


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == code, result.output
    return result


def test_diagram(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["-o", "a.png", "-o", "a.nc", "--set", "gamma=0.2", "--dtype", "float32"]
    summary = json.loads(run(*GAN, *AXES, *files, "--json").stdout)
    assert summary["cells"] == sum(summary["verdicts"].values()) == 6
    with xr.open_dataset("a.nc", engine="h5netcdf") as stored:
        assert stored.verdict.dims == ("lr_x", "lr_y")
        assert "gamma=0.2" in stored.attrs["game"]
        assert stored.attrs["dtype"] == "float32"
        assert stored.attrs["device"] == "cpu"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["phase", "--seed", "3"], "--seed goes with --gan"),
        ([*GAN, "--certify"], "--certify does not go with --gan"),
        ([*GAN, "--device", "cuda:99"], "there is no device"),
        ([*GAN, "--dtype", "float16"], "unknown dtype"),
        (["phase", "--gan", "dirak"], "did you mean"),
        ([*GAN, "--variable", "lyapunov"], "unknown variable"),
    ],
)
def test_refusals(
    args: list[str], message: str, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in run(*args, code=2).output


MINE = """
import torch
from torch import nn
from gandyn.gans import TorchGame


def make(width=3):
    torch.manual_seed(0)
    judge = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def losses(G, D, batch):
        fake = G(batch)
        loss_y = D(fake.detach()).square().mean() + (D(batch + 1) - 1).square().mean()
        return (D(fake) - 1).square().mean(), loss_y

    return TorchGame(nn.Linear(2, 2), judge, losses, torch.randn(5, 2))


game = make()
number = 3
"""


def test_a_game_of_a_users_file(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    args = ["phase", *AXES, "--steps", "5", "-o", "a.nc", "--json", "--gan"]
    for name in ("game", "make(width=2)"):
        summary = json.loads(run(*args, f"mine.py:{name}", "--overwrite").stdout)
        assert summary["cells"] == 6
        assert summary["game"].endswith(f":{name}")
    for name, message in (
        ("gmae", "unknown GAN of mine.py 'gmae': did you mean"),
        ("number", "neither a TorchGame nor a function"),
        ("make(wdth=2)", "make raised TypeError"),
        ("game --dtype float64", "cannot read"),
    ):
        found = run(*args, f"mine.py:{name}", "--overwrite", code=2)
        assert message in found.output
    wrong = run(*args, "mine.py:game", "--device", "meta", "--overwrite", code=2).output
    assert "the game is one of cpu, not meta" in wrong
