"""Sweeps with certificates, from Python and from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from gandyn import sweep
from gandyn.cli import main
from gandyn.dynamics import Axis
from gandyn.errors import FieldError
from gandyn.games import Bilinear
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Alternating, Extragradient
from gandyn.stability import certify
from gandyn.stability.certificates.cells import FLAGS


def test_a_certified_sweep_is_the_sweep_with_one_variable_more():
    axes = {"lr": Axis(0.5, 1.5, 5), "A": [1.0, 2.0]}
    plain = sweep(Extragradient(), Bilinear(), axes)
    found = sweep(Extragradient(), Bilinear(), axes, certify=True)
    xr.testing.assert_identical(found.drop_vars("certificate"), plain)
    xr.testing.assert_identical(sweep(Extragradient(), Bilinear(), axes), plain)


def test_every_cell_in_the_band_is_what_certify_says_and_no_other_is_asked():
    axes = {"lr": Axis(0.5, 1.5, 5), "A": [0.5, 1.0, 2.0]}
    found = sweep(Extragradient(), Bilinear(), axes, certify=True, band=0.4)
    radius, flags = found.radius.values, found.certificate.values
    for i, j in np.ndindex(flags.shape):
        rule, game = Extragradient(lr=found.lr.values[i]), Bilinear(axes["A"][j])
        near = abs(radius[i, j] - 1) <= 0.4
        want = certify(rule, game).status if near else "not_asked"
        assert FLAGS[flags[i, j]] == want
    assert {0, 2, 3, 4} == set(flags.ravel())


def test_cells_that_differ_in_their_start_only_share_a_certificate(monkeypatch):
    from gandyn.stability.certificates import cells

    asked = []

    def counting(*nodes):
        asked.append(nodes)
        return certify(*nodes)

    monkeypatch.setattr(cells, "certify", counting)
    axes = {"start.x": [0.1, 0.2, 0.3], "lr": [0.5, 1.2]}
    game = DiracGAN(regulariser=R1(0.3))
    found = sweep(
        Alternating(), game, axes, steps=64, certify=True, band=10.0, threads=1
    )
    assert len(asked) == 2
    assert (found.certificate.values == found.certificate.values[0]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"certify": True, "band": -1.0}, "band must be zero or positive"),
        ({"certify": True, "band": float("nan")}, "band must be zero or positive"),
        ({"band": 0.1}, "band goes with certify"),
    ],
)
def test_bad_bands_are_refused_before_the_sweep(options, message):
    def never(done, total):
        raise AssertionError("the sweep has begun")

    axes = {"lr": [0.5, 1.0], "A": [1.0, 2.0]}
    with pytest.raises(FieldError, match=message):
        sweep(Extragradient(), Bilinear(), axes, progress=never, **options)


def run(*args, code=0):
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


ARGS = [
    "phase", "--rule", "altgda", "--game", "bilinear",
    "--x", "lr=1:3:3", "--y", "A=0.5:1:2",
]  # fmt: skip


def test_phase_certifies_draws_and_stores(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = ["-o", "a.nc", "-o", "a.svg", "--variable", "certificate"]
    summary = json.loads(run(*ARGS, "--certify", "--json", *outputs).stdout)
    # lr σ: below 2 on the circle, at 2 defective, beyond not asked
    want = {"not_asked": 1, "proved_unstable": 1, "proved_on_circle": 4}
    assert summary["certificates"] == want
    with xr.open_dataset("a.nc", engine="h5netcdf") as stored:
        assert stored.certificate.values.tolist() == [[4, 4], [4, 3], [4, 0]]
    assert "proved on circle" in (tmp_path / "a.svg").read_text()


def test_phase_takes_certify_from_a_file_and_prints_the_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text("certify = true\n")
    text = run(*ARGS, "--config", "run.toml", "-o", "a.nc").stdout
    assert "proved_on_circle" in text


def test_the_variable_certificate_needs_certificates(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*ARGS, "--variable", "certificate", "-o", "a.png", code=2)
    assert "--certify" in result.stderr
    assert not (tmp_path / "a.png").exists()


def test_steps_on_a_device_give_the_same_diagram() -> None:
    pytest.importorskip("torch")
    rates = [0.5, 1.0, 1.5, 2.0]
    axes = {"lr_x": rates, "lr_y": rates}
    game = DiracGAN(regulariser="R1")
    there = sweep(Alternating(), game, axes, device="cpu")
    here = sweep(Alternating(), game, axes)
    np.testing.assert_array_equal(there.verdict, here.verdict)
    with pytest.raises(FieldError, match="leave out device"):
        sweep(Alternating(), game, axes, device="cpu", method="exact")
