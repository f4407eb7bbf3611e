"""What a sweep has to do, before it is cut into tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import Any

from gandyn.dynamics.axes import Dimension
from gandyn.games import Game
from gandyn.rules import Rule

STEPS = 32768
"""Default budget: |ρ - 1| = 1e-3 contracts by e^-33 within it."""
ESCAPE = 1e8
"""Growth over the initial state that counts as divergence; no transient of the rules
here grows as far and comes back."""


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
