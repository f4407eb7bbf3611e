"""A small sweep, run into a store by a process that can be killed, and the judge."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn import Axis, sweep
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating
from gandyn.store import open_sweep
from gandyn.store.workers import Workers

AXES = {"lr_x": Axis(0.1, 3.0, 12, "log"), "lr_y": Axis(0.1, 3.0, 8, "log")}
TILE = 4
SMALL = {"lr_x": Axis(0.1, 3.0, 4, "log"), "lr_y": Axis(0.1, 3.0, 2, "log")}


class Problem(NamedTuple):
    """What is swept."""

    game: Any
    axes: dict[str, Any]
    options: dict[str, Any]


def _gan() -> Any:
    from gandyn.gans import make_gan

    return make_gan("dirac", regulariser="R1")


PROBLEMS = {
    "exact": Problem(Bilinear(), AXES, {"tile": TILE}),
    "simulated": Problem(
        DiracGAN(regulariser=R1(0.3)), AXES, {"tile": TILE, "steps": 60}
    ),
    "certified": Problem(
        Bilinear(), {"lr_x": [0.5, 1.0, 2.0, 4.0], "lr_y": [0.5, 1.0, 2.0]},
        {"tile": 3, "certify": True},
    ),
    "gan": Problem(
        _gan, {"lr_x": [0.1, 0.2, 3.0], "lr_y": [0.1, 0.3]},
        {"tile": 4, "steps": 12, "save_every": 0.0, "engine": "eager"},
    ),
    "two tiles": Problem(Bilinear(), SMALL, {"tile": 4}),
}  # fmt: skip


def run(problem: str, store: Path, executor: Any = None, **options: Any) -> None:
    """Run a problem into a store, or go on with it."""
    own = PROBLEMS[problem]
    game = own.game() if callable(own.game) else own.game
    sweep(
        Alternating(), game, own.axes, store=store, executor=executor,
        **own.options, **options,
    )  # fmt: skip


class ForkedWorkers(Workers):
    """Workers that are there at once, and need not import anything."""

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.num_workers, get_context("fork"))


@contextlib.contextmanager
def pool(kind: str, address: str = "") -> Iterator[Any]:
    """Give two workers of a kind."""
    if kind == "threads":
        with ThreadPoolExecutor(2) as made:
            yield made
    elif kind == "processes":
        with ForkedWorkers(2) as made:
            yield made
    else:
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            yield client


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own group; return its id at once.

    It ends with 0 if it came to its end, 3 if it was refused or ran out of disk.
    """
    sys.stdout.flush()
    early = {signal.SIGINT, signal.SIGTERM}  # hit before the child is on its own
    signal.pthread_sigmask(signal.SIG_BLOCK, early)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, early)
        return child
    code = 4
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, early)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        work()
        code = 0
    except KeyboardInterrupt:
        code = 130
    except ValueError:  # of gandyn's own
        code = 3
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def ended(child: int, most: float = 60) -> int:
    """Wait for a process, end what is left of its group, and return its exit status."""
    end = time.monotonic() + most
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            raise AssertionError(f"a run hangs: it is not over after {most:.0f} s")
        time.sleep(0.002)
    status = found[1]
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def content(store: Path) -> dict[str, bytes]:
    """Return all files of a store by their names."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file()
    }


class Judge:
    """Knows a serial run, and tells whether a store is on the way to it."""

    def __init__(self, problem: str, folder: Path) -> None:
        self.store = folder / "serial.zarr"
        run(problem, self.store, threads=1)
        self.files = content(self.store)
        with open_sweep(self.store) as found:
            self.cells = found.load()
        words = self.cells.verdict.attrs["flag_meanings"].split()
        self.unfinished = words.index("unfinished")
        assert not (self.cells.verdict == self.unfinished).any()

    def same(self, store: Path) -> None:
        """Fail unless a finished store has the same names and bytes."""
        assert content(store) == self.files
        beside = [path.name for path in store.parent.glob(".gandyn-*")]
        assert not beside, beside

    def on_the_way(self, store: Path) -> set[str]:
        """Fail if a store says anything wrong; return the tiles that are finished."""
        done = set()
        status = store / "tile_status" / "c"
        for path in status.rglob("*") if status.is_dir() else ():
            if path.is_file():
                done.add(str(path.relative_to(status)))
        for tile in done:
            for name in self.cells.data_vars:
                key = f"{name}/c/{tile}"
                assert (store / key).read_bytes() == self.files[key], key
        if (store / "zarr.json").exists():
            with open_sweep(store) as found:  # verdicts first: it may still be written
                found = found.load()
            decided = (found.verdict != self.unfinished).values
            for name in self.cells.data_vars:
                ours, theirs = found[name].values, self.cells[name].values
                np.testing.assert_array_equal(ours[decided], theirs[decided], name)
        return done
