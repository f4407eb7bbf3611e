"""Stability at a multiplier 1 that no manifold of equilibria explains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gandyn.stability.crossings.normal_forms import form_at
from gandyn.stability.maps.maps import RuleMap


class _Centre(NamedTuple):
    """What the nonlinear terms say along the direction of a multiplier 1."""

    verdict: str
    """``"stable"``, ``"unstable"``, or ``""`` where they do not decide."""
    order: int
    """The order of the term that decides; 0 where none does."""
    coefficient: float


def decide_on_centre(map: RuleMap, state: np.ndarray) -> _Centre:
    r"""Return what the map on the centre manifold of a multiplier 1 says.

    With one multiplier 1 and all others inside the unit circle, stability is that of

    .. math:: s \mapsto s + a s^2 + b s^3 + O(s^4)

    unstable for :math:`a \ne 0`, on one side; for a = 0 unstable for b > 0, and stable
    for b < 0. Several multipliers 1, or vanishing terms, decide nothing.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Theorem 5.2 (centre manifold), Section 5.4 (the coefficients).

    Examples
    --------
    >>> from gandyn.games import from_losses
    >>> from gandyn.rules import Simultaneous
    >>> game = from_losses("x**4/4", "y**2/2", equilibria=[(0.0, 0.0)])
    >>> map = RuleMap(Simultaneous(lr=0.5), game, ())
    >>> decide_on_centre(map, np.zeros(2))
    _Centre(verdict='stable', order=3, coefficient=-0.5)
    """
    fields: float = ()  # type: ignore[assignment]  # none is free
    form = form_at(map, state, fields, 1.0)
    if form.status == "converged" and form.kind == "transcritical":
        return _Centre("unstable", 2, form.coefficient)
    if form.status == "converged" and form.kind == "pitchfork":
        verdict = "stable" if form.coefficient < 0 else "unstable"
        return _Centre(verdict, 3, form.coefficient)
    return _Centre("", 0, float("nan"))
