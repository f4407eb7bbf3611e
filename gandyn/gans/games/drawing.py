"""What the steps of a torch game see: batches and random numbers, of each member."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from gandyn.errors import GandynError
from gandyn.gans.games.member import Given, Member
from gandyn.gans.games.objective import Losses
from gandyn.gans.games.sampling import NOISE, FullBatch, Sampling, seed_of


class Drawing:
    """The part of a game that draws: one batch for all members, or one for each."""

    losses: Losses
    member: Member
    sampling: Sampling
    pools: Any
    seed: int
    seeds: tuple[int, ...] = ()
    own_data: bool
    settings: Mapping[str, Tensor]
    state: Mapping[str, Tensor]
    device: torch.device
    _draws: bool
    _key: list[int]
    _calls: int = 1
    _batch: Any
    _clock: tuple[Tensor, Tensor]

    @property
    def given(self) -> Given:
        """All that the oracle's answers depend on beside the players."""
        return Given(self._batch, self.settings, self.state, *self._clock)

    @property
    def deterministic(self) -> bool:
        """Whether the losses are the same in every step."""
        same = isinstance(self.sampling, FullBatch) and not self.losses.timed
        return same and not self.member.draws

    def for_call(self, call: int, calls: int = 1) -> Self:
        """Return the oracle of the same step on another of its batches, 0 the first.

        ``calls`` is how many batches every step takes.
        """
        same = self._key[1] == call and self._calls == calls
        if self.deterministic or same:
            return self
        game = copy.copy(self)
        game._calls = calls
        game._draw(self._key[0], call - 1)
        return game

    def replicas(self, seeds: Sequence[int]) -> Self:
        """Return the game of an ensemble in which every member has noise of its own.

        Parameters
        ----------
        seeds : sequence of int
            One for each member, of its batches: those of one seed see the same. Random
            numbers that the losses draw themselves differ between all members.

        Raises
        ------
        GandynError
            If members have data of their own already.
        """
        if self.own_data:
            raise GandynError("members with data of their own have no replicas")
        game = copy.copy(self)
        game.seeds = tuple(int(seed) for seed in seeds)
        game._draw(self._key[0], self._key[1] - 1)
        return game

    def one(self) -> Given:
        """Return what a single member, the first one, is given."""
        own = self._of_members(self._batch, 0)
        settings = {key: value[0] for key, value in self.settings.items()}
        return self.given._replace(batch=own, settings=settings)

    def _member_axes(self, batch: Any) -> Any:
        """Return which axis of a batch's tensors is that of the members."""
        if self._stacked:
            return 0
        if not self.own_data:
            return None
        if not isinstance(batch, dict):
            return 0
        return {key: 0 if key in self.pools else None for key in batch}

    def _of_members(self, batch: Any, members: int | slice | Tensor) -> Any:
        if not (self.own_data or self._stacked):
            return batch
        if self._stacked or not isinstance(batch, dict):
            return pytree.tree_map(lambda own: own[members], batch)
        axes = self._member_axes(batch)
        return {
            key: part if axes[key] is None else self._of_members((part,), members)[0]
            for key, part in batch.items()
        }

    @property
    def _stacked(self) -> bool:
        """Whether every tensor of a batch has an axis of members."""
        same = isinstance(self.sampling, FullBatch) and not self.losses.random
        return bool(self.seeds) and not same

    @property
    def _randomness(self) -> str:
        """Whether members see the same of the losses' own random numbers."""
        return "different" if self.seeds else "same"

    def _draw(self, step: int, call: int = -1) -> None:
        """Draw the next call's batch and seed."""
        key = step, call + 1
        self._key = list(key)
        names, own_key = self.losses.random, self.sampling.key(*key, self._calls)
        if self._stacked:
            places = {seed: i for i, seed in enumerate(sorted(set(self.seeds)))}
            batch = self.sampling.draw_each(self.pools, names, list(places), own_key)
            picks = torch.tensor([places[seed] for seed in self.seeds])
            picks = picks.to(self.device)
            self._batch = pytree.tree_map(lambda own: own[picks], batch)
        else:
            axis = int(self.own_data)
            self._batch = self.sampling.draw(
                self.pools, names, self.seed, own_key, axis
            )
        self._clock = self._at(*key)

    def _at(self, step: int, call: int) -> tuple[Tensor, Tensor]:
        """Return the step, and the seed of the losses' own random numbers."""
        noise = seed_of(NOISE, self.seed, step, call) >> 1 if self._draws else 0
        return tuple(torch.tensor(n, device=self.device) for n in (step, noise))  # type: ignore[return-value]
