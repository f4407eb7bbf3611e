"""Training of one GAN or an ensemble, step by step, with what is seen on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gandyn._arguments import checked
from gandyn._node import leaves, replace
from gandyn._trees import map_leaves
from gandyn.errors import UnknownName
from gandyn.gans.games.game import OneByOne, TorchGame
from gandyn.rules import Rule

_Observable = Callable[[TorchGame, Tensor, Tensor], Tensor]
"""A number for each member, from the oracle and the parameters."""


class State(NamedTuple):
    """Where a training stands: all that the next step depends on.

    Together with the rule and the game it is what a checkpoint must hold.
    """

    x: Tensor
    y: Tensor
    memory: Any
    step: int
    norms: Mapping[str, Tensor]
    """Singular vectors of the power iterations, if the networks have any."""


class Run(NamedTuple):
    """What a training has given.

    `steps` are those at which something was recorded, `record` the observables, each of
    shape (records,) or (records, members). `failed` is the step after which a parameter
    of a member, or something recorded, was first not finite, -1 where none was.
    """

    state: State
    steps: Tensor
    record: dict[str, Tensor]
    failed: Tensor


def field_norm(game: TorchGame, x: Tensor, y: Tensor) -> Tensor:
    """Return |v|."""
    gx, gy = game.field(x, y)
    return (gx.square().sum(0) + gy.square().sum(0)).sqrt()


def projection(u: Tensor, w: Tensor) -> _Observable:
    """Return the observable ⟨u, x⟩ + ⟨w, y⟩ for two vectors shaped like the players."""

    def observe(game: TorchGame, x: Tensor, y: Tensor) -> Tensor:
        return u.to(x) @ x + w.to(y) @ y

    return observe


OBSERVABLES: dict[str, _Observable] = {
    "field_norm": field_norm,
    "loss_x": lambda game, x, y: game.loss_x(x, y),
    "loss_y": lambda game, x, y: game.loss_y(x, y),
    "x_norm": lambda game, x, y: x.norm(dim=0),
    "y_norm": lambda game, x, y: y.norm(dim=0),
}
"""Observables by name."""


@checked
def begin(rule: Rule, game: TorchGame, start: tuple[Tensor, Tensor]) -> State:
    """Return the state before the first step; power iterations have settled."""
    x, y = game.checked(*start)
    game = game.settled(x, y)
    oracle = game.for_step(0, x, y)
    return State(x, y, rule.init(oracle, x, y), 0, game.state)


@checked
def advance(rule: Rule, game: TorchGame, state: State) -> State:
    """Return the state after one more step; nothing else is changed.

    The step's oracle depends on the state and the game's seed alone, so a run from a
    stored state goes on bit for bit.
    """
    x, y, memory, step, norms = state
    oracle = game.with_state(norms).for_step(step, x, y)
    try:
        x, y, memory = rule.step(oracle, x, y, memory)
    except OneByOne:
        x, y, memory = _one_by_one(rule, oracle, x, y, memory)
    return State(x, y, memory, step + 1, oracle.state)


@checked
def train(
    rule: Rule,
    game: TorchGame,
    start: tuple[Tensor, Tensor] | State,
    steps: int,
    *,
    record: Sequence[str] | Mapping[str, _Observable] = ("field_norm",),
    every: int = 1,
) -> Run:
    """Play a rule on a GAN, or on every member of an ensemble.

    Parameters
    ----------
    rule : Rule
        Its fields may be tensors of shape (members,).
    game : TorchGame
    start : pair of Tensor, or State
        Parameters, (P,) or (P, members), or the state of an earlier run.
    steps : int
    record : sequence of str, or mapping of str to callable
        What to record: names of `OBSERVABLES`, or functions of the oracle and the
        parameters that return a number for each member.
    every : int
        Record at every so many steps, first at the start.

    Returns
    -------
    Run

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Alternating
    >>> gan = DiracGAN(regulariser="R1")
    >>> start = torch.ones(1).double(), torch.ones(1).double()
    >>> run = train(Alternating(lr=0.5), gan.game(), start, 400, every=200)
    >>> [f"{float(v):.1e}" for v in run.record["field_norm"]]
    ['3.2e-01', '3.8e-03', '2.2e-05']
    """
    observables = _observables(record)
    state = start if isinstance(start, State) else begin(rule, game, start)
    failed = torch.full(state.x.shape[1:], -1, device=state.x.device)
    rows: dict[str, list[Tensor]] = {name: [] for name in observables}
    seen = []
    for k in range(steps + 1):
        if k % every == 0:
            seen.append(state.step)
            oracle = game.with_state(state.norms).for_step(state.step, state.x, state.y)
            for name, observe in observables.items():
                rows[name].append(observe(oracle, state.x, state.y).detach())
                failed = _note(failed, state.step, rows[name][-1])
        failed = _note(failed, state.step, state.x.sum(0) + state.y.sum(0))
        if k < steps:
            state = advance(rule, game, state)
    found = {name: torch.stack(row) for name, row in rows.items()}
    return Run(state, torch.tensor(seen), found, failed)


def _one_by_one(
    rule: Rule, oracle: TorchGame, x: Tensor, y: Tensor, memory: Any
) -> tuple[Tensor, Tensor, Any]:
    """Return what the rule's step makes of each member by itself."""
    members, after = x.shape[1], []
    for i in range(members):
        own = {
            path: value[i]
            for path, value in leaves(rule).items()
            if isinstance(value, Tensor | np.ndarray) and value.ndim
        }
        start = map_leaves(lambda leaf, i=i: _member(leaf, i, members), (x, y, memory))
        after.append(replace(rule, own).step(oracle.select(i), *start))
    return map_leaves(_joined, *after)


def _member(leaf: Any, i: int, members: int) -> Any:
    own = isinstance(leaf, Tensor) and leaf.ndim and leaf.shape[-1] == members
    return leaf[..., i] if own else leaf


def _joined(*parts: Any) -> Any:
    if not isinstance(parts[0], Tensor):
        return parts[0]
    return torch.stack(parts).movedim(0, -1)


def _note(failed: Tensor, step: int, values: Tensor) -> Tensor:
    """Return the step of failure, now for those whose value isn't finite."""
    return torch.where((failed < 0) & ~values.isfinite(), step, failed)


def _observables(
    record: Sequence[str] | Mapping[str, _Observable],
) -> dict[str, _Observable]:
    if isinstance(record, Mapping):
        return dict(record)
    unknown = [name for name in record if name not in OBSERVABLES]
    if unknown:
        raise UnknownName("observable", unknown[0], OBSERVABLES)
    return {name: OBSERVABLES[name] for name in record}
