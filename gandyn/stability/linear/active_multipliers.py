"""Multipliers that meet at an optimum of the spectral radius, and its polish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, schur
from scipy.optimize import root
from scipy.sparse.csgraph import connected_components

from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.dynamics.exact.null_spaces import null_dimension
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import set_neutral_aside
from gandyn.stability.maps.maps import RuleMap

_SHARES = (1e-9, 1e-6, 1e-4, 1e-2)
"""Multipliers this near to the radius may share it at the optimum."""
_GAPS = (0.0, 1e-4, 1e-2, 0.1, 0.3)
"""Multipliers this near to each other may meet at the optimum."""
_MEETING = 4
"""Most multipliers that are tried to meet in one."""
_SOLVED = 1e-11
"""Residual of the optimality conditions from which they count as solved."""
_EFFORT = 12
"""Newton steps, in evaluations per unknown, after which a polish is given up."""
EXCESS = 1e-9
"""How far other multipliers may exceed the radius, by rounding."""
_PULL = -1e-6
"""Least weight of an active multiplier: a negative one could be lowered further."""


class _Item(NamedTuple):
    """A multiplier of one of the games, or the mean of several that meet."""

    game: int
    value: complex
    size: int

    @property
    def gaps(self) -> int:
        """The number of real conditions for its multipliers to meet."""
        return (self.size - 1) * (1 if self.value.imag == 0 else 2)


class PolishedOptimum(NamedTuple):
    """A point at which the conditions of optimality hold."""

    values: np.ndarray
    radius: float
    items: tuple[_Item, ...]
    residual: float


class _Derivatives(NamedTuple):
    """|λ|² of the mean and, of several, power sums about it, with gradients."""

    square: float
    slope: np.ndarray
    gap: np.ndarray
    gap_slope: np.ndarray


class Family:
    """The linear maps of a rule on one or more games, as functions of some fields."""

    def __init__(self, rule: Rule, games: Sequence[Game], names: tuple[str, ...]):
        self.rule, self.games, self.names = rule, tuple(games), names
        self._maps = [RuleMap(rule, game, names) for game in games]

    def multipliers(self, values: np.ndarray) -> list[np.ndarray]:
        """Return each game's multipliers without those of the null space of J.

        No learning rate moves them, whether equilibria continue there or not.
        """
        return [self._values(i, values) for i in range(len(self.games))]

    def _values(self, i: int, values: np.ndarray) -> np.ndarray:
        (_, game), _, matrix = self._at(i, values)
        neutral = null_dimension(game, reference_equilibrium(game))
        return set_neutral_aside(np.linalg.eigvals(matrix), neutral)

    def _at(self, i: int, values: np.ndarray) -> Any:
        map, parameter = self._maps[i], tuple(values.tolist())
        nodes: Any = map.at(parameter)
        state = map.state(reference_equilibrium(nodes[1]), parameter)
        matrix = map.jacobian(state, parameter)  # type: ignore[arg-type]
        return nodes, state, matrix

    def derivatives(self, item: _Item, values: np.ndarray) -> _Derivatives:
        """Return what an item contributes to the conditions of optimality."""
        nodes, state, matrix = self._at(item.game, values)
        left, right = _spaces(matrix, item)
        block = left @ matrix @ right
        changes = []
        for name, value in zip(self.names, values, strict=True):
            map, at = RuleMap(nodes[0], nodes[1], name), float(value)
            slope = map.slope(state, at)
            moved = np.zeros(len(state))
            if slope.any():
                inner = np.eye(len(state)) - matrix
                moved = np.linalg.lstsq(inner, slope, rcond=None)[0]
            bent = [map.bends(state, at, u, moved) for u in right.T]
            changes.append(left @ np.stack(bent, axis=1))
        size = len(block)
        mean = complex(np.trace(block)) / size
        moves = np.array([np.trace(change) / size for change in changes])
        square, slope = abs(mean) ** 2, 2 * np.real(np.conj(mean) * moves)
        gap, gap_slope = _power_sums(block - mean * np.eye(size), changes, moves)
        if item.value.imag == 0:
            return _Derivatives(square, slope, gap.real, gap_slope.real)
        both = [np.concatenate([v.real, v.imag]) for v in (gap, gap_slope)]
        return _Derivatives(square, slope, *both)


def _power_sums(off: np.ndarray, changes: Any, moves: Any) -> Any:
    """Return Σ (λ_i - mean)^k, k = 2 to their number, and its gradients."""
    size, fields = len(off), len(changes)
    sums = np.empty(size - 1, complex)
    slopes = np.empty((size - 1, fields), complex)
    power = off
    for k in range(2, size + 1):
        for j, (change, move) in enumerate(zip(changes, moves, strict=True)):
            slopes[k - 2, j] = k * np.trace(power @ (change - move * np.eye(size)))
        power = power @ off
        sums[k - 2] = np.trace(power)
    return sums, slopes


def _spaces(matrix: np.ndarray, item: _Item) -> tuple[np.ndarray, np.ndarray]:
    """Return bases of an item's left and right invariant spaces, dual to each other."""
    values = np.linalg.eigvals(matrix)
    count = item.size
    far = np.sort(np.abs(values - item.value))
    edge = (far[count - 1] + far[count]) / 2 if len(far) > count else np.inf
    spaces = []
    for turned, centre in ((matrix, item.value), (matrix.T, item.value)):
        _, basis, found = schur(
            turned, output="complex", sort=lambda v, c=centre: abs(v - c) < edge
        )
        if found != count:
            raise LinAlgError("the multipliers can't be told apart")
        spaces.append(basis[:, :count])
    right, left = spaces[0], spaces[1].T
    return np.linalg.solve(left @ right, left), right


