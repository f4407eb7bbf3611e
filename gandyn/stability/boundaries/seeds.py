"""Points from which curves are followed one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gandyn.stability.boundaries.continuation import Plane, continue_boundary
from gandyn.stability.boundaries.contour_curves import ON_CIRCLE, ContourCurve
from gandyn.stability.boundaries.contours import GridLine, onto, zeros_on_edges
from gandyn.stability.boundaries.equilibrium_surface import (
    EquilibriumSurface,
    critical_pair,
    critical_real,
)

_LINES = (0.07, 0.29, 0.53, 0.71, 0.93)
"""Lines through the box at these shares of it look for curves, in both directions,
apart from the round numbers that thresholds like to be."""
_NEAR = 1.5
"""A crossing within so many strides of a curve of its kind is on it: between points
that are a stride apart none is farther than half of one, but for the curve's bow."""


class Seed(NamedTuple):
    """A point of a curve."""

    place: np.ndarray
    state: np.ndarray
    multiplier: complex

    @property
    def side(self) -> int:
        """1 or -1 for a real multiplier there, 0 for a pair."""
        return 0 if self.multiplier.imag else round(self.multiplier.real)


def seeds_on_lines(plane: Plane) -> Iterator[Seed]:
    """Yield the crossings on lines through the box."""
    # exact arithmetic takes longer to import than most boundaries take, without it
    from gandyn.stability.crossings.thresholds import bifurcations

    for axis in (0, 1):
        for level in _LINES:
            origin, direction = np.full(2, level), np.eye(2)[axis]
            origin[axis] = 0.0
            line = plane.line(origin, direction)
            for found in bifurcations(line, plane.start(origin), 0.0, 1.0):
                if found.kind != "fold":
                    place = origin + found.value * direction
                    yield Seed(place, found.state, found.multiplier)


def seeds_of(
    surface: EquilibriumSurface, failed: list[tuple[int, GridLine]]
) -> Iterator[Seed]:
    """Yield a point of each line whose points could not be found all at once."""
    for side, line in failed:
        test = surface.test(side)
        ways = line.stops - line.starts
        ways = ways / np.linalg.norm(ways, axis=1, keepdims=True)
        places = onto(test, zeros_on_edges(test, line), ways)
        places = places[np.isfinite(places).all(axis=1)]
        if not len(places):
            continue
        states, maps = surface.at(places)
        maps = np.where(np.isfinite(maps), maps, 0.0)
        own, _ = critical_real(maps, side) if side else critical_pair(maps)
        for k in np.argsort(np.abs(np.arange(len(places)) - len(places) / 2)):
            value = complex(own[k][np.argmax(own[k].imag)])
            if abs(abs(value) - 1) < ON_CIRCLE and (side or value.imag):
                yield Seed(places[k], states[:, k], value)
                break


def lies_on(seed: Seed, known: ContourCurve, stride: float) -> bool:
    """Tell whether a seed is on a curve that is known."""
    if seed.side != known.side:
        return False
    gaps = np.linalg.norm(known.places - seed.place, axis=1)
    return bool(np.min(gaps) < _NEAR * stride)


def followed(plane: Plane, seed: Seed, stride: float) -> ContourCurve:
    """Return the curve through a seed by continuation in both directions."""
    halves = []
    for way in (1.0, -1.0):
        halves.append(continue_boundary(plane, *seed, seed.side, way, stride))
        if halves[0].end == "closed":
            return ContourCurve(seed.side, *halves[0][:3], ("closed", "closed"))
    ahead, behind = halves
    joined = [
        np.concatenate([back[:0:-1], forth])
        for back, forth in zip(behind[:3], ahead[:3], strict=True)
    ]
    return ContourCurve(
        seed.side, joined[0], joined[1], joined[2], (behind.end, ahead.end)
    )
