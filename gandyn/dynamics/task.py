"""What a sweep has to do, before it is cut into tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import Any

from gandyn._arguments import checked
from gandyn.dynamics.axes import Dimension
from gandyn.errors import FieldError
from gandyn.games import Game
from gandyn.rules import Rule

STEPS = 32768
"""Default budget: |ρ - 1| = 1e-3 contracts by e^-33 within it."""
ESCAPE = 1e8
"""Growth over the initial state that counts as divergence; no transient of the rules
here grows as far and comes back."""


_MOST = {"steps": 2**31 - 1, "threads": 4096}
"""The number of steps of a cell is kept in 32 bits."""


@checked
def check_limits(steps: int, escape: float, threads: int | None = None) -> None:
    """Raise FieldError for limits under which nothing can be seen."""
    for name, value in (("steps", steps), ("threads", threads)):
        if value is None:
            continue
        if value < 1:
            raise FieldError(
                f"{name} must be a whole number of at least 1, got {value}"
            )
        if value > _MOST[name]:
            raise FieldError(f"{name} must be at most {_MOST[name]}, got {value}")
    if not escape > 1:
        raise FieldError(f"escape must be above 1, got {escape}")


@dataclass(frozen=True)
class Task:
    """A grid of cells with everything that decides them."""

    rule: Rule
    game: Game
    dimensions: tuple[Dimension, ...]
    start: tuple[Any, Any]
    steps: int
    escape: float
    exact: bool
    stop: Event = field(default_factory=Event)
