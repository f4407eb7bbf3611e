"""The monitor as a callback of Lightning, for modules that optimise by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gandyn.errors import GandynError, MissingExtra
from gandyn.gans.loops.monitor import StabilityMonitor


def stability_callback(
    players: Sequence[str] = ("G", "D"),
    losses: Mapping[str, str] | None = None,
    metric: Callable[[Any], Any] | None = None,
    tell: Callable[[str], Any] = print,
    **options: Any,
) -> Any:
    """Return a Lightning callback with a `StabilityMonitor` in it.

    Parameters
    ----------
    players : sequence of str
        Names for the optimizers, in the order of ``configure_optimizers``.
    losses : mapping of str to str, optional
        Under which name ``self.log`` gets each player's loss.
    metric : callable, optional
        ``metric(module) -> float``, of the LightningModule.
    tell : callable
        Called with the words of each new alarm, on the first process.
    **options
        Of `StabilityMonitor`.

    Returns
    -------
    lightning.pytorch.Callback
        Its ``monitor`` is the monitor, once training has begun; the numbers of each
        block go to the trainer's loggers.

    Raises
    ------
    MissingExtra
        Without Lightning.
    GandynError
        When training begins, if there are not as many optimizers as players.

    Notes
    -----
    GANs in Lightning 2 optimise by hand (``automatic_optimization = False``); the hooks
    of the monitor are those of the torch optimizers under Lightning's.
    """
    try:
        from lightning.pytorch import Callback
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "lightning":
            raise
        raise MissingExtra("lightning", "lightning") from error
    names, logged = tuple(players), dict(losses or {})

    class StabilityCallback(Callback):
        monitor: StabilityMonitor | None = None

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            if len(trainer.optimizers) != len(names):
                raise GandynError(
                    f"players {', '.join(names)}: the module has "
                    f"{len(trainer.optimizers)} optimizers; give a name for each"
                )

            def log(row: dict[str, float]) -> None:
                numbers = {f"stability/{key}": v for key, v in row.items()}
                for logger in trainer.loggers:
                    logger.log_metrics(numbers, step=trainer.global_step)

            measure = None if metric is None else (lambda: metric(pl_module))
            self.monitor = StabilityMonitor(
                dict(zip(names, trainer.optimizers, strict=True)),
                metric=measure, log=log, **options,
            )  # fmt: skip

        def on_train_batch_end(self, trainer: Any, *_: Any, **__: Any) -> None:
            found = trainer.callback_metrics
            told = {n: found[key] for n, key in logged.items() if key in found}
            for alarm in self.monitor.step(**told) if self.monitor else ():
                if trainer.is_global_zero:
                    tell(f"step {alarm.step}: {alarm.words}")

        def on_train_end(self, *_: Any) -> None:
            if self.monitor:
                self.monitor.close()

    return StabilityCallback()
