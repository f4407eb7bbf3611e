"""The fields of a rule that minimise its spectral radius."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._parameters import find_parameter
from gandyn._records import Record
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.rules import Rule
from gandyn.stability.linear.active_multipliers import (
    EXCESS,
    Family,
    PolishedOptimum,
    candidates,
    polish_optimum,
)
from gandyn.stability.linear.radius_search import FOLDED, RadiusSearch, with_choice

_LEVEL = 1e-3
"""Minima this near to the lowest are polished too: at a defective one the grids stop a
root of their width above it."""
_MERGED = 1e-6
"""Minima nearer to each other than this part of the box are one."""
_ROUNDING = 1e-15
"""The relative error of a field, and of what the map makes of it."""
_APART = 30.0
"""How many times the root of rounding multipliers that meet may be apart: the moduli of
their expansion's coefficients seldom exceed ten."""


class Optimum(Record, eq=True):
    """Fields that minimise the spectral radius, neutral directions aside.

    Attributes
    ----------
    fields : dict of str to number
        Their values; those of the fields tied to them too.
    radius : float
        The spectral radius there, computed again from the map of these very fields; of
        several games the largest. At a defective optimum that of the optimum itself,
        which the nearest binary64 fields exceed by up to ``uncertainty``.
    uncertainty : float
        How far the optimum's radius may lie below, if located; if defective, how far
        the fields' own radius lies above.
    kind : str
        ``"smooth"``: one multiplier or pair decides, and its modulus is stationary.
        ``"crossing"``: several of equal modulus do. ``"defective"``: some that meet; a
        nearby value of the fields costs the root of its distance. ``"edge"``: no field
        is inside its interval. ``"enumerated"``: only counts and switches were
        searched. ``""``: not found out.
    status : str
        ``"converged"``: the conditions of optimality are solved, to 10 or more digits
        of the radius. ``"located"``: the last grid is narrower than 1e-10 of the box;
        ``uncertainty`` is what the radius varies by over 1e-11 of it.
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
    uncertainty: float

    derived = ("rate",)

    @property
    def rate(self) -> float:
        """The log growth per step, log(radius)."""
        return math.log(self.radius) if self.radius > 0 else -math.inf


@checked
def minimise_radius(
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
        Up to four numeric fields of the rule or the game, named as in `sweep`, others
        tied to them or not, with the interval to search; counts and switches are tried
        one by one.

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
    >>> found = minimise_radius(Extragradient(), Bilinear(1.0), {"lr": (0.01, 2.0)})
    >>> round(found.fields["lr"], 10), round(found.radius, 10), found.kind
    (0.7071067812, 0.8660254038, 'smooth')

    Curvatures 1 and 4 share 2/(1 + 4):

    >>> curved = Quadratic(1.0, 0.0, -4.0)
    >>> found = minimise_radius(Simultaneous(), curved, {"lr": (0.01, 2.0)})
    >>> round(found.fields["lr"], 10), round(found.radius, 10), found.kind
    (0.4, 0.6, 'crossing')
    """
    search = RadiusSearch(rule, _games(rule, game, over), over)
    found = [search.closed_in(*start) for start in search.starts()]
    found.sort(key=lambda one: one[0])
    found[:FOLDED] = [search.folded(*one) for one in found[:FOLDED]]
    least = min(radius for radius, _, _ in found)
    near = [one for one in found if one[0] <= least + _LEVEL * max(least, _LEVEL)]
    results = [_result(search, *one) for one in _distinct(near)]
    return min(results, key=lambda one: one.radius)


def _distinct(found: list[Any]) -> list[Any]:
    """Return located minima, of those that closed in on the same point the lowest."""
    kept: list[Any] = []
    for one in sorted(found, key=lambda one: one[0]):
        if not any(
            one[1] == other[1] and np.abs(one[2] - other[2]).max(initial=0.0) < _MERGED
            for other in kept
        ):
            kept.append(one)
    return kept


