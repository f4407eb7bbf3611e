"""What a rehearsal is judged by: the user's metric, or losses and gradients."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.training.train import State

Metric = Callable[..., float]
"""``metric(G, D)`` or ``metric(G, D, step)``, a number."""
_SEED = 0
"""Of torch's random numbers in a metric: all members see the same latents."""


class Evidence(Protocol):
    """Numbers that tell how a member is."""

    names: tuple[str, ...]
    two_sided: tuple[bool, ...]
    """Whether a number counts as bad on both sides of what is usual."""
    sign: float
    """What the numbers are multiplied by for more to be worse."""
    failures: int
    """Looks at which there was no number."""

    def looks(self, steps: int) -> list[int]:
        """Return the steps after which it is looked at."""

    def __call__(self, game: TorchGame, state: State) -> np.ndarray:
        """Return the numbers of every member, (names, members); more is worse."""


class MetricEvidence:
    """The user's own metric, of every member in turn.

    Parameters
    ----------
    metric : callable
        ``metric(G, D)`` or ``metric(G, D, step)`` with copies of the modules in
        training mode; returns a number. It is called without gradients, and with the
        same random numbers of torch for every member.
    better : {"lower", "higher"}
    looks : int
        How often it is called for a member, evenly over the last 40 % of the steps.
    """

    names: tuple[str, ...] = ("metric",)
    two_sided: tuple[bool, ...] = (False,)

    def __init__(self, metric: Metric, better: str, looks: int) -> None:
        if better not in ("lower", "higher"):
            raise GandynError(f"better must be 'lower' or 'higher', got {better!r}")
        if not callable(metric):
            raise GandynError(f"metric must be a function of (G, D), got {metric!r}")
        self._metric, self.sign = metric, 1.0 if better == "lower" else -1.0
        self._looks, self.failures = looks, 0
        self._given = _arguments(metric)

    def looks(self, steps: int) -> list[int]:
        """Return the steps after which it is looked at."""
        return sorted({round(s) for s in np.linspace(0.6 * steps, steps, self._looks)})

    def first(self, game: TorchGame, state: State) -> float:
        """Return the metric at the checkpoint, where it must be a number.

        Raises
        ------
        GandynError
            If it is none.
        """
        try:
            found = self.sign * self.value(game, state.x, state.y, state.step)
        except Exception as error:
            name = getattr(self._metric, "__name__", repr(self._metric))
            raise GandynError(
                f"the metric {name} fails at the checkpoint: {type(error).__name__}: "
                f"{error}; it is a function of (G, D) that returns a number"
            ) from error
        if not math.isfinite(found):
            raise GandynError(f"the metric is {found} at the checkpoint, no number")
        return found

    def value(self, game: TorchGame, x: Tensor, y: Tensor, step: int) -> float:
        """Return the metric of one GAN; more is worse."""
        modules = game.modules(x, y)
        given = (*modules, step)[: self._given]
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(_SEED)
            found = float(self._metric(*given))
        return self.sign * found

    def __call__(self, game: TorchGame, state: State) -> np.ndarray:
        """Return the metric of every member; infinity where there is none."""
        x, y = state.x, state.y
        sound = (x.isfinite().all(0) & y.isfinite().all(0)).tolist()
        found = [
            self._guarded(game.select(i), x[:, i], y[:, i], state.step)
            if sound[i]
            else math.inf
            for i in range(x.shape[1])
        ]
        return np.array([found])

    def _guarded(self, game: TorchGame, x: Tensor, y: Tensor, step: int) -> float:
        """Return the metric, infinity where a member is beyond it."""
        try:
            found = self.value(game, x, y, step)
        except (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError):
            self.failures += 1  # it answered at the checkpoint: the member is broken
            return math.inf
        return math.inf if math.isnan(found) else found


class SignalEvidence:
    """Losses and gradients, all that there is without a metric: weak."""

    names: tuple[str, ...] = (
        "gradient of G", "gradient of D", "loss of G", "loss of D",
    )  # fmt: skip
    two_sided: tuple[bool, ...] = (False, False, True, True)
    sign, failures = 1.0, 0

    def looks(self, steps: int) -> list[int]:
        """Return the steps after which it is looked at."""
        return sorted({round(s) for s in np.linspace(0.6 * steps, steps, 32)})

    def __call__(self, game: TorchGame, state: State) -> np.ndarray:
        """Return log norms of the gradients, and the losses; infinity for NaN."""
        x, y = state.x, state.y
        oracle = game.with_state(state.norms).for_step(state.step, x, y)
        u, w = oracle.field(x, y)
        tiny = torch.finfo(u.dtype).tiny
        rows = [
            u.norm(dim=0).clamp(min=tiny).log(),
            w.norm(dim=0).clamp(min=tiny).log(),
            oracle.loss_x(x, y),
            oracle.loss_y(x, y),
        ]
        found = torch.stack([row.detach().double().cpu() for row in rows]).numpy()
        return np.where(np.isfinite(found), found, np.inf)


def _arguments(metric: Any) -> int:
    """Return how many of (G, D, step) a metric is given."""
    try:
        known = inspect.signature(metric)
    except (TypeError, ValueError):
        return 2
    try:
        known.bind(None, None)
    except TypeError:
        return 3
    return 3 if "step" in known.parameters else 2
