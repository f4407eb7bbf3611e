"""Commands that are killed before an operation on files, and what they must leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from gandyn.cli import main
from gandyn.errors import GandynError

State = dict[str, bytes]


class Command(NamedTuple):
    """Something that writes files of the folder that it is run in."""

    run: Callable[[], None]
    again: Callable[[], None]
    """What a user does after a kill."""
    prepare: Callable[[], None] = lambda: None
    names: tuple[str, ...] = ("*",)
    """Files by which a result is compared."""
    keeps: tuple[str, ...] = ()
    """Files that are the old or the new ones at any moment."""
    clears: bool = False
    """Whether no temporary stays after the next run."""

    def state(self, folder: Path) -> State:
        """Return the contents of the files by which results are compared."""
        found = {path for name in self.names for path in folder.rglob(name)}
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(found)
            if path.is_file() and ".gandyn-" not in str(path)
        }

    def check(self, folder: Path, before: State, want: State) -> None:
        """Fail if a file that was good is lost or half-written."""
        now = self.state(folder)
        for name in self.keeps:
            assert now[name] in (before[name], want[name]), name


def _call(*args: str) -> None:
    result = CliRunner().invoke(main, list(args))
    if result.exit_code > 128:  # this process was asked to end: no fault of the command
        raise KeyboardInterrupt
    if result.exit_code:
        raise ValueError(result.output)


_AXES = ("--x", "lr_x=0.1:2:4:log", "--y", "lr_y=0.1:2:3")
_PHASE = ("phase", "--game", "bilinear", *_AXES, "--threads", "1")
_FILES = ("-o", "a.nc", "-o", "a.csv")
_BENCH = (
    "bench", "run", "bilinear-1", "--rule", "gda", "--rule", "eg",
    "--settings", "2", "--starts", "2", "--budget", "40", "-o", "out",
)  # fmt: skip
_CLAIMS = ("claims", "run", "same_extremum", "-o", "out")


def _save(step: int) -> None:
    import torch

    from gandyn.gans.training.checkpoints import save_checkpoint

    try:
        save_checkpoint("run.pt", {"seed": 0}, {"step": step}, {"x": torch.ones(step)})
    except OSError as error:  # as a full disk ends a command
        raise GandynError(str(error)) from error


def _call_phase(*more: str) -> Callable[[], None]:
    return lambda: _call(*_PHASE, *_FILES, *more)


COMMANDS: dict[str, Any] = {
    "phase": Command(
        _call_phase("-o", "a.zarr"),
        _call_phase("-o", "a.zarr", "--resume", "--overwrite"),
    ),
    "overwrite": Command(
        _call_phase("--overwrite", "--method", "simulate", "--steps", "50"),
        _call_phase("--overwrite", "--method", "simulate", "--steps", "50"),
        prepare=_call_phase(),
        keeps=("a.nc", "a.csv"),
    ),
    "bench": Command(
        lambda: _call(*_BENCH), lambda: _call(*_BENCH), names=("*.parquet",)
    ),
    "claims": Command(
        lambda: _call(*_CLAIMS),
        lambda: _call(*_CLAIMS, "--overwrite"),
        names=("*.png",),
    ),
    "checkpoint": Command(
        lambda: _save(2), lambda: _save(2), prepare=lambda: _save(1), keeps=("run.pt",)
    ),
}  # fmt: skip
