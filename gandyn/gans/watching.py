"""What is looked at while members of an ensemble train."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gandyn.dynamics.cells import generic_directions
from gandyn.gans.game import TorchGame
from gandyn.gans.training import State, field_norm

TAIL = 256
"""Steps of a member's path that are kept: the last ones of its linear regime."""
DENSE = 64
"""Steps in the beginning after each of which the field is looked at."""
SETTLING = 8
"""So many successive looks must find the field small, or it has not settled."""


class Limits(NamedTuple):
    """When a member is looked at and what decides it.

    The field's norm is looked at after each of the first `DENSE` steps and then at
    multiples of `every`; all levels are in units of its first value.
    """

    steps: int
    every: int
    tolerance: float
    """Level, below the largest one seen, at and below which a field has settled."""
    linear: float
    """Level up to which growth counts as that of the linearisation."""
    escape: float
    """Level above which a member has left the neighbourhood of its start."""

    def looks(self, step: int) -> bool:
        """Tell whether the field is looked at after a step."""
        return step <= DENSE or step % self.every == 0 or step == self.steps


class Watch:
    """The norms of the field of a chunk of members, and stretches of their paths.

    Everything that it holds is in `tensors`, and is all that a checkpoint needs.

    Parameters
    ----------
    state : State
        The one before the first step.
    limits : Limits
    """

    def __init__(self, state: State, limits: Limits) -> None:
        self.limits = limits
        width, device = state.x.shape[1], state.x.device
        self._along = [_direction(player) for player in (state.x, state.y)]
        nans = torch.full((3, TAIL, width), torch.nan, dtype=state.x.dtype)
        zeros = torch.zeros(width, dtype=torch.int64)
        never = torch.full((width,), -1, dtype=torch.int64)
        self.times: list[int] = []
        self.norms: list[Tensor] = []
        self.tensors: dict[str, Tensor] = {
            "ring": nans,
            "path": nans.clone(),
            "low": zeros,
            "closed": never,
            "settled": never.clone(),
            "escaped": never.clone(),
            "broken": never.clone(),
        }
        self.tensors = {k: v.to(device) for k, v in self.tensors.items()}

    def see(self, game: TorchGame, state: State) -> bool:
        """Take in a state; return whether every member is decided."""
        step, (x, y) = state.step, state[:2]
        row = [self._along[0] @ x, self._along[1] @ y, _extent(x, y)]
        self.tensors["ring"][:, step % TAIL] = torch.stack(row)
        if not self.limits.looks(step):
            return False
        oracle = game.with_state(state.norms).for_step(step, x, y)
        norm = field_norm(oracle, x, y).detach()
        broken = ~(norm.isfinite() & row[2].isfinite())
        self.times.append(step)
        self.norms.append(norm)
        self._note(step, norm, broken)
        return bool(self._decided().all())

    def _note(self, step: int, norm: Tensor, broken: Tensor) -> None:
        first, limits, t = self.norms[0], self.limits, self.tensors
        highest = t.setdefault("highest", norm.clone())
        highest = t["highest"] = torch.fmax(highest, norm)
        low = norm <= limits.tolerance * highest
        t["low"] = torch.where(low, t["low"] + 1, 0)
        settled = t["low"] >= SETTLING
        away = norm > limits.linear * first
        self._mark("broken", step, broken)
        self._mark("escaped", step, norm > limits.escape * first)
        self._mark("settled", step, settled)
        end = torch.full_like(broken, step == limits.steps)
        closing = (t["closed"] < 0) & (low | away | broken | end)
        if closing.any():
            ordered = torch.roll(t["ring"], -(step + 1) % TAIL, 1)
            t["path"] = torch.where(closing, ordered, t["path"])
            self._mark("closed", step, closing)

    def _mark(self, name: str, step: int, which: Tensor) -> None:
        """Note the step for members of which it is the first such."""
        old = self.tensors[name]
        self.tensors[name] = torch.where((old < 0) & which, step, old)

    def _decided(self) -> Tensor:
        t = self.tensors
        return (t["settled"] >= 0) | (t["escaped"] >= 0) | (t["broken"] >= 0)

    def found(self) -> dict[str, Any]:
        """Return times, norms, paths and notes as numpy arrays."""
        found = {k: v.cpu().numpy() for k, v in self.tensors.items() if k != "ring"}
        norms = torch.stack(self.norms).cpu().numpy().astype(float)
        return {"times": self.times, "norms": norms, **found}


def _extent(x: Tensor, y: Tensor) -> Tensor:
    """Return the largest modulus of a parameter of each member."""
    return torch.maximum(x.abs().amax(0), y.abs().amax(0))


def _direction(player: Tensor) -> Tensor:
    """Return a fixed unit vector in no special position."""
    return torch.from_numpy(generic_directions(len(player))[0]).to(player)
