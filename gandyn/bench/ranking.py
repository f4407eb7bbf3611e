"""Rank tables: of deterministic problems as they are, of stochastic with intervals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from gandyn._arguments import checked
from gandyn._records import Record, html_table, plain
from gandyn.bench.profiles import weights
from gandyn.bench.results import Result
from gandyn.bench.uncertainty import Interval, mean_intervals, samples


class Rank(Record, eq=True):
    """A solver's place.

    Attributes
    ----------
    solver : str
    rank : float
        The mean of its rank by oracle calls; ties share theirs, and all that don't
        reach the target share the last.
    solved : float
        The share of instances it solves.
    failed : int
        Problems on which it raised an error.
    rank_interval, solved_interval : Interval, optional
        Of stochastic problems with several seeds.
    """

    solver: str
    rank: float
    solved: float
    failed: int
    rank_interval: Interval | None = None
    solved_interval: Interval | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the record as what JSON holds, intervals as ``[low, high]``."""
        names = ("rank_interval", "solved_interval")
        pairs = {name: getattr(self, name) for name in names}
        lists = {name: pair and plain([*pair]) for name, pair in pairs.items()}
        return super().as_dict() | lists


class RankTable(Record, eq=True):
    """The solvers by mean rank over one kind of problems.

    Attributes
    ----------
    kind : {"deterministic", "stochastic"}
    problems : tuple of str
        Those that all solvers have run.
    planned : int
        How many there are to be.
    instances : int
        Problems times replicates times targets.
    unsolved : float
        The share of instances that nobody solves, where all are tied.
    rows : list of Rank
        The best first.
    """

    kind: str
    problems: tuple[str, ...]
    planned: int
    instances: int
    unsolved: float
    rows: list[Rank]

    @property
    def intervals(self) -> bool:
        """Whether the rows have any."""
        return self.rows[0].rank_interval is not None

    def describe(self) -> str:
        """Return one line on what was read."""
        line = (
            f"{self.kind.capitalize()} problems: {len(self.problems)} of "
            f"{self.planned}, {self.instances} instances, {self.unsolved:.0%} of them "
            "solved by none (all tied)"
        )
        if self.unsolved == 1:
            line += ": more --budget or --settings would tell them apart"
        if self.kind == "stochastic":
            line += (
                "; 95 % intervals for other draws of the noise, at the same starts"
                if self.intervals
                else "; one seed, so no intervals"
            )
        return line

    def __repr__(self) -> str:
        best = ", ".join(f"{row.solver} {row.rank:.2f}" for row in self.rows[:3])
        return f"<RankTable: {self.describe()}; best: {best}>"

    def _repr_html_(self) -> str:
        rows = [
            {
                "solver": row.solver,
                "mean rank": f"{row.rank:.2f}",
                "": _from_to(row.rank_interval, ".2f"),
                "solved": f"{row.solved:.1%}",
                " ": _from_to(row.solved_interval, ".1%"),
                "failed on": f"{row.failed} problems" if row.failed else "",
            }
            for row in self.rows
        ]
        return html_table(rows, f"{self.describe()}.")


def _from_to(interval: Interval | None, shape: str) -> str:
    return " to ".join(format(end, shape) for end in interval or ())


@checked
def ranks(result: Result, problems: Sequence[str] | None = None) -> list[Rank]:
    """Return the solvers by mean rank over problems, the best first.

    Problems count alike. There are no intervals here, as there is nothing to draw again
    on deterministic problems; see `rank_tables`.

    Raises
    ------
    GandynError
        If no problem has been run by all solvers.
    """
    settled = result.settled(problems)
    weight, read = weights(settled.problem), set(settled.problem)
    rank = rankdata(settled.calls, axis=0) @ weight
    solved = np.isfinite(settled.calls) @ weight
    failures = result.failures()
    failed = [
        sum((problem, name) in failures for problem in read) for name in settled.solvers
    ]
    rows = zip(settled.solvers, rank.tolist(), solved.tolist(), failed, strict=True)
    return sorted((Rank(*row) for row in rows), key=lambda row: (row.rank, row.solver))


@checked
def rank_tables(result: Result) -> list[RankTable]:
    """Return a table of deterministic and one of stochastic problems, if there are any.

    Raises
    ------
    GandynError
        If no problem has been run by all solvers.
    """
    ready, noisy = result.covered, result.stochastic
    if not ready:
        result.settled()  # says what is missing
    found = []
    for kind in ("deterministic", "stochastic"):
        planned = [n for n in result.problems if (n in noisy) == (kind == "stochastic")]
        read = tuple(name for name in planned if name in ready)
        if read:
            settled = result.settled(read)
            unsolved = np.isinf(settled.calls).all(axis=0) @ weights(settled.problem)
            rows = ranks(result, read)
            if kind == "stochastic":
                rows = _with_intervals(result, rows)
            size = settled.calls.shape[1]
            found.append(
                RankTable(kind, read, len(planned), size, float(unsolved), rows)
            )
    return found


def _with_intervals(result: Result, rows: list[Rank]) -> list[Rank]:
    found = samples(result)
    if not found:
        return rows
    starts = [one.start for one in found]
    by_rank = mean_intervals(
        [rankdata(one.calls, axis=0).mean(axis=1) for one in found], starts
    )
    by_solved = mean_intervals(
        [np.isfinite(one.calls).mean(axis=1) for one in found], starts
    )
    place = {name: i for i, name in enumerate(result.solvers)}
    return [
        dataclasses.replace(
            row,
            rank_interval=by_rank[place[row.solver]],
            solved_interval=by_solved[place[row.solver]],
        )
        for row in rows
    ]
