"""What the monitor detects and costs, of the committed run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from measured import RESULTS, origin, rows_of

COMMAND = "python -m benchmarks.monitor -o docs/results/monitor.json"


def write_monitored(folder: Path) -> None:
    """Write the table, or what makes it."""
    source, target = RESULTS / "monitor.json", folder / "monitor.txt"
    text = f"Not measured yet: `{COMMAND}`.\n"
    if source.exists():
        found = json.loads(source.read_text("utf-8"))
        text = f"{table(found)}\n\n{origin(found)}\n"
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


def table(found: dict[str, Any]) -> str:
    """Return counts of detections and false alarms, and the costs."""
    head = [
        "alarms", "events detected within 200 steps", "unchanged runs with an alarm",
        "decoys with an alarm",
    ]  # fmt: skip
    rows = [
        [
            f"{name} the metric", f"{one['detected']} of {one['events']}",
            f"{one['false_unchanged']} of {one['unchanged']}",
            f"{one['false'] - one['false_unchanged']} of "
            f"{one['others'] - one['unchanged']}",
        ]
        for name, one in found["summary"].items()
    ]  # fmt: skip
    costs = ", ".join(f"{name} {100 * v:.2g} %" for name, v in found["costs"].items())
    return (
        "Small GANs at drawn settings, in the middle of which learning rates are "
        "raised, of both players or of one, or a penalty is switched off, or nothing "
        "happens; an event is a metric that becomes half as bad again for 200 steps, "
        "and decoys are runs that are changed without an event. The scores of the "
        f"alarms were set on other draws.\n\n{rows_of(head, rows)}\n\nThe monitor's "
        f"share of the time of a training, without the metric: {costs}."
    )