def candidates(family: Family, values: np.ndarray) -> Iterator[tuple[_Item, ...]]:
    """Yield sets of multipliers that may decide the radius near a point."""
    spectra = family.multipliers(values)
    radius = max(np.abs(found).max(initial=0.0) for found in spectra)
    seen = set()
    for share in _SHARES:
        for gap in _GAPS:
            items = tuple(
                item
                for game, found in enumerate(spectra)
                for item in _items(game, found, radius * (1 - share), gap)
            )
            sizes = max((item.size for item in items), default=0)
            if items not in seen and 0 < sizes <= _MEETING:
                seen.add(items)
                yield items


def _items(game: int, values: np.ndarray, least: float, gap: float) -> Iterator[_Item]:
    """Yield what has a modulus of ``least`` and more; chains of near ones as one."""
    near = np.abs(values[:, None] - values) <= gap
    _, label = connected_components(near, directed=False)
    for k in range(label.max(initial=-1) + 1):
        own = values[label == k]
        if np.abs(own).max() < least:
            continue
        mean = complex(own.mean())
        if set(own) == set(own.conj()):
            mean = complex(mean.real)
        if mean.imag >= 0:
            yield _Item(game, mean, len(own))


def polish_optimum(
    family: Family, values: np.ndarray, free: np.ndarray, items: tuple[_Item, ...]
) -> PolishedOptimum | None:
    r"""Solve the conditions of optimality of a point near a given one.

    With :math:`g_i = |λ_i|^2` of the active multipliers, those that meet by their mean,
    and :math:`d_j` the power sums about the mean, from the second,

    .. math::
        g_i = t, \qquad d_j = 0, \qquad
        \sum w_i ∇g_i + \sum ν_j ∇d_j = 0, \qquad \sum w_i = 1.

    ``free`` says which of the fields vary.
    """
    scale = np.maximum(np.abs(values), 1e-3)[free]
    count, gaps = len(items), sum(item.gaps for item in items)
    places = np.cumsum([len(scale), 1, count])

    def point(unknown: np.ndarray) -> np.ndarray:
        moved = values.copy()
        moved[free] += scale * unknown[: places[0]]
        return moved

    def conditions(unknown: np.ndarray) -> np.ndarray:
        _, top, weights, pulls = np.split(unknown, places)
        parts = [family.derivatives(item, point(unknown)) for item in items]
        balance = sum(w * p.slope[free] for w, p in zip(weights, parts, strict=True))
        each = np.split(pulls, np.cumsum([item.gaps for item in items])[:-1])
        for own, part in zip(each, parts, strict=True):
            balance = balance + own @ part.gap_slope[:, free]
        squares = np.array([part.square for part in parts])
        rest = [squares - top, *(part.gap for part in parts), [weights.sum() - 1]]
        return np.concatenate([balance * scale, *rest])

    start = np.zeros(places[-1] + gaps)
    start[places[0] : places[-1]] = 1 / count
    try:
        start[places[0]] = family.derivatives(items[0], values).square
        options = {"xtol": 1e-15, "maxiter": _EFFORT * (1 + start.size)}
        found = root(conditions, start, method="lm", options=options)
        left = float(np.abs(found.fun).max())
    except (GandynError, LinAlgError, ZeroDivisionError, ValueError):
        return None
    if not left <= _SOLVED or found.x[places[1] : places[2]].min() < _PULL:
        return None
    square = max(float(found.x[places[0]]), 0.0)
    return PolishedOptimum(point(found.x), square**0.5, items, left)
