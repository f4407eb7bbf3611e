"""Stability boundaries in the plane of two fields, as curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.continuation import STRIDE, Plane, trace
from gandyn.stability.contours import Line, crossings, onto
from gandyn.stability.normal_forms import normal_form
from gandyn.stability.outlines import (
    CRITICAL,
    SIDES,
    Outline,
    hidden,
    outlines,
    structural,
)
from gandyn.stability.sheets import Sheet, critical_pair, critical_real
from gandyn.stability.thresholds import bifurcations

LINES = (0.07, 0.29, 0.53, 0.71, 0.93)
"""Where lines through the box look for curves, in both directions."""
NEAR = 1.5
"""Strides from a curve within which a crossing of its kind is on it."""
LARGEST = 6
"""Numbers in (x, y, memory) up to which determinants serve as test functions."""


class Seed(NamedTuple):
    """A point of a curve."""

    place: np.ndarray
    state: np.ndarray
    multiplier: complex

    @property
    def side(self) -> int:
        """1 or -1 for a real multiplier there, 0 for a pair."""
        return 0 if self.multiplier.imag else round(self.multiplier.real)


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
    curves = [_curve(plane, *found) for found in _found(plane, stride)]
    return [curve for curve in curves if curve.stable.any()]


def _found(plane: Plane, stride: float) -> Iterator[tuple[str, Outline]]:
    """Yield all curves with their kinds: batched, or followed one by one."""
    known: list[Outline] = []
    seeds: Iterator[Seed]
    sheet = sheet_of(plane)
    if sheet is None:
        seeds = _seeds_on_lines(plane)
    else:
        failed = []
        for side in SIDES:
            found, left = outlines(sheet, side, stride)
            failed += [(side, line) for line in left]
            known += found
        seeds = _seeds_of(sheet, failed)
        for outline in known:
            yield _kind(plane, outline), outline
    for seed in seeds:
        if not any(_on(seed, outline, stride) for outline in known):
            outline = _followed(plane, seed, stride)
            known.append(outline)
            yield _kind(plane, outline), outline


def sheet_of(plane: Plane) -> Sheet | None:
    """Return the equilibrium over the box, None if it takes following one by one.

    That is where the map is large, where a test function vanishes throughout, and where
    multipliers cross that no test function's sign tells of.
    """
    if plane.size > LARGEST:
        return None
    sheet = Sheet(plane)
    vanishing = [side for side in SIDES if structural(sheet, side)]
    if plane.size > 2 and (vanishing or hidden(sheet)):
        return None
    return sheet


def _seeds_on_lines(plane: Plane) -> Iterator[Seed]:
    for axis in (0, 1):
        for level in LINES:
            origin, direction = np.full(2, level), np.eye(2)[axis]
            origin[axis] = 0.0
            line = plane.line(origin, direction)
            for found in bifurcations(line, plane.start(origin), 0.0, 1.0):
                if found.kind != "fold":
                    place = origin + found.value * direction
                    yield Seed(place, found.state, found.multiplier)


def _seeds_of(sheet: Sheet, failed: list[tuple[int, Line]]) -> Iterator[Seed]:
    """Yield a point of each line whose points could not be found all at once."""
    for side, line in failed:
        test = sheet.test(side)
        ways = line.stops - line.starts
        ways = ways / np.linalg.norm(ways, axis=1, keepdims=True)
        places = onto(test, crossings(test, line), ways)
        places = places[np.isfinite(places).all(axis=1)]
        if not len(places):
            continue
        states, maps = sheet.at(places)
        own, _ = critical_real(maps, side) if side else critical_pair(maps)
        for k in np.argsort(np.abs(np.arange(len(places)) - len(places) / 2)):
            value = complex(own[k][np.argmax(own[k].imag)])
            if abs(abs(value) - 1) < CRITICAL and (side or value.imag):
                yield Seed(places[k], states[:, k], value)
                break


def _on(seed: Seed, known: Outline, stride: float) -> bool:
    if seed.side != known.side:
        return False
    gaps = np.linalg.norm(known.places - seed.place, axis=1)
    return bool(np.min(gaps) < NEAR * stride)


def _followed(plane: Plane, seed: Seed, stride: float) -> Outline:
    """Return the curve through a seed by continuation in both directions."""
    halves = []
    for way in (1.0, -1.0):
        halves.append(trace(plane, *seed, seed.side, way, stride))
        if halves[0].end == "closed":
            return Outline(seed.side, *halves[0][:3], ("closed", "closed"))
    ahead, behind = halves
    joined = [
        np.concatenate([back[:0:-1], forth])
        for back, forth in zip(behind[:3], ahead[:3], strict=True)
    ]
    return Outline(seed.side, joined[0], joined[1], joined[2], (behind.end, ahead.end))


def _kind(plane: Plane, outline: Outline) -> str:
    """Return the name of a crossing, at 1 by the normal form in the curve's middle."""
    if outline.side < 1:
        return "flip" if outline.side else "neimark-sacker"
    stable = np.flatnonzero(outline.others < 1)
    middle = stable[len(stable) // 2] if stable.size else len(outline.places) // 2
    place = outline.places[middle]
    line = plane.line(place, np.zeros(2))
    state = line.fixed_point(plane.start(place), 0.0)
    return normal_form(line, state, 0.0, 1 + 0j).kind


def _curve(plane: Plane, kind: str, outline: Outline) -> BoundaryCurve:
    """Return a curve in values of the fields, the first one rising from end to end."""
    _, places, multipliers, others, ends = outline
    first, last = places[[0, -1]].round(6).tolist()
    if last < first:
        places, multipliers, others = places[::-1], multipliers[::-1], others[::-1]
        ends = (ends[1], ends[0])
    values = np.stack(plane.values(places.T), axis=1)
    return BoundaryCurve(kind, plane.fields, values, multipliers, others, ends)
