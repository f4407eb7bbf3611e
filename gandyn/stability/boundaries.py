"""Stability boundaries in the plane of two fields, as curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.continuation import STRIDE, Plane, Trace, trace
from gandyn.stability.records import Bifurcation
from gandyn.stability.thresholds import bifurcations

LINES = (0.07, 0.29, 0.53, 0.71, 0.93)
"""Where lines through the box look for curves, in both directions."""
NEAR = 1.5
"""Strides from a curve within which a crossing of its kind is on it."""


@dataclass(frozen=True)
class BoundaryCurve:
    """A curve on which a multiplier is on the unit circle.

    Attributes
    ----------
    kind : str
        ``"neimark-sacker"``, ``"flip"``, or a name of a crossing at 1.
    fields : pair of str
    values : ndarray, shape (points, 2)
        The fields' values along the curve.
    multipliers : ndarray, shape (points,)
    others : ndarray, shape (points,)
        The largest modulus of the other multipliers.
    ends : pair of str
        How the curve ends on either side: ``"box"``, ``"resonance"`` where a pair's
        multipliers meet at ±1, ``"closed"`` or ``"lost"``.
    """

    kind: str
    fields: tuple[str, str]
    values: np.ndarray
    multipliers: np.ndarray
    others: np.ndarray
    ends: tuple[str, str]

    @property
    def stable(self) -> np.ndarray:
        """Whether all else is stable: where the curve is the stability boundary."""
        return self.others < 1 + 1e-9


def boundary(
    rule: Rule,
    game: Game,
    fields: tuple[str, str],
    box: Sequence[tuple[float, float]],
    point: tuple[Any, Any] | None = None,
    stride: float = STRIDE,
) -> list[BoundaryCurve]:
    r"""Return the stability boundary of an equilibrium in two fields, as curves.

    Crossings on lines through the box start the curves; each is followed in both
    directions by pseudo-arclength continuation of :math:`\log|λ| = 0` (a pair) or of
    the signed least singular value of :math:`A ∓ I` (a real multiplier), both with
    exact gradients. A curve may turn back in either field, and two may cross in a
    corner.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    fields : pair of str
        Fields of either, named as in `sweep`.
    box : pair of pairs
        The least and largest value of each field. A field over more than a decade is
        measured in its logarithm.
    point : pair, optional
        The equilibrium at the least values; by default the game's first one.
    stride : float
        The largest distance between points, in units of the box.

    Returns
    -------
    list of BoundaryCurve
        Those that are the stability boundary somewhere, empty where nothing crosses.

    Raises
    ------
    GandynError
        If the box is empty or the fields are the same.
    FieldError
        If the box leaves a field's domain.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Sections 10.2 and 10.4.

    Examples
    --------
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> curves = boundary(Simultaneous(), game, ("lr", "gamma"), [(0.1, 8), (0.1, 2)])
    >>> [curve.kind for curve in curves]
    ['neimark-sacker', 'flip']
    >>> lr, gamma = curves[0].values.T
    >>> bool(np.max(np.abs(lr - 4 * gamma)) < 1e-12)
    True
    """
    if len(fields) != 2 or fields[0] == fields[1]:
        raise GandynError(f"a boundary needs two different fields, got {fields}")
    plane = Plane(rule, game, (fields[0], fields[1]), box, point)
    curves: list[BoundaryCurve] = []
    traces: list[tuple[str, Trace]] = []
    for place, found in _seeds(plane):
        if any(_on(place, found.kind, *known, stride) for known in traces):
            continue
        whole, ends = _both_ways(plane, place, found, stride)
        traces.append((found.kind, whole))
        curve = _curve(plane, found.kind, whole, ends)
        if curve.stable.any():
            curves.append(curve)
    return curves


def _seeds(plane: Plane) -> Iterator[tuple[np.ndarray, Bifurcation]]:
    for axis in (0, 1):
        for level in LINES:
            origin, direction = np.full(2, level), np.eye(2)[axis]
            origin[axis] = 0.0
            line = plane.line(origin, direction)
            for found in bifurcations(line, plane.start(origin), 0.0, 1.0):
                if found.kind != "fold":
                    yield origin + found.value * direction, found


def _on(place: np.ndarray, kind: str, other: str, known: Trace, stride: float) -> bool:
    if kind != other:
        return False
    gaps = np.linalg.norm(known.places - place, axis=1)
    return bool(np.min(gaps) < NEAR * stride)


def _both_ways(
    plane: Plane, place: np.ndarray, found: Bifurcation, stride: float
) -> tuple[Trace, tuple[str, str]]:
    side = 0 if found.kind == "neimark-sacker" else round(found.multiplier.real)
    halves = []
    for way in (1.0, -1.0):
        halves.append(
            trace(plane, place, found.state, found.multiplier, side, way, stride)
        )
        if halves[0].end == "closed":
            return halves[0], ("closed", "closed")
    ahead, behind = halves
    joined = [
        np.concatenate([back[:0:-1], forth])
        for back, forth in zip(behind[:3], ahead[:3], strict=True)
    ]
    return Trace(joined[0], joined[1], joined[2], ""), (behind.end, ahead.end)


def _curve(
    plane: Plane, kind: str, whole: Trace, ends: tuple[str, str]
) -> BoundaryCurve:
    values = np.array([plane.values(place) for place in whole.places])
    return BoundaryCurve(
        kind, plane.fields, values, whole.multipliers, whole.others, ends
    )
