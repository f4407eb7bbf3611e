"""The tiles of a stored sweep, handed to any workers until none is left."""

from __future__ import annotations

import functools
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any

from gandyn._files import atomic
from gandyn.dynamics.engines.cells import Stopped
from gandyn.dynamics.plans import Plan, Progress
from gandyn.dynamics.tiles import single_blas
from gandyn.errors import GandynError
from gandyn.store.files import sole_writer
from gandyn.store.grids import Tile
from gandyn.store.handing import AHEAD, HandOut, Unfinished
from gandyn.store.tiles import Store
from gandyn.store.workers import UserFiles, as_executor, files_of


class TileJob:
    """Decides tiles and writes them; workers get it by pickling."""

    deciding: AbstractContextManager[Any]
    """Held while a tile is decided, not while it is written."""

    def __init__(self, plan: Plan, path: Path, tile_cells: int | None) -> None:
        self.plan, self.path, self.tile_cells = plan, path, tile_cells
        self.stop, self.deciding = Event(), nullcontext()

    @functools.cached_property
    def store(self) -> Store:
        """The store that the tiles belong to."""
        return Store(self.path, self.plan, self.tile_cells)

    def __call__(self, tile: Tile) -> None:
        """Decide a tile, unless another worker did so, and write it."""
        store = self.store
        if store.is_done(tile):
            return
        with self.deciding, single_blas:
            if self.stop.is_set():
                raise Stopped
            found = self.plan.decide(
                store.grid.box(tile), stop=self.stop, started=store.started(tile)
            )
        if self.stop.is_set():
            raise Stopped
        store.write(tile, found)

    def __reduce__(self) -> Any:
        # the files first: unpickling goes from left to right, and the plan needs them
        files = UserFiles(files_of(self.plan))
        return _received, (files, self.plan, self.path, self.tile_cells)


def _received(files: Any, plan: Plan, path: Path, tile_cells: int | None) -> TileJob:
    return TileJob(plan, path, tile_cells)


def run_stored(
    plan: Plan,
    path: str | Path,
    executor: Any = None,
    *,
    threads: int | None = None,
    tile: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Run a sweep into a store, or go on with it until every tile is finished.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        A folder that ends in ``.zarr``; made if it is not there.
    executor : Executor or dask.distributed.Client, optional
        What decides the tiles; threads of this process by default.
    threads : int, optional
        How many threads, without an executor.
    tile : int, optional
        Cells of a tile at most.
    overwrite : bool
        Whether another configuration's store, or another folder, may be replaced.
    progress : callable, optional
        Called with the tiles done and the tiles in all.

    Raises
    ------
    GandynError
        If the store is another sweep's.
    Unfinished
        If the disk is full or a worker died. What is finished is kept.
    """
    path = _checked(path)
    store = Store(path, plan, tile, overwrite)
    report = progress or (lambda done, total: None)
    try:
        if store.replaces:
            _replace(path)
        with sole_writer(path):
            if store.is_new or store.replaces:
                store.make(plan)
            todo = [one for one in store.grid if not store.is_done(one)]
            job = TileJob(plan, path, tile)
            if todo:
                _work(job, todo, store, executor, threads, report)
    except OSError as error:
        raise Unfinished(
            f"cannot write {path}: {error.strerror or error}; what is finished is "
            "kept, and the same sweep goes on with it"
        ) from error


def _replace(path: Path) -> None:
    """Put an empty folder in the place of a store that nobody writes into."""
    if path.is_dir():
        with sole_writer(path):
            pass
    with atomic(path) as draft:
        draft.mkdir()


def _checked(path: str | Path) -> Path:
    path = Path(os.path.abspath(path))
    if path.suffix != ".zarr":
        raise GandynError(f"a store is a folder that ends in .zarr, got {path.name}")
    if not path.parent.is_dir():
        raise GandynError(
            f"cannot write {path}: there is no folder {path.parent}; create it first"
        )
    return path


def _work(
    job: TileJob,
    todo: list[Tile],
    store: Store,
    executor: Any,
    threads: int | None,
    report: Progress,
) -> None:
    if executor is None:
        size = (threads or os.cpu_count() or 1) if job.plan.parallel else 1
        job.deciding = BoundedSemaphore(size)  # others write meanwhile
        with ThreadPoolExecutor(AHEAD * size) as own:
            HandOut(job, store, own, size).run(todo, report)
        return
    pool, size = as_executor(executor)
    if not isinstance(pool, ThreadPoolExecutor):
        _check_sendable(job)
    HandOut(job, store, pool, size).run(todo, report)


def _check_sendable(job: TileJob) -> None:
    try:
        pickle.dumps(job)
    except Exception as error:
        raise GandynError(
            f"the sweep cannot be sent to other processes: {error}; keep its rule and "
            "game in a file FILE.py, or use threads"
        ) from error