def _games(rule: Rule, game: Any, over: Mapping[str, Any]) -> list[Game]:
    games = [game] if isinstance(game, Game) else list(game)
    if not games:
        raise FieldError("give a game, or a sequence of games")
    found: list[Game] = []
    for one in games:
        nodes = {"rule": rule, "game": one}
        swept = [find_parameter(nodes, name) for name in over]
        owners = {owner for each in swept for owner, _ in each.targets}
        apart = rule.orthogonal and "game" not in owners
        if apart and isinstance(one, Bilinear) and np.ndim(one.A) == 2:
            found += [Bilinear(float(sigma)) for sigma in one.payoff_directions()]
        else:
            found.append(one)
    if not found:
        raise GandynError("the games' matrices are zero: no multiplier moves")
    return found


def _result(
    search: RadiusSearch, radius: float, choice: dict[str, Any], unit: np.ndarray
) -> Optimum:
    """Return the record of a located minimum, polished if its kind is found."""
    values, inside = search.values(unit), (unit > 0) & (unit < 1)
    edges = zip(search.names, inside, strict=True)
    at_bounds = tuple(search.named(name) for name, free in edges if not free)

    def fields(values: np.ndarray) -> dict[str, Any]:
        return search.fields(values) | choice

    best = _polished(search, choice, values, inside, radius)
    if best is not None:
        own = search.own_radius(fields(best.values))
        sizes = [item.size for item in best.items]
        kind = "crossing" if len(sizes) > 1 else "smooth"
        kind = "defective" if max(sizes) > 1 else kind
        above = abs(own - best.radius)
        if above <= _allowed(max(sizes)):
            radius, above = (best.radius, above) if max(sizes) > 1 else (own, 0.0)
            return Optimum(
                fields(best.values), radius, kind, "converged", best.residual,
                tuple(item.value for item in best.items), at_bounds,
                search.evaluations, above,
            )  # fmt: skip
    kind = "" if inside.any() else "edge" if len(inside) else "enumerated"
    status, residual = ("converged", 0.0) if kind else ("located", math.nan)
    own = search.own_radius(fields(values))
    spread = 0.0 if kind else search.spread(choice, unit)
    return Optimum(
        fields(values), own, kind, status, residual, (), at_bounds,
        search.evaluations, spread,
    )  # fmt: skip


def _allowed(size: int) -> float:
    """Return how far multipliers of which ``size`` meet part by rounding a field."""
    return float(_APART * _ROUNDING ** (1 / size))


def _polished(
    search: RadiusSearch,
    choice: dict[str, Any],
    values: np.ndarray,
    inside: np.ndarray,
    radius: float,
) -> PolishedOptimum | None:
    if not inside.any():
        return None
    rule = with_choice({"rule": search.rule, "game": search.games[0]}, choice)["rule"]
    games = [
        with_choice({"rule": search.rule, "game": game}, choice)["game"]
        for game in search.games
    ]
    family = Family(rule, games, search.names)
    low, high = np.array(list(search.bounds.values())).T
    for items in candidates(family, values):
        found = polish_optimum(family, values, inside, items)
        if found is None or found.radius > radius + EXCESS:
            continue
        in_box = np.all((found.values >= low) & (found.values <= high))
        if in_box and _decides(family, found):
            return found
    return None


def _decides(family: Family, new: PolishedOptimum) -> bool:
    """Tell whether no other multiplier exceeds a polished point's radius."""
    for game, found in enumerate(family.multipliers(new.values)):
        for item in new.items:
            if item.game == game:
                found = _without(found, item.value, item.size)
                if item.value.imag:
                    found = _without(found, item.value.conjugate(), item.size)
        if np.abs(found).max(initial=0.0) > new.radius + EXCESS:
            return False
    return True


def _without(values: np.ndarray, value: complex, count: int) -> np.ndarray:
    """Return the multipliers without the ``count`` ones nearest to a value."""
    return values[np.argsort(np.abs(values - value))[count:]]
