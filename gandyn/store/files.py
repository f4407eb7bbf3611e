"""Files of a store: each is whole, and on the disk before what says so."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from gandyn._files import flush, lock
from gandyn.errors import GandynError

DRAFTS = "tile_status/drafts"
"""Folder, inside an array's so that no reader takes it for one, of what is being
written: a rename away from its place, and cleared by whoever goes on."""
LOCK = "lock"
"""File of the drafts' folder that the process which hands out the tiles has locked."""


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a store by their keys; return when all of them are on the disk.

    Each is written beside, flushed, and renamed into its place, which may hold the
    same content already; in the order in which they are given.
    """
    drafts = {key: root / DRAFTS / uuid4().hex for key in files}
    try:
        with contextlib.ExitStack() as opened:
            handles = []
            for key, draft in drafts.items():
                stream = opened.enter_context(draft.open("xb", buffering=0))
                handles.append(stream.fileno())
                _write(handles[-1], files[key])
            _flush(handles)
        changed = _make_folders(root, files)
        for key, draft in drafts.items():
            os.replace(draft, root / key)
        for folder in sorted(changed):
            flush(folder)
    except BaseException:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        raise


def _flush(handles: list[int]) -> None:
    """Have files on the disk, side by side: journals take those that wait at once."""
    if len(handles) == 1:
        os.fsync(handles[0])
        return
    with ThreadPoolExecutor(len(handles)) as pool:
        list(pool.map(os.fsync, handles))


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _make_folders(root: Path, keys: Iterable[str]) -> set[Path]:
    """Make the folders of files; return all folders in which a name will be new."""
    changed = set()
    for folder in {(root / key).parent for key in keys}:
        changed.add(folder)
        missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
        changed |= {one.parent for one in missing}
        folder.mkdir(parents=True, exist_ok=True)
    return changed


@contextlib.contextmanager
def sole_writer(root: Path) -> Iterator[None]:
    """Be the one process that hands out the tiles of a store, for a block.

    What an earlier one left half-written is cleared, and in the end the drafts' folder
    is: a worker that outlived its master finds nowhere to write.

    Raises
    ------
    GandynError
        If another process on this machine does so now.
    """
    drafts = root / DRAFTS
    drafts.mkdir(parents=True, exist_ok=True)
    (drafts / LOCK).touch()
    with lock(drafts / LOCK) as alone:
        if alone is False:
            raise GandynError(
                f"{root} is being written by another process: wait for it, or end it"
            )
        for path in drafts.iterdir():
            if path.name != LOCK and path.suffix != ".pt":
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield
        shutil.rmtree(drafts)
