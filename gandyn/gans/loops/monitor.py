"""A monitor of the user's own training loop: what is seen, and no forecast."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gandyn._records import plain
from gandyn.errors import GandynError, UnknownName
from gandyn.gans.loops._judge import METRIC, Alarm, Judge
from gandyn.gans.loops._signals import BLOCK, RECENT
from gandyn.gans.loops._watched import (
    Watched,
    log_mean,
    mean,
    one_number,
    read_out,
    spread,
)

ZIGZAG = -0.3
"""Of independent updates in many coordinates the cosine is 0."""


class StabilityMonitor:
    r"""Watches a GAN's training and says what it has seen change.

    Of each player: the cosine of consecutive updates, the mean and the spread of its
    loss, the norm of its gradient, and whether all is finite; and the metric, if there
    is one. These are alarms:

    - the metric was in half of the last 200 steps half as bad again as the worst that
      it had lastingly been;
    - without a metric: the losses of *two* players have changed, the spreads of both or
      the means of both, by many times the scatter that they had;
    - something is not finite, or an optimizer does not step.

    All else that has changed is among the `remarks`: one player's loss, or the
    gradients, change with a learning rate, a weight or a penalty too, where nothing
    breaks. An alarm says nothing of what will come, and silence is not health: a
    training that was broken from the start, or breaks slowly, is like its own past.

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
    Three consecutive steps of every twenty are looked at, through hooks of the
    optimizers, at up to 65,536 of a player's parameters; losses are read every 20
    steps. The last 100 steps of losses and gradients are compared with the 600 before,
    the last 200 of the metric with the 500 before; nothing is said before there are 300
    to compare with. Where a hyperparameter changes, a number by more than a quarter,
    the baselines begin anew; until they are there the old ones count. The metric's is
    kept: what is good does not depend on the learning rate.

    Examples
    --------
    >>> import torch
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
        self._metric_blocks = max(1, round(metric_every / BLOCK))
        self._logs = (log,) if callable(log) else tuple(log)
        self._losses: dict[str, list[Any]] = {name: [] for name in self._watched}
        self._judge = Judge(
            -1.0 if higher_is_better else 1.0, self._metric_blocks if metric else 0
        )
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
            self._losses_of(name).append(one_number(name, value))
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
        seen = [*self._broken(row), *self._judge.see(self.rows)]
        fresh = tuple(one for key, one in seen if key not in self._active)
        self._active = {key: self._active.get(key, one) for key, one in seen}
        self.alarms += fresh
        return fresh

    def _numbers(self, name: str, watched: Watched) -> dict[str, float]:
        """Return a player's numbers of the block that ends."""
        cosines, gradients = watched.take()
        losses, self._losses[name] = self._losses[name], []
        sizes = [len(cosines), len(gradients), len(losses)]
        values = read_out([*cosines, *gradients, *losses])
        first, second = sizes[0], sizes[0] + sizes[1]
        found = {
            "cosine": mean(values[:first]),
            "gradient": math.exp(log_mean(values[first:second])),
            "loss": mean(values[second:]),
            "spread": spread(values[second:]),
        }
        kept = {
            "cosine": sizes[0], "gradient": sizes[1], "loss": sizes[2],
            "spread": sizes[2] > 1,
        }  # fmt: skip
        return {f"{name}/{key}": found[key] for key, there in kept.items() if there}

    def _begin_anew(self, player: str, words: str) -> None:
        """Let baselines begin anew; the metric's stays."""
        self.changes.append((self.steps, f"{player}: {words}"))
        self._judge.begin_anew(len(self.rows) + 1)

    def _broken(self, row: dict[str, float]) -> list[tuple[str, Alarm]]:
        """Return what is wrong with a block by itself."""
        found = []
        for key, value in row.items():
            if not math.isfinite(value):
                player = key.rpartition("/")[0]
                words = f"{key.replace('/', ': ')} is not finite: {value}"
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

    @property
    def latest(self) -> dict[str, float]:
        """The numbers of the last block; empty before the first."""
        return dict(self.rows[-1]) if self.rows else {}

    @property
    def active(self) -> tuple[Alarm, ...]:
        """What is seen now."""
        return tuple(self._active.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is seen beside the alarms, in words; it is often harmless.

        A loss or a gradient that has changed, and updates that zigzag: the cosine of
        consecutive ones is below -0.3 in the mean of each of the last blocks.
        """
        zigzags = (
            f"{name}: updates zigzag: cosine of consecutive ones {mean:.2f} for "
            f"{blocks * BLOCK} steps"
            for name in self._watched
            for blocks, mean in [self._zigzag(name)]
            if blocks >= RECENT
        )
        return (*self._judge.remarks(), *zigzags)

    def _zigzag(self, player: str) -> tuple[int, float]:
        """Return for how many blocks a player's updates zigzag, and their cosine."""
        cosines = [row.get(f"{player}/cosine", math.nan) for row in self.rows]
        seen = list(itertools.takewhile(lambda c: c < ZIGZAG, reversed(cosines)))
        return len(seen), mean(seen)

    @property
    def status(self) -> str:
        """What is to be said now, a line or more."""
        told = [alarm.words for alarm in self.active] + list(self.remarks)
        left = self._judge.left(self.rows) * BLOCK
        if left > 0:
            told.append(
                f"learning the baseline, for {left} steps more; no verdict before"
            )
        elif not self._active:
            told.append(
                "nothing is unlike the steps before, which is not health: a slow "
                "change, or one from the start, is not seen"
            )
        return "\n".join(f"step {self.steps}: {line}" for line in told)

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
