"""``gandyn phase`` with stores: gone on with, drawn again, exported."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import gandyn
from gandyn import sweep
from gandyn.cli import main

LINEAR = ["phase", "--game", "bilinear", "--x", "lr_x=0.1:2:5:log",
          "--y", "lr_y=0.1:2:4"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def test_an_interrupted_sweep_says_how_to_go_on(monkeypatch: Any) -> None:
    def interrupted(*args: Any, **options: Any) -> Any:
        def report(done: int, total: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        return sweep(*args, **{**options, "progress": report})

    args = [*LINEAR, "-o", "a.zarr", "-o", "a.nc", "--tile", "4"]
    with monkeypatch.context() as patch:
        patch.setattr("gandyn.sweep", interrupted)
        said = run(*args, code=130).stderr
    assert "To go on:\n  gandyn phase --game bilinear" in said
    assert said.rstrip().endswith("--resume")
    assert not Path("a.nc").exists()
    assert "exists" in run(*args, code=2).stderr
    found = json.loads(run(*args, "--resume", "--json").stdout)
    assert found["verdicts"] == {"diverges_spiral": 20}
    with xr.open_dataset("a.nc", engine="h5netcdf") as one:
        assert not one.gandyn.where("unfinished").any()


HEARD = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("gandyn.cli", run_name="__main__")
"""
"""The command, deaf to nothing: jobs in the background of a shell ignore Ctrl-C, and so
would their children."""


@pytest.mark.parametrize(("sent", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_signals_have_their_own_exit_codes(sent: str, code: int) -> None:
    args = ["phase", "--x", "lr_x=0.1:30:512:log", "--y", "lr_y=0.1:30:512:log"]
    place = {"PYTHONPATH": str(Path(gandyn.__file__).parents[1])}
    command = [sys.executable, "-c", HEARD, *args, "-o", "a.zarr"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | place
    )
    while not Path("a.zarr", "zarr.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(getattr(signal, sent))
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.rstrip().endswith("-o a.zarr --resume")


def test_a_saved_sweep_is_drawn_again() -> None:
    run(*LINEAR, "-o", "a.zarr", "-o", "a.nc")
    for name in ("a.zarr", "a.nc"):
        run("phase", "--from", name, "--variable", "rate", "-o", "b.svg", "--overwrite")
        text = Path("b.svg").read_text()
        assert ">learning rate" in text or "lr_x" in text
        assert "<text" in text
        for words in ("rule: Simultaneous(", "game: Bilinear(", "--variable rate",
                      "versions: gandyn "):  # fmt: skip
            assert words in text
    before = Path("b.svg").read_bytes()
    run("phase", "--from", "a.nc", "--variable", "rate", "-o", "b.svg", "--overwrite")
    assert Path("b.svg").read_bytes() == before
    run("phase", "--from", "a.zarr", "--style", "greys")
    assert Path("phase.png").exists()
    run("phase", "--from", "a.zarr", "-o", "c.nc")
    with (
        xr.open_dataset("a.nc", engine="h5netcdf") as one,
        xr.open_dataset("c.nc", engine="h5netcdf") as two,
    ):
        assert one.identical(two)


def test_an_unfinished_sweep_is_drawn_as_such() -> None:
    args = [*LINEAR, "-o", "a.zarr", "--tile", "4"]
    run(*args)
    next(
        path for path in Path("a.zarr/verdict/c").rglob("0") if path.is_file()
    ).unlink()
    found = run("phase", "--from", "a.zarr", "-o", "a.svg").stdout
    assert "unfinished" in found
    assert "unfinished" in Path("a.svg").read_text()


def test_a_plane_of_more_axes_is_chosen() -> None:
    args = [*LINEAR, "--axis", "A=0.5,1,2"]
    assert "choose a plane by --at" in run(*args, "-o", "a.png", code=2).stderr
    run(*args, "-o", "a.zarr", "-o", "a.svg", "--at", "A=1")
    assert "A = 1" in Path("a.svg").read_text()
    run("phase", "--from", "a.zarr", "--at", "A=1.9", "-o", "b.svg")
    assert "A = 2" in Path("b.svg").read_text()
    run("phase", "--from", "a.zarr", "--at", "lr_x=0.2", "-o", "c.svg")
    for at, words in (("A=9", "beyond the axis"), ("B=1", "choose one of A, lr_x"),
                      ("A=x", "write NAME=VALUE")):  # fmt: skip
        said = run("phase", "--from", "a.zarr", "--at", at, "-o", "d.svg", code=2)
        assert words in said.stderr


def test_tables_have_a_row_for_each_cell() -> None:
    run(*LINEAR, "-o", "a.csv", "-o", "a.nc")
    with xr.open_dataset("a.nc", engine="h5netcdf") as found:
        with Path("a.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == 20
        cell = found.isel(lr_x=1, lr_y=2)
        row = rows[4 + 2]
        assert float(row["lr_y"]) == float(cell.lr_y)
        assert float(row["rate"]) == float(cell.rate)
        assert row["verdict"] == "diverges_spiral"
        assert row["ended"] == "exact"


def test_workers_write_the_bytes_of_threads() -> None:
    run(*LINEAR, "-o", "a.zarr", "--tile", "10")
    run(*LINEAR, "-o", "b.zarr", "--tile", "10", "--workers", "1")
    one, two = (
        {p.relative_to(s): p.read_bytes() for p in sorted(s.rglob("*")) if p.is_file()}
        for s in (Path("a.zarr"), Path("b.zarr"))
    )
    assert one == two


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--resume"], "--resume goes with -o FILE.zarr"),
        (["--workers", "2"], "--workers goes with -o FILE.zarr"),
        (["-o", "a.zarr", "--workers", "0"], "workers must be"),
        (["-o", "a.zarr", "-o", "b.zarr"], "one store"),
        (["-o", "a.zarr", "--workers", "1", "--executor", "tcp://a:1"], "not both"),
        (["-o", "a.zarr", "--tile", "0"], "tile must be"),
        (["--from", "no.zarr"], "no such file"),
        (["--from", "no.zarr", "--steps", "3"], "--steps makes another sweep"),
        (["--from", "no.zarr", "-o", "b.zarr"], "--from writes"),
        (["--style", "gray"], "did you mean greys"),
    ],
)
def test_bad_input_is_refused(args: list[str], words: str) -> None:
    game = [] if "--from" in args else ["--game", "bilinear"]
    said = run("phase", *game, *args, code=2).stderr
    assert words in said
    assert not list(Path().iterdir())


def test_large_pictures_show_some_of_the_cells(monkeypatch: Any) -> None:
    monkeypatch.setattr("gandyn.cli._diagrams._SIDE", 3)
    run(*LINEAR, "-o", "a.svg", "-o", "a.nc")
    assert "100 %" in Path("a.svg").read_text()
    with xr.open_dataset("a.nc", engine="h5netcdf") as found:
        assert np.shape(found.verdict) == (5, 4)
