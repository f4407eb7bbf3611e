"""What one period of a training does to (x, y, memory), as a map of one vector."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from gandyn._trees import flatten, map_leaves, refill
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.games.pushing import pushed
from gandyn.gans.optimizers.frozen import frozen
from gandyn.rules import Rule

_Vector = Callable[[Tensor], Tensor]
_GRADIENTS = {"gx": 1, "gy": 1, "field": 2, "jvp": 4, "vjp": 4, "cross": 2}
"""What each call costs in gradients of a player; a product has one with its derivative
for either."""


_CHUNK = 64
"""Columns of a matrix that are made together."""


class Tally:
    """How many gradients of a player were evaluated; a derivative of one is another."""

    def __init__(self) -> None:
        self.gradients, self.weight = 0, 1

    @contextlib.contextmanager
    def derivatives(self, columns: int = 1) -> Iterator[None]:
        """Count each gradient with its derivative, as often as there are columns."""
        self.weight = 2 * columns
        try:
            yield
        finally:
            self.weight = 1


class _Tallied:
    """An oracle with all batches of its step, which counts the gradients asked for."""

    def __init__(self, batches: Sequence[TorchGame], tally: Tally) -> None:
        self._batches, self._tally = batches, tally

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._batches[0], name)
        if name in _GRADIENTS:
            self._tally.gradients += _GRADIENTS[name] * self._tally.weight
        return found

    def for_call(self, call: int, calls: int = 1) -> _Tallied:
        """Return the oracle on another batch of its step."""
        return _Tallied([self._batches[call]], self._tally)


class PeriodMap:
    """The mean of some periods of a rule's steps, each on the batches of its own steps.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
        One GAN; power iterations have settled.
    state : (Tensor, Tensor, memory)
        Around which it is looked at. What the frozen rule leaves as it is, such as
        second moments, is no part of the vector.
    steps : sequence of range
        The steps of each period.

    Raises
    ------
    GandynError
        If the rule changes with time even with its moments held.
    """

    def __init__(
        self,
        rule: Rule,
        game: TorchGame,
        state: tuple[Tensor, Tensor, Any],
        steps: Sequence[range],
    ) -> None:
        self.rule, self.frozen = rule, frozen(rule)
        if not self.frozen.autonomous:
            raise GandynError(
                f"{type(rule).__name__} changes with time: it has no multipliers"
            )
        x, y, _ = state
        self.tally = Tally()
        self.oracles = [
            [self._oracle(game.for_step(k, x, y).with_state(game.state)) for k in own]
            for own in steps
        ]
        self._read(map_leaves(_lifted(x), state))

    def _oracle(self, game: TorchGame) -> _Tallied:
        calls = self.rule.batches
        batches = [game.for_call(i, calls) for i in range(calls)]
        return _Tallied(batches, self.tally)

    def _read(self, base: Any) -> None:
        """Look which parts of the state move at all."""
        self.base, after = base, self._play(self.frozen, base, self.oracles[0])
        pairs = list(zip(flatten(base), flatten(after), strict=True))
        self.moves = [old is not new for old, new in pairs]
        self.parts = [old for old, new in pairs if old is not new]
        self.sizes = [part.numel() for part in self.parts]
        self.vector = self._joined(base)

    def at(self, state: Any) -> PeriodMap:
        """Return the same map around another state."""
        other = object.__new__(PeriodMap)
        other.__dict__.update(vars(self))
        other._read(state)
        return other

    def on(self, samples: Sequence[int]) -> PeriodMap:
        """Return the mean of some of the periods only."""
        other = object.__new__(PeriodMap)
        other.__dict__.update(vars(self))
        other.oracles = [self.oracles[i] for i in samples]
        return other

    def __call__(self, vector: Tensor) -> Tensor:
        """Return the mean of the vectors after a period."""
        total = self.one(vector, 0)
        for i in range(1, len(self.oracles)):
            total = total + self.one(vector, i)
        return total / len(self.oracles)

    def one(self, vector: Tensor, i: int) -> Tensor:
        """Return the vector after one of the periods."""
        parts = iter(
            piece.reshape(part.shape)
            for piece, part in zip(vector.split(self.sizes), self.parts, strict=True)
        )
        leaves = flatten(self.base)
        own = [
            next(parts) if moves else leaf
            for leaf, moves in zip(leaves, self.moves, strict=True)
        ]
        after = self._play(self.frozen, refill(self.base, own), self.oracles[i])
        return self._joined(after)

    def product(self, vector: Tensor) -> Tensor:
        """Return the derivative's product with a vector, by one forward pass."""
        with self.tally.derivatives():
            return self._pushed(self, vector)

    def matrix(self, i: int | None = None) -> Tensor:
        """Return the derivative of the mean map, or of one period, column by column."""
        function: _Vector = self if i is None else lambda z: self.one(z, i)
        unit = torch.eye(len(self.vector)).to(self.vector)
        rows = []
        for part in unit.split(_CHUNK):
            with self.tally.derivatives(len(part)):
                try:
                    rows.append(vmap(lambda v: self._pushed(function, v))(part))
                except GandynError:  # what can't be batched may still be differentiated
                    rows += [self._pushed(function, column)[None] for column in part]
        return torch.cat(rows).T

    def run(self, state: Any, i: int = 0) -> Any:
        """Return the state after a period of the rule itself, with nothing held."""
        after = self._play(self.rule, state, self.oracles[i])
        return map_leaves(lambda leaf: leaf.detach(), after)

    def _pushed(self, function: _Vector, vector: Tensor) -> Tensor:
        try:
            return pushed(function, (self.vector,), (vector,)).detach()
        except (RuntimeError, TypeError, NotImplementedError) as error:
            raise GandynError(
                f"the step of {type(self.rule).__name__} can't be differentiated by "
                f"torch ({str(error).splitlines()[0]}); for a small GAN use "
                "linear_game and gandyn.stability"
            ) from error

    def _play(self, rule: Rule, state: Any, oracles: Sequence[Any]) -> Any:
        x, y, memory = state
        lift = _lifted(x)
        for oracle in oracles:
            x, y, memory = rule.step(oracle, x, y, memory)
        return map_leaves(lift, (x, y, memory))

    def _joined(self, state: Any) -> Tensor:
        leaves = zip(flatten(state), self.moves, strict=True)
        return torch.cat([leaf.reshape(-1) for leaf, moves in leaves if moves])


def _lifted(like: Tensor) -> Callable[[Any], Tensor]:
    """Return a function that makes a number a tensor of the type of another."""
    return lambda leaf: (
        leaf
        if isinstance(leaf, Tensor)
        else torch.as_tensor(leaf, dtype=like.dtype, device=like.device)
    )
