"""The state of an optimizer as a tuple of numbers and arrays, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_COUNTERS = ("step",)
"""Counters, though a framework may keep them as arrays of one number."""


def frozen(tree: Any, counter: bool = False) -> tuple[Any, ...]:
    """Return the numbers in nested dicts and sequences, in a fixed order.

    Floating-point arrays keep their type; counts and switches become floats.
    """
    if isinstance(tree, dict):
        found = [frozen(tree[key], key in _COUNTERS) for key in sorted(tree)]
        return tuple(leaf for leaves in found for leaf in leaves)
    if isinstance(tree, tuple | list):
        return tuple(leaf for part in tree for leaf in frozen(part))
    if not _is_number(tree):
        return ()
    array = np.array(tree.detach().numpy() if hasattr(tree, "detach") else tree)
    if counter or array.dtype.kind != "f" or isinstance(tree, float):
        return (float(array),)
    return (array,)


def thawed(template: Any, leaves: Iterator[Any]) -> Any:
    """Return the template, which is changed nowhere, with other numbers."""
    if isinstance(template, dict):
        return {key: thawed(template[key], leaves) for key in sorted(template)}
    if isinstance(template, tuple | list):
        parts = [thawed(part, leaves) for part in template]
        named = hasattr(template, "_fields")
        return type(template)(*parts) if named else type(template)(parts)
    return _like(template, next(leaves)) if _is_number(template) else template


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, bool | int | float) or hasattr(leaf, "dtype")


def _like(template: Any, leaf: Any) -> Any:
    if isinstance(template, bool | int | float):
        return type(template)(leaf)
    if not hasattr(template, "detach"):
        return np.asarray(leaf, dtype=template.dtype)
    import torch

    if isinstance(leaf, np.ndarray):
        return torch.from_numpy(leaf.copy())
    return torch.full_like(template, float(leaf))
