"""The record of a bifurcation."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from gandyn.stability.crossings.normal_forms import NORMALISATION


@dataclasses.dataclass(frozen=True)
class Bifurcation:
    r"""A value of a field at which a fixed point's multiplier crosses the circle.

    Attributes
    ----------
    kind : str
        ``"fold"``, ``"transcritical"``, ``"pitchfork"``, ``"flip"`` or
        ``"neimark-sacker"``.
    field : str
        The field that varies.
    value : float
        Where the multiplier crosses.
    bracket : pair of float
        An interval at whose ends the test function has different signs.
    uncertainty : float
        Rounding of ``value``: of the multiplier, by its condition number, over its
        speed.
    status : str
        ``"converged"``; ``"degenerate"``, where the coefficient is not distinguishable
        from 0 or the multiplier is not simple; ``"resonant"``, where
        :math:`λ^k = 1` for a k <= 4 that forbids the normal form; ``"nonsmooth"``,
        where the step has no Taylor series. All but the first have no criticality.
    multiplier : complex
        The one that crosses, of a pair that with positive imaginary part.
    speed : float
        d|λ|/d(value): positive where the crossing goes outwards as the field grows.
    others : float
        The largest modulus of the other multipliers, neutral ones left out: stability
        changes here only where it is below 1.
    neutral : int
        How many multipliers stay at 1: directions along a manifold of fixed points.
    coefficient : float
        As in `NormalForm`, by ``normalisation``; NaN where there is none.
    criticality : str
        ``"supercritical"``, ``"subcritical"`` or ``""``.
    state : ndarray, shape (S,)
        The fixed point: x, y and memory.
    share : float
        The part of |q|² in the coordinates of the players.
    """

    kind: str
    field: str
    value: float
    bracket: tuple[float, float]
    uncertainty: float
    status: str
    multiplier: complex
    speed: float
    others: float
    neutral: int
    coefficient: float
    criticality: str
    state: np.ndarray = dataclasses.field(repr=False)
    share: float = 1.0
    normalisation: str = dataclasses.field(default=NORMALISATION, repr=False)

    @property
    def angle(self) -> float:
        """The multiplier's angle in [0, π]: the cycle's turn per step."""
        return abs(math.atan2(self.multiplier.imag, self.multiplier.real))

    @property
    def period(self) -> float:
        """Steps per turn, 2π/angle: 2 at a flip, infinite at a multiplier 1."""
        return 2 * math.pi / self.angle if self.angle else math.inf

    def amplitude(self, value: float) -> float:
        r"""Return the predicted root mean square distance of the players at a value.

        .. math:: \sqrt{2(|λ|-1)/(-a)}, \qquad \sqrt{(|λ|-1)/b}

        for the cycle of a Neimark–Sacker bifurcation and the pair of points of a flip,
        to leading order in the distance, with :math:`|λ| - 1` by its speed. NaN where
        the cycle does not exist, or at another kind.
        """
        if self.status != "converged":
            return math.nan
        excess = self.speed * (value - self.value)
        if self.kind == "neimark-sacker":
            square = 2 * excess / -self.coefficient
        elif self.kind == "flip":
            square = excess / self.coefficient
        else:
            return math.nan
        return math.sqrt(self.share * square) if square >= 0 else math.nan

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers and strings; None for what is not finite.

        Complex numbers become ``[re, im]``.
        """
        numbers = {
            name: getattr(self, name)
            for name in (
                "value", "uncertainty", "speed", "others", "coefficient", "share",
                "angle", "period",
            )
        }  # fmt: skip
        return {
            "kind": self.kind,
            "field": self.field,
            "bracket": list(self.bracket),
            "status": self.status,
            "multiplier": [self.multiplier.real, self.multiplier.imag],
            "neutral": self.neutral,
            "criticality": self.criticality,
            "state": self.state.tolist(),
            "normalisation": self.normalisation,
            **{k: float(v) if math.isfinite(v) else None for k, v in numbers.items()},
        }
