"""Numbers and learning rates."""

from __future__ import annotations

import functools

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

STEEP = [0.5, 0.25, 0.125, 0.0625]
"""Learning rates that make a mistake show within a few steps."""


@functools.cache
def numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small dyadic numbers, whole ones first.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(numbers(), lambda v: v > 0.5)
    1.0
    """
    whole = st.integers(-bound, bound).map(float)
    return st.one_of(whole, st.integers(-8 * bound, 8 * bound).map(lambda n: n / 8))


@functools.cache
def positive_numbers(bound: int = 3) -> SearchStrategy[float]:
    """Return small positive dyadic numbers, whole ones first."""
    whole = st.integers(1, bound).map(float)
    return st.one_of(whole, st.integers(1, 8 * bound).map(lambda n: n / 8))


@functools.cache
def rates() -> SearchStrategy[tuple[float, float] | None]:
    """Return learning rates (lr_x, lr_y), or None for a rule's own."""
    return st.one_of(
        st.none(), st.tuples(st.sampled_from(STEEP), st.sampled_from(STEEP))
    )
