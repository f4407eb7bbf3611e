"""Tiles handed to workers, again if a worker dies with them."""

from __future__ import annotations

import collections
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import TYPE_CHECKING, Any

from gandyn.dynamics.plans import Progress
from gandyn.errors import GandynError
from gandyn.store.grids import Tile

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
        self._in_a_row = 0

    def run(self, todo: list[Tile], report: Progress) -> None:
        """Have all tiles decided, a few of them waiting at a time.

        Raises
        ------
        Unfinished
            If workers died, and no new ones were to be had or a tile killed three.
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
                    elif self._deaths[tile] >= _DEATHS:
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
                f"{_words(self._store.grid.box(min(lost)))}; all others are finished"
            )

    def _submit(self, rest: collections.deque[Tile]) -> bool:
        """Hand tiles out, suspects alone; return whether any is in hand."""
        source, most = (self._suspects, 1) if self._suspects else (rest, self._most)
        while source and len(self._running) < most:
            tile = source.popleft()
            try:
                self._running[self._pool.submit(self._job, tile)] = tile
            except BrokenExecutor as error:  # died idle, with what was finished
                source.appendleft(tile)
                if self._running:
                    break
                self._renew(error)
        return bool(self._running)

    def _finished(self) -> list[tuple[Tile, bool]]:
        """Return the tiles that came back, and whether a worker died with them."""
        back, _ = wait(self._running, return_when=FIRST_COMPLETED)
        broken = [f for f in back if isinstance(f.exception(), BrokenExecutor)]
        if not broken:
            return [(self._taken(future), False) for future in back]
        wait(self._running)  # the executor is lost, with all that it had
        found = []
        for future in list(self._running):
            died = isinstance(future.exception(), BrokenExecutor)
            tile = self._running.pop(future) if died else self._taken(future)
            self._deaths[tile] += died
            found.append((tile, died))
        self._renew(broken[0].exception())
        return found

    def _taken(self, future: Future[None]) -> Tile:
        tile = self._running.pop(future)
        future.result()
        self._in_a_row = 0
        return tile

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
