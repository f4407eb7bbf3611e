"""``gandyn bifurcations``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from gandyn.cli import main

GAN = "dirac(regulariser=R1(0.3))"
PAIR = ("--rule", "simultaneous", "--game", GAN)


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["bifurcations", *args])
    assert result.exit_code == code, result.output
    return result


def test_json_has_the_record() -> None:
    table = json.loads(run(*PAIR, "--from", "0.1", "--json").stdout)
    assert table["rule"] == "Simultaneous(lr_x=0.1, lr_y=0.1)"
    assert (table["field"], table["from"], table["to"]) == ("lr", 0.1, 10.0)
    (one,) = table["bifurcations"]
    assert one["value"] == pytest.approx(1.2, rel=1e-13)
    assert one["coefficient"] == pytest.approx(-0.081, rel=1e-10)
    assert (one["kind"], one["status"]) == ("neimark-sacker", "converged")


def test_json_has_no_nan() -> None:
    text = run("--rule", "alternating", "--game", "bilinear", "--json").stdout
    (one,) = json.loads(text, parse_constant=pytest.fail)["bifurcations"]
    assert (one["status"], one["coefficient"]) == ("resonant", None)


def test_table_names_the_field_and_sets_others() -> None:
    lines = run(
        *PAIR, "--field", "gamma", "--from", "0.01", "--to", "3",
        "--set", "lr=1",
    ).stdout.splitlines()  # fmt: skip
    assert lines[0] == "Simultaneous(lr_x=1, lr_y=1)"
    assert lines[2].split()[:2] == ["gamma", "kind"]
    assert lines[3].split()[:2] == ["0.25", "neimark-sacker"]
    assert lines[4].split()[:2] == ["2.125", "flip"]
    assert len(lines) == 5


def test_a_wrapped_rule_and_no_crossing() -> None:
    wrapped = "Lookahead(Simultaneous(), k=2, alpha=0.25)"
    table = run("--rule", wrapped, "--game", "bilinear").stdout
    assert "2  " in table.splitlines()[3]
    assert "no multiplier crosses" in run(*PAIR, "--to", "1").stdout


def test_settings_from_a_file_yield_to_flags(tmp_path: Any) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'game = "{GAN}"\nfrom = 0.1\nto = 1.0\n', "utf-8")
    assert "no multiplier" in run("--config", str(path)).stdout
    assert "1.2  neimark-sacker" in run("--config", str(path), "--to", "2").stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--field", "lrr"), "did you mean"),
        (("--from", "2", "--to", "1"), "empty"),
        (("--from", "-1"), "positive"),
        (("--point", "1,0"), "no fixed point"),
        (("--rule", "adam"), "changes with time"),
    ],
)
def test_bad_input_ends_with_2(args: tuple[str, ...], message: str) -> None:
    assert message in run(*args, code=2).output


def test_the_multipliers_are_drawn_and_named(tmp_path: Any) -> None:
    png, svg = tmp_path / "path.png", tmp_path / "path.svg"
    asked = (*PAIR, "--from", "0.1", "-o", str(png), "-o", str(svg))
    text = run(*asked).stdout
    assert f"wrote {png}" in text
    assert "1.2  neimark-sacker" in text
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "Neimark" in svg.read_text()
    again = run(*asked, code=2)
    assert "exists" in again.output


def test_a_picture_that_is_none_is_refused_before_any_work(tmp_path: Any) -> None:
    target = tmp_path / "path.png"
    result = run(*PAIR, "-o", str(target), "--picture", "x", code=2)
    assert "choose one of locus, moduli" in result.output
    assert not target.exists()
    wrong = run(*PAIR, "-o", "path.txt", code=2)
    assert ".png" in wrong.output


@pytest.mark.parametrize("picture", ["moduli", "locus"])
def test_a_picture_says_rule_and_game_without_what_varies(picture, tmp_path) -> None:
    path = tmp_path / "picture.svg"
    run(*PAIR, "--from", "0.1", "--picture", picture, "-o", str(path))
    text = path.read_text("utf-8")
    assert ">Simultaneous on DiracGAN(regulariser=R1(gamma=0.3))<" in text
