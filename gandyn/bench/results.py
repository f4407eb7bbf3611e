"""A result read back: its rows, its manifest, and what of it is missing."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn._arguments import checked
from gandyn.bench.endings import best_setting, tuning_replicates
from gandyn.bench.protocol import TARGETS, Protocol
from gandyn.bench.rows import arrow, read_rows
from gandyn.bench.runner import (
    MANIFEST,
    ORIGIN,
    PARTS,
    ROWS,
    TIMES,
    check_version,
    read_json,
    read_manifest,
)
from gandyn.errors import GandynError


class Settled(NamedTuple):
    """The runs that are reported, of tuned settings; where all solvers have run.

    Attributes
    ----------
    calls : ndarray, shape (solvers, instances)
        Oracle calls; infinite for a target that is not reached.
    problem, target, replicate : ndarray, shape (instances,)
        What an instance is: a name, a number and the place among the replicates.
    solvers : tuple of str
    """

    calls: np.ndarray
    problem: np.ndarray
    target: np.ndarray
    replicate: np.ndarray
    solvers: tuple[str, ...]


@dataclass(frozen=True)
class _Runs:
    """All runs of one solver on one problem; a replicate is a start and a seed.

    Attributes
    ----------
    calls : ndarray, shape (targets, settings, replicates)
        Oracle calls until the target is reached, infinite for never.
    verdict : ndarray of str, shape (settings, replicates)
    rate, radius, worst : ndarray, shape (settings, replicates)
        Measured, exact, and over the problem's class; see
        `gandyn.bench.batches.RunOutcomes`.
    coverage, wasserstein : ndarray, shape (settings, replicates)
        Of network GANs, at the end of each run; NaN elsewhere.
    hyperparameters : tuple of str
        By setting.
    replicates : list of (int, int)
    failure : str
        The traceback of a solver that raised.
    """

    calls: np.ndarray
    verdict: np.ndarray
    rate: np.ndarray
    radius: np.ndarray
    worst: np.ndarray
    coverage: np.ndarray
    wasserstein: np.ndarray
    hyperparameters: tuple[str, ...]
    replicates: list[tuple[int, int]]
    failure: str

    def __repr__(self) -> str:
        settings, replicates = self.verdict.shape
        end = ", failed" if self.failure else ""
        return f"<Runs: {settings} settings x {replicates} replicates{end}>"


@dataclass(frozen=True)
class Result:
    """A benchmark's result.

    Attributes
    ----------
    manifest : dict
    runs : dict of (problem, solver) to Runs
    damaged : tuple of int
        Row groups that could not be read.
    jobs : int
        How many there are to be in all.
    per : {"problem", "suite"}
        Whether a setting is chosen for each problem, or one for all of them.
    times : dict
        Seconds by problem and solver: of the ``job``, and of a ``step`` (None where
        it is not timed). Empty until the run is complete.
    origin : sequence of dict
        Command, date, jobs, processes and machine of each time that it was run or gone
        on with; empty for a result that doesn't say.
    """

    manifest: dict[str, Any]
    runs: dict[tuple[str, str], _Runs]
    damaged: tuple[int, ...]
    jobs: int
    per: str = "problem"
    times: Mapping[str, Any] = field(default_factory=dict)
    origin: Sequence[Mapping[str, Any]] = ()

    @cached_property
    def protocol(self) -> Protocol:
        """The terms that it was run on."""
        names = {field.name for field in dataclasses.fields(Protocol)}
        terms = self.manifest["protocol"].items()
        return Protocol(**{name: value for name, value in terms if name in names})

    @property
    def terms(self) -> str:
        """The protocol in one line."""
        terms = self.protocol
        tuned = f"{terms.tuning} tuning"
        if terms.chooses:
            tuned += f" per {self.per}, {terms.settings} settings"
        apart = terms.starts - terms.tuning_starts
        starts = f"{apart} of {terms.starts} starts reported"
        return f"{tuned}, {starts}, {terms.budget} calls a run"

    @property
    def problems(self) -> list[str]:
        """Names of the problems."""
        return list(self.manifest["problems"])

    @property
    def stochastic(self) -> list[str]:
        """Names of the problems with noise."""
        known = self.manifest["problems"]
        return [name for name in self.problems if known[name]["noise"]]

    @property
    def solvers(self) -> list[str]:
        """Names of the solvers, those with a missing package among them."""
        return [*self.manifest["solvers"], *self.manifest["missing"]]

    @property
    def remark(self) -> str:
        """What is missing of the result; empty if nothing."""
        parts = []
        if self.damaged:
            parts.append(f"{len(self.damaged)} row groups are damaged")
        if len(self.runs) < self.jobs:
            parts.append(f"incomplete: {len(self.runs)} of {self.jobs} jobs")
        return "; ".join(parts)

    @property
    def covered(self) -> list[str]:
        """The problems that all solvers have run: the only ones to compare on."""
        return [
            problem
            for problem in self.problems
            if all((problem, name) in self.runs for name in self.solvers)
        ]

    @property
    def caveat(self) -> str:
        """What is missing, and what therefore is read; empty if nothing is."""
        if not self.remark:
            return ""
        return (
            f"{self.remark}; read are the {len(self.covered)} of "
            f"{len(self.problems)} problems that all solvers have run"
        )

    def __repr__(self) -> str:
        size = f"{len(self.problems)} problems, {len(self.solvers)} solvers"
        return f"<Result: {'; '.join(filter(None, [size, self.terms, self.remark]))}>"

    def best(self, problem: str, solver: str) -> int:
        """Return the tuned setting: most targets, then fewest calls, where it tunes."""
        if self.per == "suite":
            return self._best_of_all[solver]
        return self._best((problem, solver))

    def chosen(self, problem: str, solver: str) -> tuple[int, np.ndarray]:
        """Return the tuned setting, and the replicates that tuning has not seen."""
        runs = self.runs[problem, solver]
        if runs.failure:
            return 0, np.arange(1)
        tuning = tuning_replicates(runs.replicates, self.protocol)
        seen = np.zeros_like(tuning) if tuning.all() else tuning
        return self.best(problem, solver), np.flatnonzero(~seen)

    def reported(self, problem: str, solver: str) -> np.ndarray:
        """Return calls of the tuned setting, shape (targets, replicates)."""
        setting, replicates = self.chosen(problem, solver)
        return self.runs[problem, solver].calls[:, setting, replicates]

    def settled(self, problems: Sequence[str] | None = None) -> Settled:
        """Return what is reported of problems, of all of them by default.

        Raises
        ------
        GandynError
            If none of them has been run by all solvers.
        """
        parts = []
        for name in self.covered:
            if problems is not None and name not in problems:
                continue
            own = [self.reported(name, solver) for solver in self.solvers]
            shape = max((c.shape for c in own), key=lambda shape: shape[1])
            flat = np.array([np.broadcast_to(c, shape).ravel() for c in own])
            target, place = np.indices(shape).reshape(2, -1)
            names = np.full(target.size, name, dtype=object)
            parts.append((flat, names, np.array(TARGETS)[target], place))
        if not parts:
            raise GandynError(
                f"no problem has been run by all solvers: {self.remark or 'none'}"
            )
        calls, problem, target, place = (
            np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)
        )
        return Settled(calls, problem, target, place, tuple(self.solvers))

    def failures(self) -> dict[tuple[str, str], str]:
        """Return the tracebacks of solvers that raised, by (problem, solver)."""
        return {pair: r.failure for pair, r in self.runs.items() if r.failure}

    def _best(self, *pairs: tuple[str, str]) -> int:
        runs = [self.runs[pair] for pair in pairs]
        tuning = [tuning_replicates(one.replicates, self.protocol) for one in runs]
        calls = np.concatenate([one.calls for one in runs], axis=-1)
        return best_setting(calls, np.concatenate(tuning))

    @cached_property
    def _best_of_all(self) -> dict[str, int]:
        sound = [pair for pair, one in self.runs.items() if not one.failure]
        return {
            name: self._best(*(pair for pair in sound if pair[1] == name))
            for name in {solver for _, solver in sound}
        }


@checked
def load(folder: str | Path, per: str = "problem") -> Result:
    """Read a result, complete or not.

    A damaged row group is left out, and counted; so is a job that did not run yet.

    Parameters
    ----------
    folder : path
    per : {"problem", "suite"}
        Whether a setting is chosen for each problem, or one for the whole suite.

    Raises
    ------
    GandynError
        If the folder holds no result, or one of another version of the suite; if
        settings differ from problem to problem, so that none is for all.
    """
    folder = Path(folder)
    if not os.path.isfile(folder / MANIFEST):
        raise GandynError(f"{folder} holds no result: there is no {MANIFEST}")
    manifest = read_manifest(folder)
    check_version(folder, manifest)
    _check_per(per, manifest["protocol"].get("tuning"))
    names = [*manifest["solvers"], *manifest["missing"]]
    tables, damaged = _tables(folder)
    runs = {}
    for table in tables:
        columns = {
            name: column.to_numpy()
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
        runs[columns["problem"][0], columns["solver"][0]] = _runs(columns)
    jobs = len(names) * len(manifest["problems"])
    times, origin = (read_json(folder / n, e) for n, e in ((TIMES, {}), (ORIGIN, ())))
    return Result(manifest, runs, tuple(damaged), jobs, per, times, origin)


def _check_per(per: str, tuning: str) -> None:
    if per not in ("problem", "suite"):
        raise GandynError(f"per must be problem or suite, got {per!r}")
    if per == "suite" and tuning == "theory":
        raise GandynError(
            "theory chooses a setting for each problem: there is none for the suite"
        )


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


def _runs(columns: dict[str, np.ndarray]) -> _Runs:
    replicates = _replicates(columns)
    shape = (-1, len(replicates), len(TARGETS))

    def first(name: str) -> np.ndarray:
        return np.asarray(columns[name].reshape(shape)[..., 0])

    return _Runs(
        np.moveaxis(columns["calls"].reshape(shape), -1, 0),
        first("verdict"),
        first("rate"),
        first("radius"),
        first("worst"),
        first("coverage"),
        first("wasserstein"),
        tuple(first("hyperparameters")[:, 0].tolist()),
        replicates,
        columns["failure"][0] or "",
    )


def _replicates(columns: dict[str, np.ndarray]) -> list[tuple[int, int]]:
    """Return the starts and seeds of the first setting's rows, each once."""
    own = columns["setting"] == columns["setting"][0]
    pairs = zip(columns["start"][own], columns["seed"][own], strict=True)
    return [(int(i), int(k)) for i, k in dict.fromkeys(pairs)]
