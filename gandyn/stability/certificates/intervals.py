"""Certificates for whole intervals of a field, by ball arithmetic."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import acb_mat, arb, arb_mat, ctx

from gandyn._arguments import checked
from gandyn._parameters import Parameter, find_parameter
from gandyn._records import Record
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.duals import Dual
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.certificates.balls import ball_counts, polynomial_counts
from gandyn.stability.maps.exact_maps import (
    LEAVES_THE_FIELD,
    check_rest,
    neutral_directions,
    step_map,
    structural_at,
    with_duals,
)

_PIECES = 1024
_MOST_PIECES = 10**6
"""_Pieces tried: a second or so for two numbers."""
_RESOLUTION = 1e-9
"""Width, relative to the interval, from which a piece is not halved again."""
_BITS = 128
"""Working precision: rounding stays far below the width of any piece."""

_Pieces = tuple[tuple[float, float], ...]


class IntervalCertificate(Record, eq=True):
    """What is proved of every value of a field in an interval.

    Attributes
    ----------
    field : str
    stable, unstable, unproved : tuple of (low, high)
        Closed pieces, rising, that cover the interval together. On ``stable`` ones all
        multipliers are inside the unit circle, on ``unstable`` ones one is outside.
    """

    field: str
    stable: _Pieces
    unstable: _Pieces
    unproved: _Pieces

    @property
    def proved_stable(self) -> bool:
        """Whether the whole interval is proved stable."""
        return not (self.unstable or self.unproved)


@checked
def certify_interval(
    rule: Rule,
    game: Game,
    field: str,
    low: float,
    high: float,
    *,
    point: tuple[Any, Any] | None = None,
    pieces: int = _PIECES,
) -> IntervalCertificate:
    r"""Prove stability for all values of a field in an interval.

    The rule's own step runs on balls that contain a whole piece of the interval; the
    linear map is then a ball in each entry, and Schur's and Cohn's recursion on its
    characteristic polynomial, or balls around its multipliers, decide all of the piece
    at once, or not. _Pieces
    that it doesn't decide are halved, the widest first, until ``pieces`` were tried or
    they are 1e-9 of the interval wide. A threshold always stays in an unproved
    piece, and so does an interval on which a multiplier keeps to the circle.

    Parameters
    ----------
    rule : Rule
    game : Game
    field : str
        A field of either, as in `sweep`: ``"lr"`` sets both learning rates.
    low, high : float
        Both in the field's domain.
    point : pair, optional
        A fixed point for every value; the game's first equilibrium by default.
    pieces : int

    Raises
    ------
    FieldError
        If the field is not a number, or the interval is empty or leaves its domain.
    GandynError
        If the step needs floats, the point is not exactly fixed, or the game has a
        manifold of equilibria.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> found = certify_interval(Extragradient(), Bilinear(1.0), "lr", 0.05, 1.25)
    >>> found.stable[0][0], found.unstable[-1][1]
    (0.05, 1.25)
    >>> [(round(a, 6), round(b, 6)) for a, b in found.unproved]  # around lr = 1
    [(1.0, 1.0)]
    """
    nodes = {"rule": rule, "game": game}
    parameter = find_parameter(nodes, field)
    _check_interval(nodes, parameter, low, high)
    if not 1 <= pieces <= _MOST_PIECES:
        raise FieldError(f"pieces must be 1 to {_MOST_PIECES}, got {pieces}")
    point = reference_equilibrium(game) if point is None else point
    check_rest(rule, game, point)
    if neutral_directions(game, point):
        raise GandynError(
            "the game has a manifold of equilibria, whose multiplier 1 stays on the "
            "circle: certify single values instead"
        )
    found = _halved(_Piece(rule, game, parameter, point), low, high, pieces)
    return IntervalCertificate(parameter.name, *(_joined(part) for part in found))


@dataclass(frozen=True)
class _Piece:
    """Decides all values of a piece at once."""

    rule: Rule
    game: Game
    parameter: Parameter
    point: tuple[Any, Any]

    def decide(self, low: float, high: float) -> str:
        """Return ``stable``, ``unstable`` or ``unproved``."""
        ball = Dual(arb(low).union(arb(high)))
        changes = self.parameter.changes(ball)
        own, theirs = (changes.get(owner, {}) for owner in ("rule", "game"))
        try:
            found = step_map(with_duals(self.rule, own), self.game, self.point, theirs)
        except (NonSmooth, ZeroDivisionError):
            return "unproved"
        except LEAVES_THE_FIELD as error:
            raise GandynError(
                f"{type(self.rule).__name__} on {type(self.game).__name__} can't run "
                f"on balls: {error}"
            ) from error
        fixed = self.rule.linear and self.game.linear
        if not (fixed or all(_is_zero(move) for move in found.moved)):
            raise GandynError(
                f"{self.point!r} is a fixed point to rounding only: nothing can be "
                "proved for an interval"
            )
        matrix = arb_mat([[arb(entry) for entry in row] for row in found.rows])
        counts = polynomial_counts(matrix.charpoly().coeffs())
        if counts is None:  # balls around simple multipliers are narrower
            counts = ball_counts(lambda: acb_mat(matrix), (_BITS,))
        if counts is None:
            return "unproved"
        return "unstable" if counts.outside else "stable"


def _is_zero(number: Any) -> bool:
    return bool(number == 0)


def _halved(
    piece: _Piece, low: float, high: float, pieces: int
) -> tuple[list[Any], list[Any], list[Any]]:
    narrow = _RESOLUTION * (high - low)
    proved: dict[str, list[Any]] = {"stable": [], "unstable": []}
    unproved, order = [], itertools.count()
    waiting = [(low - high, next(order), low, high)]
    with ctx.workprec(_BITS):
        while waiting:
            _, tried, a, b = heapq.heappop(waiting)
            verdict = piece.decide(a, b) if tried < pieces else "unproved"
            middle = a + (b - a) / 2
            if verdict in proved:
                proved[verdict].append((a, b))
            elif tried >= pieces or b - a <= narrow or not a < middle < b:
                unproved.append((a, b))
            else:
                for c, d in ((a, middle), (middle, b)):
                    heapq.heappush(waiting, (c - d, next(order), c, d))
    return proved["stable"], proved["unstable"], unproved


def _joined(pieces: list[Any]) -> _Pieces:
    joined: list[tuple[float, float]] = []
    for low, high in sorted(pieces):
        if joined and joined[-1][1] == low:
            low = joined.pop()[0]
        joined.append((low, high))
    return tuple(joined)


def _check_interval(
    nodes: Mapping[str, Any], parameter: Parameter, low: float, high: float
) -> None:
    field = parameter.name
    for owner, path in parameter.targets:
        if structural_at(nodes[owner], path):
            raise FieldError(f"{field} is not a number that can vary in an interval")
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise FieldError(f"{field}: the interval from {low} to {high} is empty")
    for value in (low, high):
        parameter.set_in(nodes, float(value))
