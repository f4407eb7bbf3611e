"""Pictures of a benchmark at their edges: nothing reached, nothing drawn too early."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from gandyn import bench
from gandyn.bench import report

TERMS = {"settings": 2, "budget": 4, "starts": 2, "seeds": 2}


def test_a_report_where_nothing_is_reached(tmp_path: Path) -> None:
    names = ["Extragradient", "OptimisticGradient"]
    plan = bench.make_plan(["bilinear-1", "noisy-monotone"], names, **TERMS)
    poor = bench.load(bench.run(plan, tmp_path / "poor"))
    made = {name: make() for name, make in report.pictures(poor).items()}
    page = report.write_page(poor, made, tmp_path / "report.html").read_text("utf-8")
    assert "100% of them solved by none" in page
    assert not made["rates"].table["solver"].size


def test_the_benchmark_draws_nothing_before_a_report() -> None:
    code = "import sys, gandyn.bench; assert 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
