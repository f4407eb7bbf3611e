"""Whether the monitor sees what breaks, and keeps quiet where nothing does.

Each training is run in its plain loop, unchanged and with each of its changes in
mid-course. What breaks is judged by the metric of the run itself, whatever the change
was meant to do.
"""

from __future__ import annotations

from typing import Any

from benchmarks.real_runs.loop import Loop
from benchmarks.real_runs.training import Training
from benchmarks.real_runs.truths import WORSE
from gandyn.gans import StabilityMonitor

BEFORE, AFTER = 800, 800
"""Steps before a change and after it."""
EVERY = 20
WINDOW = 10
"""Looks at the metric, 200 steps, over which it is averaged: a spike is no event."""
PROMPT = 200
"""Steps after an event within which an alarm is prompt."""
SETTINGS = {"before": BEFORE, "after": AFTER, "every": EVERY, "worse": WORSE}


def found(training: Training, seed: int, device: str) -> Any:
    """Return what happened and what was said, unchanged and after each change.

    Every run has a start and noise of its own.
    """
    changes: dict[str, dict[str, Any]] = {"unchanged": {}, **training.changes}
    return {
        word: watched(training, change, 100 + 10 * seed + i, device)
        for i, (word, change) in enumerate(changes.items())
    }


def watched(
    training: Training, change: dict[str, Any], seed: int, device: str
) -> dict[str, Any]:
    """Return the metric, the event and the alarms of a run."""
    loop = Loop(training, seed, device)
    monitor = StabilityMonitor(
        {"x": loop.optimizers["x"], "y": loop.optimizers["y"]}, metric=loop.measure
    )
    for part in (BEFORE, AFTER):
        for loss_x, loss_y in loop.steps(part):
            monitor.step(x=loss_x, y=loss_y)
        if part is BEFORE and monitor.steps == BEFORE:
            loop.change(training, change)
    monitor.close()
    metric = [row["metric"] for row in monitor.rows]
    return {
        "metric": metric,
        "event": event(metric),
        "alarms": [[one.step, one.player, one.signal] for one in monitor.alarms],
    }


def event(metric: list[float]) -> int | None:
    """Return the first step from which on the metric is broken for 200 steps."""
    means = [
        sum(metric[i : i + WINDOW]) / WINDOW for i in range(len(metric) - WINDOW + 1)
    ]
    split = BEFORE // EVERY
    healthy = max(means[split - 500 // EVERY : split - WINDOW + 1])
    broken = (i for i in range(split, len(means)) if not means[i] <= WORSE * healthy)
    first = next(broken, None)
    return None if first is None else first * EVERY


def judged(run: dict[str, Any], with_metric: bool) -> dict[str, Any]:
    """Return whether a run's event was seen in time, and whether an alarm was false."""
    steps = [
        step for step, _, signal in run["alarms"] if with_metric or signal != "metric"
    ]
    early = [step for step in steps if step <= BEFORE]
    if run["event"] is None:
        return {"event": False, "false": bool(steps)}
    # An alarm between the change and the event is about what led to it.
    prompt = [s for s in steps if BEFORE < s <= run["event"] + PROMPT]
    return {"event": True, "seen": bool(prompt), "false": bool(early)}
