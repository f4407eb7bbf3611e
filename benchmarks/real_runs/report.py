"""What all pieces of work say together: numbers, and pictures of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.real_runs import CATALOGUE, detections, figures, rehearsals
from gandyn.crosscheck.reports import write_result

RESULTS = Path(__file__).parents[2] / "docs" / "results"


def write(folder: Path, command: str) -> None:
    """Write `real_runs.json` and its figures into the documentation's results."""
    found = summary(folder, command)
    write_result(RESULTS / "real_runs.json", found, command)
    figures.write(found, RESULTS)


def summary(folder: Path, command: str) -> dict[str, Any]:
    """Return what the files in a folder say."""
    runs = list(read(folder, "detections"))
    costs = list(read(folder, "costs"))
    checkpoints = list(joined(folder))
    whole = [row for row in checkpoints if "rehearsal" in row]
    return {
        "suite": "real_runs",
        "trainings": [
            {
                "name": name,
                "domain": kind.domain,
                "settings": repr(kind()),
                "what": (kind.__doc__ or "").partition("\n")[0],
            }
            for name, kind in CATALOGUE.items()
        ],
        "ceiling": ceiling(checkpoints),
        "advice": advice(whole, command) if whole else None,
        "detection": {
            how: detection(runs, with_metric)
            for how, with_metric in (("with a metric", True), ("without", False))
        },
        "seconds": spent(folder),
        "checkpoints": checkpoints,
        "runs": list(flat(runs)),
        "costs": [{"name": name, **own} for name, _, own in costs],
    }


def read(folder: Path, part: str) -> Iterator[tuple[str, int, Any]]:
    """Return name, seed and what was found of every piece of a part.

    What was made with a training's earlier settings is left out.
    """
    for name, kind in CATALOGUE.items():
        for path in sorted((folder / part).glob(f"{name}-*.json")):
            held = json.loads(path.read_text("utf-8"))
            if held["settings"]["training"] == repr(kind()):
                yield name, int(path.stem.rpartition("-")[2]), held["found"]


def joined(folder: Path) -> Iterator[dict[str, Any]]:
    """Return truths and the rehearsal of each checkpoint."""
    told = {(name, seed): own for name, seed, own in read(folder, "rehearsals")}
    for name, seed, own in read(folder, "truths"):
        for i, one in enumerate(own):
            row = {"name": name, "seed": seed, **one}
            if (name, seed) in told:
                row["rehearsal"] = told[name, seed][i]
            yield row


def ratio(one: float | None, other: float | None, end: float) -> float:
    """Return how many times one breaking factor is the other, at least 1.

    Beyond the end of the grid nothing is known, and both are taken as the end.
    """
    first, second = (end if v is None else min(v, end) for v in (one, other))
    return max(first / second, second / first)


END = 1.5**8
"""Of the rehearsal's grid."""


def shares(ratios: Iterable[float]) -> dict[str, Any]:
    """Return how many are within 1.5 and 2."""
    found = list(ratios)
    return {
        "pairs": len(found),
        "within_1.5": sum(r <= 1.5 + 1e-9 for r in found),
        "within_2": sum(r <= 2 + 1e-9 for r in found),
    }


def truths_of(row: dict[str, Any]) -> list[float | None]:
    """Return the true breaking factors of a checkpoint, under either noise."""
    return [one["breaking"] for one in row["truths"]]


def ceiling(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how well one truth agrees with the other."""
    return agreement([(truths_of(row)[1], truths_of(row)[0]) for row in rows])


def agreement(pairs: list[tuple[float | None, float | None]]) -> dict[str, Any]:
    """Return how well forecasts agree with truths, and where something breaks."""
    inside = [(told, true) for told, true in pairs if true is not None and true < END]
    return {
        **shares(ratio(*pair, END) for pair in pairs),
        "where_it_breaks": shares(ratio(*pair, END) for pair in inside),
    }


def advice(rows: list[dict[str, Any]], command: str) -> dict[str, Any]:
    """Return how well rehearsals agree with the first truth, and how trials went."""
    pairs = [(row["rehearsal"], truths_of(row)[0]) for row in rows]
    best = agreement([(told["breaking"], true) for told, true in pairs])
    weak = agreement([(told["breaking_without_metric"], true) for told, true in pairs])
    constants = [
        agreement([(c, true) for _, true in pairs])
        for c in (1.5 ** (k / 2) for k in range(17))
    ]
    told = [row["rehearsal"] for row in rows]
    broke = [own for own in told if own["breaking"] is not None]
    held = [own for own in told if own["breaking"] is None]
    top = ceiling(rows)
    return {
        "checkpoints": best["pairs"],
        "within_1.5": best["within_1.5"],
        "within_2": best["within_2"],
        "ceiling_within_1.5": top["within_1.5"],
        "ceiling_within_2": top["within_2"],
        "recommended": len(broke),
        "acceptable": sum(own["acceptable"] for own in broke),
        "tried_at_the_grid_end": len(held),
        "acceptable_at_the_grid_end": sum(own["acceptable"] for own in held),
        "with_metric": best,
        "without_metric": weak,
        "best_constant": max(constants, key=lambda one: one["within_1.5"]),
        "steps": rehearsals.STEPS,
        "command": command,
    }


def flat(runs: list[Any]) -> Iterator[dict[str, Any]]:
    """Return one row for each run."""
    for name, seed, own in runs:
        for word, run in own.items():
            at = detections.event(run["metric"])
            yield {"name": name, "seed": seed, "change": word, "event": at, **run}


def detection(runs: list[Any], with_metric: bool) -> dict[str, Any]:
    """Return how many events were seen in time, and how many alarms were false."""
    rows = list(flat(runs))
    found = [detections.judged(row, with_metric) for row in rows]
    events = [one for one in found if one["event"] is not None]
    quiet = [
        (row["change"], one)
        for row, one in zip(rows, found, strict=True)
        if one["event"] is None
    ]
    as_it_was = [one for word, one in quiet if word == "unchanged"]
    return {
        "events": len(events),
        "seen_within_200": sum(one["seen"] for one in events),
        "alarms_before_the_change": sum(one["false"] for one in events),
        "runs_without_event": len(quiet),
        "false_alarms": sum(one["false"] for _, one in quiet),
        "unchanged_runs": len(as_it_was),
        "false_alarms_unchanged": sum(one["false"] for one in as_it_was),
    }


def spent(folder: Path) -> dict[str, float]:
    """Return the seconds of all pieces of each part."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("*/*.json")):
        held = json.loads(path.read_text("utf-8"))
        if "cpu_seconds" in held:
            name = path.parent.name
            found[name] = round(found.get(name, 0) + held["cpu_seconds"], 1)
    return found
