"""The first loss of stability in a field, and how fast the radius moves there."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import start_at
from gandyn.stability.crossings.neutral_directions import moved_by, quotient
from gandyn.stability.crossings.normal_forms import SIMPLE, eigenvectors
from gandyn.stability.crossings.records import Bifurcation, Bifurcations
from gandyn.stability.crossings.spectra import spectrum
from gandyn.stability.crossings.thresholds import critical_learning_rates
from gandyn.stability.maps.maps import RuleMap

_TIED = 1e-9
"""Multipliers whose moduli are relatively nearer than this lead together."""
_BESIDE = 1e-3
"""The part of a field's value by which it is moved to see what is neutral beside it,
and not critical just there."""


class StabilityLimit(Record):
    """Up to where a fixed point is stable as a field grows.

    Attributes
    ----------
    status : str
        ``"lost"``: at ``bifurcation``. ``"stable"``: nowhere on the interval.
        ``"unstable"``: it is not stable at its low end. ``"undecided"``: crossings may
        be missing before one is seen; ``crossings.remark`` says where.
    bifurcation : Bifurcation or None
        The first at which stability is lost, with its eigenvector in ``vector``.
    crossings : Bifurcations
        All on the interval.
    """

    status: str
    bifurcation: Bifurcation | None
    crossings: Bifurcations = dataclasses.field(repr=False)

    @property
    def value(self) -> float:
        """The field's value at which stability is lost.

        Raises
        ------
        GandynError
            If it is not known to be lost.
        """
        if self.bifurcation is None:
            raise GandynError(
                f"no stability is seen to be lost: the answer is {self.status!r}"
            )
        return self.bifurcation.value


@checked
def stability_limit(
    rule: Rule,
    game: Game,
    field: str = "lr",
    low: float = 1e-3,
    high: float = 10.0,
    point: tuple[Any, Any] | None = None,
) -> StabilityLimit:
    r"""Return where an equilibrium first loses its stability as a field grows.

    It is the first of `critical_learning_rates` at which multipliers leave the circle
    while no other is outside, :math:`|λ| > 1` for none before. Neutral directions are
    left out. Where an equilibrium is unstable at ``low`` that is the answer, also if it
    becomes stable further on: ``crossings`` lists what happens.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    field : str
        A numeric field of the rule or the game, named as in `sweep`.
    low, high : float
        The interval.
    point : pair, optional
        The equilibrium at ``low``; by default the game's first one.

    Returns
    -------
    StabilityLimit

    Raises
    ------
    GandynError
        As `critical_learning_rates`.

    References
    ----------
    Mescheder, Nowozin, Geiger, *The Numerics of GANs*, NeurIPS 2017, Proposition 4.

    Examples
    --------
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Extragradient, Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> found = stability_limit(Simultaneous(), game, "lr", 0.1, 5.0)
    >>> found.status, round(found.value, 12), found.bifurcation.kind
    ('lost', 1.2, 'neimark-sacker')
    >>> abs(found.bifurcation.vector).round(4)
    array([0.7071, 0.7071])
    >>> stability_limit(Extragradient(), game, "lr", 0.1, 1.0).status
    'stable'
    """
    found = critical_learning_rates(rule, game, field, low, high, point)
    return _limit_of(found)


def _limit_of(found: Bifurcations) -> StabilityLimit:
    """Return the first loss of stability among the crossings on an interval.

    Examples
    --------
    >>> _limit_of(Bifurcations([], outside=2)).status
    'unstable'
    """
    outside = found.outside
    if outside:
        return StabilityLimit("unstable", None, found)
    leaving = (one for one in found if one.change > 0 and one.others < 1)
    first = next(leaving, None)
    if first is not None and first.value < found.known_to:
        return StabilityLimit("lost", first, found)
    if not found.complete:
        return StabilityLimit("undecided", None, found)
    return StabilityLimit("stable", None, found)


@checked
def radius_derivative(
    rule: Rule, game: Game, field: str = "lr", point: tuple[Any, Any] | None = None
) -> float:
    r"""Return the derivative of the spectral radius in a field, at the field's value.

    With A the map without its neutral directions, :math:`Aq = λq`,
    :math:`p^* A = λ p^*` and :math:`p^* q = 1`,

    .. math:: \frac{dρ}{da} = \mathrm{Re}\,\frac{\bar λ}{|λ|}\; p^* \frac{dA}{da}\, q,

    where dA/da follows the equilibrium and comes from the step's own Taylor arithmetic.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    field : str
        A numeric field of the rule or the game, named as in `sweep`.
    point : pair, optional
        A fixed point; the game's first equilibrium by default.

    Raises
    ------
    NonSmooth
        If the step has no derivative there.
    GandynError
        If several multipliers are the largest, or the one that is is not simple: the
        radius has a kink there, or an infinite slope. If the largest passes through 1
        just there, where branches may cross or turn back.

    References
    ----------
    Kato, *Perturbation Theory for Linear Operators*, 2nd edition, Springer 1976,
    Section II.2 (derivatives of a simple eigenvalue).

    Examples
    --------
    ρ² = 1 - lr γ + lr²/4 for simultaneous play of the Dirac-GAN:

    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> found = radius_derivative(Simultaneous(lr=1.2), DiracGAN(regulariser=R1(0.3)))
    >>> round(found, 12)
    0.15
    """
    step = RuleMap(rule, game, field)
    value = step.current()
    state = step.fixed_point(start_at(step, point, value), value)
    matrix = step.jacobian(state, value)
    inner = quotient([matrix])
    reduced = inner.reduced(matrix)
    values = spectrum(value, reduced).values
    if not len(values):
        raise GandynError("every direction is neutral: there is no radius to move")
    radius = float(np.abs(values).max())
    if inner.count and radius <= 1 and _passes_one(step, state, value, inner.count):
        raise GandynError(
            f"a multiplier passes through 1 at {step.name} = {value:.6g}: use "
            "critical_learning_rates, or move the field a little"
        )
    leading = values[np.abs(values) >= radius * (1 - _TIED)]
    if not radius or np.any(np.abs(leading.real - leading[0].real) > _TIED * radius):
        raise GandynError(
            f"several multipliers have the modulus {radius:.6g}: the radius has no "
            "derivative; use critical_learning_rates"
        )
    multiplier, q, p, apart = eigenvectors(reduced, complex(leading[0]))
    if apart < SIMPLE * max(1.0, radius):
        raise GandynError(
            f"the multiplier {multiplier:.6g} is not simple: the radius has no "
            "derivative; move the field a little"
        )
    q, p = inner.embedded(q, p)
    push = step.slope(state, value)
    moved = moved_by(matrix, push)
    change = p.conj() @ step.bends(state, value, q, moved)
    return float((multiplier.conjugate() / radius * change).real)


def _passes_one(step: RuleMap, state: np.ndarray, value: float, count: int) -> bool:
    """Tell whether fewer than ``count`` directions are neutral beside a value."""
    for share in (-_BESIDE, _BESIDE):
        near = value + share * (abs(value) or 1.0)
        with contextlib.suppress(GandynError):  # beyond the field's domain, or a fold
            matrix = step.jacobian(step.fixed_point(state, near), near)
            if quotient([matrix]).count < count:
                return True
    return False
