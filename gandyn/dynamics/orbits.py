"""One orbit, step by step, with its verdict."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

import numpy as np

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.dynamics.engines.array_engine import ArrayEngine
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.engines.first_step import check_plain_step, default_start
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.dynamics.recognition.classify import classify
from gandyn.dynamics.task import ESCAPE, check_limits
from gandyn.dynamics.verdicts import ENDINGS, VERDICTS, Ending
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.rules.proximal import ProximalPoint

_RECORDED = 1 << 14
"""States of one cell recorded at once: 16 MB beside the lanes that are not used."""
_ORACLES = ("gx", "gy", "jvp", "vjp", "solve", "jacobian", "cross")

_LARGEST = 2e9
"""Bytes of the states of one orbit; what is found in them takes as much again."""


class Orbit(Record):
    """A simulated orbit and what it was seen to do.

    Attributes
    ----------
    x, y : ndarray, shape (steps + 1, ...)
        The states, the initial one first.
    distance, field_norm : ndarray, shape (steps + 1,)
        Euclidean distance to the reference equilibrium (NaN without one), and ‖v‖.
    oracle_calls : dict of str to int
        Calls per step of ``gx``, ``gy``, ``jvp``, ``vjp``, ``solve``, ``jacobian`` and
        ``cross``.
    verdict, ended : str
        As in `sweep`, for a budget of ``steps`` steps from the same start: decided by
        the same program that made the states, which goes on with this orbit where
        they are not enough.
    rate, rotation, amplitude, lyapunov : float
        The amplitude is that of the whole state; the rotation of vectors is that of
        their components along one generic direction of each player.
    period : int
    residual : float
        Of an implicit step that ended the orbit as ``unsolved``: what Newton's method
        left of the step's equation, relative as its tolerance; otherwise NaN.
    """

    rule: Rule
    game: Game
    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    distance: np.ndarray = field(repr=False)
    field_norm: np.ndarray = field(repr=False)
    oracle_calls: dict[str, int]
    verdict: str
    ended: str
    rate: float
    period: int
    rotation: float
    amplitude: float
    lyapunov: float
    residual: float = math.nan

    derived = ("steps",)

    @property
    def steps(self) -> int:
        """Number of steps taken."""
        return len(self.x) - 1


@checked
def simulate(
    rule: Rule,
    game: Game,
    start: tuple[Any, Any] | None = None,
    steps: int = 1000,
) -> Orbit:
    """Run a rule on a game from one start, keeping every state.

    Parameters
    ----------
    rule : Rule
    game : Game
    start : pair, optional
        Initial (x, y); near the reference equilibrium by default.
    steps : int
        Number of steps; also the budget of the verdict.

    Returns
    -------
    Orbit

    Raises
    ------
    GandynError
        If the start does not fit the game or the rule cannot play it.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> orbit = simulate(Extragradient(lr=0.5), Bilinear(1.0), start=(1.0, 0.0))
    >>> orbit.verdict, round(orbit.rate, 2)
    ('converges', -0.1)
    """
    check_limits(steps, ESCAPE)
    start = default_start(game) if start is None else start
    check_plain_step(rule, game, start)
    _check_size(start, int(steps))
    engine = make_engine(rule, game, [])
    x, y = (np.asarray(part, dtype=float)[..., None] for part in start)
    xs, ys = _record(engine, (x, y), int(steps))
    outcome = classify(rule, engine, engine.start({}, x, y), int(steps), ESCAPE)
    found = {name: array[0] for name, array in outcome._asdict().items()}
    return Orbit(
        rule, game, xs, ys,
        _distance(game, xs, ys), _field_norm(game, xs, ys), oracle_calls(rule, game),
        VERDICTS[found["verdict"]], ENDINGS[found["ended"]],
        float(found["rate"]), int(found["period"]), float(found["rotation"]),
        float(found["amplitude"]), float(found["lyapunov"]),
        _residual(rule, game, xs, ys, found["ended"]),
    )  # fmt: skip


def _check_size(start: tuple[Any, Any], steps: int) -> None:
    """Raise FieldError where the states would not fit into any usual memory."""
    size = 8 * (steps + 1) * sum(np.size(part) for part in start)
    if size > _LARGEST:
        raise FieldError(
            f"steps: {steps} states of these players take {size / 1e9:.3g} GB, more "
            f"than {_LARGEST / 1e9:.3g} GB: take fewer, or sweep(), which keeps none"
        )


def _record(
    engine: KernelEngine | ArrayEngine, start: tuple[Any, Any], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return every state of one cell, by the very steps that decide its verdict."""
    cells = engine.start({}, *start)
    parts = [tuple(part[None, ..., 0] for part in start)]
    for first in range(0, steps, _RECORDED):
        recorded = engine.record(cells, min(_RECORDED, steps - first))
        parts.append(tuple(part[..., 0] for part in recorded))
    xs, ys = (np.concatenate(column) for column in zip(*parts, strict=True))
    return xs, ys


def _residual(
    rule: Rule, game: Game, xs: np.ndarray, ys: np.ndarray, ended: int
) -> float:
    """Return the relative residual of the step after the last state, if it has one."""
    if ended != Ending.UNSOLVED or not isinstance(rule, ProximalPoint):
        return math.nan
    sizes = _norm(xs, ys)
    last = int(np.argmin(np.isfinite(sizes))) - 1
    x, y = _number_or_array(xs[last]), _number_or_array(ys[last])
    with np.errstate(all="ignore"):
        try:
            left = rule.residual(game, x, y, *rule.newton(game, x, y))
        except (OverflowError, ZeroDivisionError):
            return math.inf
    size = math.hypot(*(float(np.linalg.norm(part)) for part in left))
    return size / math.hypot(1.0, float(sizes[last]))


def _number_or_array(part: Any) -> Any:
    return np.array(part, dtype=float) if np.ndim(part) else float(part)


def _distance(game: Game, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    known = game.equilibria()
    if not known:
        return np.full(len(xs), np.nan)
    x, y = known[0]
    return _norm(xs - np.asarray(x), ys - np.asarray(y))


def _field_norm(game: Game, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    x, y = np.moveaxis(xs, 0, -1), np.moveaxis(ys, 0, -1)
    with np.errstate(all="ignore"):
        gx, gy = game.gx(x, y), game.gy(x, y)
    return _norm(
        *(
            np.moveaxis(np.broadcast_to(g, p.shape), -1, 0)
            for g, p in ((gx, x), (gy, y))
        )
    )


def _norm(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    square = (np.abs(p.reshape(len(p), -1)) ** 2 for p in (x, y))
    with np.errstate(all="ignore"):
        return np.asarray(np.sqrt(sum(s.sum(axis=1) for s in square)))


class _Counting:
    """A game that counts the calls of its oracles."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self.calls = dict.fromkeys(_ORACLES, 0)

    def __getattr__(self, name: str) -> Any:
        if name in _ORACLES:
            self.calls[name] += 1
        return getattr(self._game, name)


def oracle_calls(rule: Rule, game: Game) -> dict[str, int]:
    """Return how often one step of a rule calls each oracle of the game.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> oracle_calls(Extragradient(), Bilinear(1.0))
    {'gx': 2, 'gy': 2}
    """
    counting = _Counting(game)
    start = default_start(game)
    memory = rule.init(counting, *start)
    counting.calls = dict.fromkeys(_ORACLES, 0)
    rule.step(counting, *start, memory)
    return {name: calls for name, calls in counting.calls.items() if calls}
