"""Closed invariant curves of maps, with rotation, amplitude and stability."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.errors import GandynError
from gandyn.stability.crossings.records import Bifurcation
from gandyn.stability.curves import fourier
from gandyn.stability.curves.curve_equations import NoCurve, Unknowns, defect, solve
from gandyn.stability.curves.curve_exponents import transversal_exponents
from gandyn.stability.curves.curve_guesses import from_bifurcation, from_orbit
from gandyn.stability.curves.curve_records import InvariantCurve
from gandyn.stability.maps.maps import Map

MODES = 8
"""A curve is begun with so many modes; they are doubled until its tail is small."""
LIMIT = 256
"""A curve that needs more modes than these is given up: it is in a tongue, or breaks
down."""
SMOOTH = 1e-10
"""A relative tail of the coefficients at the level of rounding."""
_CLOSED = 1e-10
"""A relative residual between the places of collocation."""
_ROUNDING = 1e-14
"""The same relative to the state: what rounding leaves of a small curve far from 0."""
_DOUBLINGS = 8
"""Where one leap from a bifurcation is too long its distance is doubled so often, from
1/256 of it on."""
_NEAR_LAW = 1.5
"""A curve that far from the predicted amplitude was a leap to another."""


@checked
def invariant_curve(
    map: Map,
    value: float,
    guess: Bifurcation | InvariantCurve | Any,
    modes: int = MODES,
    limit: int = LIMIT,
) -> InvariantCurve:
    r"""Return the closed invariant curve of a map near a guess, stable or not.

    With θ on a circle of circumference 1 the curve and its rotation number ρ solve

    .. math:: F(u(θ)) = u(θ + ρ), \qquad ⟨\hat u'(θ), u(θ) - \hat u(θ)⟩ = 0

    with :math:`\hat u` the guess: the motion on the curve is a rotation, as it is where
    ρ is sufficiently irrational. u is a trigonometric polynomial of K modes that solves
    it at 2K + 1 places; Newton's method has exact derivatives. K is doubled until the
    tail of the coefficients is at rounding and the equation holds between the places.

    Parameters
    ----------
    map : Map
        Or a `RuleMap`: a rule on a game, of (x, y, memory).
    value : float
    guess : Bifurcation, InvariantCurve or array_like of shape (S, n)
        A Neimark–Sacker point, a curve at a parameter near, or n successive states of
        an orbit on the curve, such as `states_on` returns.
    modes, limit : int
        Modes to begin with and to give up at.

    Returns
    -------
    InvariantCurve

    Raises
    ------
    NoCurve
        If there is none to be found, with the residual: in a tongue, at a strong
        resonance, and past the curve's breakdown nothing solves the equation.
    GandynError
        If the guess is none: another kind of bifurcation, the side of it without a
        curve, or an orbit that is too short.

    References
    ----------
    Castellà, Jorba, *On the vertical families of two-dimensional tori near the
    triangular points of the bicircular problem*, Celestial Mechanics 76 (2000),
    Section 3; Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition,
    Springer 2023, Section 7.3 (where no such curve exists).

    Examples
    --------
    The Dirac-GAN with R1 just beyond its threshold lr = 4γ:

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> from gandyn.stability import RuleMap, critical_learning_rates
    >>> rule, game = Simultaneous(), DiracGAN(regulariser=R1(0.3))
    >>> (born,) = critical_learning_rates(rule, game, "lr", 0.1, 5.0)
    >>> curve = invariant_curve(RuleMap(rule, game), 1.21, born)
    >>> curve.stable, round(curve.amplitude, 6), round(curve.rotation, 9)
    (True, 0.190818, 0.097400954)
    >>> round(born.amplitude(1.21), 4)  # to leading order
    0.1925
    """
    value = _checked(value, modes, limit)
    if isinstance(guess, Bifurcation):
        return _from_bifurcation(map, value, guess, modes, limit)
    if isinstance(guess, InvariantCurve):
        values = fourier.to_values(guess.coefficients, max(modes, guess.modes))
        start = Unknowns(values, guess.rotation, value)
        return refined(map, start, guess.centre, limit)
    start = from_orbit(map, value, _states(guess), modes)
    return refined(map, start, None, limit)


def _checked(value: float, modes: int, limit: int) -> float:
    if not math.isfinite(value):
        raise GandynError(f"the parameter must be finite, got {value}")
    if not 2 <= modes <= limit:
        raise GandynError(
            f"modes must be at least 2 and at most the limit {limit}, got {modes}"
        )
    return float(value)


def _states(guess: Any) -> np.ndarray:
    try:
        return np.asarray(guess, dtype=float)
    except (TypeError, ValueError):
        raise GandynError(
            "a guess is a Bifurcation, an InvariantCurve or an orbit of shape (S, n), "
            f"got {guess!r}"
        ) from None


def refined(
    map: Map, start: Unknowns, centre: np.ndarray | None, limit: int = LIMIT
) -> InvariantCurve:
    """Return the curve with as many modes as it needs, from a guess.

    Raises
    ------
    NoCurve
        If Newton's method fails or the limit is reached.
    """
    at = solve(map, start)
    while True:
        left, rest = quality(map, at)
        if good(at, left, rest):
            return curve_record(map, at, centre)
        if 2 * at.modes > limit:
            raise NoCurve(
                f"no smooth invariant curve found at {map.name} = "
                f"{at.parameter:.8g}: with {at.modes} modes the coefficients' tail is "
                f"{rest:.3g} and the residual between the places {left:.3g}, of a "
                f"curve of rotation {at.rotation:.6g}; raise the limit, unless it is "
                "in a tongue or breaks down"
            )
        at = solve(map, at.resampled(2 * at.modes))


def quality(map: Map, at: Unknowns) -> tuple[float, float]:
    """Return the residual on a finer grid, root mean square, and the relative tail."""
    gap = defect(map, at.resampled(2 * at.modes + 1))
    waves = fourier.to_coefficients(at.values)
    square = np.sum(gap * gap, axis=0)
    return float(np.sqrt(np.mean(square))), fourier.tail(waves)


def good(at: Unknowns, left: float, rest: float) -> bool:
    """Tell whether a residual and a tail are those of a solution."""
    waves = fourier.to_coefficients(at.values)
    spread, whole = fourier.size(waves), float(np.linalg.norm(waves[0]))
    floor = _ROUNDING * whole
    return rest * spread <= SMOOTH * spread + floor and left <= _CLOSED * spread + floor


def curve_record(map: Map, at: Unknowns, centre: np.ndarray | None) -> InvariantCurve:
    """Return the curve's record; turned so that ρ is in [0, ½]."""
    waves, rotation = fourier.to_coefficients(at.values), float(at.rotation) % 1.0
    if rotation > 0.5:
        waves, rotation = waves.conj(), 1.0 - rotation
    start = waves[0].real if centre is None else centre
    try:
        middle = map.fixed_point(start, at.parameter)
    except GandynError:
        middle = waves[0].real
    left, rest = quality(map, at)
    exponents = transversal_exponents(map, at.parameter, waves, rotation)
    return InvariantCurve(
        map.name, float(at.parameter), rotation, waves, middle, map.observed,
        left, rest, exponents,
    )  # fmt: skip


def _from_bifurcation(
    map: Map, value: float, born: Bifurcation, modes: int, limit: int
) -> InvariantCurve:
    start, centre = from_bifurcation(map, value, born, modes)
    law = born.amplitude(value)
    try:
        found = refined(map, start, centre, limit)
        if 1 / _NEAR_LAW < found.amplitude / law < _NEAR_LAW:
            return found
    except NoCurve:
        pass
    distance = (value - born.value) / 2**_DOUBLINGS
    start, centre = from_bifurcation(map, born.value + distance, born, modes)
    found = refined(map, start, centre, limit)
    for k in range(1, _DOUBLINGS + 1):
        there = born.value + distance * 2**k
        waves = found.coefficients * math.sqrt(2)
        centre = map.fixed_point(found.centre, there)
        waves[0] = centre + 2 * (found.coefficients[0] - found.centre)
        start = Unknowns(fourier.to_values(waves), found.rotation, there)
        found = refined(map, start, centre, limit)
    return found
