"""Why a rule cannot play a game, in words: what is missing, and which rules can."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn.games import Game
from gandyn.games.quadratic import Quadratic
from gandyn.rules import CATALOGUE, Rule

_PRODUCTS = {
    "gx": "the gradient gx(x, y)",
    "gy": "the gradient gy(x, y)",
    "jvp": "the product jvp(x, y, u, w) = J·(u, w)",
    "vjp": "the product vjp(x, y, u, w) = Jᵀ·(u, w)",
    "solve": "the solution solve(x, y, a, b, u, w) = (I + diag(a, b) J)⁻¹ (u, w)",
    "jacobian": "the blocks jacobian(x, y) of J",
    "cross": "each loss's gradient in the opponent's variable, cross(x, y)",
    "project": "the projection project(x, y)",
}
"""What rules ask of a game."""
_PROBES = (Quadratic(), Quadratic(f_xy=np.ones((2, 3))))
"""A game of two numbers and one of two vectors, with every product."""

_WELL_KNOWN = ("Simultaneous", "Alternating", "Extragradient", "OptimisticGradient")
"""Rules that are named first, where they can play."""
_SHOWN = 6


class WatchedGame:
    """A game that remembers what was asked of it, and what it did not have."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self.asked: set[str] = set()
        self.missing = ""

    def __getattr__(self, name: str) -> Any:
        if name not in _PRODUCTS:
            return getattr(self._game, name)
        self.asked.add(name)
        try:
            method = getattr(self._game, name)
        except AttributeError:
            self.missing = name
            raise

        def call(*args: Any) -> Any:
            try:
                return method(*args)
            except NotImplementedError:
                self.missing = name
                raise

        return call


def one_step(rule: Rule, game: Any, start: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the initial memory and the state after one step."""
    with np.errstate(all="ignore"):
        memory = rule.init(game, *start)
        return memory, rule.step(game, *start, memory)


def explain(
    rule: Rule, watched: WatchedGame, game: Game, start: Any, error: Exception
) -> str:
    """Return the message for a step that raised an error."""
    name, kind = type(rule).__name__, type(game).__name__
    if isinstance(error, ZeroDivisionError) and rule.inverts:
        return singular(rule, game, start)
    if watched.missing and isinstance(error, AttributeError | NotImplementedError):
        product = _PRODUCTS[watched.missing]
        return (
            f"{name} needs {product}, which {kind} does not have; {_who(game, start)}"
        )
    reason = f"{name} on {kind}: {type(error).__name__}: {error}"
    played = [_plays(rule, probe, _somewhere(probe)) for probe in _PROBES]
    vectors = game.shape != ((), ())
    if played[vectors] or not played[not vectors]:
        return f"{reason}; {_who(game, start)}"
    only, here = ("numbers", "vectors") if vectors else ("vectors", "numbers")
    return (
        f"{name} plays games of two {only} only, and {kind} is a game of {here} of the "
        f"shapes {game.shape}; {_who(game, start)} ({reason})"
    )


def singular(rule: Rule, game: Game, start: tuple[Any, Any]) -> str:
    """Return the message for a step that met a singular matrix."""
    x, y = start
    return (
        f"{type(rule).__name__} inverts {rule.inverts}, which is singular on "
        f"{type(game).__name__} at x = {x}, y = {y}; {_who(game, start)}"
    )


def _who(game: Game, start: tuple[Any, Any]) -> str:
    """Return which rules of the catalogue can play a game, as a clause."""
    able = [name for name, cls in CATALOGUE.items() if _plays(cls(), game, start)]
    if not able:
        return "no rule can"
    names = sorted(able, key=lambda name: name not in _WELL_KNOWN)[:_SHOWN]
    more = f" and {len(able) - _SHOWN} more" if len(able) > _SHOWN else ""
    return f"rules that can play it: {', '.join(names)}{more}"


def _plays(rule: Rule, game: Game, start: tuple[Any, Any]) -> bool:
    try:
        _, (x, y, _) = one_step(rule, game, start)
    except Exception:
        return False
    after = ((x, start[0]), (y, start[1]))
    return all(np.shape(p) == np.shape(s) and np.all(np.isfinite(p)) for p, s in after)


def _somewhere(game: Game) -> tuple[Any, Any]:
    if game.shape == ((), ()):
        return 0.5, 0.4
    return np.full(game.shape[0], 0.5), np.full(game.shape[1], 0.4)
