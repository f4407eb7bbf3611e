"""What commands write: checked before the work, written whole or not at all."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gandyn._files import check_target, together
from gandyn.errors import GandynError

_Writer = Callable[[Path], None]

PICTURES = (".pdf", ".png", ".svg")


def check_outputs(
    names: Iterable[str], suffixes: Iterable[str], overwrite: bool
) -> list[Path]:
    """Return the paths to write, or raise before any work is done.

    Raises
    ------
    GandynError
        If one of them cannot be written, or is named twice.
    """
    paths: list[Path] = []
    for name in names:
        path = check_target(name, tuple(suffixes), overwrite)
        if path in paths:
            raise GandynError(f"output {path} is given twice")
        paths.append(path)
    return paths


def write_all(paths: list[Path], writers: Mapping[str, _Writer]) -> None:
    """Write every path by the writer of its suffix: all of them, or none.

    Raises
    ------
    GandynError
        If one cannot be written.
    """
    at = paths[0] if paths else None
    try:
        with together(paths) as drafts:
            for at, draft in zip(paths, drafts, strict=True):
                writers[at.suffix.lower()](draft)
    except OSError as error:
        raise GandynError(
            f"cannot write {at}: {error.strerror}; nothing was written"
        ) from error


def picture_writers(
    draw: Callable[[], Any], about: Mapping[str, str] | None = None
) -> dict[str, _Writer]:
    """Return writers of pictures; drawing waits until one is called."""

    def write(draft: Path) -> None:
        from gandyn import _canvas

        _canvas.write(draw(), draft, about=about)

    return dict.fromkeys(PICTURES, write)


def command_line() -> str:
    """Return the command that runs, as one would paste it."""
    return shlex.join(["gandyn", *click.get_current_context().meta["gandyn.args"]])


def tell(summary: Mapping[str, Any], as_json: bool, words: Callable[[], None]) -> None:
    """Print an answer: one JSON object, or words and then what was written."""
    if as_json:
        click.echo(json.dumps(summary))
        return
    words()
    for path in summary.get("written", ()):
        click.echo(f"wrote {path}")


def print_table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Print rows of cells in columns that stand above each other."""
    table = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (f"{cell:<{n}}" for cell, n in zip(row, widths, strict=True))
        click.echo((indent + "  ".join(cells)).rstrip())
