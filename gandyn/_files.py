"""Writing results: checked before the work, and never left half-written."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from gandyn.errors import GandynError

_DRAFTS = f".gandyn-{getattr(os, 'getuid', int)()}"
"""Hidden folder of what a user is writing beside it; gone when nothing is. What others
left there is found without listing the thousands of files that may lie beside it."""
_NAME = 255
"""Bytes of a name, on the file systems that there are."""
_JOURNAL = "journal"
"""File of a stage which says that the drafts in it are whole."""
_TRIES = 100
"""Of making a stage, which fails where others remove the folder of drafts meanwhile."""
_HERE, _RENAME_EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux's renameat2."""


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
    if len(os.fsencode(path.name)) > _NAME:
        raise GandynError(f"cannot write {path}: a name has {_NAME} bytes at most")
    folder = path.parent
    if not os.path.isdir(folder):
        raise GandynError(
            f"cannot write {path}: there is no folder {folder}; create it first"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise GandynError(f"cannot write {path}: the folder {folder} is not writable")
    clear_drafts(folder)
    if path.exists() and not overwrite:
        raise GandynError(
            f"{path} exists: choose another name, or say overwrite=True (--overwrite)"
        )
    if path.is_dir() and path.suffix.lower() != ".zarr":
        raise GandynError(f"cannot write {path}: it is a folder")
    return path


def make_folder(folder: Path, parents: bool = True) -> None:
    """Make a folder, and those above it, unless they are there.

    Raises
    ------
    GandynError
        If that fails, with the system's words.
    """
    try:
        folder.mkdir(parents=parents, exist_ok=True)
    except OSError as error:
        raise GandynError(f"cannot make {folder}: {error.strerror}") from error


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary path with the same suffix, and move it into place at the end.

    If the block raises, nothing is left behind; what a killed process left is cleared
    by the next one that writes into the folder. A symbolic link is written through.
    """
    with together([path]) as (draft,):
        yield draft


@contextlib.contextmanager
def together(paths: Sequence[str | Path]) -> Iterator[list[Path]]:
    """Give a temporary path for each path, and at the end move all into place.

    Of those in one folder all change or none does: before the first is moved, a journal
    of the moves is on the disk, and where the process dies amid them, the next one that
    writes into that folder completes them.
    """
    targets = [Path(os.path.realpath(path)) for path in paths]
    with contextlib.ExitStack() as held:
        stages = {
            folder: held.enter_context(_stage(folder))
            for folder in dict.fromkeys(target.parent for target in targets)
        }
        yield [
            stages[target.parent].draft(Path(path).suffix, target.name)
            for path, target in zip(paths, targets, strict=True)
        ]
        for stage in stages.values():
            stage.seal()
        try:
            for stage in stages.values():
                stage.finish()
        except KeyboardInterrupt:  # it may have come amid the moves
            for stage in stages.values():
                stage.finish()
            raise


def clear_drafts(folder: Path) -> None:
    """Complete or remove what processes that are gone left half-written in a folder."""
    for place in sorted((folder / _DRAFTS).glob("*")):
        with lock(place) as alone:
            if not alone:
                continue
            _Stage(place).finish()
            shutil.rmtree(place, ignore_errors=True)
    _remove_if_empty(folder / _DRAFTS)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


class _Stage:
    """A folder among the drafts beside targets, where theirs are made."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._moves: list[tuple[str, str]] = []

    def draft(self, suffix: str, name: str) -> Path:
        """Return where a target of that name is to be written first."""
        self._moves.append((f"{len(self._moves)}{suffix}", name))
        return self._place / self._moves[-1][0]

    def seal(self) -> None:
        """Have the drafts on the disk, and then the word that they are whole."""
        for parent, _, names in os.walk(self._place):
            for name in names:
                flush(Path(parent, name))
            flush(Path(parent))
        moves = [(*move, _number(self._place / move[0])) for move in self._moves]
        journal = self._place / f"{_JOURNAL}.part"
        journal.write_text(json.dumps(moves), "utf-8")
        flush(journal)
        os.replace(journal, self._place / _JOURNAL)
        flush(self._place)

    def finish(self) -> None:
        """Move every draft that is still there into its place, if the journal is.

        Where it has been exchanged for what was there, its name has that one's number.
        """
        folder, journal = self._place.parents[1], self._place / _JOURNAL
        if not journal.exists():
            return
        for name, target, number in json.loads(journal.read_text("utf-8")):
            if _number(self._place / name) == number:
                _move(self._place / name, folder / target, self._place / "aside")
        flush(folder)
        journal.unlink()


@contextlib.contextmanager
def _stage(folder: Path) -> Iterator[_Stage]:
    """Make a stage in a folder, this process's until the end of the block."""
    clear_drafts(folder)
    for _ in range(_TRIES):
        place = folder / _DRAFTS / uuid4().hex
        try:
            place.parent.mkdir(exist_ok=True)
            place.mkdir()
        except FileNotFoundError:  # another process was the last to write there
            continue
        with lock(place):
            if not place.exists():  # cleared by another process before it was locked
                continue
            try:
                yield _Stage(place)
            finally:
                shutil.rmtree(place, ignore_errors=True)
                _remove_if_empty(place.parent)
            return
    raise OSError(errno.EAGAIN, "its folder is being cleared by other processes")


def _move(draft: Path, target: Path, aside: Path) -> None:
    """Rename a draft to its target; a folder that is there is exchanged for it."""
    if not target.exists() or not (target.is_dir() or draft.is_dir()):
        os.replace(draft, target)
    elif not _exchanged(draft, target):
        # For a moment nothing is there; the journal brings the new one in.
        os.replace(target, aside)
        os.replace(draft, target)


def _number(path: Path) -> int | None:
    """Return what the file system calls a file or folder, None if there is none."""
    try:
        return os.lstat(path).st_ino
    except FileNotFoundError:
        return None


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one operation, where the system has one (Linux)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return not rename(
        _HERE, os.fsencode(one), _HERE, os.fsencode(other), _RENAME_EXCHANGE
    )


@contextlib.contextmanager
def lock(path: Path) -> Iterator[bool | None]:
    """Lock a folder, or a file, for a block; tell whether nobody else has it.

    None where that cannot be told: some file systems of clusters have no locks. They
    end with the process, also where it leaves children.
    """
    try:
        import fcntl

        # network file systems lock what can be written only
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except (ImportError, OSError):
        yield None
        return
    _locked.add(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    except OSError:
        yield None
    else:
        yield True
    finally:
        _locked.remove(handle)
        os.close(handle)


_locked: set[int] = set()
"""Handles of the locks that this process has; a child inherits them."""


def _let_go() -> None:
    """Point the handles elsewhere in a child: whoever closes them need not know."""
    for handle in _locked:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, handle, inheritable=False)
        os.close(null)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def flush(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: str | Path, content: Any) -> None:
    """Write plain data as JSON, in place of what was there."""
    with atomic(path) as draft:
        draft.write_text(json.dumps(content, allow_nan=False, indent=1) + "\n", "utf-8")
