"""Conversion and checks of the matrices and vectors that games hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from gandyn._node import Node
from gandyn.errors import FieldError


def set_array(node: Node, field: str, *ndims: int) -> None:
    """Turn a field given as nested sequences or an array into a float64 array.

    Numbers, symbols and tensors stay as they are.

    Raises
    ------
    FieldError
        If it is empty, not real numbers, or has another number of axes.
    """
    value = getattr(node, field)
    if isinstance(value, list | tuple | np.ndarray):
        label = f"{type(node).__name__}: {field}"
        array = real_array(value, label)
        if array.ndim not in ndims:
            raise FieldError(
                f"{label} must have {' or '.join(map(str, ndims))} axes, "
                f"got shape {array.shape}"
            )
        object.__setattr__(node, field, array)


def real_array(value: Any, label: str) -> np.ndarray:
    """Return a copy of real, finite numbers as float64.

    Raises
    ------
    FieldError
        If the value is empty, ragged, not real numbers or not finite.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise FieldError(f"{label} must be an array of equal rows") from error
    if array.dtype.kind not in "iuf":
        raise FieldError(f"{label} must hold real numbers, got type {array.dtype}")
    if array.size == 0:
        raise FieldError(f"{label} must not be empty, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise FieldError(
            f"{label} must be finite everywhere, got {array[where]} at index {where}"
        )
    return array


def check_length(node: Node, field: str, length: int) -> None:
    """Raise FieldError if a vector field has another length."""
    value = getattr(node, field)
    if isinstance(value, np.ndarray) and value.shape != (length,):
        raise FieldError(
            f"{type(node).__name__}: {field} must be a number or have shape "
            f"({length},), got {value.shape}"
        )


def spread(value: Any, length: int) -> np.ndarray:
    """Return a number or a vector as a vector of that length."""
    array = np.asarray(value)
    array = array if array.dtype == object else array.astype(float)  # exact numbers
    return np.broadcast_to(array, (length,)).copy()
