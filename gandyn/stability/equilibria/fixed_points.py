"""All fixed points of a map, or equilibria of a game, over a box."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn.dynamics.exact.linear import one_step_map
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.balls import box_balls, entries
from gandyn.stability.equilibria.enclosures import (
    Function,
    Zero,
    clusters,
    enclose_zero,
    enclose_zeros,
)
from gandyn.stability.equilibria.fixed_point_records import (
    FixedPoint,
    FixedPoints,
    Unresolved,
)
from gandyn.stability.maps.derivatives import newton_from
from gandyn.stability.maps.exact_maps import LEAVES_THE_FIELD, with_duals
from gandyn.stability.maps.maps import Map, RuleMap

_LARGEST = 4
"""Coordinates up to which a box can be searched: the pieces grow with their power."""
_BUDGET = 4000
"""Pieces tried: a second or so for two coordinates."""
_RESOLUTION = 1e-6
"""Width of a piece, relative to the box, at which a zero is called degenerate."""
_STARTS = 512
"""Starts of Newton's method, where balls leave much of the box unresolved."""
_MANY = 64
"""Unresolved pieces from which that is much: more than degenerate points leave."""
_SAME = 1e-6
"""Points nearer than this, relative to the box, are one where nothing is proved."""
_SINGULAR = 1e-7
"""Least over largest singular value at which a Jacobian is called singular."""


@checked
def fixed_points(
    subject: Game | Map,
    box: Sequence[tuple[float, float]],
    value: float | None = None,
    *,
    rule: Rule | None = None,
    budget: int = _BUDGET,
    resolution: float = _RESOLUTION,
) -> FixedPoints:
    """Return all equilibria of a scalar game, or fixed points of a map, over a box.

    The game's own field, or the map's own step, runs on balls, which enclose its values
    and derivatives over whole pieces of the box; Krawczyk's operator proves pieces
    empty, or to hold exactly one zero, and the others are cut. What neither can be said
    of in the end is returned as unresolved. A map that cannot be evaluated on balls is
    searched by Newton's method from many starts, which proves nothing.

    Parameters
    ----------
    subject : Game or Map
        A game of two numbers, or a map of up to four coordinates. Fixed points of a
        rule that are no equilibria are found with a `RuleMap`.
    box : sequence of pairs
        An interval for each coordinate: x and y, or all of a map's state. A `RuleMap`
        with memory takes intervals for x and y alone too, and has then the game's
        equilibria, with the memory that ``init`` gives there.
    value : float, optional
        The map's parameter; a rule's or game's own value by default.
    rule : Rule, optional
        Whose multipliers to give at a game's equilibria.
    budget : int
        Pieces to try at most.
    resolution : float
        Width of the smallest piece, relative to the box.

    Raises
    ------
    FieldError
        If the box is empty, infinite, or has not an interval for each coordinate.
    GandynError
        If the game is one of vectors, or the map has too many coordinates.

    References
    ----------
    Neumaier, *Interval Methods for Systems of Equations*, Cambridge 1990, Chapter 5.

    Examples
    --------
    >>> from gandyn.games import AdolphsSaddle
    >>> from gandyn.rules import Simultaneous
    >>> found = fixed_points(
    ...     AdolphsSaddle(), [(-5, 5), (-5, 5)], rule=Simultaneous(lr=0.1))
    >>> found.complete, [point.state.round(6).tolist() for point in found.points]
    (True, [[-3.414214, 3.414214], [-0.585786, 0.585786], [0.0, 0.0]])
    >>> [point.stable for point in found.points]
    [True, False, True]
    """
    sides = _checked(box)
    if isinstance(subject, Game):
        target: _Target = _Equilibria(subject, rule, len(sides))
    elif rule is not None:
        raise GandynError("rule: a map has its own multipliers; give a game, or none")
    else:
        target = _of_map(subject, value, len(sides))
    return _searched(target, sides, budget, resolution)


