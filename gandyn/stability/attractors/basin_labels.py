"""Ends of orbits told apart, and numbered in an order that is theirs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.dynamics.outcome import Outcome
from gandyn.dynamics.verdicts import Verdict
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.maps.maps import Map, RuleMap

ATTRACTOR_KINDS = (
    "fixed point", "manifold", "periodic", "quasi_periodic", "chaotic", "neutral",
    "escape",
)  # fmt: skip
_FIXED, _MANIFOLD, _PERIODIC, _CURVE, _CHAOTIC, _NEUTRAL, _ESCAPE = range(
    len(ATTRACTOR_KINDS)
)

_KIND_OF = {
    Verdict.CONVERGES: _FIXED,
    Verdict.PERIODIC: _PERIODIC,
    Verdict.QUASI_PERIODIC: _CURVE,
    Verdict.CHAOTIC: _CHAOTIC,
    Verdict.NEUTRAL: _NEUTRAL,
    Verdict.DIVERGES_SPIRAL: _ESCAPE,
    Verdict.DIVERGES_FLIP: _ESCAPE,
    Verdict.DIVERGES_MONOTONE: _ESCAPE,
}
_NEAR = {_FIXED: 1e-4, _PERIODIC: 1e-4, _CURVE: 1e-2, _CHAOTIC: 0.1}
"""Signatures that differ by less are one attractor's: relative to the point for fixed
points, to the amplitude for the others."""
_ON_MANIFOLD = 1e-6
"""A multiplier this near to 1 at a fixed point that attracts: one of a continuum."""


class Attractor(NamedTuple):
    """What the orbits of a basin end on."""

    kind: int
    mean: tuple[float, float]
    period: int
    rotation: float
    amplitude: float
    signature: np.ndarray


def label_attractors(
    rule: Rule, game: Game, outcome: Outcome, ends: np.ndarray
) -> tuple[np.ndarray, list[Attractor]]:
    """Return the number of each start's attractor, -1 if undecided, and the attractors.

    Parameters
    ----------
    rule : Rule
    game : Game
    outcome : Outcome
    ends : ndarray, shape (8, cells)
        Signatures, as `basin_ends.signatures` returns them.
    """
    kinds = np.full(outcome.verdict.size, -1)
    for verdict, kind in _KIND_OF.items():
        kinds[outcome.verdict == verdict] = kind
    found: list[Attractor] = []
    labels = np.full(kinds.size, -1)
    for kind in range(len(ATTRACTOR_KINDS)):
        left = np.flatnonzero(kinds == kind)
        while left.size:
            one, own = _next(rule, game, kind, left, outcome, ends)
            labels[left[own]] = _place(found, one)
            left = left[~own]
    order = sorted(range(len(found)), key=lambda i: _key(found[i]))
    ranks = np.full(len(found) + 1, -1)  # the last one serves the undecided
    ranks[order] = np.arange(len(found))
    return ranks[labels].astype(np.int16), [found[i] for i in order]


def _place(found: list[Attractor], one: Attractor) -> int:
    """Return the attractor's place in the list, to which it is added if it is new."""
    for i, known in enumerate(found):
        merged = one.kind == _MANIFOLD or (one.kind in _NEAR and _same(known, one))
        if known.kind == one.kind and merged:
            return i
    found.append(one)
    return len(found) - 1


def _same(known: Attractor, one: Attractor) -> bool:
    columns = one.signature[:, None], np.array([one.period])
    return bool(_alike(known, *columns)[0])


def _alike(one: Attractor, ends: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Tell which signatures are those of an attractor."""
    if one.kind not in _NEAR:
        return np.ones(ends.shape[1], dtype=bool)
    if one.kind == _FIXED:
        scale, rows = 1 + float(np.hypot(*one.mean)), slice(0, 2)
    else:
        scale, rows = one.amplitude, slice(0, 8)
    gaps = np.abs(ends[rows] - one.signature[rows, None])
    return np.asarray(
        (np.max(gaps, axis=0) <= _NEAR[one.kind] * scale) & (periods == one.period)
    )


def _next(
    rule: Rule,
    game: Game,
    kind: int,
    left: np.ndarray,
    outcome: Outcome,
    ends: np.ndarray,
) -> tuple[Attractor, np.ndarray]:
    """Return the attractor of the first start left, and which of those are its own."""
    first = left[0]
    signature = ends[:, first].copy()
    if kind == _FIXED:
        kind, signature[:2] = _polished(rule, game, signature[:2])
    mean = float(signature[0]) + 0.0, float(signature[1]) + 0.0
    if kind in (_NEUTRAL, _ESCAPE):
        mean = np.nan, np.nan
    one = Attractor(
        kind, mean, int(outcome.period[first]),
        float(outcome.rotation[first]), float(outcome.amplitude[first]), signature,
    )  # fmt: skip
    as_fixed = one._replace(kind=_FIXED) if kind == _MANIFOLD else one
    own = _alike(as_fixed, ends[:, left], outcome.period[left])
    own[0] = True
    return one, own


def _polished(rule: Rule, game: Game, end: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the kind and the place of the fixed point beside an orbit's end."""
    whole = RuleMap(rule, game, ())
    map = Map(lambda z, _: whole.function(z, ()))
    try:
        start = whole.state((float(end[0]), float(end[1])), ())
        state = map.fixed_point(start, 0.0)
        values = np.linalg.eigvals(map.jacobian(state, 0.0))
    except GandynError:
        return _FIXED, end
    if np.max(np.abs(state[:2] - end)) > 1e-3 * (1 + np.max(np.abs(end))):
        return _FIXED, end
    rounded = np.where(np.abs(state[:2]) < 1e-14, 0.0, state[:2])
    continuum = np.min(np.abs(values - 1)) < _ON_MANIFOLD
    return (_MANIFOLD, end) if continuum else (_FIXED, rounded)


def _key(one: Attractor) -> tuple[int, int, float, float]:
    place = (float(f"{z:.6g}") if np.isfinite(z) else 0.0 for z in one.mean)
    x, y = place
    return one.kind, one.period, x, y
