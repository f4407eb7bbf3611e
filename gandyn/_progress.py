"""Progress on stderr: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import click

from gandyn.errors import FieldError

Progress = Callable[[int, int], None]
"""Is called with what is done and what there is in all."""

_EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


@contextlib.contextmanager
def shown(label: str, unit: str = "cell") -> Iterator[Progress]:
    """Give a function to be called with the units done and the units in all."""
    if sys.stderr.isatty():
        with _bar(label, unit) as report:
            yield report
    else:
        yield _lines(label, unit=unit)


@contextlib.contextmanager
def watching(
    progress: Progress | bool | None, label: str, unit: str = "cell"
) -> Iterator[Progress | None]:
    """Give the report of progress that a caller asked for: their own, a bar, or none.

    Raises
    ------
    FieldError
        If it is neither a function nor True, False or None.
    """
    if progress is True:
        with shown(label, unit) as report:
            yield report
    elif progress is None or progress is False:
        yield None
    elif callable(progress):
        yield progress
    else:
        raise FieldError(f"progress must be True or a function, got {progress!r}")


@contextlib.contextmanager
def _bar(label: str, unit: str) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(desc=label, unit=unit, leave=False, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            if bar.total is None:  # what an earlier run did is no speed of this one
                bar.initial, bar.total = done, total
                bar.reset(total)
                bar.n = done
            bar.update(done - bar.n)

        yield report


def _lines(
    label: str, clock: Callable[[], float] = time.monotonic, unit: str = "cell"
) -> Progress:
    begin = last = clock()
    first: tuple[int, float] | None = None

    def report(done: int, total: int) -> None:
        nonlocal last, first
        now = clock()
        first = (done, now) if first is None else first
        if now - last < _EVERY:
            return
        last, words = now, f"{label}: {done} of {total} {unit}s, {now - begin:.0f} s"
        if done > first[0]:
            rate = (done - first[0]) / (now - first[1])
            words += f", {rate:.3g} {unit}s/s, {(total - done) / rate:.0f} s left"
        click.echo(words, err=True)

    return report
