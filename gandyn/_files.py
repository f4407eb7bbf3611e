"""Writing results: checked before the work, and never left half-written."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from gandyn.errors import GandynError


def check_target(path: str | Path, suffixes: Collection[str], overwrite: bool) -> Path:
    """Return a path that may be written, or raise before any work is done.

    Raises
    ------
    GandynError
        If the suffix is not among those given, the folder is missing or not writable,
        or the path exists and may not be overwritten.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise GandynError(
            f"cannot write {path}: its name must end in {', '.join(sorted(suffixes))}"
        )
    folder = path.parent
    if not folder.is_dir():
        raise GandynError(
            f"cannot write {path}: there is no folder {folder}; create it first"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise GandynError(f"cannot write {path}: the folder {folder} is not writable")
    if path.exists() and not overwrite:
        raise GandynError(
            f"{path} exists: choose another name, or say overwrite=True (--overwrite)"
        )
    if path.is_dir() and path.suffix.lower() != ".zarr":
        raise GandynError(f"cannot write {path}: it is a folder")
    return path


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary path with the same suffix, and move it into place at the end.

    If the block raises, nothing is left behind. The temporary folder is beside the
    target, so that the move is a rename.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix=".gandyn-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        yield draft
        if path.exists() and (path.is_dir() or draft.is_dir()):
            os.replace(path, Path(folder) / "replaced")  # a rename replaces no folder
        os.replace(draft, path)


def write_json(path: str | Path, content: Any) -> None:
    """Write plain data as JSON, in place of what was there."""
    with atomic(path) as draft:
        draft.write_text(json.dumps(content, allow_nan=False, indent=1) + "\n", "utf-8")
