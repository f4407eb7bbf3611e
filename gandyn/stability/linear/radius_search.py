"""The spectral radius over a box of fields, searched for its lowest points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.optimize import minimize

from gandyn._parameters import DECADE, find_parameter
from gandyn.dynamics.exact.linear import multipliers, reference_equilibrium
from gandyn.dynamics.exact.null_spaces import null_directions
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import set_neutral_aside
from gandyn.stability.linear.linear_maps import linear_maps
from gandyn.stability.maps.exact_maps import rational_map, structural_at
from gandyn.stability.maps.points import check_apart

_GRID = {0: 1, 1: 512, 2: 48, 3: 16, 4: 9}
"""Points per field of the first grid, by the number of fields."""
_STENCIL = {0: 1, 1: 33, 2: 13, 3: 7, 4: 5}
"""Points per field of the grids that close in."""
_STARTS = 6
"""Lowest local minima of the first grid that are followed."""
_NARROW, _NEARBY = 1e-15, 1e-11
"""Width, relative to the box, at which closing in ends: at a defective minimum the
radius is as far off as the root of it. And a width over which the radius varies by more
than the best point is off, whatever rounding makes of the last grids."""
_ROUNDS = 120
FOLDED = 2
"""Lowest points that Nelder and Mead's method goes on from."""
_SIMPLICES = (0.05, 0.005, 0.05)
"""Sizes of their simplices, relative to the box."""
_CHOICES = 256
"""Combinations of counts and switches that are tried."""
_LARGEST = 12
"""Numbers in (x, y, memory) up to which the polynomial's roots take milliseconds."""


