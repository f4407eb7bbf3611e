"""A checkpoint described by its field and the multipliers of a step; no prediction."""

from __future__ import annotations

import cmath
import dataclasses
import math

import numpy as np
import torch
from torch import Tensor

from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.gans.games.game import TorchGame
from gandyn.gans.spectra.multipliers import Multipliers, step_multipliers
from gandyn.gans.training.train import State
from gandyn.rules import Rule

BATCHES = 8
"""Batches that a description averages over."""
SAMPLES = 4
"""Batches that multipliers are averaged over: each costs as many products."""
_TOLERANCE, _PRODUCTS = 1e-3, 40
"""Residual and products that are enough: the error over batches is larger."""
_REAL = 1e-9
"""Angles below this, in radians, are those of real multipliers."""


class Description(Record):
    """Where a training stands, with an error over batches.

    On networks a radius above 1 is usual in healthy runs, and neither radius nor angle
    tells at which learning rate training breaks.

    Attributes
    ----------
    field : float
        abs(v) of the mean field over the batches.
    noise : float
        Root mean square distance of a batch's field from the mean one; 0 on a full
        batch.
    batches : int
    multipliers : Multipliers or None
        Of one step with the optimizer's second moments held, without its vectors; None
        where the step has none, see ``why``.
    why : str
    """

    field: float
    noise: float
    batches: int
    multipliers: Multipliers | None
    why: str = ""

    def __str__(self) -> str:
        lines = ["description of the checkpoint, which predicts nothing:"]
        noise = f", a batch is {self.noise:.3g} off it" if self.batches > 1 else ""
        many = f" over {self.batches} batches" if self.batches > 1 else ""
        lines.append(f"  |v| {self.field:.3g}{many}{noise}")
        if self.multipliers is None:
            return "\n".join([*lines, f"  no multipliers: {self.why}"])
        lines += [f"  {line}" for line in _kinds(self.multipliers)]
        return "\n".join([*lines, f"  {self.multipliers.point}"])


def describe(rule: Rule, game: TorchGame, state: State) -> Description:
    """Return the field at a state, and the leading multipliers of a step."""
    batches = 1 if game.deterministic else BATCHES
    v = torch.stack([_field(game, state, i) for i in range(batches)])
    mean = v.mean(0)
    noise = float((v - mean).square().sum(1).mean().sqrt())
    if batches > 1:
        noise *= math.sqrt(batches / (batches - 1))
    found, why = None, ""
    try:
        found = step_multipliers(
            rule, game, state.x, state.y, 1, memory=state.memory, step=state.step,
            samples=min(batches, SAMPLES), tolerance=_TOLERANCE, most=_PRODUCTS,
        )  # fmt: skip
        found = dataclasses.replace(found, vectors=found.vectors[..., :0])  # type: ignore[type-var]
    except (GandynError, np.linalg.LinAlgError) as error:
        why = str(error)
    return Description(float(mean.norm()), noise, batches, found, why)


def _field(game: TorchGame, state: State, i: int) -> Tensor:
    oracle = game.with_state(state.norms)
    u, w = oracle.for_step(state.step + i, state.x, state.y).field(state.x, state.y)
    return torch.cat([u, w]).detach()


def _kinds(found: Multipliers) -> list[str]:
    """Return a line for each multiplier, conjugates once."""
    lines = []
    for value, error in zip(found.values, found.errors, strict=True):
        if value.imag < 0:
            continue
        turn = abs(cmath.phase(complex(value)))
        known = f" ± {error:.1g}" if np.isfinite(error) else ""
        size = f"|λ| = {abs(value):.6g}{known}"
        if turn < _REAL:
            lines.append(f"drift     {size}")
        elif math.pi - turn < _REAL:
            lines.append(f"flip      {size}")
        else:
            lines.append(f"rotation  {size}, {2 * math.pi / turn:.4g} steps a turn")
    return lines or ["no multiplier converged"]
