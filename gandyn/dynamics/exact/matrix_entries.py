"""Maps of linear rules on linear games of two numbers, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from gandyn._node import leaves, replace
from gandyn._trees import flatten, map_leaves, refill
from gandyn.errors import GandynError
from gandyn.games._base import Game, ScalarGame
from gandyn.rules import Rule

_PROBE = 0.7 + 0.4j
"""An eigenvalue of J in no special position."""
AGREEMENT = 1e-9
"""Between multipliers from blocks and from whole maps, relative to the largest one."""
GOLDEN = 0.6180339887498949
"""Its multiples, modulo 1, are in no special position."""
_J_PROBE = ((0.31, 1.17), (-0.83, 0.49))
"""A game Jacobian in no special position."""


@dataclass(frozen=True)
class HomogeneousGame:
    """The field J z of two numbers; entries of J may be arrays, and complex."""

    xx: Any
    xy: Any
    yx: Any
    yy: Any
    zero_sum: bool = False

    shape = ((), ())
    jvp, vjp, solve = ScalarGame.jvp, ScalarGame.vjp, ScalarGame.solve
    project = Game.project

    def gx(self, x: Any, y: Any) -> Any:
        """Return the first component of J z."""
        return self.xx * x + self.xy * y

    def gy(self, x: Any, y: Any) -> Any:
        """Return the second component of J z."""
        return self.yx * x + self.yy * y

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return J."""
        return self.xx, self.xy, self.yx, self.yy


def homogeneous(game: Game, values: Mapping[str, Any]) -> HomogeneousGame:
    """Return the linear part of a linear game of two numbers, fields set to arrays."""
    game = replace(game, values)
    xx, yx = game.jvp(0.0, 0.0, 1.0, 0.0)
    xy, yy = game.jvp(0.0, 0.0, 0.0, 1.0)
    return HomogeneousGame(xx, xy, yx, yy, game.zero_sum)


def map_entries(
    rule: Rule, game: HomogeneousGame, own: Sequence[int] | None = None
) -> list[list[Any]]:
    """Return the matrix of one step as rows of numbers or arrays.

    Fields of the rule and J may be arrays of any shapes that broadcast. Entries keep
    the shape they depend on: of two learning rates along two axes, many depend on one.
    Columns are images of unit vectors: with a linear rule nothing is differentiated.
    ``own`` selects rows and columns.
    """
    base = (0.0, 0.0, map_leaves(lambda leaf: 0.0, rule.init(game, 0.0, 0.0)))
    own = range(len(flatten(base))) if own is None else own
    with np.errstate(all="ignore"):
        columns = [_image(rule, game, base, j) for j in own]
    return [[column[i] for column in columns] for i in own]


def _image(rule: Rule, game: HomogeneousGame, base: Any, one: int) -> list[Any]:
    start = refill(base, (float(place == one) for place in count()))
    return flatten(tuple(rule.step(game, *start)))


def stacked(entries: list[list[Any]], shape: tuple[int, ...]) -> np.ndarray:
    """Return entries as matrices of shape (cells, S, S), or of complex ones."""
    size = len(entries)
    kind = np.result_type(*(entry for row in entries for entry in row), float)
    whole = np.empty((size, size, *shape), kind)
    for i, row in enumerate(entries):
        for j, entry in enumerate(row):
            whole[i, j] = entry
    return np.moveaxis(whole.reshape(size, size, -1), -1, 0)


def rate_paths(rule: Rule) -> tuple[str, str] | None:
    """Return the paths of both players' learning rates, if there is one pair."""
    paths = [
        [path for path in leaves(rule) if path.split(".")[-1] == name]
        for name in ("lr_x", "lr_y")
    ]
    if any(len(found) != 1 for found in paths):
        return None
    return paths[0][0], paths[1][0]


class Alike:
    """A rule that sees both players' numbers alike: the map decouples with D J.

    With D the diagonal matrix of learning rates, simultaneous steps know the field only
    as D J z. In the eigenvectors of D J they are steps of one complex number whose
    field is μ z, and their multipliers those of the small matrices of such a step.

    Whether that holds is not declared but tried, on a Jacobian in no special position
    and with fields in no special position of their ranges: entries are polynomials or
    quotients of such in both, so that agreement there is agreement everywhere.
    """

    def __init__(self, rule: Rule, rates: tuple[str, str], own: list[int]) -> None:
        self.rule, self.rates, self.own = rule, rates, own

    @property
    def size(self) -> int:
        """How many multipliers belong to one eigenvalue of D J."""
        return len(self.own)

    def blocks(self, fields: Mapping[str, Any], mu: Any) -> list[list[Any]]:
        """Return the matrices of one number's step with eigenvalues mu of D J.

        ``fields`` are arrays that broadcast against mu; learning rates among them are
        part of mu already.
        """
        game = HomogeneousGame(mu, 0.0, 0.0, 0.0)
        rule = replace(self._unit, fields) if fields else self._unit
        return map_entries(rule, game, self.own)

    @cached_property
    def _unit(self) -> Rule:
        return replace(self.rule, dict.fromkeys(self.rates, 1.0))


def alike(rule: Rule, fields: Mapping[str, np.ndarray]) -> Alike | None:
    """Return how a rule decouples, None if it does not.

    Parameters
    ----------
    rule : Rule
    fields : mapping of path to ndarray
        Values of the swept fields.
    """
    rates = rate_paths(rule)
    if rates is None or not (rule.linear and rule.autonomous):
        return None
    cell = {}
    for k, (path, values) in enumerate(fields.items()):
        low, high = float(np.min(values)), float(np.max(values))
        cell[path] = low + (high - low) * ((k + 1) * GOLDEN % 1)
    try:
        own = _own(replace(rule, cell | dict.fromkeys(rates, 1.0)))
    except GandynError:  # it asks for more than the field
        return None
    if own is None:
        return None
    found = Alike(rule, rates, own)
    return found if _agrees(found, cell) else None


def _own(rule: Rule) -> list[int] | None:
    """Return x and the memory it is linked with, None if it is so with y."""
    entries = map_entries(rule, HomogeneousGame(_PROBE, 0.0, 0.0, _PROBE))
    linked = stacked(entries, ())[0] != 0
    own = [0]
    linked |= linked.T
    for j in own:
        own += [i for i in np.flatnonzero(linked[:, j]).tolist() if i not in own]
    return None if 1 in own else sorted(own)


def _agrees(found: Alike, cell: Mapping[str, float]) -> bool:
    rule = replace(found.rule, cell)
    known = leaves(rule)
    rates = np.array([[known[path]] for path in found.rates])
    (xx, xy), (yx, yy) = _J_PROBE
    whole = stacked(map_entries(rule, HomogeneousGame(xx, xy, yx, yy)), ())[0]
    fields = {p: v for p, v in cell.items() if p not in found.rates}
    mu = np.linalg.eigvals(rates * np.array(_J_PROBE))
    parts = stacked(found.blocks(fields, mu), mu.shape)
    if not (np.isfinite(whole).all() and np.isfinite(parts).all()):
        return False
    with np.errstate(all="ignore"):
        small = np.poly(np.linalg.eigvals(parts).ravel())
        large = np.poly(np.linalg.eigvals(whole))
    if len(large) < len(small) or not np.isfinite(large).all():
        return False
    small = np.append(small, np.zeros(len(large) - len(small)))
    return bool(np.allclose(small, large, rtol=0, atol=AGREEMENT * np.abs(large).max()))
