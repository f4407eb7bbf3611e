"""Stability boundaries in the plane of two fields, as curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.boundaries.continuation import STRIDE, Plane
from gandyn.stability.boundaries.contour_curves import (
    CRITICAL_SIDES,
    ContourCurve,
    contour_curves,
    hidden,
    structural,
)
from gandyn.stability.boundaries.equilibrium_surface import EquilibriumSurface
from gandyn.stability.boundaries.fold_curves import fold_curves
from gandyn.stability.boundaries.seeds import (
    Seed,
    followed,
    lies_on,
    seeds_of,
    seeds_on_lines,
)
from gandyn.stability.crossings.branches import start_at
from gandyn.stability.crossings.normal_forms import normal_form

_BESIDE = 1e-12
"""Rounding puts a place on the edge of the box up to this far beside it, in units of
the box."""
_LARGEST = 6
"""Of maps of up to so many numbers (x, y, memory) determinants serve as test functions:
the second compound of more has too many rows for them."""


class BoundaryCurve(Record):
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

    derived = ("stable",)
    pairs = ("multipliers",)

    @property
    def stable(self) -> np.ndarray:
        """Whether all else is stable: where the curve is the stability boundary."""
        return self.others < 1 + 1e-9

    def stable_parts(self) -> list[np.ndarray]:
        """Return the parts that are the stability boundary, each of shape (points, 2).

        They end in the corners with other curves, interpolated between points.
        """
        steps = np.diff(self.stable.astype(int), prepend=0, append=0)
        parts = []
        for first, last in zip(
            np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True
        ):
            pieces = [self.values[first:last]]
            if first:
                pieces.insert(0, self._corner(int(first), int(first) - 1))
            if last < len(self.values):
                pieces.append(self._corner(int(last) - 1, int(last)))
            parts.append(np.concatenate(pieces))
        return parts

    def _corner(self, inside: int, outside: int) -> np.ndarray:
        near, far = self.others[inside], self.others[outside]
        share = np.clip((1 - near) / (far - near), 0.0, 1.0)
        step = self.values[outside] - self.values[inside]
        return np.asarray(self.values[inside] + share * step)[None]


@checked
def boundary(
    rule: Rule,
    game: Game,
    fields: tuple[str, str],
    box: Sequence[tuple[float, float]],
    point: tuple[Any, Any] | None = None,
    stride: float = STRIDE,
    follow: bool = True,
) -> list[BoundaryCurve]:
    r"""Return the stability boundary of an equilibrium in two fields, as curves.

    Of small maps, test functions that change their signs on the curves are evaluated on
    a grid over the box: :math:`\prod_{i<j} (λ_iλ_j - 1)` for pairs and
    :math:`\det(A ∓ I)` for real multipliers. Even points along the lines of changing
    sign are then moved onto the curve by secant steps across it, all at once, and a
    pair's curve ends where its multipliers meet at ±1. Closed curves are found if a
    node of the grid is inside them, which has 48 intervals per field.

    Where that fails (at crossings of two curves of one kind, for larger maps, with
    neutral directions), each curve is followed in both directions by pseudo-arclength
    continuation of :math:`\log|λ| = 0` (a pair) or of the signed least singular value
    of :math:`A ∓ I` (a real multiplier), both with exact gradients, from crossings on
    lines through the box.

    Where the equilibrium itself ends on the grid, folds are located on its edges; their
    curves have a point per edge whatever the stride.

    A curve may turn back in either field, and two may cross in a corner.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    fields : pair of str
        Fields of either, named as in `sweep`, with others tied to them or not.
    box : pair of pairs
        The least and largest value of each field. A field over more than a decade is
        measured in its logarithm.
    point : pair, optional
        The equilibrium at the least values; by default the game's first one.
    stride : float
        The largest distance between points, in units of the box.
    follow : bool
        Whether to follow curves one by one where they cannot be found all at once: a
        few milliseconds per point for small maps.

    Returns
    -------
    list of BoundaryCurve
        Those that are the stability boundary somewhere, empty where nothing crosses.

    Raises
    ------
    GandynError
        If the box is empty or the fields are the same; if the point is no fixed point
        (with its residual); if ``follow`` is false and a
        curve has to be followed.
    FieldError
        If the box leaves a field's domain or isn't two pairs, or the stride is no
        share of it.

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
    if len(box) != 2 or any(np.size(side) != 2 for side in box):
        raise FieldError(f"box needs a low and a high value of each field, got {box}")
    if not 0 < stride <= 1:
        raise FieldError(f"stride must be above 0 and at most 1, got {stride}")
    plane = Plane(rule, game, (fields[0], fields[1]), box, point)
    if point is not None:
        start_at(plane.map, point, (float(box[0][0]), float(box[1][0])))
    curves = [_curve(plane, *found) for found in _found(plane, stride, follow)]
    return [curve for curve in curves if curve.stable.any()]


