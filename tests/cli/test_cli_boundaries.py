"""The exact boundary of ``gandyn phase``: drawn, kept in the file, or said why not."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from gandyn import plot
from gandyn.cli import main
from gandyn.stability import saved_boundary
from gandyn.store import open_sweep

GAME = "dirac(regulariser=R1(0.3))"
AXES = ("--x", "lr_x=0.1:30:5:log", "--y", "lr_y=0.1:30:4:log")


def phase(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["phase", *map(str, args)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.nc"
    phase("--game", GAME, *AXES, "-o", path, "-o", path.with_suffix(".csv"))
    return path


def test_the_curves_are_kept_beside_the_cells(saved):
    with xr.open_dataset(saved, engine="h5netcdf") as dataset:
        spiral, flip = saved_boundary(dataset.load())
    assert (spiral.kind, flip.kind) == ("neimark-sacker", "flip")
    np.testing.assert_allclose(spiral.values[:, 0], 4 * 0.3, rtol=1e-12)
    np.testing.assert_allclose(np.abs(spiral.multipliers), 1, rtol=1e-9)
    assert spiral.ends == ("box", "resonance")
    assert spiral.multipliers.imag[:-1].all()  # a pair's curve ends where they meet
    np.testing.assert_allclose(flip.multipliers, -1, rtol=1e-9)
    assert flip.stable.any()
    assert not flip.stable.all()


def test_a_store_keeps_the_curves_and_goes_on(saved, tmp_path):
    store = tmp_path / "saved.zarr"
    phase("--game", GAME, *AXES, "-o", store)
    phase("--game", GAME, *AXES, "-o", store, "--resume")
    with xr.open_dataset(saved, engine="h5netcdf") as dataset:
        want = saved_boundary(dataset.load())
    for ours, theirs in zip(saved_boundary(open_sweep(store)), want, strict=True):
        assert (ours.kind, ours.fields, ours.ends) == (
            theirs.kind, theirs.fields, theirs.ends,
        )  # fmt: skip
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_array_equal(ours.multipliers, theirs.multipliers)
        np.testing.assert_array_equal(ours.others, theirs.others)


def test_a_table_has_cells_and_no_curves(saved):
    with saved.with_suffix(".csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 20
    assert not any("boundary" in name for name in rows[0])


def test_a_saved_sweep_is_drawn_with_its_curves(saved, tmp_path):
    with xr.open_dataset(saved, engine="h5netcdf") as dataset:
        ax = plot.phase_diagram(dataset.load())
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words[-2:] == ["Neimark–Sacker", "flip"]
    assert any("far from equilibrium" in word for word in words)
    picture = tmp_path / "again.svg"
    phase("--from", saved, "-o", picture)
    assert "Neimark–Sacker" in picture.read_text("utf-8")
    phase("--from", saved, "--boundary", "none", "-o", picture, "--overwrite")
    text = picture.read_text("utf-8")
    assert "Neimark–Sacker" not in text
    assert "between cells" not in text


def test_curves_that_must_be_followed_are(tmp_path):
    path = tmp_path / "followed.nc"
    result = phase("--rule", "lookahead", "--game", GAME, *AXES, "-o", path)
    assert "Note" not in result.stderr
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        kinds = {curve.kind for curve in saved_boundary(dataset.load())}
    assert kinds == {"neimark-sacker", "flip"}


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("--rule", "adam", "--game", GAME), "Adam changes with time"),
        (
            ("--rule", "lookahead", "--game", "bilinear([[1,0,0],[0,1,0],[0,0,2]])"),
            "--boundary follow takes the time",
        ),
    ],
)
def test_where_there_is_none_the_reason_is_told(args, reason, tmp_path):
    path = tmp_path / "none.nc"
    result = phase(*args, *AXES, "-o", path)
    assert re.search(f"Note: no exact boundary: .*{reason}", result.stderr)
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        assert saved_boundary(dataset) is None


def test_a_plane_without_a_boundary_says_so(tmp_path):
    path = tmp_path / "none.nc"
    phase("--rule", "ProximalPoint", "--game", GAME, *AXES, "-o", path)
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        assert saved_boundary(dataset) == []


def test_unknown_ways_are_refused():
    message = phase("--boundary", "folow", code=2).stderr
    assert "did you mean follow?" in message
