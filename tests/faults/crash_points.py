"""Kills a process before, or fails, one of its operations on files."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def count_operations(folder: Path, reached: Callable[[str], None]) -> None:
    """Call a function before each operation that changes a folder, in this process.

    Names of files come from Python's audit events; writes and flushes, which have none,
    from `os.write` and `os.fsync`. The hook cannot be taken away: use it in a process
    of its own.
    """
    root, busy = str(folder), [False]

    def within(value: Any) -> bool:
        named = isinstance(value, str | Path)
        return named and os.path.abspath(value).startswith(root)

    def tell(event: str) -> None:
        if not busy[0]:
            busy[0] = True
            reached(event)
            busy[0] = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if within(path) and flags & _WRITING:
                tell(event)
        elif event in _CHANGES and within(args[0]):
            tell(event)

    for name in ("write", "fsync"):
        setattr(os, name, _told(getattr(os, name), name, tell))
    sys.addaudithook(hook)


def _told(function: Callable[..., Any], name: str, tell: Any) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        tell(name)
        return function(*args)

    return call


def kill_at(folder: Path, point: int) -> None:
    """Have SIGKILL end this process before its operation of a number on a folder."""
    seen = [0]

    def reached(event: str) -> None:
        if seen[0] == point:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1

    count_operations(folder, reached)


def fail_at(folder: Path, point: int, lasting: bool = True) -> None:
    """Have writes to a folder fail for want of space, from one operation on."""
    seen = [0]

    def reached(event: str) -> None:
        seen[0] += 1
        full = seen[0] > point if lasting else seen[0] == point + 1
        if full and event in ("write", "open", "os.mkdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    count_operations(folder, reached)
