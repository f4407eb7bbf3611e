"""``gandyn phase -o FILE.zarr``: sweeps that go on, and sweeps that are drawn again."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from gandyn._files import check_target
from gandyn.cli._diagrams import SUFFIXES
from gandyn.cli._measured import Phase
from gandyn.cli._options import options
from gandyn.cli._output import PICTURES, check_outputs
from gandyn.errors import GandynError

_WITH_SOURCE = (
    "source", "output", "overwrite", "variable", "style", "at", "boundary"
)  # fmt: skip
"""What can be said beside ``--from``."""

store_options = options(
    click.option(
        "--resume",
        is_flag=True,
        default=None,
        help="Go on with -o FILE.zarr, if it is there.",
    ),
    click.option("--tile", type=int, help="With -o FILE.zarr: cells kept at a time."),
    click.option(
        "--workers", type=int, help="With -o FILE.zarr: processes instead of threads."
    ),
    click.option(
        "--executor",
        metavar="ADDRESS",
        help="With -o FILE.zarr: a dask scheduler instead, such as tcp://host:8786.",
    ),
)


def outputs(settings: Phase) -> tuple[list[Path], Path | None]:
    """Return what is to be written, and which of it is the store, before any work.

    Raises
    ------
    GandynError
        If something cannot be written, or what goes with a store stands without one.
    """
    stores = [name for name in settings.output if name.lower().endswith(".zarr")]
    if len(stores) > 1:
        raise GandynError(f"a sweep has one store, not {len(stores)}")
    if not stores:
        for name in ("resume", "tile", "workers", "executor"):
            if getattr(settings, name) not in (None, False):
                raise GandynError(f"--{name} goes with -o FILE.zarr")
    if settings.workers is not None and settings.executor is not None:
        raise GandynError("give --workers or --executor, not both")
    paths = [
        check_target(name, SUFFIXES, True)
        if name in stores and settings.resume
        else check_outputs([name], SUFFIXES, settings.overwrite)[0]
        for name in settings.output
    ]
    check_outputs(settings.output, SUFFIXES, True)  # none of them twice
    return paths, Path(stores[0]) if stores else None


def note_how_to_go_on() -> None:
    """Note the command that goes on with a store, for whoever is interrupted."""
    context = click.get_current_context()
    args: Sequence[str] = context.meta["gandyn.args"]
    more = [] if "--resume" in args else ["--resume"]
    again = shlex.join(["gandyn", *args, *more])
    context.meta["gandyn.again"] = f"To go on:\n  {again}"


@contextlib.contextmanager
def executor(settings: Phase) -> Iterator[Any]:
    """Give the workers that the settings ask for, None for threads."""
    from gandyn.store import connect, worker_processes

    if settings.workers is not None:
        with worker_processes(settings.workers) as pool:
            yield pool
    elif settings.executor is not None:
        with connect(settings.executor) as client:
            yield client
    else:
        yield None


def source_settings(settings: Phase, flags: dict[str, Any]) -> Phase:
    """Return the settings of ``--from``, that nothing else is said with.

    Raises
    ------
    GandynError
        If something is that would make another sweep.
    """
    import msgspec

    default = Phase()
    for name in default.__struct_fields__:
        if name not in _WITH_SOURCE and getattr(settings, name) != getattr(
            default, name
        ):
            raise GandynError(
                f"--{name} makes another sweep: leave it out, or leave out --from"
            )
    if settings.output == default.output:
        return msgspec.structs.replace(settings, output=("phase.png",))
    if any(not name.lower().endswith((*PICTURES, ".csv", ".nc"))
           for name in settings.output):  # fmt: skip
        raise GandynError("--from writes pictures, .csv and .nc")
    return settings
