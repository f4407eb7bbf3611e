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
