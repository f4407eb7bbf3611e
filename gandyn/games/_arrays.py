"""The matrices and vectors that games hold: converted, checked, read from files."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from gandyn._node import Node
from gandyn.errors import FieldError
from gandyn.games._matlab import read_mat

_SUFFIXES = (".npy", ".npz", ".mat")
_NAMES = ("J", "n", "point", "A", "b", "c")
"""What is read of an archive; of one with none of them, everything."""
LIMIT = 2**31
"""Bytes that arrays of a file may announce: a square matrix of 16,384 rows."""


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
        array = _real_array(value, label)
        if array.ndim not in ndims:
            raise FieldError(
                f"{label} must have {' or '.join(map(str, ndims))} axes, "
                f"got shape {array.shape}"
            )
        object.__setattr__(node, field, array)


def _real_array(value: Any, label: str) -> np.ndarray:
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


def as_vector(value: Any, length: int) -> np.ndarray:
    """Return a number or a vector as a vector of that length."""
    array = np.asarray(value)
    array = array if array.dtype == object else array.astype(float)  # exact numbers
    return np.broadcast_to(array, (length,)).copy()


def read_linear(path: str | Path) -> tuple[np.ndarray, int | None, Any]:
    """Return (J, n, point) from a ``.npy``, ``.npz`` or ``.mat`` file.

    ``n`` is None and ``point`` 0.0 where the file doesn't hold them.

    Raises
    ------
    FieldError
        Naming the file and what is wrong with it.
    """
    path = Path(path)
    arrays = _read(path)
    matrix = _real_array(_pick(path, arrays), f"{path}: J")
    split = arrays.get("n")
    point = _vector(path, arrays, "point")
    return matrix, None if split is None else _whole(path, split), point


def read_bilinear(path: str | Path) -> tuple[np.ndarray, Any, Any]:
    """Return (A, b, c) from a ``.npy``, ``.npz`` or ``.mat`` file.

    ``b`` and ``c`` are 0.0 where the file doesn't hold them.

    Raises
    ------
    FieldError
        Naming the file and what is wrong with it.
    """
    path = Path(path)
    arrays = _read(path)
    if "A" not in arrays and len(arrays) != 1:
        raise FieldError(
            f"{path}: name the matrix A; found {', '.join(arrays) or 'nothing'}"
        )
    matrix = arrays["A"] if "A" in arrays else next(iter(arrays.values()))
    matrix = _real_array(matrix, f"{path}: A")
    if matrix.ndim != 2:
        raise FieldError(f"{path}: A must be a matrix, got shape {matrix.shape}")
    return matrix, _vector(path, arrays, "b"), _vector(path, arrays, "c")


def _read(path: Path) -> dict[str, Any]:
    if path.suffix.lower() not in _SUFFIXES:
        raise FieldError(
            f"{path}: unknown kind of file {path.suffix!r}; give {', '.join(_SUFFIXES)}"
        )
    if not os.path.isfile(path):  # False, not an error, where the name is too long
        raise FieldError(f"{path}: no such file")
    return read_mat(path, LIMIT) if path.suffix.lower() == ".mat" else _read_numpy(path)


def _vector(path: Path, arrays: dict[str, Any], name: str) -> Any:
    """Return a vector of a file, or the number 0 that stands for a constant one."""
    if name not in arrays:
        return 0.0
    return _real_array(arrays[name], f"{path}: {name}").ravel()


def _read_numpy(path: Path) -> dict[str, Any]:
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                _check_size(path, "its array", _announced(stream))
            return {"J": np.load(path, allow_pickle=False)}
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            matrix = {"J", "A"} & set(names)
            wanted = [name for name in names if name in _NAMES or not matrix]
            total = 0
            for name in wanted:
                with archive.open(f"{name}.npy") as member:
                    total += _announced(member)
            _check_size(path, ", ".join(wanted), total)
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in wanted}
    except FieldError:
        raise
    except Exception as error:  # the readers raise whatever a broken file trips
        raise FieldError(
            f"{path}: cannot be read as numbers: truncated, not a numpy file, or it "
            f"holds Python objects, which are never unpickled ({error})"
        ) from error


def _announced(stream: Any) -> int:
    """Return how many bytes the header of an array in numpy's format announces."""
    major, _ = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    shape, _, dtype = (read if major == 1 else np.lib.format.read_array_header_2_0)(
        stream
    )
    return math.prod(shape) * dtype.itemsize


def _check_size(path: Path, what: str, size: int) -> None:
    if size > LIMIT:
        raise FieldError(
            f"{path}: {what} would need {size} bytes, more than the limit of {LIMIT}"
        )


def _pick(path: Path, arrays: dict[str, Any]) -> Any:
    """Return the array named J, or the only square one."""
    if "J" in arrays:
        return arrays["J"]
    square = [
        key
        for key, value in arrays.items()
        if value.ndim == 2 and value.shape[0] == value.shape[1] > 1
    ]
    if len(square) != 1:
        raise FieldError(
            f"{path}: name the game Jacobian J; found {', '.join(arrays) or 'nothing'}"
        )
    return arrays[square[0]]


def _whole(path: Path, value: Any) -> int:
    number = _real_array(value, f"{path}: n").ravel()
    if number.size != 1 or number[0] != round(number[0]):
        raise FieldError(f"{path}: n must be one whole number, got {value!r}")
    return int(number[0])
