"""Ways to read a result: profiles, pairs, robustness, rates.

Every problem counts alike, however many replicates it has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.bench.protocol import TARGET, TARGETS
from gandyn.bench.results import Result, Settled
from gandyn.errors import GandynError, UnknownName


class Profile(Record):
    """Step functions, one per solver.

    Attributes
    ----------
    at : ndarray
        Oracle calls, or ratios to the best, where a step may be.
    share : ndarray, shape (solvers, at)
        Of the instances (problem, replicate and target) solved by then.
    solvers : tuple of str
    """

    at: np.ndarray
    share: np.ndarray
    solvers: tuple[str, ...]

    def steps(self, solver: str) -> tuple[np.ndarray, np.ndarray]:
        """Return where one solver's own steps are, and the shares from there on."""
        share = self.share[self.solvers.index(solver)]
        kept = np.flatnonzero(np.diff(share, prepend=0.0))
        kept = np.union1d(kept, [0, share.size - 1]) if share.size else kept
        return self.at[kept], share[kept]


class _Wins(Record):
    """Solvers, two at a time.

    Attributes
    ----------
    solvers : tuple of str
    share : ndarray, shape (solvers, solvers)
        Of the instances in which the one of the row takes fewer calls than the one of
        the column; in the rest of both shares they are equal, or both fail.
    """

    solvers: tuple[str, ...]
    share: np.ndarray


class _Rates(Record):
    """Measured log growth per step of runs that reached the last target, and theory's.

    Attributes
    ----------
    measured : ndarray
    exact : ndarray
        Log of the spectral radius at the solution; NaN where there is none.
    worst : ndarray
        The same in the worst case of the problem's class of games.
    solver, problem : ndarray of str
    """

    measured: np.ndarray
    exact: np.ndarray
    worst: np.ndarray
    solver: np.ndarray
    problem: np.ndarray


def reasons(result: Result) -> dict[tuple[str, str], str]:
    """Return the last line of each failure, by (problem, solver)."""
    failures = result.failures().items()
    return {pair: text.strip().splitlines()[-1] for pair, text in failures}


def weights(problem: np.ndarray) -> np.ndarray:
    """Return weights of instances, by their problem, that give problems equal ones.

    Examples
    --------
    >>> weights(np.array(["a", "a", "b"]))
    array([0.25, 0.25, 0.5 ])
    """
    names = problem.astype(str)
    _, place, size = np.unique(names, return_inverse=True, return_counts=True)
    return np.asarray(1 / (size[place] * size.size))


def indices_of(known: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where names are among those known; of no names, where all are.

    Raises
    ------
    UnknownName
        If one of them is none of those.
    """
    for name in names:
        if name not in known:
            raise UnknownName("solver of the result", name, known)
    return [known.index(name) for name in names or known]


@checked
def data_profile(result: Result) -> Profile:
    r"""Return the share of instances solved within so many oracle calls (ECDF).

    References
    ----------
    Moré, Wild, *Benchmarking Derivative-Free Optimization Algorithms*, SIAM J. Optim.
    20, 2009, Section 2.2; here in calls, not in simplex gradients.
    """
    settled = result.settled()
    return _profile(settled.calls, settled.problem, settled.solvers)


@checked
def performance_profile(result: Result, solvers: Sequence[str] = ()) -> Profile:
    r"""Return the share of instances solved within a multiple of the best's calls.

    .. math:: ρ_s(τ) = |\{p : t_{p,s} \le τ \min_{s'} t_{p,s'}\}| / |\{p\}|

    A profile compares each with the best of those that take part: leaving one out
    changes the others, so read it pair by pair before ranking by it.

    Parameters
    ----------
    result : Result
    solvers : sequence of str
        Those that take part; all by default.

    Raises
    ------
    UnknownName
        If the result has no such solver.

    References
    ----------
    Dolan, Moré, *Benchmarking optimization software with performance profiles*, Math.
    Program. 91, 2002, Section 2; Gould, Scott, *A Note on Performance Profiles for
    Benchmarking Software*, ACM TOMS 43, 2016 (the warning).
    """
    return _ratios(result.settled(), solvers)


def _ratios(settled: Settled, solvers: Sequence[str] = ()) -> Profile:
    """Return the performance profile of what is settled already."""
    chosen = indices_of(settled.solvers, solvers)
    calls = settled.calls[chosen]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = calls / calls.min(axis=0)
    # nothing to do at the start is solved by all; unsolved by all is solved by none
    ratio = np.where(calls == 0, 1.0, np.where(np.isfinite(calls), ratio, np.inf))
    names = tuple(settled.solvers[i] for i in chosen)
    return _profile(ratio, settled.problem, names)


@checked
def wins(result: Result, solvers: Sequence[str] = ()) -> _Wins:
    """Return how often each takes fewer calls than each other; all by default.

    Raises
    ------
    UnknownName
        If the result has no such solver.
    """
    settled = result.settled()
    chosen = indices_of(settled.solvers, solvers)
    calls, weight = settled.calls[chosen], weights(settled.problem)
    share = np.array([(own < calls) @ weight for own in calls])
    return _Wins(tuple(settled.solvers[i] for i in chosen), share)


@checked
def robustness(result: Result, target: float = TARGET) -> dict[str, float]:
    """Return the share of settings that reach a target in all runs.

    The mean over the problems that all solvers have run; a solver that failed on
    a problem has the share 0 there.

    Raises
    ------
    GandynError
        If it is no target, or no problem has been run by all.
    """
    place, problems = place_of(target), result.covered
    if not problems:
        result.settled()  # says what is missing
    return {
        solver: float(
            np.mean(
                [
                    np.isfinite(result.runs[name, solver].calls[place])
                    .all(axis=-1)
                    .mean()
                    for name in problems
                ]
            )
        )
        for solver in result.solvers
    }


def place_of(target: float) -> int:
    """Return where a target is among `TARGETS`.

    Raises
    ------
    GandynError
        If it is none.
    """
    if target not in TARGETS:
        raise GandynError(f"{target:g} is no target; they are {TARGETS}")
    return TARGETS.index(target)


@checked
def rates(result: Result) -> _Rates:
    """Return measured rates of all settings beside those of theory, if it has any.

    Raises
    ------
    GandynError
        If the result has no runs.
    """
    parts = []
    for (problem, solver), runs in result.runs.items():
        radius, worst = np.broadcast_arrays(runs.radius, runs.worst)
        kept = np.isfinite(runs.rate) & ((radius > 0) | (worst > 0))
        logs = (_log(radius[kept]), _log(worst[kept]))
        names = (np.full(kept.sum(), solver), np.full(kept.sum(), problem))
        parts.append((runs.rate[kept], *logs, *names))
    if not parts:
        raise GandynError(f"the result has no runs: {result.remark}")
    return _Rates(*map(np.concatenate, zip(*parts, strict=True)))


def _log(radius: np.ndarray) -> np.ndarray:
    return np.log(np.where(radius > 0, radius, np.nan))


def _profile(
    values: np.ndarray, problem: np.ndarray, solvers: tuple[str, ...]
) -> Profile:
    at, weight = np.unique(values[np.isfinite(values)]), weights(problem)
    share = np.empty((len(values), at.size))
    for i, own in enumerate(values):
        order = np.argsort(own, kind="stable")
        solved = np.append(0.0, np.cumsum(weight[order]))
        share[i] = solved[np.searchsorted(own[order], at, "right")]
    return Profile(at, share, solvers)
