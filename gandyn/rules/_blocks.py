"""Linear systems of the game Jacobian's blocks, numbers or matrices by the game."""

from __future__ import annotations

from typing import Any

from gandyn.elementary import divide, dot, solve_blocks, solve_implicit, solve_matrix


def solve_interaction(
    game: Any, xy: Any, yx: Any, a: Any, b: Any, u: Any, w: Any
) -> Any:
    """Return (I + diag(a, b)·J_off)⁻¹ (u, w), J_off the off-diagonal part of J."""
    if game.shape == ((), ()):  # blocks are numbers, whatever the batch's shape
        return solve_blocks(1, a * xy, b * yx, 1, u, w)
    return solve_implicit(0, xy, yx, 0, a, b, u, w)


def solve_response(game: Any, yx: Any, yy: Any, g: Any) -> Any:
    """Return J_yy⁻¹ J_yx g."""
    if game.shape == ((), ()):
        return divide(yx * g, yy)
    return solve_matrix(yy, dot(yx, g))
