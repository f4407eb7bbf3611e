"""Killed at random, sweeps go on to the bytes of an undisturbed one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kills(*words: object) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.faults.kills", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_some_kills_are_survived(kind: str) -> None:
    assert kills("--kills", 6, "--on", kind)["kills"] >= 6


@pytest.mark.slow
def test_a_thousand_kills_are_survived() -> None:
    pytest.importorskip("distributed")
    assert kills("--kills", 1000)["kills"] >= 1000


@pytest.mark.slow
def test_certificates_and_orbits_survive_too() -> None:
    for problem in ("certified", "simulated", "gan"):
        found = kills("--kills", 60, "--problem", problem, "--on", "threads")
        assert found["kills"] >= 60
