"""What the noise leaves open: intervals for stochastic problems, and for no others.

A resample draws seeds again within each start of each problem: the strata. Problems,
starts and tuned settings stay as they are, so an interval says what other draws of the
noise would change, and nothing of other games or starts. Solvers share their draws
(common random numbers), so they are resampled together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.bench.profiles import indices_of
from gandyn.bench.results import Result
from gandyn.errors import GandynError

_LEVEL = 0.95
"""Nominal coverage of the intervals."""

_RESAMPLES = 2000
_SEED = 0
"""Of the resamples: the same result has the same intervals."""


class Interval(NamedTuple):
    """Two percentiles of the resamples.

    Attributes
    ----------
    low, high : float
    """

    low: float
    high: float


class _Sample(NamedTuple):
    """The reported runs of one stochastic problem.

    Attributes
    ----------
    problem : str
    calls : ndarray, shape (solvers, targets, replicates)
    start : ndarray, shape (replicates,)
        The start that each run is from: its stratum.
    """

    problem: str
    calls: np.ndarray
    start: np.ndarray


class _Improvement(Record):
    """How probably a run of one solver is better than a run of another.

    Attributes
    ----------
    solvers, problems : tuple of str
    probability, low, high : ndarray, shape (solvers, solvers)
        Of the row over the column, and its interval; 1/2 on the diagonal.
    """

    solvers: tuple[str, ...]
    problems: tuple[str, ...]
    probability: np.ndarray
    low: np.ndarray
    high: np.ndarray


def samples(result: Result) -> list[_Sample]:
    """Return the stochastic problems that all solvers have run.

    None if the protocol has one seed: then nothing was drawn twice.
    """
    seeds, ready = result.protocol.seeds, result.covered
    found = []
    for name in result.stochastic if seeds > 1 else ():
        if name in ready:
            settled = result.settled([name])
            replicates = int(settled.replicate.max()) + 1
            calls = settled.calls.reshape(len(settled.solvers), -1, replicates)
            found.append(_Sample(name, calls, np.arange(replicates) // seeds))
    return found


def resampled_weights(
    start: np.ndarray, rng: np.random.Generator, resamples: int = _RESAMPLES
) -> np.ndarray:
    """Return how much each replicate counts in every resample.

    Of n runs from a start, n - 1 are drawn with replacement: then the variance over
    resamples is unbiased for a mean, where n draws make it too small by (n - 1)/n.

    Parameters
    ----------
    start : ndarray, shape (replicates,)
        The stratum of each.
    rng : numpy Generator
    resamples : int

    Returns
    -------
    ndarray, shape (resamples, replicates)
        Rows add up to 1, and each stratum keeps its share.

    References
    ----------
    Rao, Wu, *Resampling inference with complex survey data*, Journal of the American
    Statistical Association 83, 1988, Section 2.

    Examples
    --------
    >>> start = np.array([0, 0, 0, 1, 1, 1])
    >>> drawn = resampled_weights(start, np.random.default_rng(0), 4)
    >>> drawn[:, :3].sum(axis=1)
    array([0.5, 0.5, 0.5, 0.5])
    """
    found = np.empty((resamples, start.size))
    for one in np.unique(start):
        own = np.flatnonzero(start == one)
        draws = max(own.size - 1, 1)
        counts = rng.multinomial(draws, np.full(own.size, 1 / own.size), resamples)
        found[:, own] = counts / draws * (own.size / start.size)
    return found


def mean_intervals(
    scores: Sequence[np.ndarray], starts: Sequence[np.ndarray]
) -> list[Interval]:
    """Return an interval of each solver's mean score over problems.

    Parameters
    ----------
    scores : sequence of ndarray, shape (solvers, replicates)
        By problem; problems count alike.
    starts : sequence of ndarray, shape (replicates,)
        Strata of each problem's replicates.

    Notes
    -----
    Intervals are percentiles at 2.5 and 97.5 %. They are short where few runs count:
    simulated mean ranks of five solvers with log-normal calls, 5 seeds from each of
    2 starts, are covered in 84 % of cases on one problem and 94 % on four; with 20
    seeds in 95 % on one. An interval of no width says that all draws agreed, not that
    others would.

    References
    ----------
    Agarwal, Schwarzer, Castro, Courville, Bellemare, *Deep Reinforcement Learning at
    the Edge of the Statistical Precipice*, NeurIPS 2021, Section 4 (stratified
    bootstrap).

    Examples
    --------
    >>> scores = [np.array([[1.0, 2.0, 1.0, 2.0], [2.0, 1.0, 2.0, 3.0]])]
    >>> mean_intervals(scores, [np.zeros(4)])
    [Interval(low=1.0, high=2.0), Interval(low=1.33..., high=2.66...)]
    """
    rng = np.random.default_rng(_SEED)
    means = np.mean(
        [
            score @ resampled_weights(start, rng).T
            for score, start in zip(scores, starts, strict=True)
        ],
        axis=0,
    )
    low, high = _percentiles(means)
    return [Interval(*pair) for pair in zip(low.tolist(), high.tolist(), strict=True)]


@checked
def improvement(result: Result, solvers: Sequence[str] = ()) -> _Improvement:
    r"""Return how probably one solver's run takes fewer calls than another's.

    .. math::
        P(X < Y) = \frac1{PT} \sum_{p,t} \frac1{n^2} \sum_{i,j}
        \Big([x_i < y_j] + \tfrac12 [x_i = y_j]\Big),

    the mean over problems and targets of the Mann-Whitney statistic of all pairs of
    runs, ties one half (two runs that miss the target are tied).

    Parameters
    ----------
    result : Result
    solvers : sequence of str
        All by default.

    Raises
    ------
    GandynError
        If there is no stochastic problem with more than one seed, run by all.
    UnknownName
        If the result has no such solver.

    Notes
    -----
    One pair in n is of two runs on the same draw, which are not independent.

    References
    ----------
    Agarwal et al., *Deep Reinforcement Learning at the Edge of the Statistical
    Precipice*, NeurIPS 2021, Section 4.3 (probability of improvement).
    """
    found = samples(result)
    if not found:
        raise GandynError(
            "no stochastic problem has been run by all solvers with several seeds: "
            "there is nothing to estimate a probability from"
        )
    chosen = indices_of(result.solvers, solvers)
    rng = np.random.default_rng(_SEED)
    drawn = [resampled_weights(one.start, rng) for one in found]
    size = len(chosen)
    values = np.full((3, size, size), 0.5)
    for i in range(size - 1):
        later = np.s_[i + 1 :]
        point, parts = np.zeros(size - i - 1), []
        for one, weight in zip(found, drawn, strict=True):
            calls = one.calls[chosen]
            better = pairs_won(calls[i], calls[later])
            point += better.mean(axis=(1, 2)) / len(found)
            parts.append(np.sum((weight @ better) * weight, axis=-1))
        low, high = _percentiles(np.mean(parts, axis=0))
        values[:, i, later] = point, low, high
        values[:, later, i] = 1 - point, 1 - high, 1 - low
    names = tuple(result.solvers[k] for k in chosen)
    return _Improvement(names, tuple(one.problem for one in found), *values)


def pairs_won(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return in which pairs of runs x takes fewer calls than y, ties one half.

    Its mean is the Mann-Whitney statistic over the number of pairs.

    Parameters
    ----------
    x : ndarray, shape (targets, replicates)
    y : ndarray, shape (solvers, targets, replicates)

    Returns
    -------
    ndarray, shape (solvers, replicates of x, replicates of y)
        The mean over targets.

    Examples
    --------
    >>> pairs_won(np.array([[1.0, np.inf]]), np.array([[[2.0, np.inf]]]))
    array([[[1. , 1. ],
            [0. , 0.5]]])
    """
    one, other = x[:, :, None], y[:, :, None, :]
    won = (one < other) + (one == other) / 2
    return np.asarray(won.mean(axis=1))


def _percentiles(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends over the last axis, that of the resamples."""
    tail = 50 * (1 - _LEVEL)
    low, high = np.percentile(means, [tail, 100 - tail], axis=-1)
    return low, high
