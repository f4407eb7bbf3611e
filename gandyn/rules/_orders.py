"""The two orders of play: both players at once, or one after the other."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn.rules._alike import _WhereAlike
from gandyn.rules._base import Rule


class _Moves(Rule):
    """A rule given by each player's own move, with a memory of its own."""

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return x's memory before the first step."""
        return ()

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's memory before the first step."""
        return ()

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x and its memory after its move."""
        raise NotImplementedError

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y and its memory after its move."""
        raise NotImplementedError

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step: (x's, y's)."""
        return self.start_x(game, x, y), self.start_y(game, x, y)


class _Jacobi(_Moves):
    """Both players move from the old state."""

    joint = _WhereAlike()  # type: ignore[assignment]

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        memory_x, memory_y = memory
        next_x, next_memory_x = self.advance_x(game, x, y, memory_x)
        next_y, next_memory_y = self.advance_y(game, x, y, memory_y)
        return next_x, next_y, (next_memory_x, next_memory_y)


class _GaussSeidel(_Moves):
    """The second player sees the state that the first one has moved to."""

    joint: ClassVar[bool | None] = False

    y_first: bool = False

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        memory_x, memory_y = memory
        if self.y_first:
            y, memory_y = self.advance_y(game, x, y, memory_y)
        x, memory_x = self.advance_x(game, x, y, memory_x)
        if not self.y_first:
            y, memory_y = self.advance_y(game, x, y, memory_y)
        return x, y, (memory_x, memory_y)
