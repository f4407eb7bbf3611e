"""Numbers."""

from __future__ import annotations

import functools

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

STEEP = [0.5, 0.25, 0.125, 0.0625]
"""Learning rates that make a mistake show within a few steps."""
_FAR = [16.0, 256.0, 4096.0]
"""Distances at which a mistake shows that only large states bring out."""


@functools.cache
def numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small dyadic numbers, whole ones first.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(numbers(), lambda v: v > 0.5)
    1.0
    """
    return st.sampled_from([v for size in _sizes(bound) for v in (size, -size)][1:])


@functools.cache
def positive_numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small positive dyadic numbers, whole ones first."""
    return st.sampled_from(_sizes(bound)[1:])


def _sizes(bound: int) -> list[float]:
    """Return eighths up to a bound and a few 64ths, the shortest to write first."""
    sizes = {n / 8 for n in range(8 * bound + 1)} | {n / 64 for n in range(1, 5)}
    return sorted(sizes, key=lambda v: (v.as_integer_ratio()[1], v))


@functools.cache
def positions() -> SearchStrategy[float]:
    """Return numbers to start from: small ones, and now and then one far away."""
    near = [v for size in _sizes(3) for v in (size, -size)][1:]
    return st.sampled_from(near + [v for size in _FAR for v in (size, -size)])
