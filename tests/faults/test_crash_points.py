"""A kill before every operation on files, or a full disk there, costs time only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def trial(*words: object) -> str:
    """Run crash points in a process of their own, which forks one for each."""
    command = [sys.executable, "-m", "tests.faults.points", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_store_survives_a_kill_before_some_operations() -> None:
    assert "two tiles" in trial("two tiles", "--every", 5)


def test_a_store_survives_a_full_disk_at_some_operations() -> None:
    assert "two tiles" in trial("two tiles", "--every", 9, "--full")


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["two tiles", "certified", "gan"])
@pytest.mark.parametrize("full", [False, True])
def test_a_store_survives_a_kill_before_every_operation(
    problem: str, full: bool
) -> None:
    trial(problem, "--every", 1, *(["--full"] if full else []))


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["phase", "overwrite", "checkpoint", "bench", "claims"]
)
def test_a_command_survives_a_kill_before_every_operation(command: str) -> None:
    trial(command, "--every", 1)
