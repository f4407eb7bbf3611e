"""Count detections and false alarms on drawn trainings, and measure the cost."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

import gandyn
from benchmarks.monitor.copies import Run, runs
from benchmarks.monitor.trainings import Drawn, drawn
from benchmarks.real_runs.detections import BEFORE, healthy_before, judged
from benchmarks.real_runs.loop import Loop
from gandyn._files import write_json
from gandyn.gans import StabilityMonitor
from gandyn.gans.loops._judge import METRIC, Judge
from gandyn.gans.loops._signals import BLOCK


def alarms(run: Run, metric: bool) -> list[tuple[int, str, str]]:
    """Return step, player and signal of what is seen of a run."""
    judge, seen = Judge(metric_blocks=int(metric)), []
    rows = [{k: v for k, v in row.items() if metric or k != METRIC} for row in run.rows]
    active: set[str] = set()
    for i in range(1, len(rows) + 1):
        if run.optimizer and i == BEFORE // BLOCK + 1:
            judge.begin_anew(i)
        found = dict(judge.see(rows[:i]))
        seen += [
            (a.step, a.player, a.signal) for k, a in found.items() if k not in active
        ]
        active = set(found)
    return seen


def detections(seed: int, trainings: int) -> Iterator[dict[str, Any]]:
    """Yield what was seen of every run that is healthy until it is changed."""
    for i, training in enumerate(itertools.islice(drawn(seed), trainings)):
        for run in runs(training, seed + i):
            metric = [row[METRIC] for row in run.rows]
            if not healthy_before(metric):
                continue
            told = {"with": alarms(run, True), "without": alarms(run, False)}
            found = {
                name: judged({"metric": metric, "alarms": own}, True)
                for name, own in told.items()
            }
            first = {name: own[:1] for name, own in told.items()}
            yield {"training": i, "change": run.change, "first": first, **found}
        print(f"{i}: {training!r}", file=sys.stderr, flush=True)


def cost(training: Drawn, steps: int = 400, pairs: int = 5) -> float:
    """Return the monitor's processor time over a training's, step by step.

    The monitor is timed around optimizers that move nothing, whose own time is taken
    off: that of a whole training scatters more. The metric, the user's, is left out.
    """
    loop = Loop(training, 0, "cpu")
    ((loss_x, loss_y),) = loop.steps(1)
    idle = {
        name: torch.optim.SGD(module.parameters(), 0.0)
        for name, module in (("x", loop.G), ("y", loop.D))
    }

    def still(monitor: StabilityMonitor | None = None) -> None:
        for optimizer in idle.values():
            optimizer.step()
        if monitor:
            monitor.step(x=loss_x, y=loss_y)

    added = []
    for _ in range(pairs):
        without = _seconds(still, steps)
        monitor = StabilityMonitor(idle)
        added.append(_seconds(lambda m=monitor: still(m), steps) - without)
        monitor.close()
    alone = _seconds(lambda: list(loop.steps(1)), steps)
    return statistics.median(added) / alone


def _seconds(work: Callable[[], Any], steps: int) -> float:
    before = time.thread_time()
    for _ in range(steps):
        work()
    return (time.thread_time() - before) / steps


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many events were detected, and in how many other runs alarms were."""
    counts = {}
    for name in ("with", "without"):
        events = [row[name] for row in found if row[name]["event"] is not None]
        quiet = [row for row in found if row[name]["event"] is None]
        same = [row[name] for row in quiet if row["change"] == "unchanged"]
        counts[name] = {
            "detected": sum(one["seen"] for one in events),
            "events": len(events),
            "others": len(quiet),
            "false": sum(row[name]["false"] for row in quiet),
            "unchanged": len(same),
            "false_unchanged": sum(one["false"] for one in same),
        }
    return counts


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitor")
    parser.add_argument("-o", "--output", default="monitor.json")
    parser.add_argument("--trainings", type=int, default=24)
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # broken copies are full of them, and slow
    costs = {
        name: cost(dataclasses.replace(Drawn(), **own))
        for name, own in (("ring", {}), ("bars", {"kind": "bars", "width": 16}))
    }
    print(costs, flush=True)
    found = list(detections(given.seed, given.trainings))
    versions = {"gandyn": gandyn.__version__, "torch": torch.__version__}
    write_json(given.output, {
        "command": "python -m benchmarks.monitor " + " ".join(sys.argv[1:]),
        "device": "CPU", "versions": versions | {"python": platform.python_version()},
        "costs": costs, "summary": summary(found), "runs": found,
    })  # fmt: skip
    print(summary(found))


if __name__ == "__main__":
    main()