class RadiusSearch:
    """The radius over a box of fields, in units of the box."""

    def __init__(self, rule: Rule, games: list[Game], over: Mapping[str, Any]) -> None:
        self.rule, self.games, self.evaluations = rule, games, 0
        self.bounds: dict[str, tuple[float, float]] = {}
        whole: dict[str, list[Any]] = {}
        for name, ends in over.items():
            low, high = self._checked(name, ends)
            if self._is_structural(name):
                kind = type(low)
                whole[name] = [kind(v) for v in range(int(low), int(high) + 1)]
            else:
                self.bounds[name] = (float(low), float(high))
        check_apart([find_parameter(self.nodes(), name) for name in over])
        if not over or len(self.bounds) > max(_GRID):
            raise FieldError(f"give 1 to {max(_GRID)} numeric fields, got {list(over)}")
        size = math.prod(map(len, whole.values()))
        if size > _CHOICES:
            raise FieldError(f"{size} combinations of counts: {_CHOICES} are the most")
        self.choices = [
            dict(zip(whole, values, strict=True))
            for values in itertools.product(*whole.values())
        ]
        self.names = tuple(self.bounds)

    def nodes(self) -> dict[str, Any]:
        """Return the rule and the first game, by the names of their families."""
        return {"rule": self.rule, "game": self.games[0]}

    def named(self, text: str) -> str:
        """Return the name of a field without its ties."""
        return find_parameter(self.nodes(), text).name

    def fields(self, values: np.ndarray) -> dict[str, float]:
        """Return fields by their names at a point, with those tied to them."""
        found = {}
        for text, value in zip(self.names, map(float, values), strict=True):
            one = find_parameter(self.nodes(), text)
            found[one.name] = value
            found |= {tie.name: tie.factor * value for tie in one.ties}
        return found

    def _is_structural(self, name: str) -> bool:
        one = find_parameter(self.nodes(), name)
        return structural_at(self.nodes()[one.owner], one.paths[0])

    def _checked(self, name: str, ends: Any) -> tuple[Any, Any]:
        one = find_parameter(self.nodes(), name)
        try:
            low, high = ends
            rising = low < high
        except (TypeError, ValueError):
            raise FieldError(f"{name}: give (low, high), got {ends!r}") from None
        if not rising:
            raise FieldError(f"{name}: the interval from {low} to {high} is empty")
        for value in (low, high):
            one.set_in(self.nodes(), value)
        return low, high

    def values(self, units: np.ndarray) -> np.ndarray:
        """Return the fields at points of the unit box, shape (..., d)."""
        found = np.empty(units.shape)
        for k, (low, high) in enumerate(self.bounds.values()):
            u = units[..., k]
            if low > 0 and high / low > DECADE:
                found[..., k] = low * (high / low) ** u
            else:
                found[..., k] = low + (high - low) * u
            found[..., k] = np.clip(found[..., k], low, high)
        return found

    def radii(self, choice: Mapping[str, Any], units: np.ndarray) -> np.ndarray:
        """Return the radius at points of the unit box, shape (N, d)."""
        values = self.values(units)
        fields = dict(zip(self.names, values.T, strict=True))
        fields |= {name: np.full(len(units), v) for name, v in choice.items()}
        found = np.zeros(len(units))
        for game in self.games:
            radius = linear_maps(self.rule, game, fields).radius
            found = np.maximum(found, np.where(np.isnan(radius), np.inf, radius))
        self.evaluations += len(units) * len(self.games)
        return found

    def own_radius(self, fields: Mapping[str, Any]) -> float:
        """Return the radius at given fields, of each map by itself and exactly."""
        found = 0.0
        for game in self.games:
            nodes = with_choice({"rule": self.rule, "game": game}, fields)
            found = max(found, exact_radius(nodes["rule"], nodes["game"]))
        return found

    def spread(self, choice: Mapping[str, Any], unit: np.ndarray) -> float:
        """Return what the radius varies by near a point, 1e-11 of the box around."""
        near = np.clip(unit + _NEARBY * _grid(np.linspace(-1, 1, 5), len(unit)), 0, 1)
        radius = self.radii(choice, near)
        return float(radius.max() - radius.min())

    def starts(self) -> list[tuple[dict[str, Any], np.ndarray]]:
        """Return the lowest local minima of the first grid, with their choices."""
        d, found = len(self.names), []
        points = _grid((np.arange(_GRID[d]) + 0.5) / _GRID[d], d)
        for choice in self.choices:
            radius = self.radii(choice, points)
            for i in np.flatnonzero(_lowest(radius.reshape([_GRID[d]] * d))):
                found.append((float(radius[i]), choice, points[i]))
        found.sort(key=lambda one: one[0])
        if not np.isfinite(found[0][0]):
            raise GandynError("the map is not finite anywhere in the box")
        return [(choice, unit) for _, choice, unit in found[:_STARTS]]

    def closed_in(
        self, choice: dict[str, Any], unit: np.ndarray
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """Return the lowest radius near a point, by grids that close in on it."""
        d = len(self.names)
        stencil = _grid(np.linspace(-1, 1, _STENCIL[d]), d)
        best, width = float(self.radii(choice, unit[None])[0]), 1.0 / _GRID[d]
        for _ in range(_ROUNDS if d else 0):
            near = np.clip(unit + width * stencil, 0, 1)
            radius = self.radii(choice, near)
            i = int(np.argmin(radius))
            step = np.abs(near[i] - unit).max() / width if radius[i] < best else 0.0
            if radius[i] < best:
                best, unit = float(radius[i]), near[i]
            width *= 2.0 if step > 0.9 else 0.5 if step > 0.3 else 0.25
            if width < _NARROW:
                break
        return best, choice, unit

    def folded(
        self, best: float, choice: dict[str, Any], unit: np.ndarray
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """Return a lower point in a valley by Nelder and Mead, from fresh simplices."""

        def radius(u: np.ndarray) -> float:
            return float(self.radii(choice, np.clip(u, 0, 1)[None])[0])

        for size in _SIMPLICES if len(unit) > 1 else ():
            corners = unit + size * np.vstack([0 * unit, np.eye(len(unit))])
            options = {
                "initial_simplex": np.where(corners > 1, 2 * unit - corners, corners),
                "xatol": _NEARBY, "fatol": 0.0, "adaptive": True,
            }  # fmt: skip
            found = minimize(radius, unit, method="Nelder-Mead", options=options)
            if found.fun < best:
                best, unit = float(found.fun), np.clip(found.x, 0, 1)
        return best, choice, unit


def _grid(ticks: np.ndarray, d: int) -> np.ndarray:
    """Return the points of a grid in d dimensions, shape (N, d)."""
    if not d:
        return np.empty((1, 0))
    return np.stack(np.meshgrid(*[ticks] * d, indexing="ij"), -1).reshape(-1, d)


def _lowest(radius: np.ndarray) -> np.ndarray:
    """Tell which points of a grid are no higher than their neighbours along axes."""
    found = np.isfinite(radius) | (radius.size == 1)
    for axis in range(radius.ndim):
        moved = np.moveaxis(radius, axis, 0)
        own = np.moveaxis(found, axis, 0)
        own[1:] &= moved[1:] <= moved[:-1]
        own[:-1] &= moved[:-1] <= moved[1:]
    if not found.any():
        found.flat[0] = True
    return found


def with_choice(nodes: dict[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return rule and game with fields set by their names."""
    own = dict(nodes)
    for name, value in choice.items():
        own = find_parameter(nodes, name).set_in(own, value)
    return own


def exact_radius(rule: Rule, game: Game) -> float:
    """Return the spectral radius at the first equilibrium, neutral directions aside.

    The fields are the rationals that their binary64 numbers are, and the roots of the
    characteristic polynomial are enclosed, so a defective multiplier costs no digits.
    Maps that are large or not rational are left to numpy.
    """
    point = reference_equilibrium(game)
    neutral = 0 if game.shape == ((), ()) else null_directions(game, point)
    values = multipliers(rule, game, point)
    if len(values) <= _LARGEST:
        with suppress(GandynError):  # an entry that is irrational
            values = _roots(rational_map(rule, game, point))
    return float(np.abs(set_neutral_aside(values, neutral)).max(initial=0.0))


def _roots(matrix: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of a matrix of fractions, with their multiplicities."""
    entries = [fmpq(one.numerator, one.denominator) for one in matrix.ravel()]
    polynomial = fmpq_mat(len(matrix), len(matrix), entries).charpoly().numer()
    roots: Any = polynomial.complex_roots()
    return np.array([complex(root) for root, count in roots for _ in range(count)])
