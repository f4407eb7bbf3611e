"""Crossings of rules that act alike on all coordinates, counted surely."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from flint import fmpq

from gandyn.dynamics.exact.linear import dense_jacobian
from gandyn.errors import GandynError
from gandyn.stability.crossings.decoupling import Decoupling, decoupling
from gandyn.stability.crossings.eigenvalues import (
    Eigenvalue,
    as_rational,
    exact_eigenvalues,
)
from gandyn.stability.crossings.locations import CLOSE, Crossing
from gandyn.stability.crossings.neutral_directions import (
    Quotient,
    quotient,
    told_by_the_game,
)
from gandyn.stability.crossings.scalar_problems import ScalarProblem, Undecided
from gandyn.stability.crossings.scalar_spectra import ScalarSpectra
from gandyn.stability.crossings.scan import Scan, untold
from gandyn.stability.crossings.spectra import conditioned, probes
from gandyn.stability.crossings.spectral_sets import sample_at
from gandyn.stability.crossings.state_rounding import beside, resting_displacements
from gandyn.stability.crossings.tracks import TOGETHER
from gandyn.stability.maps.maps import Map, RuleMap

_APART = 0.1
"""Eigenvalues that rounding made of 0 are smaller than all others by this factor."""
_AGREEMENT = 1e-8
"""Between sums of multipliers and traces of the map, relative to their terms."""


class _Linear(NamedTuple):
    """diag(rates) J and its eigenvalues, those that are neutral or may be so apart."""

    matrix: np.ndarray
    eigenvalues: list[Eigenvalue]
    neutral: int
    doubtful: int


def scalar_scan(step: Map, state: np.ndarray, places: Sequence[float]) -> Scan | None:
    """Return the crossings of a fixed point that rests, if its map decouples.

    Every eigenvalue of J has a `ScalarProblem`; the eigenvalues are those of the
    rational matrix that J is. None where the rule does not act alike on all
    coordinates, its step is not rational in the parameter, or J is too large.

    Parameters
    ----------
    step : Map
    state : ndarray, shape (S,)
        The fixed point for all values of the parameter.
    places : sequence of float
        From one end of the interval to the other: at a few of them neutral directions
        are looked for, and what rounding hides.
    """
    places = probes(places)
    own = decoupling(step, places[0], places[-1])
    if own is None or not isinstance(step, RuleMap):
        return None
    linear = _linear(step, state, own, places)
    problems = [] if linear is None else _problems(own, linear)
    if linear is None or not problems:
        return None
    ends = as_rational(places[0]), as_rational(places[-1])
    try:
        found = [problem.crossings(*ends) for problem in problems]
    except Undecided:
        return None
    neutral = linear.neutral, problems[-1].ones
    inner = _quotient_of(step, state, places, linear.neutral * problems[-1].ones)
    inner = dataclasses.replace(inner, doubtful=linear.doubtful)
    spectra = ScalarSpectra(own, linear.matrix, linear.eigenvalues, neutral, inner)
    if not _agrees(spectra, step, state, places):
        return None
    hidden = spectra.hidden(places)
    changes = _changes_of(step, state, own, places)
    gaps = [(places[0], why) for why in untold(inner, sum(hidden))]
    seen = [max(n - own, 0) for (n, _), own in zip(found, hidden, strict=True)]
    told = list(_merged(_with_doubts(found, linear, changes)))
    return Scan(
        told, spectra, np.array(places), gaps, sum(hidden), sum(seen), exact=True,
    )  # fmt: skip


def _problems(own: Decoupling, linear: _Linear) -> list[ScalarProblem]:
    """Return those of all eigenvalues, the last of 0; none if they are not rational."""
    still = Eigenvalue(fmpq(0), fmpq(0), linear.neutral)
    try:
        coefficients = own.polynomial()
        return [ScalarProblem(coefficients, s) for s in [*linear.eigenvalues, still]]
    except (TypeError, ArithmeticError, GandynError):
        return []


def _with_doubts(
    found: list[tuple[int, list[Crossing]]], linear: _Linear, changes: np.ndarray | None
) -> list[Crossing]:
    """Return the crossings, as uncertain as the rounding of J makes them.

    It moves an eigenvalue as its condition number says. ``changes`` are what the
    rounding of the equilibrium makes of diag(rates) J.
    """
    size = float(np.linalg.norm(linear.matrix))
    values, doubt = conditioned(linear.matrix, size, changes)
    nearest = [np.argmin(np.abs(values - one.value)) for one in linear.eigenvalues]
    doubts = [*(float(doubt[i]) for i in nearest), 0.0]
    return [
        one._replace(uncertainty=one.uncertainty * own + float(CLOSE) * abs(one.value))
        for (_, ones), own in zip(found, doubts, strict=True)
        for one in ones
    ]


def _changes_of(
    step: RuleMap, state: np.ndarray, own: Decoupling, places: Sequence[float]
) -> np.ndarray | None:
    """Return what the equilibrium's rounding changes of diag(rates) J, (K, S, S)."""
    if step.game.linear:
        return None
    samples = [sample_at(step, state, place) for place in places]
    ways = resting_displacements(step, samples)
    jacobian, n = jacobian_at(step, state)
    rates = np.repeat(own.rates, [n, len(jacobian) - n])[:, None]
    near = [jacobian_at(step, one)[0] for one in beside(state, ways)]
    return rates * (np.array(near).reshape(-1, *jacobian.shape) - jacobian)


