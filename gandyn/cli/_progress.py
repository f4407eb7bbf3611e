"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click

EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


@contextlib.contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to be called with the cells done and the cells in all."""
    if sys.stderr.isatty():
        with _bar(label) as report:
            yield report
    else:
        yield _lines(label)


@contextlib.contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    from tqdm import tqdm

    with tqdm(desc=label, unit="cell", leave=False, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


def _lines(label: str, clock: Callable[[], float] = time.monotonic) -> Callable:  # type: ignore[type-arg]
    begin = last = clock()

    def report(done: int, total: int) -> None:
        nonlocal last
        now = clock()
        if now - last >= EVERY:
            last = now
            seconds = now - begin
            click.echo(f"{label}: {done} of {total} cells, {seconds:.0f} s", err=True)

    return report
