"""Points of a game, as users give them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gandyn._parameters import Parameter
from gandyn.errors import FieldError
from gandyn.games import Game


def checked_point(game: Game, point: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a point as two arrays of floats.

    Raises
    ------
    FieldError
        If it is no pair of finite numbers or arrays of the players' shapes.
    """
    try:
        x, y = (np.asarray(part, dtype=float) for part in point)
    except (TypeError, ValueError):
        raise FieldError(f"point: give a pair (x, y), got {point!r}") from None
    for name, part, shape in zip("xy", (x, y), game.shape, strict=True):
        if part.shape != shape:
            raise FieldError(
                f"point: {name} has shape {part.shape}, {type(game).__name__} needs "
                f"{shape}"
            )
        if not np.isfinite(part).all():
            raise FieldError(f"point: {name} must be finite, got {part}")
    return x, y


def check_apart(parameters: Sequence[Parameter]) -> None:
    """Raise FieldError if two parameters set the same field, as lr and lr_x do."""
    for one, other in itertools.combinations(parameters, 2):
        both = sorted(path for _, path in set(one.targets) & set(other.targets))
        if both:
            raise FieldError(
                f"{one.name} and {other.name} both set {both[0]}: give one of them"
            )
