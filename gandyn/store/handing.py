"""Tiles handed to workers, again if a worker dies with them."""

from __future__ import annotations

import collections
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from typing import TYPE_CHECKING, Any

from gandyn.dynamics.plans import Progress
from gandyn.errors import GandynError
from gandyn.store.grids import Tile
from gandyn.store.workers import deaths_told_by

if TYPE_CHECKING:
    from gandyn.store.tiles import Store

AHEAD = 2
"""Tiles handed out for each worker: one in hand and one to go on with."""

_DEATHS = 3
"""So many workers may die with a tile before it is left alone."""


class Unfinished(GandynError):
    """The machine ended a stored sweep early; the same call goes on with it."""


class HandOut:
    """Tiles on their way through an executor, which may lose its workers.

    Which of the tiles in hand killed a worker nobody knows: from then on each of them
    is handed out alone, so that a second death has one cause.

    Parameters
    ----------
    job : callable
        Decides a tile; has an event ``stop``.
    store : Store
    pool : Executor
        One with a method ``renew`` is given new workers when its own die.
    size : int
        How many tiles are decided at once.
    """

    def __init__(self, job: Any, store: Store, pool: Executor, size: int) -> None:
        self._job, self._store, self._pool = job, store, pool
        self._most = AHEAD * size
        self._running: dict[Future[None], Tile] = {}
        self._suspects: collections.deque[Tile] = collections.deque()
        self._deaths: collections.Counter[Tile] = collections.Counter()
        self._alone = False
        self._in_a_row = 0

    def run(self, todo: list[Tile], report: Progress) -> None:
        """Have all tiles decided, a few of them waiting at a time.

        Raises
        ------
        Unfinished
            If workers died, and no new ones were to be had or a tile killed three, or
            a scheduler is gone.
        """
        total, rest, lost = self._store.grid.size, collections.deque(todo), set()
        done = total - len(todo)
        report(done, total)
        try:
            while self._submit(rest):
                for tile, died in self._finished():
                    if not died:
                        done += 1
                        report(done, total)
                    elif self._alone and self._deaths[tile] >= _DEATHS:
                        lost.add(tile)
                    else:
                        self._suspects.append(tile)
        finally:
            self._job.stop.set()
            for future in self._running:
                future.cancel()
        if lost:
            raise Unfinished(
                f"tiles of {self._store.path.name} that killed their workers "
                f"{_DEATHS} times: {len(lost)}, the first at cells "
                f"{_words(self._store.grid.box(min(lost)))}; all others are finished. "
                "Look at what the workers wrote, or give them more memory: the same "
                "sweep goes on with these"
            )

    def _submit(self, rest: collections.deque[Tile]) -> bool:
        """Hand tiles out, suspects alone; return whether any is in hand."""
        source, most = (self._suspects, 1) if self._suspects else (rest, self._most)
        while source and len(self._running) < most:
            tile = source.popleft()
            try:
                self._running[self._pool.submit(self._job, tile)] = tile
                self._alone = most == 1
            except BrokenExecutor as error:  # died idle, with what was finished
                source.appendleft(tile)
                if self._running:
                    break
                self._renew(error)
        return bool(self._running)

    def _finished(self) -> list[tuple[Tile, bool]]:
        """Return the tiles that came back, and whether a worker died with them."""
        back, _ = wait(self._running, return_when=FIRST_COMPLETED)
        errors = [future.exception() for future in back]
        broken = [error for error in errors if isinstance(error, BrokenExecutor)]
        if broken:  # the executor is lost, with all that it had
            back, _ = wait(self._running)
        found = [self._taken(future) for future in back]
        if broken:
            self._renew(broken[0])
        return found

    def _taken(self, future: Future[None]) -> tuple[Tile, bool]:
        tile, error = self._running.pop(future), future.exception()
        deaths = deaths_told_by(error)
        if isinstance(error, CancelledError):
            raise Unfinished(
                f"what decides {self._store.path.name} is gone: start another dask "
                "scheduler, and the same sweep goes on with what is finished"
            ) from error
        if error is not None and not deaths:
            raise error
        self._deaths[tile] += deaths
        self._in_a_row = self._in_a_row if deaths else 0
        return tile, bool(deaths)

    def _renew(self, cause: BaseException | None) -> None:
        self._in_a_row += 1
        renew: Callable[[], None] | None = getattr(self._pool, "renew", None)
        if renew is None or self._in_a_row > 2 * _DEATHS:  # they cannot even start
            raise Unfinished(
                f"a worker of {self._store.path.name} died: what is finished is kept, "
                "and the same sweep goes on with it"
            ) from cause
        renew()


def _words(box: tuple[slice, ...]) -> str:
    return ", ".join(f"{own.start}:{own.stop}" for own in box)
