"""Ways to read a result: profiles, robustness, rates, ranks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from gandyn.bench.protocol import TARGETS
from gandyn.bench.results import Result
from gandyn.errors import GandynError


class Profile(NamedTuple):
    """Step functions, one per contender.

    Attributes
    ----------
    at : ndarray
        Oracle calls, or ratios to the best, where a step may be.
    share : ndarray, shape (contenders, at)
        Of the instances (problem, replicate and target) solved by then.
    contenders : tuple of str
    """

    at: np.ndarray
    share: np.ndarray
    contenders: tuple[str, ...]


class Rates(NamedTuple):
    """Measured and exact log growth per step of all runs that have both."""

    measured: np.ndarray
    exact: np.ndarray
    contender: np.ndarray
    problem: np.ndarray


class Rank(NamedTuple):
    """A contender's place.

    Attributes
    ----------
    contender : str
    rank : float
        The mean over instances of its rank by oracle calls; ties share theirs, and all
        that don't reach the target share the last.
    solved : float
        The share of instances it solves.
    """

    contender: str
    rank: float
    solved: float


def _profile(values: np.ndarray, contenders: tuple[str, ...]) -> Profile:
    at = np.unique(values[np.isfinite(values)])
    ordered = np.sort(values, axis=1)
    share = np.array([np.searchsorted(row, at, "right") for row in ordered])
    return Profile(at, share / values.shape[1], contenders)


def data_profile(result: Result) -> Profile:
    r"""Return the share of instances solved within so many oracle calls (ECDF).

    References
    ----------
    Moré, Wild, *Benchmarking Derivative-Free Optimization Algorithms*, SIAM J. Optim.
    20, 2009, Section 2.2; here in calls, not in simplex gradients.
    """
    settled = result.settled()
    return _profile(settled.calls, settled.contenders)


def performance_profile(result: Result) -> Profile:
    r"""Return the share of instances solved within a multiple of the best's calls.

    .. math:: ρ_s(τ) = |\{p : t_{p,s} \le τ \min_{s'} t_{p,s'}\}| / |\{p\}|

    A profile compares each with the best of those that took part: leaving one out
    changes the others, so read it pair by pair before ranking by it.

    References
    ----------
    Dolan, Moré, *Benchmarking optimization software with performance profiles*, Math.
    Program. 91, 2002, Section 2; Gould, Scott, *A Note on Performance Profiles for
    Benchmarking Software*, ACM TOMS 43, 2016 (the warning).
    """
    settled = result.settled()
    calls = settled.calls
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = calls / calls.min(axis=0)
    # nothing to do at the start is solved by all; unsolved by all is solved by none
    ratio = np.where(calls == 0, 1.0, np.where(np.isfinite(calls), ratio, np.inf))
    return _profile(ratio, settled.contenders)


def robustness(result: Result, target: float = 1e-4) -> dict[str, float]:
    """Return the share of settings that reach a target from all starts.

    The mean over problems, of those that have been run; a contender that failed on a
    problem has the share 0 there.

    Raises
    ------
    GandynError
        If it is no target.
    """
    if target not in TARGETS:
        raise GandynError(f"{target:g} is no target; they are {TARGETS}")
    place = TARGETS.index(target)
    found = {}
    for contender in result.contenders:
        shares = [
            np.isfinite(runs.calls[place]).all(axis=-1).mean()
            for (_, name), runs in result.runs.items()
            if name == contender
        ]
        if shares:
            found[contender] = float(np.mean(shares))
    return found


def rates(result: Result) -> Rates:
    """Return measured rates beside the exact spectral ones, where there are both."""
    parts = []
    for (problem, contender), runs in result.runs.items():
        radius = np.broadcast_to(runs.radius, runs.rate.shape)
        both = np.isfinite(runs.rate) & (radius > 0)
        names = (np.full(both.sum(), contender), np.full(both.sum(), problem))
        parts.append((runs.rate[both], np.log(radius[both]), *names))
    if not parts:
        raise GandynError(f"the result has no runs: {result.remark}")
    return Rates(*map(np.concatenate, zip(*parts, strict=True)))


def ranks(result: Result) -> list[Rank]:
    """Return the contenders by mean rank, the best first.

    Deterministic problems: no intervals, for there is nothing to draw again.
    """
    calls = result.settled().calls
    by_instance = rankdata(calls, axis=0)
    rank, solved = by_instance.mean(axis=1), np.isfinite(calls).mean(axis=1)
    rows = zip(result.contenders, rank.tolist(), solved.tolist(), strict=True)
    return sorted((Rank(*row) for row in rows), key=lambda row: (row.rank, row[0]))
