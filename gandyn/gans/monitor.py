"""A monitor of the user's own training loop: what is seen, promptly, and no forecast."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from gandyn._records import Record, plain
from gandyn.errors import GandynError, UnknownName
from gandyn.gans._signals import (
    BASELINE,
    ENOUGH,
    GAP,
    RECENT,
    SIGNALS,
    Reading,
    deviates,
    read,
)
from gandyn.gans._watched import Watched, log_mean

BLOCK = 20
"""Steps of a block, whose means are judged: five blocks are a hundred steps."""
METRIC = "metric"


class Alarm(Record):
    """One thing that was seen.

    Attributes
    ----------
    step : int
        Calls of `StabilityMonitor.step` when it was seen.
    player : str
        Whose signal; ``""`` for the metric.
    signal : str
        ``"loss"``, ``"spread"`` (of the loss), ``"gradient"``, ``"cosine"``,
        ``"metric"``, ``"not finite"`` or ``"no gradient"``.
    recent, baseline : float
        What it is now and what it was; spreads and gradients as they are, not their
        logarithms.
    words : str
    """

    step: int
    player: str
    signal: str
    recent: float
    baseline: float
    words: str


class StabilityMonitor:
    r"""Watches a GAN's training and says what it has seen change.

    Of each player: the cosine of consecutive updates, the mean and the spread of its
    loss, the norm of its gradient, and whether all is finite; and the metric, if there
    is one. The last 100 steps are compared with the 600 before, and nothing is said
    before there are 300 of them. An alarm is a change that has been seen. It says
    nothing of what will come, and silence is not health: a training that was broken
    from the start, or breaks slowly, is like its own past.

    Parameters
    ----------
    players : mapping of str to torch.optim.Optimizer
        The optimizers, by any names of the players: one, two or more.
    metric : callable or None
        ``metric() -> float``, the quality of the generator: the best signal there is.
        It is called every ``metric_every`` steps, at the caller's cost.
    higher_is_better : bool
        Whether the metric is one of which more is better.
    metric_every : int
        In steps; made a multiple of 20.
    log : callable or iterable of callable
        ``log(numbers)``, called every 20 steps with a flat dictionary of floats:
        ``wandb.log``, or what `write_csv` and `write_scalars` return.

    Raises
    ------
    GandynError
        For a player whose optimizer is none, or has no parameters.

    Notes
    -----
    Three consecutive steps of every ten are looked at, through hooks of the optimizers,
    at up to 65,536 of a player's parameters; losses are read every 20 steps. A change
    of a hyperparameter by more than a quarter begins the baselines of what it moves by
    itself anew.

    Examples
    --------
    >>> weights = [torch.nn.Parameter(torch.ones(2)) for _ in range(2)]
    >>> g, d = (torch.optim.SGD([one], lr=0.1) for one in weights)
    >>> monitor = StabilityMonitor({"G": g, "D": d})
    >>> for _ in range(40):
    ...     for optimizer, weight in zip((g, d), weights):
    ...         weight.grad = weight.detach().clone()
    ...         optimizer.step()
    ...     seen = monitor.step(G=1.0, D=0.5)
    >>> monitor.status
    'step 40: learning the baseline, for 400 steps more; no verdict before'
    >>> monitor.latest["G/cosine"]
    1.0
    """

    def __init__(
        self,
        players: Mapping[str, Any],
        *,
        metric: Callable[[], Any] | None = None,
        higher_is_better: bool = False,
        metric_every: int = BLOCK,
        log: Callable[[dict[str, float]], Any] | Iterable[Any] = (),
    ) -> None:
        if not isinstance(players, Mapping) or not players:
            raise GandynError(
                "players: give the optimizers by name, as in "
                "StabilityMonitor({'G': optimizer_g, 'D': optimizer_d})"
            )
        self._watched = {str(name): Watched(name, o) for name, o in players.items()}
        self._metric = metric
        self._sign = -1.0 if higher_is_better else 1.0
        self._metric_blocks = max(1, round(metric_every / BLOCK))
        self._logs = (log,) if callable(log) else tuple(log)
        self._losses: dict[str, list[Any]] = {name: [] for name in self._watched}
        self._begun: dict[str, int] = {}
        self._active: dict[str, Alarm] = {}
        self._stepped = dict.fromkeys(self._watched, 0)
        self.steps = 0
        self.rows: list[dict[str, float]] = []
        self.alarms: list[Alarm] = []
        self.changes: list[tuple[int, str]] = []

    def step(self, **losses: Any) -> tuple[Alarm, ...]:
        """Note the end of one step of training.

        Parameters
        ----------
        **losses : Tensor or float
            By the players' names; any may be left out.

        Returns
        -------
        tuple of Alarm
            What is seen now and was not the step before: mostly nothing.

        Raises
        ------
        UnknownName
            For a loss of no player.
        GandynError
            For a loss that is not one number.
        """
        for name, value in losses.items():
            self._losses_of(name).append(_number(name, value))
        self.steps += 1
        if self.steps % BLOCK:
            return ()
        return self._close_block()

    def _losses_of(self, name: str) -> list[Any]:
        if name not in self._losses:
            raise UnknownName("player", name, self._losses)
        return self._losses[name]

    def _close_block(self) -> tuple[Alarm, ...]:
        row: dict[str, float] = {"step": float(self.steps)}
        for name, watched in self._watched.items():
            row |= self._numbers(name, watched)
            if words := watched.changed():
                self._begin_anew(name, words)
        if self._metric and (len(self.rows) + 1) % self._metric_blocks == 0:
            row[METRIC] = float(self._metric())
        self.rows.append(row)
        for log in self._logs:
            log(dict(row))
        seen = [*self._broken(row), *self._changed(row)]
        fresh = tuple(one for key, one in seen if key not in self._active)
        self._active = {key: self._active.get(key, one) for key, one in seen}
        self.alarms += fresh
        return fresh

    def _numbers(self, name: str, watched: Watched) -> dict[str, float]:
        """Return a player's numbers of the block that ends."""
        cosines, gradients = watched.take()
        losses, self._losses[name] = self._losses[name], []
        sizes = [len(cosines), len(gradients), len(losses)]
        values = _floats([*cosines, *gradients, *losses])
        first, second = sizes[0], sizes[0] + sizes[1]
        found = {
            "cosine": _mean(values[:first]),
            "gradient": math.exp(log_mean(values[first:second])),
            "loss": _mean(values[second:]),
            "spread": _spread(values[second:]),
        }
        kept = {
            "cosine": sizes[0], "gradient": sizes[1], "loss": sizes[2],
            "spread": sizes[2] > 1,
        }  # fmt: skip
        return {f"{name}/{key}": found[key] for key, there in kept.items() if there}

    def _begin_anew(self, player: str, words: str) -> None:
        """Forget what a hyperparameter of a player moves by itself."""
        self.changes.append((self.steps, f"{player}: {words}"))
        for name in self._watched:
            for signal, one in SIGNALS.items():
                if one.forgets:
                    self._begun[f"{name}/{signal}"] = len(self.rows) + 1

    def _broken(self, row: dict[str, float]) -> list[tuple[str, Alarm]]:
        """Return what is wrong with a block by itself."""
        found = []
        for key, value in row.items():
            if not math.isfinite(value):
                player, _, signal = key.rpartition("/")
                words = f"{_whose(player)}{signal} is not finite: {value}"
                alarm = Alarm(self.steps, player, "not finite", value, math.nan, words)
                found.append((f"{key} finite", alarm))
        for name, watched in self._watched.items():
            steps, self._stepped[name] = self._stepped[name], watched.steps
            words = ""
            if watched.steps == steps:
                words = (
                    f"{name}: its optimizer made no step in the last {BLOCK}; if it "
                    "was replaced, give the monitor the new one"
                )
            elif watched.steps_without_gradient:
                watched.steps_without_gradient = 0
                words = f"{name}: its optimizer steps without any gradient"
            if words:
                alarm = Alarm(self.steps, name, "no gradient", 0.0, math.nan, words)
                found.append((f"{name} gradient", alarm))
        return found

    def _changed(self, row: dict[str, float]) -> list[tuple[str, Alarm]]:
        """Return which signals are unlike their baselines."""
        found = []
        for key in row:
            player, _, name = key.rpartition("/")
            signal = SIGNALS.get(name)
            reading = self._reading(key) if signal else None
            if signal and reading and deviates(signal, reading):
                alarm = _describe(self.steps, player, name, reading, self._sign)
                found.append((key, alarm))
        return found

    def _reading(self, key: str) -> Reading | None:
        length = RECENT + GAP + BASELINE
        if key == METRIC:
            rows = [row for row in self.rows if METRIC in row][-length:]
            return read([self._sign * row[METRIC] for row in rows])
        begun = max(self._begun.get(key, 0), len(self.rows) - length)
        log = SIGNALS[key.rpartition("/")[2]].log
        values = [row.get(key, math.nan) for row in self.rows[begun:]]
        return read([_log(v) for v in values] if log else values)

    @property
    def latest(self) -> dict[str, float]:
        """The numbers of the last block; empty before the first."""
        return dict(self.rows[-1]) if self.rows else {}

    @property
    def active(self) -> tuple[Alarm, ...]:
        """What is seen now."""
        return tuple(self._active.values())

    @property
    def status(self) -> str:
        """What is to be said now, in a line or more."""
        where = f"step {self.steps}: "
        if self._active:
            return "\n".join(where + alarm.words for alarm in self.active)
        wanted = ENOUGH + GAP + RECENT
        begun = max(self._begun.values(), default=0)
        left = (wanted - (len(self.rows) - begun)) * BLOCK
        if left > 0:
            return f"{where}learning the baseline, for {left} steps more; " + (
                "no verdict before"
            )
        return f"{where}nothing is unlike the {BASELINE * BLOCK} steps before, " + (
            "which is not health: a slow change, or one from the start, is not seen"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all blocks, alarms and changes as what JSON holds."""
        found = {
            "steps": self.steps, "status": self.status, "alarms": self.alarms,
            "changes": self.changes, "rows": self.rows,
        }  # fmt: skip
        return plain(found)

    def close(self) -> None:
        """Take the hooks off the optimizers."""
        for watched in self._watched.values():
            watched.close()


def _number(name: str, value: Any) -> Any:
    """Return a loss as a detached tensor or a float, without waiting for a device."""
    if isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise GandynError(
                f"loss {name}: shape {tuple(value.shape)}; give the mean, one number"
            )
        return value.detach()
    if not isinstance(value, numbers.Real):
        raise GandynError(
            f"loss {name}: {type(value).__name__} is no number: give the loss itself"
        )
    return float(value)


def _floats(values: list[Any]) -> list[float]:
    """Return numbers of one device at one go: each single one would wait for it."""
    tensors = [v.reshape(()) for v in values if isinstance(v, torch.Tensor)]
    if not tensors:
        return values
    first = tensors[0].device
    read_out = iter(torch.stack([v.to(first).double() for v in tensors]).tolist())
    return [next(read_out) if isinstance(v, torch.Tensor) else v for v in values]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _spread(values: list[float]) -> float:
    if len(values) < 2:
        return math.nan
    middle = _mean(values)
    return math.sqrt(sum((v - middle) ** 2 for v in values) / (len(values) - 1))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan


def _whose(player: str) -> str:
    return f"{player}: " if player else ""


def _describe(
    step: int, player: str, signal: str, reading: Reading, sign: float
) -> Alarm:
    recent, baseline = reading.recent, reading.baseline
    if SIGNALS[signal].log:
        recent, baseline = math.exp(recent), math.exp(baseline)
    if signal == METRIC:
        recent, baseline = sign * recent, sign * baseline
    span = f"over the last {RECENT * BLOCK} steps, {baseline:.3g} before"
    if signal == "cosine" and recent < 0:
        words = f"updates zigzag: cosine of consecutive ones {recent:.2f} {span}"
    else:
        words = f"{SIGNALS[signal].words} {recent:.3g} {span}"
    return Alarm(step, player, signal, recent, baseline, _whose(player) + words)
