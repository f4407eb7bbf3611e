"""``dataset.gandyn``: the cells of a sweep by the words of their verdicts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gandyn import Axis, sweep
from gandyn.dynamics.verdicts import VERDICTS
from gandyn.errors import GandynError, UnknownName
from gandyn.games import DiracGAN
from gandyn.rules import Alternating

READ = """
import sys, xarray as xr
import gandyn.dynamics.accessor
print(xr.open_dataset(sys.argv[1]).gandyn.counts())
"""


@pytest.fixture(scope="module")
def diagram() -> xr.Dataset:
    rates = Axis(0.05, 6, 12, "log")
    game = DiracGAN(regulariser="R1")
    return sweep(Alternating(), game, {"lr_x": rates, "lr_y": rates}, steps=400)


def test_cells_are_those_of_the_codes(diagram: xr.Dataset) -> None:
    codes = diagram.verdict.values
    assert len(np.unique(codes)) > 1
    for word in VERDICTS:
        found = diagram.gandyn.where(word)
        assert found.dims == diagram.verdict.dims
        np.testing.assert_array_equal(found.values, codes == VERDICTS.index(word))
    away = [word for word in VERDICTS if word.startswith("diverges")]
    np.testing.assert_array_equal(
        diagram.gandyn.where(*away), np.isin(codes, list(map(VERDICTS.index, away)))
    )
    assert not (diagram.verdict == "converges").any()  # what it is there for


def test_counts_are_of_all_cells(diagram: xr.Dataset) -> None:
    counts = diagram.gandyn.counts()
    assert sum(counts.values()) == diagram.verdict.size
    assert counts["converges"] == int(diagram.gandyn.where("converges").sum()) > 0
    assert sum(diagram.gandyn.counts("ended").values()) == diagram.ended.size
    assert f"converges {counts['converges']}" in repr(diagram.gandyn)


def test_a_word_that_is_no_verdict_is_refused(diagram: xr.Dataset) -> None:
    with pytest.raises(UnknownName, match="'convergs': did you mean converges"):
        diagram.gandyn.where("convergs")
    with pytest.raises(UnknownName, match=r"did you mean .*diverges_"):
        diagram.gandyn.where("converges", "diverges")
    with pytest.raises(UnknownName, match="unknown ended 'converges'"):
        diagram.gandyn.where("converges", variable="ended")


def test_a_variable_without_flags_is_refused(diagram: xr.Dataset) -> None:
    with pytest.raises(GandynError, match="no flags 'rate': choose from verdict"):
        diagram.gandyn.where("converges", variable="rate")
    with pytest.raises(GandynError, match="it is no sweep"):
        xr.Dataset({"verdict": ("x", [1, 2])}).gandyn.counts()


def test_of_a_part_and_of_a_file(diagram: xr.Dataset, tmp_path: Path) -> None:
    row = diagram.isel(lr_x=3)
    assert sum(row.gandyn.counts().values()) == row.verdict.size
    path = tmp_path / "diagram.nc"
    diagram.to_netcdf(path)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(diagram.gandyn.counts())


def test_measured_diagrams_have_it_too() -> None:
    pytest.importorskip("torch")
    from gandyn.gans import make_gan

    axes = {"lr": [0.2, 1.0]}
    found = sweep(Alternating(), make_gan("dirac", regulariser="R1"), axes, steps=300)
    assert sum(found.gandyn.counts().values()) == 2
