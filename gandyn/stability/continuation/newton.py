"""Newton's method: one loop for all that is solved, whose moves its callers make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

_T = TypeVar("_T")


class Newton(NamedTuple):
    """When Newton's method has found something, and when it is lost.

    Sizes of moves are in the units of who moves.

    Attributes
    ----------
    most : int
        Moves at most.
    still : float
        A move this small is as good as none.
    slow : float
        A move larger than this part of the last one does not converge: it is lost, or
        at rounding.
    settled : float
        Moves that no longer shrink are of rounding if they are smaller than this.
    contracts : bool
        Whether a move that is slow, and not of rounding, is the end.
    at_last : float
        If the last of all moves is no larger than this it was good enough.
    """

    most: int
    still: float
    slow: float = math.inf
    settled: float = 0.0
    contracts: bool = False
    at_last: float = 0.0


class _NewtonResult(NamedTuple, Generic[_T]):
    """What Newton's method has found, and the size of its last move."""

    at: _T
    size: float


def iterate(
    move: Callable[[_T, int], tuple[_T, float] | None],
    start: _T,
    newton: Newton,
    within: Callable[[_T], bool] | None = None,
) -> _NewtonResult[_T] | None:
    """Return where moves come to rest, None if they do not.

    Parameters
    ----------
    move : callable
        Solves the linearised equations at a place, of whatever type, and returns the
        next place, damped or not, and the size of the move; None where it cannot. Its
        second argument counts the moves before.
    start : object
    newton : Newton
    within : callable, optional
        Tells whether a place is still near enough to the start.

    Examples
    --------
    >>> def root(x, _):
    ...     change = (x * x - 2) / (2 * x)
    ...     return x - change, abs(change)
    >>> iterate(root, 1.0, Newton(most=9, still=1e-9)).at ** 2
    2.0000000000000004
    """
    at, before = start, math.inf
    for count in range(newton.most):
        moved = move(at, count)
        if moved is None:
            return None
        place, size = moved
        if not size <= newton.slow * before:
            if before <= newton.settled:
                return _NewtonResult(at, before)
            if newton.contracts:
                return None
        at, before = place, size
        if within is not None and not within(at):
            return None
        if size <= newton.still:
            return _NewtonResult(at, size)
    return _NewtonResult(at, before) if before <= newton.at_last else None
