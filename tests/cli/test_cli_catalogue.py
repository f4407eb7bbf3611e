"""Every rule and every game, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gandyn.cli import main
from gandyn.games import CATALOGUE as GAMES
from gandyn.rules import CATALOGUE as RULES

VECTORS = "quadratic(0.5, [[1.0, 0.5, 0.2], [-0.3, 0.8, 0.1]], -0.5)"
"""A game that every rule can play, on numpy: nothing is compiled."""
AXES = ["--x", "lr_x=0.05,0.1", "--y", "lr_y=0.05,0.1"]
NUMBERS = [name for name, cls in GAMES.items() if cls().shape == ((), ())]
COMPILED = [name for name in NUMBERS if not GAMES[name].linear]
QUICK = ("DiracGAN", "ClippedDiracGAN")
"""Games that are compiled in the quick tests too."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gandyn.dynamics.recognition.classify.LAST", ((0, 128),))


def told(*args: str) -> dict[str, Any]:
    """Run a command and return what it says in JSON."""
    result = CliRunner().invoke(main, [*args, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def play(rule: str, game: str, method: str) -> None:
    names = ["--rule", rule, "--game", game]
    found = told("orbit", *names, "--steps", "20")
    assert found["rule"].startswith(rule)
    assert found["oracle_calls"]["gx"] >= 1
    how = ["--steps", "20", "--method", method, "-o", "cells.nc"]
    found = told("phase", *names, *AXES, *how)
    assert sum(found["verdicts"].values()) == 4


@pytest.mark.parametrize("rule", list(RULES))
def test_every_rule_is_reached(rule: str) -> None:
    cls = RULES[rule]
    play(rule, VECTORS, "exact" if cls().linear and cls().autonomous else "simulate")


@pytest.mark.parametrize(
    "game",
    [
        pytest.param(
            name,
            marks=[pytest.mark.slow] * (name in COMPILED and name not in QUICK),
        )
        for name in GAMES
    ],
)
def test_every_game_is_reached(game: str) -> None:
    play("Simultaneous", game, "exact" if GAMES[game].linear else "simulate")
