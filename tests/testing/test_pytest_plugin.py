"""The pytest plugin: a mark, a section of the summary, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ALONE = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
SUITE = """
from gandyn.rules import Simultaneous
from gandyn.testing import parametrize_with_laws


class Ascent(Simultaneous):
    def step(self, game, x, y, memory):
        return x + self.lr_x * game.gx(x, y), y - self.lr_y * game.gy(x, y), memory


@parametrize_with_laws([Simultaneous(), Ascent()])
def test_laws(rule, law_check):
    if law_check.law.id in ("drift", "shapes", "energy"):
        law_check(rule, max_examples=5)


def test_other():
    pass
"""


def run(folder: Path, *args: str) -> Any:
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    command = [sys.executable, "-m", "pytest", "-p", "gandyn._pytest_plugin"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "-q", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | ALONE,
    )


def test_the_summary_counts_laws_by_rule(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "laws of update rules" in done.stdout
    section = done.stdout.partition("laws of update rules")[2]
    assert re.search(
        r"Simultaneous\(.*\): \d+ kept, 1 not applicable$", section, re.MULTILINE
    )
    assert re.search(r"Ascent\(.*\): .*1 broken.* \(drift\)$", section, re.MULTILINE)


def test_tests_of_laws_are_marked(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "gandyn_law", "--collect-only")
    assert "test_laws[Simultaneous-drift]" in done.stdout
    assert "test_other" not in done.stdout


def test_without_laws_there_is_no_section(tmp_path: Path) -> None:
    done = run(tmp_path, "-k", "other")
    assert done.returncode == 0
    assert "laws of update rules" not in done.stdout


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, gandyn._pytest_plugin\n"
        "assert not {'numpy', 'hypothesis'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
