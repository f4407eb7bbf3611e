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
    head = ["alarms", "events detected within 200 steps", "other runs with an alarm"]
    rows = [
        [
            f"{name} the metric", f"{one['detected']} of {one['events']}",
            f"{one['false']} of {one['others']}",
        ]
        for name, one in found["summary"].items()
    ]  # fmt: skip
    costs = ", ".join(f"{name} {100 * v:.2g} %" for name, v in found["costs"].items())
    return (
        "Small GANs at drawn settings, in the middle of which a learning rate, β1, the "
        "data or R1 changes, or nothing; an event is a metric that becomes lastingly "
        "worse. The scores of the alarms were set on these runs, so that the counts "
        f"flatter them.\n\n{rows_of(head, rows)}\n\nThe monitor's share of the time of "
        f"a training, without the metric: {costs}."
    )
