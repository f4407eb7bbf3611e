"""Who decides tiles: threads, processes that end with their master, or a cluster."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    InvalidStateError,
    ProcessPoolExecutor,
)
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from gandyn._node import Node, fields
from gandyn._userfile import load_module
from gandyn.errors import FieldError, GandynError, MissingExtra


class UserFiles:
    """Python files that a worker must read before it can make a rule or a game."""

    def __init__(self, files: Iterable[tuple[str, str]]) -> None:
        self.files = tuple(files)

    def __reduce__(self) -> Any:
        return _loaded, (self.files,)


def _loaded(files: tuple[tuple[str, str], ...]) -> UserFiles:
    for path, digest in files:
        load_module(Path(path), digest)
    return UserFiles(files)


def files_of(plan: Any) -> list[tuple[str, str]]:
    """Return path and SHA-256 of the files that define a plan's rule and game."""
    found = set()
    for node in _nodes_in(plan, 3):
        own = vars(sys.modules[type(node).__module__])
        if "__source_digest__" in own:
            found.add((str(own["__file__"]), str(own["__source_digest__"])))
    return sorted(found)


def _nodes_in(value: Any, depth: int) -> Iterable[Node]:
    if isinstance(value, Node):
        yield value
        for part in fields(value).values():
            yield from _nodes_in(part, depth)
    elif depth and hasattr(value, "__dict__") and not isinstance(value, type):
        for part in vars(value).values():
            yield from _nodes_in(part, depth - 1)


class Workers(Executor):
    """Processes that leave Ctrl-C to their master, end with it, and are replaced.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        self.num_workers = count
        self._own = self._new()

    def _new(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.num_workers, context, initializer=_begin)

    def submit(self, job: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a process call a function."""
        return self._own.submit(job, *args, **kwargs)

    def renew(self) -> None:
        """Replace all processes, after one of them died."""
        self.shutdown()
        self._own = self._new()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the processes; what they have in hand is dropped.

        They are killed: one that is asked to end may wait for ever on a lock that
        another held when it died.
        """
        for process in list((self._own._processes or {}).values()):
            process.kill()
        self._own.shutdown(wait, cancel_futures=cancel_futures)


@contextlib.contextmanager
def worker_processes(count: int) -> Iterator[Workers]:
    """Give processes for tiles, that leave Ctrl-C to their master and end with it.

    Those that die are replaced by new ones.

    Raises
    ------
    FieldError
        If the number is not a whole one from 1 on.
    """
    if count != int(count) or count < 1:
        raise FieldError(f"workers must be a whole number from 1 on, got {count}")
    pool = Workers(int(count))
    try:
        yield pool
    finally:
        pool.shutdown()


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    master = multiprocessing.parent_process()
    if master is not None:
        threading.Thread(target=_end_with, args=(master,), daemon=True).start()


def _end_with(master: Any) -> None:
    wait([master.sentinel])
    os._exit(1)


class Cluster(Executor):
    """The workers of a dask client, for jobs that return nothing.

    dask's own executor fetches every result, and waits for ever for one whose worker
    died with it (distributed 2026.8); a tile is on the disk when its job has ended.

    Parameters
    ----------
    client : dask.distributed.Client
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.num_workers = max(1, sum(client.nthreads().values()))

    def submit(self, job: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call a function."""
        own: Future[Any] = Future()
        theirs = self._client.submit(job, *args, pure=False, **kwargs)
        own.add_done_callback(lambda future: future.cancelled() and theirs.cancel())
        theirs.add_done_callback(functools.partial(_pass_on, own))
        return own


def _pass_on(own: Future[Any], theirs: Any) -> None:
    """Tell a future how dask's ended."""
    error = theirs.exception() if theirs.status == "error" else None
    if theirs.status not in ("finished", "error") or _is_cut(error):
        error = CancelledError()
    with contextlib.suppress(InvalidStateError):  # it was cancelled meanwhile
        own.set_result(None) if error is None else own.set_exception(error)


def _is_cut(error: BaseException | None) -> bool:
    """Tell whether dask's connection to its scheduler has ended."""
    dask = sys.modules.get("distributed")
    return dask is not None and isinstance(error, dask.comm.CommClosedError)


def connect(address: str) -> Any:
    """Return a client of a dask scheduler.

    Raises
    ------
    GandynError
        If there is none at the address.
    MissingExtra
        If dask is not installed.
    """
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ModuleNotFoundError as error:
        raise MissingExtra("dask.distributed", "dask") from error
    try:
        resolve_address(address)  # a client of none prints a traceback when it goes
        return Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise GandynError(f"no dask scheduler answers at {address}: {error}") from error


def as_executor(executor: Any) -> tuple[Executor, int]:
    """Return an executor for tiles, and how many it decides at once.

    Raises
    ------
    FieldError
        If it is neither an executor nor a client of dask.
    """
    if isinstance(executor, Executor):
        size = getattr(executor, "num_workers", None)  # what mpi4py's has
        size = size or getattr(executor, "_max_workers", None) or os.cpu_count()
        return executor, int(size or 1)
    if hasattr(executor, "nthreads"):
        own = Cluster(executor)
        return own, own.num_workers
    raise FieldError(
        "executor must be a concurrent.futures.Executor or a dask.distributed.Client, "
        f"got {type(executor).__name__}"
    )


def deaths_told_by(error: BaseException | None) -> int:
    """Return how many workers died, as the error that ended a tile tells.

    A dask scheduler replaces them and tries again, until it has seen a few die.
    """
    if isinstance(error, BrokenExecutor):
        return 1
    dask = sys.modules.get("distributed")
    if dask is not None and isinstance(error, dask.KilledWorker):
        return int(error.allowed_failures) + 1
    return 0
