"""MATLAB's files, read by a process of its own: a damaged one can end only that.

scipy's reader of compressed files is compiled code that some damage makes crash, and a
small file can announce a sparse matrix that is huge once it is written out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from gandyn.errors import FieldError

_SECONDS = 120
"""What the longest file within the limit needs on a slow machine, and more."""


def read_mat(path: Path, limit: int) -> dict[str, Any]:
    """Return the arrays of a ``.mat`` file of MATLAB 5 to 7, sparse ones dense.

    Raises
    ------
    FieldError
        If it can't be read, or its arrays have more than ``limit`` bytes.
    """
    with tempfile.TemporaryDirectory(prefix="gandyn-") as folder:
        target = Path(folder) / "arrays.npz"
        command = [sys.executable, "-m", __name__, str(path), str(target), str(limit)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise FieldError(f"{path}: cannot be read within {_SECONDS} s") from None
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] if done.returncode == 1 else []
            raise FieldError(
                f"{path}: {said[0] if said else 'damaged: the reader crashed'}"
            )
        with np.load(target, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}


def _convert(source: str, target: str, limit: int) -> str:
    """Write the arrays of a file as ``.npz``; return what is wrong, if anything is."""
    from scipy import sparse
    from scipy.io import loadmat

    try:
        loaded = loadmat(source)
    except NotImplementedError:
        return "MATLAB 7.3 files are not supported; save it with -v7"
    except Exception as error:  # the reader raises whatever a broken file trips
        said = " ".join(str(error).split())[:100]
        return f"cannot be read, truncated or not a MATLAB file ({said})"
    arrays = {k: v for k, v in loaded.items() if not k.startswith("__")}
    size = sum(8 * int(np.prod(np.shape(v), dtype=object)) for v in arrays.values())
    if size > limit:
        return f"its arrays need {size} bytes, more than the limit of {limit}"
    dense = {k: v.toarray() if sparse.issparse(v) else v for k, v in arrays.items()}
    objects = [k for k, v in dense.items() if np.asarray(v).dtype.hasobject]
    if objects:
        return f"{objects[0]} holds cells or structures; give arrays of real numbers"
    np.savez(target, **dense)
    return ""


if __name__ == "__main__":
    sys.exit(_convert(sys.argv[1], sys.argv[2], int(sys.argv[3])) or None)
