"""The group of commands: found by looking, and every ending has its exit code."""

from __future__ import annotations

import contextlib
import errno
import importlib
import pkgutil
import shlex
import signal
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import click

from gandyn.errors import GandynError, UnknownName, shortened

_PARTLY = 3
_INTERNAL = 4
_LONGEST = 400
"""Characters of what click says, beside the option's name."""
_INTERRUPTED, _TERMINATED = 130, 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM: as Ctrl-C does, with its own code."""


@contextlib.contextmanager
def _termination_raises() -> Iterator[None]:
    """Have SIGTERM end a command as Ctrl-C does, where signals can be handled."""

    def end(*signal_and_frame: Any) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class PartlyDone(GandynError):
    """Some results were written and some could not be."""


class Command(click.Command):
    """A command that says how rules and games are given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; what stands alone may have been meant as a rule."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            names = {option for param in self.params for option in param.opts}
            meant = [name for name in ("--rule", "--game", "--gan") if name in names]
            if "unexpected extra argument" not in error.message or not meant:
                raise
            remedy = f"write {' or '.join(meant)} before it"
            raise click.UsageError(f"{error.message}: {remedy}", ctx) from None


class Group(click.Group):
    """A group that suggests the nearest command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that the arguments start with, or suggest the nearest."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            ctx.fail(str(UnknownName("command", name, self.list_commands(ctx))))
        return super().resolve_command(ctx, args)


class Commands(Group):
    """The modules beside this one, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the modules that hold a command."""
        paths = importlib.import_module(__package__).__path__
        names = (info.name for info in pkgutil.iter_modules(paths))
        return sorted(name for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by its name."""
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(
            f"{__package__}.{name}"
        ).command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments, to show how to repeat an interrupted command."""
        ctx.meta["gandyn.args"] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn its errors into messages and exit codes."""
        try:
            with _termination_raises():
                return super().invoke(ctx)
        except GandynError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(_PARTLY if isinstance(error, PartlyDone) else 2)
        except KeyboardInterrupt as error:
            again = shlex.join(["gandyn", *ctx.meta["gandyn.args"]])
            words = ctx.meta.get("gandyn.again") or f"To start again:\n  {again}"
            click.echo(f"\nInterrupted. {words}", err=True)
            ctx.exit(_TERMINATED if isinstance(error, Terminated) else _INTERRUPTED)
        except click.ClickException as error:
            error.message = shortened(error.message, _LONGEST)  # type: ignore[misc]
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            reason = error.errno if isinstance(error, OSError) else None
            if reason == errno.EPIPE:
                raise
            if reason == errno.ENAMETOOLONG:
                click.echo(f"Error: {shortened(str(error), _LONGEST)}", err=True)
                ctx.exit(2)
            click.echo(traceback.format_exc(), err=True, nl=False)
            click.echo("This is an error of gandyn: please report it.", err=True)
            ctx.exit(_INTERNAL)
