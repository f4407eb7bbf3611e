"""A result's tables as plain data, for a file or another program."""

from __future__ import annotations

import math
import statistics
from typing import Any

from gandyn.bench.generated import generated
from gandyn.bench.profiles import reasons, robustness
from gandyn.bench.ranking import rank_tables
from gandyn.bench.results import Result


def summary(result: Result) -> dict[str, Any]:
    """Return rank tables, robustness, endings, wall times of steps, and failures.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
        Fit for JSON: None stands for a number that is none.

    Raises
    ------
    GandynError
        If no problem has been run by all contenders.
    """
    return {
        "remark": result.caveat,
        "tuned per": result.per,
        **{key: result.manifest[key] for key in ("suite", "protocol", "versions")},
        "tables": [
            {**table._asdict(), "rows": [row.record() for row in table.rows]}
            for table in rank_tables(result)
        ],
        "robustness": robustness(result),
        "endings": endings(result),
        "cycles": [
            name
            for name, known in result.manifest["problems"].items()
            if known["class"] == "cycle"
        ],
        "step seconds": step_seconds(result),
        "job seconds": sum(
            times["job"] for own in result.times.values() for times in own.values()
        ),
        "generated": [_plain(row._asdict()) for row in generated(result)],
        "failures": failures(result),
    }


def endings(result: Result) -> dict[str, dict[str, int]]:
    """Return what the reported runs end on, and how many of them, by problem."""
    found: dict[str, dict[str, int]] = {}
    for (problem, contender), runs in result.runs.items():
        counts = found.setdefault(problem, {})
        for verdict in runs.verdict[result.chosen(problem, contender)]:
            counts[verdict] = counts.get(verdict, 0) + 1
    return found


def step_seconds(result: Result) -> dict[str, float]:
    """Return the median over problems of a step's seconds, by contender."""
    found = {}
    for name in result.contenders:
        own = [times[name]["step"] for times in result.times.values() if name in times]
        known = [seconds for seconds in own if seconds is not None]
        if known:
            found[name] = statistics.median(known)
    return found


def failures(result: Result) -> list[dict[str, str]]:
    """Return problem, contender and the last line of each failure."""
    return [
        {"problem": problem, "contender": name, "last line": reason}
        for (problem, name), reason in reasons(result).items()
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }
