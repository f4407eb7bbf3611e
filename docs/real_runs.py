"""Tables of the real trainings, made of the committed results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from measured import RESULTS, origin, percent, rows_of


def write_real_runs(folder: Path) -> None:
    """Write the tables, if the result is there."""
    source = RESULTS / "real_runs.json"
    if not source.exists():
        return
    found = json.loads(source.read_text("utf-8"))
    for name, table in (
        ("trainings", trainings), ("breaking", breaking), ("advice", advice),
        ("detection", detection), ("costs", costs),
    ):  # fmt: skip
        target = folder / f"real_runs_{name}.md"
        text = f"{table(found)}\n\n{origin(found)}\n"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def _share(count: int, total: int) -> str:
    return f"{count} of {total}" + (f" ({percent(count / total)})" if total else "")


def _factor(value: float | None, end: float) -> str:
    return f"> {end:.3g}" if value is None or value > end else f"{value:.3g}"


def trainings(found: dict[str, Any]) -> str:
    """Return what is trained, and what of it is measured."""
    rows = [
        [f"`{one['name']}`", one["domain"], one["what"].rstrip(".")]
        for one in found["trainings"]
    ]
    told = [row for row in found["checkpoints"] if "rehearsal" in row]
    parts = (
        (found["checkpoints"], "breaking factors"),
        (told, "rehearsals"),
        (found["runs"], "monitored runs"),
    )
    counts = [
        f"{len(of)} {word} of {len({row['name'] for row in of})} trainings"
        for of, word in parts
    ]
    table = rows_of(["training", "domain", "what"], rows)
    return f"{table}\n\nMeasured: {', '.join(counts)}."


def breaking(found: dict[str, Any]) -> str:
    """Return breaking factors of every checkpoint."""
    head = ["training", "seed", "step", "true", "under other noise", "rehearsed"]
    head += ["without a metric", "tried", "acceptable"]
    rows = []
    for row in found["checkpoints"]:
        end = max(float(f) for f in row["truths"][0]["scores"])
        cells = [f"`{row['name']}`", str(row["seed"]), str(row["step"])]
        cells += [_factor(one["breaking"], end) for one in row["truths"]]
        own = row.get("rehearsal")
        if own:
            cells += [
                _factor(own["breaking"], own["grid_end"]),
                _factor(own["breaking_without_metric"], own["grid_end"]),
                f"{own['tried']:.3g}", "yes" if own["acceptable"] else "**no**",
            ]  # fmt: skip
        rows.append(cells + ["-"] * (len(head) - len(cells)))
    return rows_of(head, rows)


def advice(found: dict[str, Any]) -> str:
    """Return how forecasts agree with the truth."""
    own, top = found["advice"], found["ceiling"]
    kinds = [("the truth under other noise (the ceiling)", top)]
    if own:
        kinds += [
            ("rehearsal, by the metric", own["with_metric"]),
            ("rehearsal, by losses and gradients", own["without_metric"]),
        ]
    if own:
        kinds.append(("the best constant, chosen afterwards", own["best_constant"]))
    keys = "within_1.5", "within_2"
    rows = [
        [word, *(_share(part[key], part["pairs"]) for part in parts for key in keys)]
        for word, k in kinds
        for parts in [(k, k["where_it_breaks"])]
    ]
    head = ["forecast of the breaking factor", "within × 1.5", "× 2"]
    table = rows_of([*head, "where it breaks: × 1.5", "× 2"], rows)
    if not own:
        return table
    good = _share(own["acceptable"], own["recommended"])
    end = _share(own["acceptable_at_the_grid_end"], own["tried_at_the_grid_end"])
    return (
        f"{table}\n\nThe recommended factor was acceptable in {good} trials. Where "
        "nothing broke in the rehearsal, the end of its grid over 1.5 was tried, and "
        f"acceptable in {end}."
    )


def detection(found: dict[str, Any]) -> str:
    """Return what the monitor saw."""
    head = ["monitor", "events seen within 200 steps"]
    head += ["false alarms: unchanged runs", "decoys", "before the change"]
    rows = [
        [
            how, _share(own["seen_within_200"], own["events"]),
            _share(own["false_alarms_unchanged"], own["unchanged_runs"]),
            _share(
                own["false_alarms"] - own["false_alarms_unchanged"],
                own["runs_without_event"] - own["unchanged_runs"],
            ),
            _share(own["alarms_before_the_change"], own["events"]),
        ]
        for how, own in found["detection"].items()
    ]  # fmt: skip
    rows_by_run = [
        [
            f"`{run['name']}`", str(run["seed"]), run["change"],
            "-" if run["event"] is None else str(run["event"]),
            *(_alarms(run.get(key, [])) for key in ("alarms", "alarms_without")),
        ]
        for run in found["runs"]
    ]  # fmt: skip
    each = ["training", "seed", "change", "event", "alarms", "without the metric"]
    return f"{rows_of(head, rows)}\n\n{rows_of(each, rows_by_run)}"


def _alarms(seen: list[Any]) -> str:
    told = [f"{step} {player} {signal}" for step, player, signal in seen]
    return ", ".join(told).replace("  ", " ") or "-"


def costs(found: dict[str, Any]) -> str:
    """Return what ensembles cost."""
    head = ["training", "loop, ms a step", "ensemble, ms a member's step", "speed"]
    rows = [
        [
            f"`{one['name']}`", f"{1e3 * one['loop']:.3g}",
            f"{1e3 * one['ensemble']:.3g}", f"{one['speed']:.3g} x",
        ]
        for one in found["costs"]
    ]  # fmt: skip
    return rows_of(head, rows)
