"""``gandyn phase --gan``: a phase diagram measured on real GANs."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from gandyn.cli._config import WithGame
from gandyn.cli._options import build, options, own_rule, values
from gandyn.errors import GandynError, UnknownName


class Phase(WithGame, kw_only=True):
    """Settings of ``gandyn phase``, of games and of GANs."""

    start: tuple[float, float] | None = None
    x: str = "lr_x=0.1:30:128:log"
    y: str = "lr_y=0.1:30:128:log"
    axis: tuple[str, ...] = ()
    steps: int | None = None
    method: str = "auto"
    threads: int | None = None
    certify: bool = False
    variable: str = "verdict"
    output: tuple[str, ...] = ("phase.png", "phase.nc")
    gan: str | None = None
    device: str = "cpu"
    dtype: str = "float64"
    seed: int = 0
    engine: str = "auto"
    tile: int | None = None
    workers: int | None = None
    executor: str | None = None
    resume: bool = False
    source: str | None = None
    at: dict[str, float] = msgspec.field(default_factory=dict)
    style: str = "okabe-ito"
    boundary: str = "auto"


_DEFAULT = Phase()
_AXES = {"x": "lr_x=0.05:2:24:log", "y": "lr_y=0.05:2:24:log"}
"""The axes of GANs, unless others are given: every cell is a training."""
VARIABLES = ("verdict", "ended", "rate", "rate_error", "rotation", "norm", "steps")
_DTYPES = ("float32", "float64")
_ONLY_WITH_GAN = ("device", "dtype", "seed", "engine")
_NOT_WITH_GAN = ("game", "jacobian", "split", "start", "method", "threads", "certify")

gan_options = options(
    click.option(
        "--gan",
        help="A GAN instead of a game, trained in every cell: a name, "
        "Name(field=0.1, ...), or FILE.py:NAME, a TorchGame or a function that "
        "returns one.  [axes then by default: "
        f"{_AXES['x']}, {_AXES['y']}]",
    ),
    click.option("--device", help=f"With --gan: cpu or cuda.  [{_DEFAULT.device}]"),
    click.option("--dtype", help=f"With --gan: {' or '.join(_DTYPES)}.  [float64]"),
    click.option("--seed", type=int, help="With --gan: of data, start and samples."),
    click.option(
        "--engine", help="With --gan: auto, eager, trace, compile or graph.  [auto]"
    ),
)


def prepare(settings: Phase) -> tuple[Phase, Any, Any]:
    """Return the settings, the rule, and the game or GAN that they describe.

    Raises
    ------
    GandynError
        If something is set that goes with the other kind, or is wrong.
    """
    chosen = {f for f in _DEFAULT.__struct_fields__ if _differs(settings, f)}
    if settings.gan is None:
        for name in _ONLY_WITH_GAN:
            if name in chosen:
                raise GandynError(f"--{name} goes with --gan NAME")
        return settings, *build(settings, "gandyn phase")
    for name in _NOT_WITH_GAN:
        if name in chosen:
            raise GandynError(f"--{name} does not go with --gan")
    if settings.dtype not in _DTYPES:
        raise UnknownName("dtype", settings.dtype, _DTYPES)
    from gandyn import spec
    from gandyn.gans import parse_gan

    rule, gan = own_rule(settings.rule, "gandyn phase"), parse_gan(settings.gan)
    rule, own = spec.set_fields(rule, gan, values(settings.set))  # type: ignore[arg-type]
    axes = {name: text for name, text in _AXES.items() if name not in chosen}
    return msgspec.structs.replace(settings, **axes), rule, own


def own_options(settings: Phase) -> dict[str, Any]:
    """Return what `gandyn.sweep` is told, for a game or for a GAN."""
    options: dict[str, Any] = (
        {} if settings.steps is None else {"steps": settings.steps}
    )
    if settings.gan is None:
        keys = ("start", "method", "certify", "threads")
        return options | {key: getattr(settings, key) for key in keys}
    from gandyn.gans.training.phase import DTYPES

    options |= {"seed": settings.seed, "engine": settings.engine}
    if _differs(settings, "device"):
        options["device"] = settings.device
    if _differs(settings, "dtype"):
        options["dtype"] = DTYPES[settings.dtype]
    return options


def _differs(settings: Phase, name: str) -> bool:
    return bool(getattr(settings, name) != getattr(_DEFAULT, name))
