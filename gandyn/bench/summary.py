"""A result's tables as plain data, for a file or another program."""

from __future__ import annotations

import json
import statistics
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.bench.profiles import reasons, robustness
from gandyn.bench.ranking import rank_tables
from gandyn.bench.results import Result


class _Generated(Record, eq=True):
    """The reported runs of one solver on one network GAN.

    Attributes
    ----------
    problem, solver : str
    coverage : float
        The mean share of modes covered; NaN where the data have none.
    wasserstein : float
        The mean sliced Wasserstein distance of fakes and data.
    ended : int
        Runs that ended on finite numbers: the means are over these.
    runs : int
    """

    problem: str
    solver: str
    coverage: float
    wasserstein: float
    ended: int
    runs: int


@checked
def summary(result: Result) -> dict[str, Any]:
    """Return rank tables, tuned settings, robustness, endings, times and failures.

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
        If no problem has been run by all solvers.
    """
    return {
        "remark": result.caveat,
        "tuned per": result.per,
        "origin": list(result.origin),
        **{key: result.manifest[key] for key in ("suite", "protocol", "versions")},
        "tuned settings": tuned_settings(result),
        "tables": [table.as_dict() for table in rank_tables(result)],
        "robustness": robustness(result),
        "endings": _endings(result),
        "cycles": [
            name
            for name, known in result.manifest["problems"].items()
            if known["class"] == "cycle"
        ],
        "step seconds": _step_seconds(result),
        "job seconds": sum(
            times["job"] for own in result.times.values() for times in own.values()
        ),
        "generated": [row.as_dict() for row in generated(result)],
        "failures": failures(result),
    }


def tuned_settings(result: Result) -> dict[str, dict[str, dict[str, float]]]:
    """Return the setting that is reported, by problem and solver."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for (problem, solver), runs in result.runs.items():
        if not runs.failure:
            chosen = json.loads(runs.hyperparameters[result.best(problem, solver)])
            found.setdefault(problem, {})[solver] = chosen
    return found


def _endings(result: Result) -> dict[str, dict[str, int]]:
    """Return what the reported runs end on, and how many of them, by problem."""
    found: dict[str, dict[str, int]] = {}
    for (problem, solver), runs in result.runs.items():
        counts = found.setdefault(problem, {})
        for verdict in runs.verdict[result.chosen(problem, solver)]:
            counts[verdict] = counts.get(verdict, 0) + 1
    return found


def _step_seconds(result: Result) -> dict[str, float]:
    """Return the median over problems of a step's seconds, by solver."""
    found = {}
    for name in result.solvers:
        own = [times[name]["step"] for times in result.times.values() if name in times]
        known = [seconds for seconds in own if seconds is not None]
        if known:
            found[name] = statistics.median(known)
    return found


def failures(result: Result) -> list[dict[str, str]]:
    """Return problem, solver and the last line of each failure."""
    return [
        {"problem": problem, "solver": name, "last line": reason}
        for (problem, name), reason in reasons(result).items()
    ]


def generated(result: Result) -> list[_Generated]:
    """Return what tuned settings generate, by problem, the least distance first.

    Empty if no problem is a network GAN.
    """
    found = []
    for (problem, solver), runs in result.runs.items():
        if runs.failure or np.isnan(runs.wasserstein).all():
            continue
        reported = result.chosen(problem, solver)
        distance, modes = runs.wasserstein[reported], runs.coverage[reported]
        ended = np.isfinite(distance)
        found.append(
            _Generated(
                problem,
                solver,
                _mean(modes[ended]),
                _mean(distance[ended]),
                int(ended.sum()),
                ended.size,
            )
        )
    order = {name: i for i, name in enumerate(result.problems)}
    return sorted(found, key=lambda row: (order[row.problem], row.wasserstein))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
