"""How far rounding leaves a fixed point undecided, and its map with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gandyn.errors import GandynError
from gandyn.stability.crossings.neutral_directions import nullity
from gandyn.stability.crossings.spectral_sets import Sample
from gandyn.stability.maps.maps import Map, RuleMap
from gandyn.stability.maps.units import measured, natural_units

_NEARBY = 1e-13
"""Moves, relative to the state, over which a step is linear and rounding is seen."""
_PROBES = 16
"""Places at which the rounding of a step is looked at."""
ROUNDINGS = 4.0
"""Roundings seen there that a step may be off by elsewhere."""
_MOST = 8
"""Directions in which it is asked what a fixed point's rounding changes."""
_PLACES = 8
"""Places of the parameter at which it is asked how well a fixed point that rests is
known."""
_SINGULAR = 1e-5
"""Where a step moves a state by less than this part, second derivatives may do as much:
how far rounding leaves a fixed point is not told by the first."""
_LEVELS = 30
"""Halvings, by 4, of how far rounding may have left a fixed point at such a place."""


def departures(
    step: Map, state: np.ndarray, value: float, sizes: np.ndarray
) -> np.ndarray:
    """Return a step's departures from linearity beside a state, shape (S, places).

    They are its rounding: half the differences between opposite sides, in which second
    derivatives are not seen. ``sizes`` are what the coordinates may be.
    """
    shape = np.sin(np.arange(1.0, 1 + state.size * _PROBES)).reshape(-1, _PROBES)
    here = state[:, None]
    ways = (here + _NEARBY * sizes[:, None] * shape) - here
    nearby = here + np.concatenate([ways, -ways], axis=1)
    moved = nearby - here
    inner = step.jacobian(state, value) - np.eye(len(state))
    gaps = step(nearby, value).astype(float) - nearby - inner @ moved
    return np.asarray(gaps[:, :_PROBES] - gaps[:, _PROBES:]) / 2


def hidden_along(
    step: Map, sample: Sample, left: np.ndarray, seen: np.ndarray | None = None
) -> float:
    """Return how much of a step along a covector rounding hides at a fixed point.

    ``seen`` are the step's `departures` there.
    """
    state, value = sample.state, sample.parameter
    seen = departures(step, state, value, np.abs(state)) if seen is None else seen
    least = np.finfo(float).eps * np.abs(left) @ np.abs(state)
    gap = abs(left @ (step.value(state, value) - state))
    return float(ROUNDINGS * np.abs(left @ seen).max() + least + gap)


def displacements(
    step: Map, sample: Sample, sizes: np.ndarray, aside: int = 0
) -> np.ndarray:
    r"""Return how far rounding may have left a fixed point, in some directions, (K, S).

    What rounding hides of a step's coordinates, :math:`(I - A)^{-1}` times as much it
    does of the fixed point. Where that is more than second derivatives allow, it is how
    far a step along a singular vector goes before it is seen. The ``aside`` weakest of
    those are of a manifold of fixed points.

    Parameters
    ----------
    step : Map
    sample : Sample
    sizes : ndarray, shape (S,)
        What the coordinates may be beside the state.
    aside : int
    """
    state, value, units = sample.state, sample.parameter, natural_units(sample.matrix)
    inner = np.eye(len(state)) - measured(sample.matrix, units)
    left, sigma, right = np.linalg.svd(inner)
    last = len(sigma) - aside
    weak = range(int(np.sum(sigma[:last] >= _SINGULAR)), last)
    left, right = left.T / units, right * units
    gap = step.value(state, value) - state
    seen = departures(step, state, value, sizes)
    hidden = np.maximum(np.abs(seen).max(axis=1), np.finfo(float).eps * np.abs(state))
    hidden = ROUNDINGS * hidden + np.abs(gap)
    kept = slice(weak.start)
    inverse = right[kept].T @ (left[kept] / sigma[kept, None])
    found = [*_grouped((inverse * hidden).T)]
    for k in weak:
        own = hidden_along(step, sample, left[k], seen)
        most = np.linalg.norm(sizes / units) + own
        reach = float(min(own / sigma[k], most) if sigma[k] else most)
        found.append(_unseen(step, sample, left[k], right[k], own, reach) * right[k])
    return np.array(found).reshape(-1, len(state))


