"""A result read back: its rows, its manifest, and what of it is missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.bench.endings import best_setting
from gandyn.bench.race import TARGETS
from gandyn.bench.rows import FAILED, arrow, read_rows
from gandyn.bench.runner import MANIFEST, PARTS, ROWS, check_version
from gandyn.errors import GandynError


@dataclass(frozen=True)
class Runs:
    """All runs of one contender on one problem.

    Attributes
    ----------
    calls : ndarray, shape (targets, settings, starts)
        Oracle calls until the target is reached, infinite for never.
    verdict : ndarray of str, shape (settings, starts)
    rate, radius : ndarray, shape (settings, starts)
    hyperparameters : tuple of str
        By setting.
    failure : str
        The traceback of a contender that raised.
    """

    calls: np.ndarray
    verdict: np.ndarray
    rate: np.ndarray
    radius: np.ndarray
    hyperparameters: tuple[str, ...]
    failure: str

    @property
    def best(self) -> int:
        """The tuned setting: most targets reached, then fewest calls."""
        return best_setting(self.calls)


@dataclass(frozen=True)
class Result:
    """A benchmark's result.

    Attributes
    ----------
    manifest : dict
    runs : dict of (problem, contender) to Runs
    damaged : tuple of int
        Row groups that could not be read.
    jobs : int
        How many there are to be in all.
    """

    manifest: dict[str, Any]
    runs: dict[tuple[str, str], Runs]
    damaged: tuple[int, ...]
    jobs: int

    @property
    def problems(self) -> list[str]:
        """Names of the problems."""
        return list(self.manifest["problems"])

    @property
    def contenders(self) -> list[str]:
        """Names of the contenders, those with a missing package among them."""
        return [*self.manifest["contenders"], *self.manifest["missing"]]

    @property
    def remark(self) -> str:
        """What is missing of the result; empty if nothing."""
        parts = []
        if self.damaged:
            parts.append(f"{len(self.damaged)} row groups are damaged")
        if len(self.runs) < self.jobs:
            parts.append(f"incomplete: {len(self.runs)} of {self.jobs} jobs")
        return "; ".join(parts)

    def tuned(self) -> np.ndarray:
        """Return the calls of tuned settings.

        Returns
        -------
        ndarray, shape (contenders, problems, targets, starts)
            Infinite for targets that are not reached; NaN where a run is missing.
        """
        starts = self.manifest["protocol"]["starts"]
        shape = (len(self.contenders), len(self.problems), len(TARGETS), starts)
        found = np.full(shape, np.nan)
        for i, contender in enumerate(self.contenders):
            for j, problem in enumerate(self.problems):
                runs = self.runs.get((problem, contender))
                if runs is not None:
                    found[i, j] = runs.calls[:, runs.best]
        return found

    def failures(self) -> dict[tuple[str, str], str]:
        """Return the tracebacks of contenders that raised, by (problem, contender)."""
        return {pair: r.failure for pair, r in self.runs.items() if r.failure}


def load(folder: str | Path) -> Result:
    """Read a result, complete or not.

    A damaged row group is left out, and counted; so is a job that did not run yet.

    Raises
    ------
    GandynError
        If the folder holds no result, or one of another version of the suite.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise GandynError(f"{folder} holds no result: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise GandynError(f"{folder / MANIFEST} is damaged: {error}") from None
    check_version(folder, manifest)
    names = [*manifest["contenders"], *manifest["missing"]]
    tables, damaged = _tables(folder)
    runs = {}
    for table in tables:
        columns = {name: table[name].to_pylist() for name in table.column_names}
        runs[columns["problem"][0], columns["contender"][0]] = _runs(columns)
    jobs = len(names) * len(manifest["problems"])
    return Result(manifest, runs, tuple(damaged), jobs)


def _tables(folder: Path) -> tuple[list[Any], list[int]]:
    pa, _ = arrow()
    whole = folder / ROWS
    paths = [whole] if whole.exists() else sorted((folder / PARTS).glob("*.parquet"))
    tables: list[Any] = []
    damaged: list[int] = []
    for place, path in enumerate(paths):
        try:
            found, bad = read_rows(path)
        except (OSError, pa.ArrowException) as error:
            if path == whole:
                raise GandynError(f"{path} is damaged: {error}") from error
            found, bad = [], [0]
        tables += found
        damaged += bad if path == whole else [place] * len(bad)
    return tables, damaged


def _runs(columns: dict[str, list[Any]]) -> Runs:
    failed = columns["verdict"][0] == FAILED
    starts = 1 + max(columns["start"]) if not failed else 1
    shape = (-1, starts, len(TARGETS))

    def first(name: str) -> np.ndarray:
        return np.array(columns[name]).reshape(shape)[..., 0]

    return Runs(
        np.moveaxis(np.array(columns["calls"], dtype=float).reshape(shape), -1, 0),
        first("verdict"),
        first("rate"),
        first("radius"),
        tuple(first("hyperparameters")[:, 0].tolist()),
        columns["failure"][0] or "",
    )
