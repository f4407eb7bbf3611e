"""A GAN as a script trains it: live modules and optimizers, read and never changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gandyn.errors import GandynError
from gandyn.gans.advising.evidence import Metric
from gandyn.gans.advising.saved import load_module, read_saved
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.modules import one_module
from gandyn.gans.games.reach import unreached
from gandyn.gans.games.sampling import Sampling
from gandyn.gans.optimizers.from_torch import _live, optimizer_rule
from gandyn.gans.optimizers.pair import OptimizerPair
from gandyn.gans.optimizers.states import load_optimizer, optimizer_memory
from gandyn.gans.training.train import State


class Training:
    """A GAN as a script trains it: its modules, losses, data and optimizers.

    Everything is read where and when it is asked for, so that it may be made before the
    training loop and asked in the middle of it; only `load` changes anything.

    Parameters
    ----------
    generator, discriminator : nn.Module, or several
    losses, data
        As for `TorchGame`.
    optimizer_x, optimizer_y : torch.optim.Optimizer
        Of the generator and of the discriminator.
    metric : callable, optional
        ``metric(G, D)``, a number: how good the GAN is.
    better : {"lower", "higher"}
        Which values of the metric are.
    sampling : Sampling or str
    seed : int
    **play
        The order of play, ``alternating``, ``y_first``, ``k_y``, ..., of
        `OptimizerPair`, and ``max_norm_x``, ``max_norm_y`` of `optimizer_rule`.

    Raises
    ------
    GandynError
        As `TorchGame` and `optimizer_rule` do.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        losses: Callable[..., Any],
        data: Any,
        optimizer_x: torch.optim.Optimizer,
        optimizer_y: torch.optim.Optimizer,
        *,
        metric: Metric | None = None,
        better: str = "lower",
        sampling: Sampling | str = "full",
        seed: int = 0,
        **play: Any,
    ) -> None:
        self.game = TorchGame(
            generator, discriminator, losses, data, sampling=sampling, seed=seed
        )
        self.metric, self.better = metric, better
        self._modules = generator, discriminator
        self._optimizers = optimizer_x, optimizer_y
        self._play = play
        self.rule  # refuses optimizers that don't fit  # noqa: B018
        self._check_decay()

    @property
    def rule(self) -> OptimizerPair:
        """The rule that the optimizers are, with their options as they are now."""
        return optimizer_rule(*self._modules, *self._optimizers, **self._play)

    @property
    def state(self) -> State:
        """Where the training stands: parameters, and what the optimizers gathered."""
        x, y = (
            torch.cat([p.detach().reshape(-1) for _, p in _live(modules)])
            for modules in self._modules
        )
        x, y = (
            part.to(self.game.device, self.game.dtype, copy=True) for part in (x, y)
        )
        memory = optimizer_memory(*self._modules, *self._optimizers)
        return State(x, y, memory, 0, self.game.settled(x, y).state)

    def load(self, path: str | Path) -> tuple[str, ...]:
        """Load a checkpoint into modules and optimizers; return what it lacked.

        Parameters
        ----------
        path : str or Path
            What ``torch.save`` wrote: a dictionary with the ``state_dict`` of both
            modules and both optimizers, under ``generator``, ``discriminator``,
            ``opt_g``, ``opt_d`` or names that people use for these.

        Raises
        ------
        GandynError
            If it can't be read, is damaged or of another model; what differs is named.
        """
        saved = read_saved(path)
        for role, module in zip(
            ("generator", "discriminator"), self._modules, strict=True
        ):
            load_module(path, role, one_module(module), saved[role])
        lacking = []
        for key, modules, optimizer in zip(
            ("opt_g", "opt_d"), self._modules, self._optimizers, strict=True
        ):
            if key in saved:
                load_optimizer(optimizer, modules, saved[key])
            else:
                lacking.append(key)
        return tuple(lacking)

    def _check_decay(self) -> None:
        """Refuse weight decay of parameters that torch's optimizers would pass over."""
        missed = unreached(self.game.member, self.game.one())
        for i, (names, optimizer) in enumerate(
            zip(missed, self._optimizers, strict=True)
        ):
            live = {id(p): name for name, p in _live(self._modules[i])}
            decays = [
                live[id(p)]
                for group in optimizer.param_groups
                for p in group["params"]
                if group["weight_decay"] and live.get(id(p)) in names
            ]
            if decays:
                raise GandynError(
                    f"loss_{'xy'[i]} does not reach the parameter {decays[0]}, which "
                    "has weight decay: torch passes it over; freeze it with "
                    "requires_grad_(False)"
                )