def _found(
    plane: Plane, stride: float, follow: bool
) -> Iterator[tuple[str, ContourCurve]]:
    """Yield all curves with their kinds: batched, or followed one by one."""
    known: list[ContourCurve] = []
    seeds: Iterator[Seed]
    surface = _surface_of(plane)
    if surface is None and not follow:
        raise GandynError("this boundary's curves have to be followed one by one")
    if surface is None:
        seeds = seeds_on_lines(plane)
    else:
        failed = []
        for side in CRITICAL_SIDES:
            found, left = contour_curves(surface, side, stride)
            failed += [(side, line) for line in left]
            known += found
        known += fold_curves(surface)
        seeds = seeds_of(surface, failed)
        for curve in known:
            yield _kind(plane, curve), curve
    for seed in seeds:
        if not follow:
            raise GandynError("one of the curves has to be followed by itself")
        if not any(lies_on(seed, curve, stride) for curve in known):
            curve = followed(plane, seed, stride)
            known.append(curve)
            yield _kind(plane, curve), curve


def _surface_of(plane: Plane) -> EquilibriumSurface | None:
    """Return the equilibrium over the box, None if it takes following one by one.

    That is where the map is large, where a test function vanishes throughout, and where
    multipliers cross that no test function's sign tells of.
    """
    if plane.size > _LARGEST:
        return None
    surface = EquilibriumSurface(plane)
    vanishing = [side for side in CRITICAL_SIDES if structural(surface, side)]
    if plane.size > 2 and (vanishing or hidden(surface)):
        return None
    return surface


def _kind(plane: Plane, curve: ContourCurve) -> str:
    """Return the name of a crossing, at 1 by the normal form in the curve's middle."""
    if curve.side > 1:
        return "fold"
    if curve.side < 1:
        return "flip" if curve.side else "neimark-sacker"
    stable = np.flatnonzero(curve.others < 1)
    middle = stable[len(stable) // 2] if stable.size else len(curve.places) // 2
    place = curve.places[middle]
    line = plane.line(place, np.zeros(2))
    state = line.fixed_point(plane.start(place), 0.0)
    return normal_form(line, state, 0.0, 1 + 0j).kind


def _in_box(curve: ContourCurve) -> ContourCurve:
    """Return a curve without ends outside the box, beyond which nothing is checked."""
    inside = np.all((curve.places > -_BESIDE) & (curve.places < 1 + _BESIDE), axis=1)
    if inside.all():
        return curve
    ends = tuple(
        end if inside[which] else "lost"
        for end, which in zip(curve.ends, (0, -1), strict=True)
    )
    places, multipliers, others = (part[inside] for part in curve[1:4])
    return ContourCurve(curve.side, places, multipliers, others, (ends[0], ends[1]))


def _curve(plane: Plane, kind: str, curve: ContourCurve) -> BoundaryCurve:
    """Return a curve in values of the fields, the first one rising from end to end."""
    _, places, multipliers, others, ends = _in_box(curve)
    first, last = places[[0, -1]].round(6).tolist()
    if last < first:
        places, multipliers, others = places[::-1], multipliers[::-1], others[::-1]
        ends = (ends[1], ends[0])
    low, high = np.array(plane.box, dtype=float).T
    values = np.stack(plane.values(places.T), axis=1).clip(low, high)
    return BoundaryCurve(kind, plane.fields, values, multipliers, others, ends)
