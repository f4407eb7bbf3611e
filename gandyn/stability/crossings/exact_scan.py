"""Crossings of a fixed point that rests, each enclosed: none is lost between places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mpoly

from gandyn._node import leaves, replace
from gandyn._trees import flatten, refill
from gandyn.errors import GandynError
from gandyn.stability.crossings.eigenvalues import Eigenvalue, as_float, as_rational
from gandyn.stability.crossings.locations import CLOSE, VAGUE, Crossing
from gandyn.stability.crossings.neutral_directions import told_by_the_game
from gandyn.stability.crossings.scalar_problems import ScalarProblem, Undecided
from gandyn.stability.crossings.scalar_scan import jacobian_at, scalar_scan
from gandyn.stability.crossings.scan import Scan
from gandyn.stability.crossings.spectra import Spectra, probes
from gandyn.stability.crossings.spectral_sets import sample_at
from gandyn.stability.crossings.state_rounding import map_changes
from gandyn.stability.maps.exact_maps import LEAVES_THE_FIELD, JacobianGame
from gandyn.stability.maps.maps import Map, RuleMap
from gandyn.stability.maps.ratios import characteristic, exactly, symbols

_ROWS = 6
"""Rows of a map that links the coordinates."""
_DEGREE = 24
"""Product of its characteristic polynomial's degrees: beyond both, a scan is faster."""
_AGREEMENT = 1e-8
"""Between sums of multipliers and traces of the map, relative to their terms."""
_WHOLE = Eigenvalue(fmpq(0), fmpq(0), 1)
"""There is no s in the characteristic polynomial of a whole map."""
_exactly = np.frompyfunc(exactly, 1, 1)


def exact_scan(step: Map, state: np.ndarray, places: Sequence[float]) -> Scan | None:
    """Return the crossings of a fixed point that rests, if they can be enclosed.

    Of a map that decouples one eigenvalue of J after the other, see `scalar_scan`; of
    another one, if it is small, from its whole characteristic polynomial. None where
    the step is not rational in the parameter, or rounding is to be asked.

    Parameters
    ----------
    step : Map
    state : ndarray, shape (S,)
        The fixed point for all values of the parameter.
    places : sequence of float
        From one end of the interval to the other.
    """
    return scalar_scan(step, state, places) or _coupled_scan(step, state, places)


def _coupled_scan(step: Map, state: np.ndarray, places: Sequence[float]) -> Scan | None:
    if not isinstance(step, RuleMap) or len(state) > _ROWS or not step.rule.linear:
        return None
    places = probes(places)
    found = _characteristic(step, state)
    if found is None or not _agrees(found, step, state, places[-2]):
        return None
    problem = ScalarProblem(found, _WHOLE)
    samples = [sample_at(step, state, place) for place in places]
    changes = map_changes(step, samples)
    spectra = Spectra(
        lambda place: step.jacobian(state, place),
        places,
        lambda place, way: step.push(state, place, way),
        None
        if changes is None
        else lambda place: changes(sample_at(step, state, place)),
    )
    spectra.quotient = told_by_the_game(step, spectra.quotient)
    sides = [spectra.at(place).side for place in places]
    hidden = np.any(np.all(np.array(sides) == 0, axis=0))
    if spectra.neutral != problem.ones or spectra.quotient.doubtful or hidden:
        return None
    ends = as_rational(places[0]), as_rational(places[-1])
    try:
        outside, crossings = problem.crossings(*ends)
    except Undecided:
        return None
    if any(one.members > (2 if one.multiplier.imag else 1) for one in crossings):
        return None  # several at once have no speeds of their own
    told = [_with_doubt(spectra, one) for one in crossings]
    if any(one.uncertainty > VAGUE * abs(one.value) for one in told):
        return None
    return Scan(told, spectra, np.array(places), [], 0, outside, exact=True)


def _characteristic(step: RuleMap, state: np.ndarray) -> list[fmpq_mpoly] | None:
    """Return a whole map's characteristic polynomial, if it is small and rational."""
    if len(step.parameters) != 1:
        return None
    settings = step.parameters[0].settings(1.0)
    if any(owner != "rule" for owner, _ in settings):
        return None
    fields = {path: float(factor) for (_, path), factor in settings.items()}
    try:
        found = characteristic(_rows(step, state, fields))
    except (*LEAVES_THE_FIELD, ArithmeticError, NotImplementedError, GandynError):
        return None
    degree = max(one.degrees()[1] for one in found)
    return found if (len(found) - 1) * degree <= _DEGREE else None


def _rows(
    step: RuleMap, state: np.ndarray, fields: Mapping[str, float]
) -> list[list[Any]]:
    """Return the matrix of one step with the parameter as a symbol.

    Columns are images of unit vectors, in one step.
    """
    jacobian, n = jacobian_at(step, state)
    game = JacobianGame(_exactly(jacobian), n)
    _, p = symbols()
    known = leaves(step.rule).items()
    values = {path: exactly(v) for path, v in known if isinstance(v, float)}
    rule = replace(step.rule, values | {path: p * f for path, f in fields.items()})
    x, y = np.zeros((n, 1)), np.zeros((len(jacobian) - n, 1))
    base = (x, y, step.rule.init(game, x, y))
    sizes = [len(leaf) for leaf in flatten(base)]
    unit = _exactly(np.eye(sum(sizes)))
    start = refill(base, iter(np.split(unit, np.cumsum(sizes)[:-1])))
    after = zip(flatten(tuple(rule.step(game, *start))), sizes, strict=True)
    return [
        list(row) for leaf, k in after for row in np.broadcast_to(leaf, (k, len(unit)))
    ]


def _agrees(
    found: list[fmpq_mpoly], step: RuleMap, state: np.ndarray, place: float
) -> bool:
    """Tell whether a polynomial is that of the map in floats, by its traces."""
    matrix, at = step.jacobian(state, place), as_rational(place)
    values = [as_float(fmpq(one(fmpq(0), at))) for one in found]
    first, second = ([0.0, 0.0] + [value / values[-1] for value in values])[-2:-4:-1]
    for k, known in ((1, -first), (2, first**2 - 2 * second)):
        gap = np.trace(np.linalg.matrix_power(matrix, k)) - known
        if not abs(gap) <= _AGREEMENT * np.linalg.norm(matrix) ** k:
            return False
    return True


def _with_doubt(spectra: Spectra, one: Crossing) -> Crossing:
    """Return a crossing, as uncertain as the rounding of the map makes it."""
    spectrum = spectra.at(one.value)
    nearest = np.argmin(np.abs(spectrum.values - one.multiplier))
    moved = spectrum.doubt[nearest] / abs(one.speed) if one.speed else np.inf
    return one._replace(uncertainty=float(moved + CLOSE * abs(one.value)))
