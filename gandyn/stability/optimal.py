"""The fields of a rule that minimise its spectral radius."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from gandyn._node import find_field, replace
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.rules import Rule
from gandyn.stability.active_multipliers import (
    BESIDE,
    Family,
    Polished,
    candidates,
    polish,
)
from gandyn.stability.exact_maps import structural_at
from gandyn.stability.linear_maps import map_batch

GRID = {0: 1, 1: 512, 2: 48, 3: 16, 4: 9}
"""Points per field of the first grid, by the number of fields."""
STENCIL = {0: 1, 1: 33, 2: 13, 3: 7, 4: 5}
"""Points per field of the grids that close in."""
STARTS = 6
"""Lowest local minima of the first grid that are followed."""
NARROW = 1e-11
"""Width, relative to the box, at which closing in ends."""
ROUNDS = 120
FOLDED = 2
"""Lowest points that Nelder and Mead's method goes on from."""
SIMPLICES = (0.05, 0.005, 0.05)
"""Sizes of their simplices, relative to the box."""
CHOICES = 256
"""Combinations of counts and switches that are tried."""
DECADE = 10.0
"""Intervals over this ratio are searched evenly in the logarithm."""


@dataclass(frozen=True)
class Optimum:
    """Fields that minimise the spectral radius, neutral directions aside.

    Attributes
    ----------
    fields : dict of str to number
        Their values.
    radius : float
        The spectral radius there; of several games the largest.
    kind : str
        ``"smooth"``: one multiplier or pair decides, and its modulus is stationary.
        ``"crossing"``: several of equal modulus do. ``"defective"``: some that meet; a
        nearby value of the fields costs the root of its distance. ``"edge"``: no field
        is inside its interval. ``"enumerated"``: only counts and switches were
        searched. ``""``: not found out.
    status : str
        ``"converged"``: the conditions of optimality are solved, to 10 or more digits
        of the radius. ``"located"``: the last grid is narrower than 1e-10 of the box,
        and the fields are good to the root of rounding where the radius is flat.
    residual : float
        Of the conditions of optimality; NaN if located.
    active : tuple of complex
        The multipliers that decide, of a pair the upper one.
    at_bounds : tuple of str
        Fields at an end of their interval.
    evaluations : int
        Spectral radii computed. The minimum is the least of a grid's local ones: one
        in a valley narrower than the grid can be missed.
    """

    fields: dict[str, float | int]
    radius: float
    kind: str
    status: str
    residual: float
    active: tuple[complex, ...]
    at_bounds: tuple[str, ...]
    evaluations: int

    @property
    def rate(self) -> float:
        """The log growth per step, log(radius)."""
        return math.log(self.radius) if self.radius > 0 else -math.inf


def optimal(
    rule: Rule,
    game: Game | Sequence[Game],
    over: Mapping[str, tuple[Any, Any]],
) -> Optimum:
    r"""Return the values of fields that minimise the spectral radius at equilibrium.

    A grid over the box, then grids that close in on its lowest local minima, then
    Newton's method on the conditions of optimality of the multipliers that meet there:
    the spectral radius has kinks, and at a defective multiplier infinite slopes, so
    that no smooth method gets to it by itself.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game or sequence of Game
        Of several games the worst counts. A bilinear matrix game is taken apart by its
        singular values where the rule allows it.
    over : mapping of name to (low, high)
        Up to four numeric fields of the rule or the game, named as in `sweep`, with
        the interval to search; counts and switches are tried one by one.

    Returns
    -------
    Optimum

    Raises
    ------
    FieldError
        If an interval is empty or leaves its field's domain, or there are too many.
    GandynError
        If the rule changes with time, or the games have no known equilibrium.

    References
    ----------
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020,
    Section 3.3. Burke, Lewis, Overton, *Optimal stability and eigenvalue
    multiplicity*, Found. Comput. Math. 2001 (why optima are defective).

    Examples
    --------
    Extragradient on the bilinear game is fastest at lr σ = 1/√2, where ρ = √3/2:

    >>> from gandyn.games import Bilinear, Quadratic
    >>> from gandyn.rules import Extragradient, Lookahead, Simultaneous
    >>> found = optimal(Extragradient(), Bilinear(1.0), {"lr": (0.01, 2.0)})
    >>> round(found.fields["lr"], 10), round(found.radius, 10), found.kind
    (0.7071067812, 0.8660254038, 'smooth')

    Curvatures 1 and 4 share 2/(1 + 4):

    >>> found = optimal(Simultaneous(), Quadratic(1.0, 0.0, -4.0), {"lr": (0.01, 2.0)})
    >>> round(found.fields["lr"], 10), round(found.radius, 10), found.kind
    (0.4, 0.6, 'crossing')
    """
    search = _Search(rule, _games(rule, game, over), over)
    found = [search.closed_in(*start) for start in search.starts()]
    found.sort(key=lambda one: one[0])
    found[:FOLDED] = [search.folded(*one) for one in found[:FOLDED]]
    return search.result(*min(found, key=lambda one: one[0]))


