"""``gandyn crosscheck``, end to end."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

pytest.importorskip("torch")

from gandyn.cli import main

DIRAC = ["crosscheck", "--gan", "dirac(regulariser=R1(0.3))"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: object, code: int = 0):
    result = CliRunner().invoke(main, [*DIRAC, *map(str, args)])
    assert result.exit_code == code, result.output
    return result


def test_one_field_to_files(folder):
    found = json.loads(run("--json", "-o", "a.json", "-o", "a.png").stdout)
    assert found["agrees"] is True
    assert found["summary"]["predicted"]["value"] == pytest.approx(1.2)
    written = json.loads((folder / "a.json").read_text("utf-8"))
    assert written["details"] == found["details"]
    assert written["command"].startswith("gandyn crosscheck --gan")
    assert written["versions"]["torch"]
    assert (folder / "a.png").stat().st_size > 1000
    assert "exists" in run("-o", "a.json", code=2).output


def test_in_words():
    lines = run().stdout.splitlines()
    assert lines[:2] == [
        "Simultaneous(lr_x=0.1, lr_y=0.1)",
        "on DiracGAN(loss=Minimax(), regulariser=R1(gamma=0.3), noise_std=0.0, "
        "paired=False, mixed=False, points=1, gain=1.0), seed 0",
    ]
    assert lines[2].startswith("neimark-sacker, to be measured within 2 % of")
    assert lines[3].split() == ["predicted", "measured", "off"]
    assert lines[4].split()[:2] == ["lr", "1.2"]
    assert lines[5].startswith("angle, rad a step")
    assert lines[6:] == ["agrees"]
    plane = run("--x", "lr_x=0.5:3:3:log", "--y", "lr_y=0.5:3:3:log").stdout
    assert "settles  leaves  undecided" in plane
    assert "100 % of them agree" in plane
    assert not {"{", "}"} & set(plane.splitlines()[-1])


def test_a_failed_check_exits_with_1():
    result = run("--tolerance", "1e-12", code=1)
    assert "does not agree" in result.output


def test_plane(folder):
    axes = ("--x", "lr_x=0.5:3:3:log", "--y", "lr_y=0.5:3:3:log")
    found = json.loads(run(*axes, "--json", "-o", "b.svg").stdout)
    assert found["summary"]["agreement_far"] == 1
    assert (folder / "b.svg").exists()
    assert "both --x and --y" in run(*axes[:2], code=2).output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--gan", "dircc"), "Dirac"),
        (("--field", "lrr"), "lr"),
        (("--to", "0.1"), "no stability is lost"),
        (("--from", "3", "--to", "1"), "from 3.0 to 1.0 is empty"),
        (("--tolerance", "-1"), "tolerance must be positive, got -1"),
        (("--tolerance", "nan"), "tolerance must be positive, got nan"),
        (("--x", "lr_x=1:2:3", "--y", "lr_x=1:2:3"), "two axes are called lr_x"),
        (("--gan", "ring"), "no equilibrium known"),
        (("-o", "a.nc"), ".json"),
    ],
)
def test_refusals(args, words):
    assert words in run(*args, code=2).output