def _grouped(ways: np.ndarray) -> np.ndarray:
    """Return directions, or a few sums of them with signs, no two alike."""
    if len(ways) <= _MOST:
        return ways
    signs = np.sign(np.cos(1.0 + np.arange(len(ways))))[:, None]
    return np.array([(signs * ways)[k::_MOST].sum(axis=0) for k in range(_MOST)])


def _unseen(
    step: Map, sample: Sample, left: np.ndarray, right: np.ndarray, hidden: float,
    reach: float,
) -> float:  # fmt: skip
    """Return how far along a direction a step is hidden by rounding, at most so far."""
    if not reach:
        return 0.0
    far = reach * 4.0 ** -np.arange(_LEVELS)
    places = sample.state[:, None] + right[:, None] * np.concatenate([far, -far])
    with np.errstate(all="ignore"):
        gaps = np.abs(left @ (step(places, sample.parameter).astype(float) - places))
    seen = np.flatnonzero(~(gaps <= 2 * hidden).reshape(2, -1).any(axis=0))
    return float(far[seen[-1] if seen.size else 0])


def map_changes(
    step: Map, samples: Sequence[Sample], fixed: Map | None = None
) -> Callable[[Sample], np.ndarray] | None:
    """Return what the rounding of a branch's fixed point may change of its maps.

    Called with one of its points that is by how much, (K, S, S). None of a linear step.

    Parameters
    ----------
    step : Map
    samples : sequence of Sample
        Of the branch.
    fixed : Map, optional
        The map whose fixed points are followed, if not ``step``.
    """
    if isinstance(step, RuleMap) and step.rule.linear and step.game.linear:
        return None
    rests = step if fixed is None else fixed

    def own(one: Sample) -> Sample:
        if fixed is None:
            return one
        return one._replace(matrix=fixed.jacobian(one.state, one.parameter))

    known = [own(one) for one in samples]
    if all(np.array_equal(one.state, samples[0].state) for one in samples):
        ways = resting_displacements(rests, known)
        return lambda sample: _changes(step, sample, ways)
    sizes = np.max([np.abs(one.state) for one in samples], axis=0)
    aside = min(nullity(one.matrix) for one in known)
    return lambda sample: _changes(
        step, sample, displacements(rests, own(sample), sizes, aside)
    )


def resting_displacements(step: Map, samples: Sequence[Sample]) -> np.ndarray:
    """Return how far a fixed point that rests may be off, (K, S): the least anywhere.

    Small steps hide more of it than large ones do.
    """
    aside = min(nullity(one.matrix) for one in samples)
    few = samples[:: max(len(samples) // _PLACES, 1)]
    found = [displacements(step, one, np.abs(one.state), aside) for one in few]
    return min(found, key=lambda ways: float(np.linalg.norm(ways)))


def beside(state: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Return the places where rounding may have left a fixed point, (K, S).

    Coordinates keep their signs: mean squares have no others.
    """
    return np.copysign(state + ways, state)


def _changes(step: Map, sample: Sample, ways: np.ndarray) -> np.ndarray:
    """Return by how much maps beside a fixed point differ from its own, (K, S, S).

    Infinite where one is not finite.
    """
    ways = ways[np.any(ways, axis=1)]
    if not len(ways):
        return np.zeros((0, *sample.matrix.shape))
    places = beside(sample.state, ways).T
    try:
        return step.jacobians(places, sample.parameter) - sample.matrix
    except GandynError:
        return np.full((1, *sample.matrix.shape), np.inf)
