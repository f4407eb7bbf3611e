"""Simultaneous play in a plane, and learning rates given as shares of the edge."""

from __future__ import annotations

import math

_WORDS = {"half": 0.5, "twice": 2.0}


def edge(trace: float, det: float) -> float:
    """Return the learning rate at which a plane of J loses stability.

    Multipliers 1 - lr λ of a complex pair leave the circle at trace/det, those of real
    λ at 2/max λ, a flip.

    Examples
    --------
    >>> edge(0.3, 0.25), edge(3.0, 2.0)
    (1.2, 1.0)
    """
    square = trace**2 - 4 * det
    if square < 0:
        return trace / det
    return 4 / (trace + math.sqrt(square))


def rate(trace: float, det: float, lr: float) -> float:
    """Return the logarithmic growth a step, that of the largest multiplier.

    Examples
    --------
    >>> round(rate(0.3, 0.25, 1.2), 12)
    0.0
    """
    square = trace**2 - 4 * det
    if square < 0:
        return math.log(1 - lr * trace + lr**2 * det) / 2
    root = math.sqrt(square)
    sizes = (abs(1 - lr * (trace + sign * root) / 2) for sign in (1, -1))
    return math.log(max(*sizes, 1e-300))


def of_critical(value: float | str, critical: float) -> float:
    """Return a number, or what a text such as "0.8 of the critical one" stands for.

    Examples
    --------
    >>> of_critical("half the critical one", 3.0), of_critical(0.1, 3.0)
    (1.5, 0.1)
    """
    if not isinstance(value, str):
        return float(value)
    word = value.split()[0]
    return critical * (_WORDS[word] if word in _WORDS else float(word))
