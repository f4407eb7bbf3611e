"""Nested tuples, which the memory of a rule is made of: their leaves, and new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to every leaf of nested tuples of the same structure.

    >>> map_leaves(lambda a, b: a + b, (1, (2, ())), (10, (20, ())))
    (11, (22, ()))
    """
    if isinstance(tree, tuple):
        parts = zip(tree, *others, strict=True)
        return tuple(map_leaves(function, *part) for part in parts)
    return function(tree, *others)


def flatten(tree: Any) -> list[Any]:
    """Return the leaves of nested tuples, left to right.

    >>> flatten((1, (2, ()), 3))
    [1, 2, 3]
    """
    if isinstance(tree, tuple):
        return [leaf for part in tree for leaf in flatten(part)]
    return [tree]


def refill(tree: Any, leaves: Iterable[Any]) -> Any:
    """Return nested tuples of the same structure with other leaves, left to right.

    >>> refill((1, (2, ()), 3), "abc")
    ('a', ('b', ()), 'c')
    """
    rest = iter(leaves)
    return map_leaves(lambda _: next(rest), tree)