def _checked(box: Any) -> np.ndarray:
    sides = np.asarray(box, dtype=float)
    if sides.ndim != 2 or sides.shape[1] != 2 or not len(sides):
        raise FieldError(
            "box must be pairs (low, high), one for each coordinate, "
            f"got shape {sides.shape}"
        )
    if not (np.isfinite(sides).all() and (sides[:, 0] < sides[:, 1]).all()):
        raise FieldError(
            f"box must be finite and rise from low to high, got {sides.tolist()}"
        )
    if len(sides) > _LARGEST:
        raise GandynError(
            f"a box of {len(sides)} coordinates is too large to search; the limit is "
            f"{_LARGEST}: follow a known fixed point instead"
        )
    return sides


class _Target:
    """Equations whose zeros are looked for."""

    map: Map
    """A map whose fixed points are the zeros."""
    value: Any

    def on_balls(self) -> Function:
        """Return the equations as a function of an array of balls."""
        raise NotImplementedError

    def multipliers(self, state: np.ndarray) -> np.ndarray:
        """Return what tells a zero's stability."""
        raise NotImplementedError


class _FixedPoints(_Target):
    def __init__(self, map: Map, value: Any) -> None:
        self.map, self.value = map, value

    def on_balls(self) -> Function:
        run, value = self.map.function, self.value
        if isinstance(self.map, RuleMap):  # the fields as the rationals that they are
            exact, nodes = copy.copy(self.map), self.map.at(value)
            duals = tuple(with_duals(node) for node in nodes)
            exact.at = lambda _: duals  # type: ignore[method-assign, assignment]
            run = exact._step
        return lambda z: [a - b for a, b in zip(run(z, value), z, strict=True)]

    def multipliers(self, state: np.ndarray) -> np.ndarray:
        return np.linalg.eigvals(self.map.jacobian(state, self.value)) + 0j


class _Equilibria(_Target):
    def __init__(self, game: Game, rule: Rule | None, size: int) -> None:
        if game.shape != ((), ()):
            raise GandynError(
                f"{type(game).__name__} has players of shape {game.shape}: only games "
                "of two numbers are searched; follow its equilibria() instead"
            )
        if size != 2:
            raise FieldError(f"box must have intervals for x and y, got {size}")
        self.game, self.rule, self.value = game, rule, 0.0
        self.map = Map(
            lambda z, _: (z[0] + game.gx(z[0], z[1]), z[1] + game.gy(z[0], z[1]))
        )

    def on_balls(self) -> Function:
        game = with_duals(self.game)
        return lambda z: (game.gx(z[0], z[1]), game.gy(z[0], z[1]))

    def multipliers(self, state: np.ndarray) -> np.ndarray:
        point = float(state[0]), float(state[1])
        if self.rule is not None:
            return np.linalg.eigvals(one_step_map(self.rule, self.game, point))
        return np.linalg.eigvals(self.map.jacobian(state, 0.0) - np.eye(2)) + 0j


class _Lifted(_Equilibria):
    """A game's equilibria as fixed points of a rule, with memory."""

    def __init__(self, map: RuleMap, value: Any) -> None:
        rule, game = map.at(value)
        super().__init__(game, rule, 2)
        self.lift = lambda z: map.state((float(z[0]), float(z[1])), value)


def _of_map(map: Map, value: float | None, size: int) -> _Target:
    if value is None:
        if not isinstance(map, RuleMap):
            raise FieldError(f"value: a map needs a value of {map.name}")
        value = map.current()
    if not isinstance(map, RuleMap):
        return _FixedPoints(map, value)
    state = map.state(None, value)
    if size == 2 < len(state):
        return _Lifted(map, value)
    if size != len(state):
        raise FieldError(
            f"box must have {len(state)} intervals, for x, y and the rule's memory "
            f"(or 2, for the game's equilibria), got {size}"
        )
    return _FixedPoints(map, value)


