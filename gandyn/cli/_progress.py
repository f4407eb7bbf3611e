"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click

_EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


@contextlib.contextmanager
def progress(label: str, unit: str = "cell") -> Iterator[Callable[[int, int], None]]:
    """Give a function to be called with the units done and the units in all."""
    if sys.stderr.isatty():
        with _bar(label, unit) as report:
            yield report
    else:
        yield _lines(label, unit=unit)


@contextlib.contextmanager
def _bar(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    from tqdm import tqdm

    with tqdm(desc=label, unit=unit, leave=False, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


def _lines(
    label: str, clock: Callable[[], float] = time.monotonic, unit: str = "cell"
) -> Callable[[int, int], None]:
    begin = last = clock()

    def report(done: int, total: int) -> None:
        nonlocal last
        now = clock()
        if now - last >= _EVERY:
            last = now
            seconds = now - begin
            click.echo(f"{label}: {done} of {total} {unit}s, {seconds:.0f} s", err=True)

    return report
