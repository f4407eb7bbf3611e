"""How long a benchmark takes, from a few of its jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from gandyn import bench
from gandyn._files import write_json
from gandyn.bench import estimates


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have a job take a second for each setting and call that it is given."""
    found: list[Any] = []

    def run_job(job: Any) -> None:
        found.append(job)
        batched = not job.solver.startswith("torch.")
        seconds = 5.0 if batched else float(job.protocol.settings)
        if job.problem.startswith("gan-"):
            seconds = float(job.protocol.budget)
        write_json(job.times, {"job": seconds, "step": None})

    monkeypatch.setattr(estimates, "run_job", run_job)
    return found


def test_each_kind_of_job_is_tried_and_scaled(jobs: list[Any]) -> None:
    pytest.importorskip("torch")
    names = ["Extragradient", "Alternating", "torch.optim.SGD"]
    plan = bench.make_plan(["bilinear"], names, settings=20)
    count = len(plan.problems)
    found = bench.estimate(plan)
    assert found.seconds == pytest.approx(count * (2 * 5 + 20))
    assert found.tried == len(jobs) == 6
    assert {job.protocol.settings for job in jobs} == {20, 3}


def test_without_patience_each_kind_is_tried_once(jobs: list[Any]) -> None:
    plan = bench.make_plan(["bilinear"], ["Extragradient", "Alternating"])
    found = bench.estimate(plan, patience=0.0)
    assert (found.tried, found.seconds) == (1, 5.0 * len(plan.jobs))


def test_the_estimate_is_of_the_jobs_own_times(tmp_path: Any) -> None:
    plan = bench.make_plan(["bilinear-scalar"], ["Extragradient"], settings=8)
    bench.estimate(plan)  # what is compiled once is no job's own
    found = bench.estimate(plan).seconds
    folder = bench.run(plan, tmp_path / "result")
    times = json.loads((folder / "times.json").read_text("utf-8"))
    took = times["bilinear-scalar"]["Extragradient"]["job"]
    assert took / 20 < found < 20 * took
