"""A dask scheduler and two workers, forked: one that dies is replaced at once.

dask's own nannies take seconds for it, and under load they leave a cluster empty.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import xarray  # noqa: F401 - what a worker needs is there when it is forked
import zarr  # noqa: F401
from distributed import Client, Scheduler, Worker

from tests.faults import trials  # noqa: F401

_WORKERS = 2
_ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Give the address of a scheduler."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=_ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def workers_of(address: str) -> list[int]:
    """Return the processes of the workers."""
    with Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def _forked(make: Callable[[], Any], say: Callable[[str], Any]) -> int:
    """Have a process of its own be a scheduler or a worker; return its id."""

    async def serve() -> None:
        async with make() as made:
            say(made.address)
            await made.finished()

    child = os.fork()
    if child:
        return child
    try:
        asyncio.run(serve())
    finally:
        os._exit(1)


def main() -> None:
    """Keep a cluster until the standard input ends."""
    reader, writer = os.pipe()
    scheduler = _forked(
        partial(Scheduler, host="127.0.0.1", port=0, dashboard=False),
        lambda address: os.write(writer, address.encode()),
    )
    address = os.read(reader, 1000).decode()
    with tempfile.TemporaryDirectory() as folder:
        make = partial(Worker, address, nthreads=1, local_directory=folder)
        workers = {_forked(make, lambda own: None) for _ in range(_WORKERS)}
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        while not select.select([sys.stdin], [], [], 0.02)[0]:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if ended in workers:
                workers.remove(ended)
                workers.add(_forked(make, lambda own: None))
        for child in (*workers, scheduler):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