def _searched(
    target: _Target, sides: np.ndarray, budget: int, resolution: float
) -> FixedPoints:
    try:
        equations = target.on_balls()
        entries(equations(box_balls(sides[:, 0], sides[:, 1])), len(sides))
    except ZeroDivisionError:
        pass  # pieces of the box do better
    except (*LEAVES_THE_FIELD, GandynError):
        states = _from_starts(target, sides)
        points = [_point(target, state, None) for state in states]
        return FixedPoints(_sorted(points), (), False, "newton", sides)
    search = enclose_zeros(equations, sides, budget, resolution)
    zeros: list[tuple[np.ndarray, Zero | None]]
    zeros = [(_middle(zero), zero) for zero in search.zeros]
    open_parts: list[Unresolved] = []
    for pieces in clusters(search.unresolved):
        state = _inside(target, pieces)
        if state is not None and not _known(state, zeros, sides):
            zeros.append((state, enclose_zero(equations, state, sides)))
        open_parts.append(Unresolved(pieces, state))
    if len(search.unresolved) > _MANY:
        for state in _from_starts(target, sides):
            if not (_known(state, zeros, sides) or _singular(target, state)):
                zeros.append((state, enclose_zero(equations, state, sides)))
    known = _sorted([_point(target, *pair) for pair in zeros])
    return FixedPoints(known, tuple(open_parts), not open_parts, "balls", sides)


def _known(state: np.ndarray, zeros: list[Any], sides: np.ndarray) -> bool:
    widths = sides[:, 1] - sides[:, 0]
    return any(bool(np.max(abs(state - z) / widths) <= _SAME) for z, _ in zeros)


def _singular(target: _Target, state: np.ndarray) -> bool:
    matrix = target.map.jacobian(state, target.value) - np.eye(len(state))
    values = np.linalg.svd(matrix, compute_uv=False)
    return bool(values[-1] <= _SINGULAR * max(1.0, values[0]))


def _middle(zero: Zero) -> np.ndarray:
    """Return the middle of an enclosure, exact zeros where they are inside."""
    middle = zero.low + (zero.high - zero.low) / 2
    return np.where((zero.low <= 0) & (zero.high >= 0), 0.0, middle)


def _inside(target: _Target, pieces: np.ndarray) -> np.ndarray | None:
    """Return a fixed point within connected pieces, or one piece's width of them."""
    extra = np.max(pieces[:, 1] - pieces[:, 0], axis=0)
    low, high = pieces[:, 0] - extra, pieces[:, 1] + extra
    chosen = pieces[:: max(1, len(pieces) // 8)].mean(axis=1).T
    for state in _settled(target, newton_from(target.map, chosen, target.value)):
        if np.any(np.all((low <= state) & (state <= high), axis=1)):
            return state
    return None


def _settled(target: _Target, states: np.ndarray) -> list[np.ndarray]:
    """Return those of states, shape (S, N), that the map fixes to rounding."""
    states = states[:, np.isfinite(states).all(axis=0)]
    if not states.size:
        return []
    with np.errstate(all="ignore"):
        gaps = np.linalg.norm(target.map(states, target.value) - states, axis=0)
    return list(states.T[gaps <= 1e-10 * (1 + np.linalg.norm(states, axis=0))])


def _from_starts(target: _Target, sides: np.ndarray) -> list[np.ndarray]:
    low, widths = sides[:, 0], sides[:, 1] - sides[:, 0]
    from scipy.stats import qmc  # heavy

    spread = qmc.Halton(len(sides), scramble=False).random(_STARTS)
    starts = (low + widths * spread).T
    found: list[np.ndarray] = []
    for state in _settled(target, newton_from(target.map, starts, target.value)):
        inside = np.all((sides[:, 0] <= state) & (state <= sides[:, 1]))
        if inside and not _known(state, [(s, None) for s in found], sides):
            found.append(state)
    return found


def _point(target: _Target, state: np.ndarray, zero: Zero | None) -> FixedPoint:
    bounds = (state, state) if zero is None else (zero.low, zero.high)
    whole = target.lift(state) if isinstance(target, _Lifted) else state
    return FixedPoint(
        whole,
        target.map.residual(state, target.value),
        zero is not None,
        _singular(target, state),
        target.multipliers(state),
        np.array(bounds),
    )


def _sorted(points: list[FixedPoint]) -> tuple[FixedPoint, ...]:
    return tuple(sorted(points, key=lambda point: (point.state + 0.0).tolist()))
