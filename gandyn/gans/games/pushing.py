"""Derivatives along a direction, also where torch has no forward ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.func import jvp, vjp
from torch.utils import _pytree as pytree


def pushed(function: Callable[..., Any], at: Any, along: Any) -> Any:
    """Return the derivative of a function of tensors along a direction.

    Forward, or where an operation has no forward derivative (weight normalisation, a
    squared error behind an embedding), by two transposes: p ↦ Jᵀp is linear, and its
    transpose is J.

    Parameters
    ----------
    function : callable
        Returns a tensor, or a tuple of them.
    at, along : tuple of Tensor

    Examples
    --------
    >>> z = torch.tensor([2.0, 3.0])
    >>> pushed(torch.square, (z,), (torch.ones(2),))
    tensor([4., 6.])
    """
    try:
        return jvp(function, at, along)[1]
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
    return transposed_twice(function, at, along)


def transposed_twice(function: Callable[..., Any], at: Any, along: Any) -> Any:
    """Return the same by reverse derivatives alone."""
    value = pytree.tree_map(torch.zeros_like, function(*at))

    def pulled(p: Any) -> Any:
        # taken anew for each p, inside the outer derivative
        return vjp(function, *at)[1](p)

    _, again, *_ = vjp(pulled, value)
    return again(tuple(along))[0]
