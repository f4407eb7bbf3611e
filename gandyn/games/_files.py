"""Reading the matrices of games from a file; nothing is ever unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.errors import FieldError
from gandyn.games._arrays import real_array

SUFFIXES = (".npy", ".npz", ".mat")


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
    matrix = real_array(_pick(path, arrays), f"{path}: J")
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
    matrix = real_array(matrix, f"{path}: A")
    if matrix.ndim != 2:
        raise FieldError(f"{path}: A must be a matrix, got shape {matrix.shape}")
    return matrix, _vector(path, arrays, "b"), _vector(path, arrays, "c")


def _read(path: Path) -> dict[str, Any]:
    if path.suffix.lower() not in SUFFIXES:
        raise FieldError(
            f"{path}: unknown kind of file {path.suffix!r}; give {', '.join(SUFFIXES)}"
        )
    if not path.is_file():
        raise FieldError(f"{path}: no such file")
    return _read_mat(path) if path.suffix.lower() == ".mat" else _read_numpy(path)


def _vector(path: Path, arrays: dict[str, Any], name: str) -> Any:
    """Return a vector of a file, or the number 0 that stands for a constant one."""
    if name not in arrays:
        return 0.0
    return real_array(arrays[name], f"{path}: {name}").ravel()


def _read_numpy(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"J": loaded}
            return {key: loaded[key] for key in loaded.files}
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise FieldError(
            f"{path}: cannot be read as numbers: truncated, not a numpy file, or it "
            f"holds Python objects, which are never unpickled ({error})"
        ) from error


def _read_mat(path: Path) -> dict[str, Any]:
    from scipy import sparse
    from scipy.io import loadmat

    try:
        loaded = loadmat(path)
    except NotImplementedError as error:
        raise FieldError(
            f"{path}: MATLAB 7.3 files are not supported; save it with -v7"
        ) from error
    except Exception as error:  # the reader raises whatever a broken file trips
        raise FieldError(
            f"{path}: cannot be read, truncated or not a MATLAB file ({error})"
        ) from error
    return {
        key: value.toarray() if sparse.issparse(value) else np.asarray(value)
        for key, value in loaded.items()
        if not key.startswith("__")
    }


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
    number = real_array(value, f"{path}: n").ravel()
    if number.size != 1 or number[0] != round(number[0]):
        raise FieldError(f"{path}: n must be one whole number, got {value!r}")
    return int(number[0])
