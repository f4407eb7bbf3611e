"""The record of a bifurcation."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from gandyn._records import Record, html_table, plain
from gandyn.stability.crossings.normal_forms import NORMALISATION


class Bifurcation(Record):
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
        The largest modulus of the multipliers that do not cross here with this one, 1
        if one crosses the other way; left out are neutral ones, and such as rounding
        does not tell from the circle. Stability changes here only where it is below 1.
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
    change : int
        By how many the number of multipliers outside the circle changes as the field
        grows: 2 where a pair leaves, more where several cross as one.
    vector : ndarray of complex, shape (players,)
        q in the coordinates of the players: the direction that is lost or gained.
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
    change: int = 0
    vector: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros(0), repr=False
    )
    normalisation: str = dataclasses.field(default=NORMALISATION, repr=False)

    derived = (
        "angle",
        "period",
    )
    pairs = (
        "multiplier",
        "vector",
    )

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


class Bifurcations(list[Bifurcation]):
    """The bifurcations on an interval, and whether they are all of them.

    Parameters
    ----------
    found : iterable of Bifurcation
    remark : str
        Why some may be missing.
    known_to : float
        Up to where none is missing.
    undecided : int
        How many multipliers stay on the circle within rounding all along: on which
        side of it they are is not decided.
    outside : int
        How many are outside at the interval's low end.
    resolution : float
        The largest distance between neighbouring places at which the multipliers were
        looked at, as a share of the interval (of its logarithm, where it is over more
        than a decade). Two crossings of one multiplier nearer to each other than this
        are found if it comes near the circle beside them, as it does unless it goes
        back and forth more than once in between.

    Examples
    --------
    >>> Bifurcations([]).complete, Bifurcations([], "3 are outside at 1").complete
    (True, False)
    """

    def __init__(
        self,
        found: Iterable[Bifurcation] = (),
        remark: str = "",
        undecided: int = 0,
        outside: int = 0,
        resolution: float = 0.0,
        known_to: float = math.inf,
    ) -> None:
        super().__init__(found)
        self.known_to = known_to
        self.remark, self.undecided = remark, undecided
        self.outside, self.resolution = outside, resolution

    @property
    def complete(self) -> bool:
        """Whether the crossings account for all multipliers outside the circle.

        Their number at the interval's low end, with the changes at the crossings, is
        the number seen between any two crossings and at the high end, and every
        crossing is located.
        """
        return not self.remark

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers and strings."""
        return {"bifurcations": plain([*self]), **plain(self._remarks())}

    def _repr_html_(self) -> str:
        names = ("kind", "value", "angle", "others", "coefficient", "criticality")
        rows = [{name: getattr(one, name) for name in names} for one in self]
        remarks = html_table([self._remarks()], "")
        return html_table(rows, f"{len(self)} bifurcations") + remarks

    def _remarks(self) -> dict[str, Any]:
        names = (
            "complete", "remark", "undecided", "outside", "resolution", "known_to"
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
