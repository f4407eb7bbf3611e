"""The page's own examples of a problem and a solver, as a newcomer would."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow")

import gandyn.bench.problems
from gandyn import bench
from gandyn.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "benchmark-optimizers.md"


def example(heading: str) -> str:
    """Return the first Python block below a heading of the page."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "problems.py").write_text(example("A problem of your own"), "utf-8")
    (tmp_path / "rules.py").write_text(example("A solver of your own"), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_pages_example_runs(folder: Path) -> None:
    args = ["bench", "run", "problems.py", "-o", "result", "--settings", "8"]
    args += ["--rule", "rules.py:Mine", "--rule", "Simultaneous"]
    ended = CliRunner().invoke(main, args)
    assert ended.exit_code == 0, ended.output
    result = bench.load(folder / "result")
    assert result.solvers == ["rules.py:Mine", "Simultaneous"]
    assert not result.failures()
    mine = result.runs[result.problems[0], "rules.py:Mine"]
    assert np.isfinite(mine.calls).any()
    drawn = [text for text in mine.hyperparameters if "lr_x" in text]
    assert len(drawn) == 8  # over the ranges that the class declares
    assert len(result.manifest["solvers"]["rules.py:Mine"]["sha256"]) == 64


def test_a_file_among_the_problems_is_found_by_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [*gandyn.bench.problems.__path__, str(folder / "more")]
    (folder / "more").mkdir()
    (folder / "problems.py").rename(folder / "more" / "newcomer.py")
    monkeypatch.setattr(gandyn.bench.problems, "__path__", paths)
    assert "mine" in bench.find_problems(["standard"])