def jacobian_at(step: RuleMap, state: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the game's J at a state, and how many of its rows are the first player's.

    Raises
    ------
    NotImplementedError
        If the game is a field alone.
    """
    n = int(np.prod(step.game.shape[0]))
    players = zip(np.split(state[: step.observed], [n]), step.game.shape, strict=True)
    return dense_jacobian(step.game, *(z.reshape(shape) for z, shape in players)), n


def _linear(
    step: RuleMap, state: np.ndarray, own: Decoupling, places: Sequence[float]
) -> _Linear | None:
    try:
        jacobian, n = jacobian_at(step, state)
    except NotImplementedError:  # a field alone: its map is scanned
        return None
    rates = np.repeat(own.rates, [n, len(jacobian) - n])
    known = exact_eigenvalues(jacobian, rates)
    if known is None:
        return None
    scaled = rates[:, None] * jacobian
    factors = places if own.scales else [1.0]
    inner = quotient([np.eye(len(scaled)) - factor * scaled for factor in factors])
    left, aside, least = list(known), 0, inner.count + inner.doubtful
    while left and (aside < least or not left[-1].value):
        last = left.pop()
        aside += last.times
    split = aside > least and bool(last.value)
    near = aside and left and abs(last.value) > _APART * abs(left[-1].value)
    doubtful = told_by_the_game(step, inner).doubtful + int(bool(split or near))
    return _Linear(scaled, left, aside, doubtful)


def _quotient_of(
    step: RuleMap, state: np.ndarray, places: Sequence[float], count: int
) -> Quotient:
    """Return the maps without their neutral directions, if rounding hides no others."""
    whole = Quotient(np.eye(len(state)), 0, 0)
    if not count:
        return whole
    found = quotient([step.jacobian(state, float(place)) for place in places])
    return found if found.count == count else whole


def _agrees(
    spectra: ScalarSpectra, step: RuleMap, state: np.ndarray, places: Sequence[float]
) -> bool:
    """Tell whether the multipliers are those of the map, by its traces."""
    place = float(places[len(places) // 2])
    matrix, values = step.jacobian(state, place), spectra.at(place).values
    for k in (1, 2):
        power = np.linalg.matrix_power(matrix, k)
        gap = np.trace(power) - spectra.neutral - np.sum(values**k)
        size = np.linalg.norm(matrix) ** k + np.sum(np.abs(values) ** k)
        if not abs(gap) <= _AGREEMENT * size:
            return False
    return True


def _merged(found: list[Crossing]) -> Iterator[Crossing]:
    """Yield the crossings in order, those of different eigenvalues at once as one."""
    rest = sorted(found, key=lambda one: one.value)
    while rest:
        first, *after = rest
        same = [one for one in after if _are_one(first, one)]
        rest = [one for one in after if not _are_one(first, one)]
        yield first._replace(
            members=first.members + sum(one.members for one in same),
            change=first.change + sum(one.change for one in same),
            uncertainty=max(one.uncertainty for one in [first, *same]),
        )


def _are_one(one: Crossing, other: Crossing) -> bool:
    return (
        one.change * other.change > 0
        and abs(one.value - other.value) <= TOGETHER * abs(one.value)
        and abs(one.multiplier - other.multiplier) <= TOGETHER
    )