def _games(rule: Rule, game: Any, over: Mapping[str, Any]) -> list[Game]:
    games = [game] if isinstance(game, Game) else list(game)
    if not games:
        raise FieldError("give a game, or a sequence of games")
    found: list[Game] = []
    for one in games:
        apart = isinstance(one, Bilinear) and np.ndim(one.A) == 2 and rule.orthogonal
        owners = (find_field({"rule": rule, "game": one}, name)[0] for name in over)
        if apart and "game" not in owners:
            found += [Bilinear(float(sigma)) for sigma in one.payoff_directions()]
        else:
            found.append(one)
    return found


class _Search:
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
        if not over or len(self.bounds) > max(GRID):
            raise FieldError(f"give 1 to {max(GRID)} numeric fields, got {list(over)}")
        size = math.prod(map(len, whole.values()))
        if size > CHOICES:
            raise FieldError(f"{size} combinations of counts: {CHOICES} are the most")
        self.choices = [
            dict(zip(whole, values, strict=True))
            for values in itertools.product(*whole.values())
        ]
        self.names = tuple(self.bounds)

    def _nodes(self) -> dict[str, Any]:
        return {"rule": self.rule, "game": self.games[0]}

    def _is_structural(self, name: str) -> bool:
        owner, paths = find_field(self._nodes(), name)
        return structural_at(self._nodes()[owner], paths[0])

    def _checked(self, name: str, ends: Any) -> tuple[Any, Any]:
        owner, paths = find_field(self._nodes(), name)
        try:
            low, high = ends
            rising = low < high
        except (TypeError, ValueError):
            raise FieldError(f"{name}: give (low, high), got {ends!r}") from None
        if not rising:
            raise FieldError(f"{name}: the interval from {low} to {high} is empty")
        for value in (low, high):
            replace(self._nodes()[owner], dict.fromkeys(paths, value))
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
            radius = map_batch(self.rule, game, fields).radius
            found = np.maximum(found, np.where(np.isnan(radius), np.inf, radius))
        self.evaluations += len(units) * len(self.games)
        return found

    def starts(self) -> list[tuple[dict[str, Any], np.ndarray]]:
        """Return the lowest local minima of the first grid, with their choices."""
        d, found = len(self.names), []
        points = _grid((np.arange(GRID[d]) + 0.5) / GRID[d], d)
        for choice in self.choices:
            radius = self.radii(choice, points)
            for i in np.flatnonzero(_lowest(radius.reshape([GRID[d]] * d))):
                found.append((float(radius[i]), choice, points[i]))
        found.sort(key=lambda one: one[0])
        if not np.isfinite(found[0][0]):
            raise GandynError("the map is not finite anywhere in the box")
        return [(choice, unit) for _, choice, unit in found[:STARTS]]

    def closed_in(
        self, choice: dict[str, Any], unit: np.ndarray
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """Return the lowest radius near a point, by grids that close in on it."""
        d = len(self.names)
        stencil = _grid(np.linspace(-1, 1, STENCIL[d]), d)
        best, width = float(self.radii(choice, unit[None])[0]), 1.0 / GRID[d]
        for _ in range(ROUNDS if d else 0):
            near = np.clip(unit + width * stencil, 0, 1)
            radius = self.radii(choice, near)
            i = int(np.argmin(radius))
            step = np.abs(near[i] - unit).max() / width if radius[i] < best else 0.0
            if radius[i] < best:
                best, unit = float(radius[i]), near[i]
            width *= 2.0 if step > 0.9 else 0.5 if step > 0.3 else 0.25
            if width < NARROW:
                break
        return best, choice, unit

    def folded(
        self, best: float, choice: dict[str, Any], unit: np.ndarray
    ) -> tuple[float, dict[str, Any], np.ndarray]:
        """Return a lower point in a valley by Nelder and Mead, from fresh simplices."""

        def radius(u: np.ndarray) -> float:
            return float(self.radii(choice, np.clip(u, 0, 1)[None])[0])

        for size in SIMPLICES if len(unit) > 1 else ():
            corners = unit + size * np.vstack([0 * unit, np.eye(len(unit))])
            options = {
                "initial_simplex": np.where(corners > 1, 2 * unit - corners, corners),
                "xatol": NARROW, "fatol": 0.0, "adaptive": True,
            }  # fmt: skip
            found = minimize(radius, unit, method="Nelder-Mead", options=options)
            if found.fun < best:
                best, unit = float(found.fun), np.clip(found.x, 0, 1)
        return best, choice, unit

    def result(
        self, radius: float, choice: dict[str, Any], unit: np.ndarray
    ) -> Optimum:
        """Return the record of a located minimum, polished if its kind is found."""
        values, inside = self.values(unit), (unit > 0) & (unit < 1)
        nodes = replace_all(self._nodes(), choice)
        family = Family(nodes["rule"], self._games_with(choice), self.names)
        best = self._polished(family, values, inside, radius)
        status, residual, active = "located", math.nan, ()
        kind = "" if inside.any() else "edge" if len(inside) else "enumerated"
        if best is not None:
            values, radius, residual = best.values, best.radius, best.residual
            status, active = "converged", tuple(item.value for item in best.items)
            double = any(item.size > 1 for item in best.items)
            several = "crossing" if len(active) > 1 else "smooth"
            kind = "defective" if double else several
        elif kind:
            status, residual = "converged", 0.0
        fields = dict(zip(self.names, map(float, values), strict=True)) | choice
        edges = zip(self.names, inside, strict=True)
        at_bounds = tuple(name for name, free in edges if not free)
        return Optimum(
            fields, radius, kind, status, residual, active, at_bounds, self.evaluations
        )

    def _games_with(self, choice: Mapping[str, Any]) -> list[Game]:
        return [
            replace_all({"rule": self.rule, "game": game}, choice)["game"]
            for game in self.games
        ]

    def _polished(
        self, family: Family, values: np.ndarray, inside: np.ndarray, radius: float
    ) -> Polished | None:
        for items in candidates(family, values) if inside.any() else ():
            found = polish(family, values, inside, items)
            if found is not None and self._holds(family, found, radius):
                return found
        return None

    def _holds(self, family: Family, new: Polished, radius: float) -> bool:
        """Tell whether a polished point is in the box and decided as it says."""
        low, high = np.array(list(self.bounds.values())).T
        if not np.all((new.values >= low) & (new.values <= high)):
            return False
        if new.radius > radius + BESIDE:
            return False
        for game, found in enumerate(family.multipliers(new.values)):
            for item in new.items:
                if item.game == game:
                    order = np.argsort(np.abs(found - item.value))
                    found = found[order[item.size :]]
            if np.abs(found).max(initial=0.0) > new.radius + BESIDE:
                return False
        return True


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


def replace_all(nodes: dict[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return rule and game with fields set by their names."""
    own = dict(nodes)
    for name, value in choice.items():
        owner, paths = find_field(nodes, name)
        own[owner] = replace(own[owner], dict.fromkeys(paths, value))
    return own
