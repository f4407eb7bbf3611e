"""A game's oracle with clipped gradients."""

from __future__ import annotations

from typing import Any

from gandyn.elementary import clip, inner, select, sqrt


class _Clipped:
    def __init__(self, game: Any, bound_x: Any, bound_y: Any) -> None:
        self.game, self.bound_x, self.bound_y = game, bound_x, bound_y
        self.shape = game.shape

    def for_call(self, call: int) -> Any:
        """Return the oracle on another batch of a GAN's step."""
        if not hasattr(self.game, "for_call"):
            return self
        return type(self)(self.game.for_call(call), self.bound_x, self.bound_y)

    def project(self, x: Any, y: Any) -> Any:
        """Return the game's allowed state next to (x, y)."""
        return self.game.project(x, y)


class ClippedByValue(_Clipped):
    """A game's oracle with every entry of a gradient limited to [-bound, bound]."""

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient, clipped."""
        return clip(self.game.gx(x, y), self.bound_x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient, clipped."""
        return clip(self.game.gy(x, y), self.bound_y)


class ClippedByNorm(_Clipped):
    """A game's oracle with each player's gradient shortened to a norm of bound."""

    def gx(self, x: Any, y: Any) -> Any:
        """Return x's gradient, shortened."""
        return self.shortened(self.game.gx(x, y), self.bound_x)

    def gy(self, x: Any, y: Any) -> Any:
        """Return y's gradient, shortened."""
        return self.shortened(self.game.gy(x, y), self.bound_y)

    def shortened(self, g: Any, bound: Any) -> Any:
        """Return g·min(1, bound/|g|)."""
        square = inner(self.game, g, g)
        excess = square - bound * bound
        over = select(excess, square, bound * bound + 0 * square)
        return g * select(excess, bound / sqrt(over), 1.0 + 0 * square)


def clipped_by_value(game: Any, bound_x: Any, bound_y: Any) -> ClippedByValue:
    """Return the oracle; kernels have a version of their own."""
    return ClippedByValue(game, bound_x, bound_y)


def clipped_by_norm(game: Any, bound_x: Any, bound_y: Any) -> ClippedByNorm:
    """Return the oracle; kernels have a version of their own."""
    return ClippedByNorm(game, bound_x, bound_y)
