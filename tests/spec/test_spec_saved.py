"""What a sweep says of its rule and its game is read back, whatever they are."""

from __future__ import annotations

import ast
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from gandyn import sweep
from gandyn._node import node_fields
from gandyn.cli import main
from gandyn.errors import GandynError
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import Bilinear, LinearGame, Quadratic, from_losses
from gandyn.rules import CATALOGUE as RULES
from gandyn.rules import Adam, Extragradient, HeavyBall, Lookahead, Rule, Simultaneous
from gandyn.spec import parse_game, parse_rule, read, specify
from gandyn.stability import certify_sweep

RATES = {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.3]}
WRAPPERS = [name for name, cls in RULES.items() if Rule in node_fields(cls).values()]
OWN = """
from gandyn import Game, Rule
from gandyn.games import ScalarGame


class Mine(Rule):
    lr_x: float = 0.25
    lr_y: float = 0.25
    k: int = 2

    def step(self, game, x, y, memory):
        return x - self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory


class HeavyBall(Mine):
    pass


class Around(Rule):
    inner: Rule = Mine()
    lr_x: float = 0.1
    lr_y: float = 0.1

    def init(self, game, x, y):
        return self.inner.init(game, x, y)

    def step(self, game, x, y, memory):
        return self.inner.step(game, x, y, memory)


class Saddle(ScalarGame):
    a: float = 0.5

    def gx(self, x, y):
        return self.a * x + y

    def gy(self, x, y):
        return -x

    def jacobian(self, x, y):
        return self.a, 1.0, -1.0, 0.0

    def equilibria(self):
        return [(0.0, 0.0)]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


@pytest.mark.parametrize("name", list(RULES))
def test_every_rule_is_read_back(name: str) -> None:
    rule = RULES[name]()
    assert parse_rule(specify(rule)) == rule


@pytest.mark.parametrize("name", list(GAMES))
def test_every_game_is_read_back(name: str) -> None:
    game = GAMES[name]()
    assert parse_game(specify(game)) == game


@pytest.mark.parametrize("outer", WRAPPERS)
@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers_in_wrappers_are_read_back(outer: str, name: str) -> None:
    inner = RULES[name](HeavyBall(lr_x=1 / 3, beta_x=np.float64(-0.1)))
    rule = RULES[outer](inner)
    assert parse_rule(specify(rule)) == rule


@pytest.mark.parametrize(
    "game",
    [
        Bilinear(np.arange(6.0).reshape(2, 3) / 7, b=0.5, c=np.ones(3)),
        Bilinear(np.random.default_rng(0).normal(size=(40, 30))),
        LinearGame(np.diag([1e-300, -1.0, 1 / 3]), n=2, point=[1.0, 2.0, 3.0]),
        Quadratic(0.5, [[1.0, 0.5, 0.2], [-0.3, 0.8, 0.1]], -0.5),
        from_losses("x*y + a*x**2/2 - y**4", a=0.5),
        from_losses("x*y", "-x*y + c*y**2", name="Mine", c=-1e-3),
        from_losses("cos(x - y)", equilibria=[(0.0, 0.0), (2.0, 2.0)]),
    ],
    ids=lambda game: type(game).__name__,
)
def test_arrays_and_losses_come_back_with_every_digit(game: Any) -> None:
    found = parse_game(specify(game))
    assert found == game
    assert specify(found) == specify(game)
    assert found.equilibria()[:1] != []


def test_a_saved_sweep_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "saved.nc"
    game = Bilinear(np.random.default_rng(1).normal(size=(60, 50)))
    rule = Lookahead(Extragradient(lr=0.3), k=3)
    axes = {"inner.lr_x": [0.1, 0.2], "inner.lr_y": [0.1, 0.3]}
    sweep(rule, game, axes).to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        assert len(stored.attrs["game"]) > 1 << 15
        assert read(stored) == (rule, game)


def test_a_sweep_that_was_read_back_gives_the_same_bits(own: Path) -> None:
    args = ["phase", "--rule", "own.py:Mine(lr=0.3)", "--game", "own.py:Saddle(a=0.7)"]
    args += ["--x", "lr_x=0.1:2:5", "--y", "lr_y=0.1:2:4", "-o", "own.nc"]
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    with xr.open_dataset("own.nc", engine="h5netcdf") as stored:
        assert stored.attrs["rule"].startswith("own.py@")
        rule, game = read(stored)
        axes = {str(dim): stored[dim].values for dim in stored["verdict"].dims}
        again = sweep(rule, game, axes)
        for name in again.data_vars:
            np.testing.assert_array_equal(again[name], stored[name])
        certify_sweep(stored, rule, game)  # which refuses another rule's sweep


def test_a_file_that_has_changed_is_refused(own: Path) -> None:
    rule, game = parse_rule("own.py:Mine"), parse_game("own.py:Saddle")
    saved = sweep(rule, game, RATES)
    assert read(saved) == (rule, game)
    own.write_text(OWN.replace("0.25", "0.75"))
    with pytest.raises(GandynError, match=r"own.py has changed: .* leave out @"):
        read(saved)
    assert parse_rule("own.py:Mine").lr_x == 0.75
    own.write_text(OWN)
    assert read(saved)[0].lr_x == 0.25  # type: ignore[attr-defined]
    own.unlink()
    with pytest.raises(GandynError, match=r"cannot read own\.py"):
        read(saved)


def test_a_class_of_an_older_version_has_no_digest_of_the_newer(own: Path) -> None:
    old = parse_rule("own.py:Mine")
    own.write_text(OWN.replace("0.25", "0.75"))
    new = parse_rule("own.py:Mine")
    assert specify(new).startswith("own.py@")
    assert specify(old) == "Mine(lr_x=0.25, lr_y=0.25, k=2)"


@pytest.mark.parametrize(
    "text",
    [
        "own.py:Mine(lr=0.5, k=3)",
        "own.py:Lookahead(Mine(lr=2), k=3)",
        "own.py:Around(Mine(lr=2))",
        "own.py:Around(Lookahead(Mine(lr=2), k=3))",
        "Lookahead('own.py:Mine(lr=2)', k=3)",
        "Lookahead('own.py:Around(Mine(lr=3))')",
    ],
)
def test_own_classes_nest(own: Path, text: str) -> None:
    rule = parse_rule(text)
    found = parse_rule(specify(rule))
    assert found == rule
    assert specify(found) == specify(rule)


def test_classes_of_two_files_and_of_the_same_name(own: Path) -> None:
    own.with_name("other.py").write_text(OWN)
    mine, theirs = parse_rule("own.py:Mine(lr=2)"), parse_rule("other.py:Mine(lr=3)")
    around = type(parse_rule("own.py:Around"))
    for rule in (
        around(inner=theirs),
        around(inner=mine),
        Lookahead(around(inner=theirs)),
        Lookahead(Lookahead(mine)),
        HeavyBall(lr=0.5),
        Lookahead(parse_rule("own.py:HeavyBall")),
    ):
        assert parse_rule(specify(rule)) == rule


def test_a_class_without_a_file_stands_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = types.ModuleType("console")
    monkeypatch.setitem(sys.modules, "console", console)
    body = {"__annotations__": {"lr_x": float}, "lr_x": 0.1, "__module__": "console"}
    console.OfAConsole = type("OfAConsole", (Rule,), body)  # type: ignore[attr-defined]
    rule = console.OfAConsole(lr_x=0.5)
    assert specify(rule) == "OfAConsole(lr_x=0.5)"
    assert parse_rule(specify(rule)) == rule  # in the session that defined it


def test_what_is_no_sweep_of_a_game_is_refused() -> None:
    with pytest.raises(GandynError, match="no attribute 'rule'"):
        read(xr.Dataset())
    measured = {"rule": "Adam()", "game": "Dirac()", "sampling": "FullBatch()"}
    with pytest.raises(GandynError, match="parse_gan"):
        read(xr.Dataset(attrs=measured))


def test_a_specification_is_data() -> None:
    for node in (Adam(), Simultaneous(), Bilinear([[1.0]])):
        assert isinstance(ast.parse(specify(node), mode="eval").body, ast.Call)
