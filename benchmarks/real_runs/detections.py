"""Whether the monitor sees what breaks, and keeps quiet where nothing does.

Each training is run in its plain loop, unchanged and with each of its changes in
mid-course. What breaks is judged by the metric of the run itself, whatever the change
was meant to do.
"""

from __future__ import annotations

import math
import statistics
from typing import Any

from benchmarks.real_runs.loop import Loop
from benchmarks.real_runs.training import Training
from benchmarks.real_runs.truths import WORSE
from gandyn.gans import StabilityMonitor

BEFORE, AFTER = 800, 800
"""Steps before a change and after it."""
EVERY = 20
WINDOW = 10
"""Looks at the metric, 200 steps, whose median is judged: a spike is no event."""
PROMPT = 200
"""Steps after an event within which an alarm is prompt."""
KEYS = {True: "alarms", False: "alarms_without"}
"""Of a run's alarms by whether the monitor had the metric."""
SETTINGS = {
    "before": BEFORE,
    "after": AFTER,
    "every": EVERY,
    "worse": WORSE,
    "kept": list(KEYS.values()),
}


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
    """Return the metric of a run, and the alarms with it and without."""
    loop = Loop(training, seed, device)
    monitors = {
        KEYS[known]: StabilityMonitor(
            {"x": loop.optimizers["x"], "y": loop.optimizers["y"]},
            metric=loop.measure if known else None,
        )
        for known in (True, False)
    }
    for part in (BEFORE, AFTER):
        for loss_x, loss_y in loop.steps(part):
            for monitor in monitors.values():
                monitor.step(x=loss_x, y=loss_y)
        if change and monitor.steps == BEFORE:
            loop.change(training, change)
    for monitor in monitors.values():
        monitor.close()
    return {
        "metric": [row["metric"] for row in monitors[KEYS[True]].rows],
        **{
            key: [[one.step, one.player, one.signal] for one in monitor.alarms]
            for key, monitor in monitors.items()
        },
    }


def event(metric: list[float | None]) -> int | None:
    """Return the first step from which on the metric is broken for 200 steps.

    Parameters
    ----------
    metric : list of float or None
        None is what is not finite.
    """
    middles = _middles(metric)
    split = BEFORE // EVERY
    healthy = max(middles[split - 500 // EVERY : split - WINDOW + 1])
    broken = (i for i in range(split, len(middles)) if middles[i] > WORSE * healthy)
    first = next(broken, None)
    return None if first is None else first * EVERY


def healthy_before(metric: list[float | None]) -> bool:
    """Return whether nothing has broken before the change, by the same measure."""
    middles = _middles(metric)[: BEFORE // EVERY - WINDOW + 1]
    return all(
        middles[i] <= WORSE * max(middles[max(0, i - 500 // EVERY) : i - WINDOW + 1])
        for i in range(2 * WINDOW, len(middles))
    )


def _middles(metric: list[float | None]) -> list[float]:
    """Return the median over 200 steps from each look on."""
    known = [math.inf if one is None or math.isnan(one) else one for one in metric]
    return [
        statistics.median(known[i : i + WINDOW]) for i in range(len(known) - WINDOW + 1)
    ]


def judged(run: dict[str, Any], with_metric: bool) -> dict[str, Any]:
    """Return a run's event, whether it was seen in time, and a false alarm, if any."""
    steps = [step for step, *_ in run[KEYS[with_metric]]]
    at = event(run["metric"])
    if at is None:
        return {"event": None, "seen": False, "false": bool(steps)}
    # An alarm between the change and the event is about what led to it.
    prompt = [step for step in steps if BEFORE < step <= at + PROMPT]
    early = [step for step in steps if step <= BEFORE]
    return {"event": at, "seen": bool(prompt), "false": bool(early)}
