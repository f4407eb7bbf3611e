"""``gandyn advise``: by which factors a real training's rates can change."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import click

from gandyn._progress import shown
from gandyn.cli import _options, _output
from gandyn.cli._config import Settings, settle
from gandyn.cli._group import Command
from gandyn.errors import GandynError, UnknownName

_SUFFIXES = (".json", *_output.PICTURES)


class _Advise(Settings, kw_only=True):
    """Settings of ``gandyn advise``."""

    training: str = ""
    rule: str | None = None
    checkpoint: str | None = None
    metric: str | None = None
    better: str | None = None
    factor: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    replicas: int = 4
    steps: int = 400
    looks: int = 4
    slack: float = 0.5
    seed: int = 0
    engine: str = "auto"
    output: tuple[str, ...] = ()
    overwrite: bool = False


_DEFAULT = _Advise()
_EXAMPLES = _options.examples(
    "gandyn advise my_gan.py:training --checkpoint gan.pt --metric distance",
    "gandyn advise my_gan.py:training --factor lr_x --factor lr_y -o plane.png",
    "gandyn advise my_gan.py:training --value k_y=1,2,5 --json",
)


@click.command("advise", cls=Command, epilog=_EXAMPLES)
@click.argument("training", metavar="FILE.py:NAME")
@click.option(
    "--rule",
    help="Update rule, where NAME is a game without one: a name, Name(field=0.1, ...) "
    "or file.py:Name.",
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    help="What torch.save wrote: state_dicts under generator, discriminator, opt_g and "
    "opt_d; by default the modules as FILE.py leaves them.",
)
@click.option(
    "--metric",
    metavar="NAME",
    help="A function metric(G, D) of FILE.py, or file.py:NAME, that returns a number.",
)
@click.option("--better", help="Which values of the metric are: lower or higher.")
@click.option(
    "--factor",
    metavar="FIELD[=F,F,...]",
    multiple=True,
    help="Field to vary by factors; twice for a plane.  [default: lr, both rates]",
)
@click.option(
    "--value",
    metavar="FIELD=V,V,...",
    multiple=True,
    help="Field to vary by values, such as optimizer_x.beta1=0,0.5 or y_first=0,1.",
)
@click.option(
    "--replicas", type=int, help=f"Of the noise.  [default: {_DEFAULT.replicas}]"
)
@click.option("--steps", type=int, help=f"Of a copy.  [default: {_DEFAULT.steps}]")
@click.option(
    "--looks",
    type=int,
    help=f"Calls of the metric for a copy.  [default: {_DEFAULT.looks}]",
)
@click.option(
    "--slack",
    type=float,
    help="Share by which the metric must be worse at least.  "
    f"[default: {_DEFAULT.slack}]",
)
@click.option("--seed", type=int, help=f"Of replicas.  [default: {_DEFAULT.seed}]")
@click.option("--engine", help=f"See gandyn phase.  [default: {_DEFAULT.engine}]")
@_options.output(_SUFFIXES, "All numbers, or a picture")
@_options.config
@_options.as_json
def command(config: str | None, as_json: bool, **flags: Any) -> None:
    """Find the factors of its rates that a training stands.

    FILE.py:NAME is a gandyn.gans.Training, or a function that returns one: modules,
    losses, data and optimizers. Copies of it train on from the checkpoint, each with
    factors of its own, and are judged by the metric.
    """
    settings = settle(_Advise, config, flags)
    paths = _output.check_outputs(settings.output, _SUFFIXES, settings.overwrite)
    found = _advised(settings)
    plain = {"command": "advise", **found.as_dict()}
    writers = _output.picture_writers(lambda: _draw(found))
    writers[".json"] = lambda path: _write(path, plain)
    _output.write_all(paths, writers)
    summary = {**plain, "written": [str(path) for path in paths]}
    _output.tell(summary, as_json, lambda: click.echo(str(found)))


def _advised(settings: _Advise) -> Any:
    from gandyn.gans import TorchGame, Training, advise
    from gandyn.gans.advising.advise import FACTORS
    from gandyn.spec import parse_rule

    module, training = _loaded(settings.training)
    if not isinstance(training, TorchGame | Training):
        raise GandynError(
            f"{settings.training} is a {type(training).__name__}: make it a "
            "gandyn.gans.Training, or a function that returns one"
        )
    notes: tuple[str, ...] = ()
    if settings.checkpoint is not None:
        if not isinstance(training, Training):
            raise GandynError(
                f"--checkpoint goes with a gandyn.gans.Training; {settings.training} "
                f"is a {type(training).__name__}"
            )
        lacking = training.load(settings.checkpoint)
        notes = tuple(
            f"{settings.checkpoint} has no {name}: the optimizer begins anew"
            for name in lacking
        )
    metric = None if settings.metric is None else _function(settings.metric, module)
    rule: Any = None if settings.rule is None else parse_rule(settings.rule)
    factors, values = {}, {}
    for text in settings.factor:
        name, equals, listed = text.rpartition("=") if "=" in text else (text, "", "")
        factors[name] = _numbers(text, listed) if equals else FACTORS
    for text in settings.value:
        name, equals, listed = text.rpartition("=")
        if not equals:
            raise GandynError(f"write --value FIELD=V,V,..., not {text!r}")
        values[name] = _numbers(text, listed)
    with shown("advise", "step") as report:
        return advise(
            training, rule, metric, factors=factors, values=values,
            replicas=settings.replicas, steps=settings.steps, slack=settings.slack,
            better=settings.better, looks=settings.looks, seed=settings.seed,
            engine=settings.engine, notes=notes, progress=report,
        )  # fmt: skip


def _loaded(text: str) -> tuple[Any, Any]:
    """Return a file's module, and what it has under a name, called if it is to be."""
    from gandyn._userfile import file_spec, load_module

    spec = file_spec(text)
    if spec is None:
        raise GandynError(f"write FILE.py:NAME, not {text!r}")
    module = load_module(spec.path, spec.digest)
    found = _named(module, spec.rest, spec.path)
    if not inspect.isfunction(found):
        return module, found
    try:
        return module, found()
    except GandynError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise GandynError(f"{text} raised {kind}: {error}") from error


def _function(text: str, module: Any) -> Any:
    from gandyn._userfile import file_spec, load_module

    spec = file_spec(text)
    if spec is None:
        return _named(module, text, Path(module.__file__))
    return _named(load_module(spec.path, spec.digest), spec.rest, spec.path)


def _named(module: Any, name: str, path: Path) -> Any:
    own = {key: value for key, value in vars(module).items() if key[:1] != "_"}
    if name not in own:
        raise UnknownName(f"name in {path.name}", name, own)
    return own[name]


def _numbers(text: str, listed: str) -> list[float]:
    try:
        return [float(part) for part in listed.split(",")]
    except ValueError:
        raise GandynError(f"write FIELD=NUMBER,NUMBER,..., not {text!r}") from None


def _draw(found: Any) -> Any:
    from gandyn import plot

    return plot.rehearsal(found)


def _write(path: Path, plain: dict[str, Any]) -> None:
    from gandyn._files import write_json

    write_json(path, plain)
