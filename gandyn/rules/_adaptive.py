"""Adaptive rules: each player rescales its gradient by running moments of it."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive
from gandyn.rules._orders import _Moves


class _Adaptive(_Moves):
    """A rule that turns gradients into directions by moments of them."""

    linear: ClassVar[bool] = False
    orthogonal: ClassVar[bool] = False
    scales: ClassVar[bool | None] = False
    rate_times_loss: ClassVar[bool | None] = False

    lr_x: Positive = 0.001
    lr_y: Positive = 0.001

    def fresh_moments(self, g: Any) -> Any:
        """Return the moments before the first gradient."""
        raise NotImplementedError

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the direction to descend, and the moments updated by g."""
        raise NotImplementedError

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the same with all held that makes the step change with time."""
        raise NotImplementedError

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 1, "gy": 1}


class _Plain(_Adaptive):
    """Each player descends its direction."""

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return x's moments before the first step."""
        return self.fresh_moments(x)

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's moments before the first step."""
        return self.fresh_moments(y)

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x and its moments after its move."""
        u, moments = self.direction(game.gx(x, y), memory)
        return x - self.lr_x * u, moments

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y and its moments after its move."""
        u, moments = self.direction(game.gy(x, y), memory)
        return y - self.lr_y * u, moments


class _Optimistic(_Adaptive):
    """Each player descends twice its direction, less the last one."""

    def start_x(self, game: Any, x: Any, y: Any) -> Any:
        """Return x's moments, and the direction of the initial gradient."""
        g = game.gx(x, y)
        u, _ = self.direction(g, self.fresh_moments(g))
        return u, self.fresh_moments(g)

    def start_y(self, game: Any, x: Any, y: Any) -> Any:
        """Return y's moments, and the direction of the initial gradient."""
        g = game.gy(x, y)
        u, _ = self.direction(g, self.fresh_moments(g))
        return u, self.fresh_moments(g)

    def advance_x(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return x, its direction and its moments after its move."""
        last, moments = memory
        u, moments = self.direction(game.gx(x, y), moments)
        return x - self.lr_x * (2 * u - last), (u, moments)

    def advance_y(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return y, its direction and its moments after its move."""
        last, moments = memory
        u, moments = self.direction(game.gy(x, y), moments)
        return y - self.lr_y * (2 * u - last), (u, moments)


class _Extra(_Plain):
    """Both players extrapolate along their directions, then step from where they were.

    The moments take in the gradients of both half steps.
    """

    joint: ClassVar[bool | None] = True

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        memory_x, memory_y = memory
        u, memory_x = self.direction(game.gx(x, y), memory_x)
        w, memory_y = self.direction(game.gy(x, y), memory_y)
        half_x, half_y = x - self.lr_x * u, y - self.lr_y * w
        u, memory_x = self.direction(game.gx(half_x, half_y), memory_x)
        w, memory_y = self.direction(game.gy(half_x, half_y), memory_y)
        return x - self.lr_x * u, y - self.lr_y * w, (memory_x, memory_y)

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2}
