"""Count detections and false alarms on drawn trainings, and measure the cost."""

from __future__ import annotations

import argparse
import itertools
import platform
import statistics
import sys
import time
from typing import Any

import torch

import gandyn
from benchmarks.monitor.trainings import CHANGE, Training, draw_settings, record
from gandyn._files import write_json
from gandyn.gans import StabilityMonitor
from gandyn.gans.loops._judge import Judge
from gandyn.gans.loops._signals import BLOCK

WORSE, LASTING = 1.5, 5
"""An event: a metric that is for five blocks above 1.5 times what it was in the 300
steps before the change, above all of them and six times their scatter."""
PROMPT = 200
"""Steps within which an alarm counts as a detection."""


def event(metric: list[float]) -> int | None:
    """Return the step at which the metric breaks, if it does."""
    first = CHANGE // BLOCK
    before = metric[first - 15 : first]
    middle = statistics.median(before)
    scatter = 1.4826 * statistics.median(abs(v - middle) for v in before)
    limit = max(*before, middle + 6 * scatter, WORSE * middle)
    for i in range(first, len(metric) - LASTING):
        worse = sum(v > limit for v in metric[i : i + LASTING])
        if metric[i] > limit and worse >= LASTING - 1:
            return (i + 1) * BLOCK
    return None


def alarms(monitor: StabilityMonitor, metric: bool) -> list[tuple[int, str]]:
    """Return the alarms of a recorded run, with its metric or without."""
    judge, seen = Judge(("G", "D"), 1.0), []
    changes = {step for step, _ in monitor.changes}
    for i in range(1, len(monitor.rows) + 1):
        if i * BLOCK in changes:
            judge.begin_anew(i)
        rows = [
            {k: v for k, v in one.items() if metric or k != "metric"}
            for one in monitor.rows[:i]
        ]
        seen += [(i * BLOCK, alarm.signal) for _, alarm in judge.see(rows)]
    return seen


def detections(seed: int, runs: int) -> list[dict[str, Any]]:
    """Return what was seen of every run."""
    found = []
    for settings in itertools.islice(draw_settings(seed), runs):
        monitor = record(settings)
        at = event([row["metric"] for row in monitor.rows])
        row: dict[str, Any] = {"settings": settings, "event": at}
        for name, metric in (("with", True), ("without", False)):
            seen = alarms(monitor, metric)
            early = [one for one in seen if at is None or one[0] <= CHANGE]
            prompt = [] if at is None else seen
            row[name] = {
                "detected": any(CHANGE < s <= at + PROMPT for s, _ in prompt if at),
                "false": bool(early), "first": seen[:1],
            }  # fmt: skip
        found.append(row)
        print(row, flush=True)
    return found


def cost(domain: str, steps: int = 400, pairs: int = 5) -> float:
    """Return the monitor's processor time over a training's, step by step.

    The monitor is timed around optimizers that move nothing, whose own time is taken
    off: that of a whole training scatters more. The metric, the user's, is left out.
    """
    settings = next(one for one in draw_settings(0) if one["domain"] == domain)
    training = Training(settings | {"gamma": 0, "loss": "logistic"})
    losses = training.step()
    idle = {
        name: torch.optim.SGD(module.parameters(), 0.0)
        for name, module in (("G", training.G), ("D", training.D))
    }

    def still(monitor: StabilityMonitor | None = None) -> None:
        for optimizer in idle.values():
            optimizer.step()
        if monitor:
            monitor.step(**losses)

    added = []
    for _ in range(pairs):
        without = _seconds(still, steps)
        monitor = StabilityMonitor(idle)
        added.append(_seconds(lambda m=monitor: still(m), steps) - without)
        monitor.close()
    return statistics.median(added) / _seconds(training.step, steps)


def _seconds(work: Any, steps: int) -> float:
    before = time.thread_time()
    for _ in range(steps):
        work()
    return (time.thread_time() - before) / steps


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many events were detected, and in how many other runs alarms were."""
    events = [row for row in found if row["event"] is not None]
    others = [row for row in found if row["event"] is None]
    return {
        name: {
            "detected": sum(row[name]["detected"] for row in events),
            "events": len(events), "others": len(others),
            "false": sum(row[name]["false"] for row in others),
        }
        for name in ("with", "without")
    }  # fmt: skip


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitor")
    parser.add_argument("-o", "--output", default="monitor.json")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    costs = {domain: cost(domain) for domain in ("ring", "bars")}
    print(costs, flush=True)
    found = detections(given.seed, given.runs)
    versions = {"gandyn": gandyn.__version__, "torch": torch.__version__}
    write_json(given.output, {
        "command": "python -m benchmarks.monitor " + " ".join(sys.argv[1:]),
        "device": "CPU", "versions": versions | {"python": platform.python_version()},
        "costs": costs, "summary": summary(found), "runs": found,
    })  # fmt: skip
    print(summary(found))


if __name__ == "__main__":
    main()
