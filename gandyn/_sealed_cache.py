"""Entries of numba's cache that are verified before anything in them is loaded.

Numba keeps compiled code as pickles, and a pickle runs what it likes. So a folder is
used only if nobody else can write to it, and an entry only if its digest is right:
what is damaged is compiled again and replaced.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile

_DIGEST = hashlib.sha256().digest_size


def own_folder(folder: Path) -> Path | None:
    """Return a folder that nobody else can write to, made if need be, or None."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return None
    return folder if stat.S_ISDIR(found.st_mode) and _owned(found) else None


def _owned(found: os.stat_result) -> bool:
    """Tell whether a file is this user's, and no one else may write to it."""
    if not hasattr(os, "geteuid"):
        return True  # access is governed by lists there, and the folder is the user's
    mine = found.st_uid == os.geteuid()
    return mine and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class SealedFile(IndexDataCacheFile):  # type: ignore[misc]
    """Numba's index and data files, each behind its SHA-256.

    What can't be read, is another's, or has another digest counts as missing; what
    can't be written (a full or read-only disk) is left out.
    """

    def save(self, key: Any, data: Any) -> None:
        """Save an entry, or don't where the disk will not have it."""
        try:
            super().save(key, data)
        except OSError:
            return

    def _load_index(self) -> dict[Any, str]:
        found = self._opened(self._index_path)
        return found if isinstance(found, dict) else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, overloads)

    def _load_data(self, name: str) -> Any:
        return self._opened(self._data_path(name))

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _opened(self, path: str) -> Any:
        try:
            with open(path, "rb") as file:
                if not _owned(os.fstat(file.fileno())):
                    return None
                content = file.read()
        except OSError:
            return None
        seal, payload = content[:_DIGEST], content[_DIGEST:]
        if seal != self._seal(path, payload):
            return None
        try:
            return pickle.loads(payload)  # noqa: S301
        except Exception:  # whatever a class that is gone or has changed raises
            return None

    def _write(self, path: str, content: Any) -> None:
        payload = self._dump(content)
        with self._open_for_write(path) as file:
            file.write(self._seal(path, payload) + payload)

    def _seal(self, path: str, payload: bytes) -> bytes:
        """Return the digest of an entry in its place: one of another kernel differs."""
        place = f"{os.path.basename(path)} {self._source_stamp} {self._version} "
        return hashlib.sha256(place.encode() + payload).digest()
