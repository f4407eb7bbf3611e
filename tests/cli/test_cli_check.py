"""``gandyn check``: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gandyn.cli import main

OWN = """
from gandyn import Rule


class Ascent(Rule):
    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        y = y + self.lr_y * game.gy(x, y)
        return x - self.lr_x * game.gx(x, y), y, memory


class Plain:
    def init(self, game, x, y):
        return ()

    def step(self, game, x, y, memory):
        return x - game.gx(x, y) / 8, y - game.gy(x, y) / 8, memory


class Raising(Plain):
    def step(self, game, x, y, memory):
        raise RuntimeError("no step today")


class Greedy(Plain):
    def __init__(self, much):
        pass


number = 3
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "own_rules.py"
    path.write_text(OWN, "utf-8")
    return str(path)


def run(*args: str, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["check", "--rule", *args])
    assert result.exit_code == code, result.output
    return result


def test_a_rule_that_keeps_its_laws() -> None:
    result = run("GDA(lr=0.25)", "--law", "drift", "--law", "swap")
    assert "Simultaneous(lr_x=0.25, lr_y=0.25): 2 passed" in result.stdout
    assert "drift: passed (40 cases)" in result.stdout


def test_laws_that_do_not_apply_are_named_once_by_their_reason(own: str) -> None:
    args = (f"{own}:Plain", "--max-examples", "2")
    found = json.loads(run(*args, "--json").stdout)["laws"]
    aside = [one for one in found if one["outcome"] == "not applicable"]
    _, *blocks = run(*args).stdout.split("\nnot applicable: ")
    assert len(aside) > 25
    assert len(blocks) == len({one["message"] for one in aside}) <= 5
    listed = ", ".join(block.partition("\n")[2] for block in blocks)
    names = [name.split()[0] for name in " ".join(listed.split()).split(", ")]
    assert sorted(names) == sorted(one["law"] for one in aside)
    assert "growth (linear)" in " ".join(listed.split())


def test_json_is_one_object() -> None:
    result = run("alternating", "--law", "shapes", "--max-examples", "7", "--json")
    found = json.loads(result.stdout)
    assert found["command"] == "check"
    assert found["ok"] is True
    assert found["laws"][0]["examples"] == 7


def test_a_broken_law_is_exit_code_1_with_its_counterexample(own: str) -> None:
    result = run(f"{own}:Ascent", "--law", "drift", code=1)
    assert "paste and run" in result.stdout
    assert 'LAWS["drift"].check(rule' in result.stdout
    run(f"{own}:Ascent(lr=0.5)", "--law", "drift", code=1)


def test_any_object_with_init_and_step_will_do(own: str) -> None:
    result = run(f"{own}:Plain", "--law", "shapes", "--law", "split")
    assert "2 passed" in result.stdout


@pytest.mark.parametrize(
    ("rule", "law", "message"),
    [
        ("nonsense", "drift", "unknown rule 'nonsense'"),
        ("GDA", "drifts", "unknown law 'drifts'"),
        ("Adam", "powers", "no law that was asked for applies"),
        ("{own}:Raising", "shapes", "the rule's own code raised"),
        ("{own}:Greedy", "shapes", "Greedy() raised TypeError"),
        ("{own}:number", "shapes", "no method init"),
        ("{own}:Missing", "shapes", "Missing"),
        ("no_such_file.py:Mine", "shapes", "cannot read"),
    ],
)
def test_bad_input_is_exit_code_2(own: str, rule: str, law: str, message: str) -> None:
    result = run(rule.format(own=own), "--law", law, code=2)
    assert message in result.stderr


def test_a_counterexample_of_a_file_can_be_pasted_and_run(tmp_path):
    path = tmp_path / "my_rules.py"
    path.write_text(
        "from gandyn import Rule\n\n\nclass Halving(Rule):\n"
        "    lr_x: float = 0.1\n    lr_y: float = 0.1\n\n"
        "    def step(self, game, x, y, memory):\n"
        "        x = x - self.lr_x * game.gx(x, y)\n"
        "        return x, y - self.lr_y / 2 * game.gy(x, y), memory\n",
        encoding="utf-8",
    )
    args = ["check", "--rule", f"{path}:Halving", "--law", "drift", "--json"]
    result = CliRunner().invoke(main, args)
    (law,) = json.loads(result.stdout)["laws"]
    done = subprocess.run(
        [sys.executable, "-c", law["snippet"]], capture_output=True, text=True
    )
    assert "gandyn.testing._law.Broken: (z₀ - z₁)/lr" in done.stderr
