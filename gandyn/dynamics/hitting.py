"""When orbits first come near a solution: many cells at once, in compiled kernels."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from gandyn._disk_cache import compiled
from gandyn.dynamics.engines._hitting_kernel import BROKEN, LEFT, OPEN, REACHED, hit
from gandyn.dynamics.engines.cells import Swept, pad
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.games.bilinear import RANK_TOLERANCE, Bilinear
from gandyn.rules import Rule

_Part = tuple[Swept, np.ndarray, np.ndarray]
"""Swept fields and initial x and y of one of the games that a cell plays."""


class Stop(IntEnum):
    """Why a cell was no longer looked at."""

    OPEN = OPEN
    """The steps ran out."""
    REACHED = REACHED
    """It reached the last target."""
    LEFT = LEFT
    """Its measure exceeded its bound."""
    NOT_A_NUMBER = BROKEN
    """Its measure became NaN."""


class HittingTimes(NamedTuple):
    """What `hitting_times` finds.

    Attributes
    ----------
    hits : ndarray, shape (targets, cells)
        The first step at which the measure is at most the target; 0 is the initial
        state, infinity stands for never.
    at_hit : ndarray, shape (targets, cells)
        The measure at that step; NaN for never.
    stop : ndarray of int8, shape (cells,)
        Values of `Stop`.
    steps : ndarray of int64, shape (cells,)
        Those taken until then.
    """

    hits: np.ndarray
    at_hit: np.ndarray
    stop: np.ndarray
    steps: np.ndarray


def has_kernel(rule: Rule, game: Game) -> bool:
    """Return whether `hitting_times` takes a rule on a game.

    It takes games of two numbers, and matrices that fall apart into such games: the
    bilinear game without offsets, of rules that are linear, turn with the players'
    coordinates and invert no matrix, which may be singular only as a whole.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Adam, Extragradient
    >>> matrix = Bilinear([[2.0, 0.0], [0.0, 1.0]])
    >>> has_kernel(Extragradient(), matrix), has_kernel(Adam(), matrix)
    (True, False)
    """
    if game.shape == ((), ()):
        return True
    if not isinstance(game, Bilinear) or np.any(game.b) or np.any(game.c):
        return False
    regular = rule.linear and rule.orthogonal and not rule.inverts
    return regular and bool(np.any(game.A))


def hitting_times(
    rule: Rule,
    game: Game,
    swept: Swept,
    start: tuple[np.ndarray, np.ndarray],
    targets: np.ndarray,
    bound: np.ndarray,
    steps: int,
    solutions: np.ndarray | None = None,
) -> HittingTimes:
    r"""Return when the orbits of many cells first reach each of several targets.

    The bits of a cell's result do not depend on the other cells. They differ from those
    of numpy as fused products do: a step may be missed or gained where the measure
    equals the target to rounding, and chaotic orbits part.

    Parameters
    ----------
    rule : Rule
    game : Game
        Of two numbers, or a matrix that decouples; see `has_kernel`.
    swept : mapping of (str, str) to ndarray
        Values of fields, one per cell, by owner (``"rule"`` or ``"game"``) and path.
    start : pair of ndarray
        Initial x and y, cells on the trailing axis.
    targets : ndarray
        Falling.
    bound : ndarray, shape (cells,)
        A cell whose measure exceeds its bound is looked at no longer.
    steps : int
        The most steps of a cell.
    solutions : ndarray, shape (k, coordinates), optional
        The distance from the nearest is measured, of a matrix in the directions that
        couple the players; without solutions, the residual :math:`\|v\|`.

    Returns
    -------
    HittingTimes

    Raises
    ------
    GandynError
        If the game does not decouple.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> rates = {("rule", name): np.array([0.5, 2.0]) for name in ("lr_x", "lr_y")}
    >>> found = hitting_times(Extragradient(), Bilinear(1.0), rates,
    ...                       (np.ones(2), np.zeros(2)), np.array([0.1, 0.01]),
    ...                       np.full(2, 1e8), 1000, solutions=np.zeros((1, 2)))
    >>> found.hits
    array([[23., inf],
           [45., inf]])
    >>> [Stop(code).name for code in found.stop]
    ['REACHED', 'LEFT']
    """
    if not has_kernel(rule, game):
        raise GandynError(
            f"{game!r} does not fall apart into games of two numbers for {rule!r}: "
            "step it with gandyn.dynamics.sweep or gandyn.dynamics.simulate"
        )
    cells = np.shape(bound)[0]
    swept = {path: _with_spare(values) for path, values in swept.items()}
    x, y = map(_with_spare, start)
    single, parts, points = _parts(game, swept, x, y, solutions)
    engine = _HittingEngine(rule, single, list(parts[0][0]))
    with np.errstate(all="ignore"):
        begun = [engine.start(*part) for part in parts]
    lanes, state = (np.stack(each) for each in zip(*begun, strict=True))
    width = state.shape[-1]
    found = HittingTimes(
        np.full((len(targets), width), np.inf),
        np.full((len(targets), width), np.nan),
        np.full(width, Stop.OPEN, np.int8),
        np.zeros(width, np.int64),
    )
    levels, bounds = np.array(targets, dtype=float), _with_spare(bound)
    engine.hit(lanes, state, points, levels, bounds, steps, cells, *found)
    return HittingTimes(*(array[..., :cells] for array in found))


class _HittingEngine(KernelEngine):
    def hit(self, *arguments: Any) -> None:
        """Run the kernel of this rule and game."""
        run = compiled(hit, self._rule, self._game)
        run(self._low_rule, self._low_game, self._memory, *arguments)


def _with_spare(values: np.ndarray) -> np.ndarray:
    """Return values with at least one column more, and whole blocks of columns."""
    values = np.asarray(values, dtype=float)
    return pad(np.concatenate([values, values[..., -1:]], axis=-1))


def _parts(
    game: Game, swept: Swept, x: np.ndarray, y: np.ndarray, solutions: Any
) -> tuple[Game, list[_Part], np.ndarray]:
    """Return a game of two numbers, the parts that play it, and their solutions."""
    size, other = (math.prod(shape) for shape in game.shape)
    known = np.empty((0, size + other)) if solutions is None else solutions
    if not isinstance(game, Bilinear) or game.shape == ((), ()):
        return game, [(swept, x, y)], np.array(known, dtype=float, order="C")[:, None]
    left, sigma, right = np.linalg.svd(game.A, full_matrices=False)
    coupled = sigma > max(size, other) * RANK_TOLERANCE * sigma[0]
    left, right = left.T[coupled], right[coupled]
    parts: list[_Part] = [
        ({**swept, ("game", "A"): np.full(u.shape, value)}, u, w)
        for value, u, w in zip(sigma[coupled], left @ x, right @ y, strict=True)
    ]
    turned = known[:, :size] @ left.T, known[:, size:] @ right.T
    return Bilinear(1.0), parts, np.stack(turned, axis=-1)
