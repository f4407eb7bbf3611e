"""Prediction and measurement near a point that need not be an equilibrium."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gandyn._node import find_field, replace
from gandyn._records import plain
from gandyn.crosscheck.growth import Estimate
from gandyn.crosscheck.measurement import (
    EarlySteps,
    PlayerPair,
    generic_direction,
    read,
)
from gandyn.gans import TorchGame, advance, begin
from gandyn.gans.spectra.multipliers import step_multipliers
from gandyn.rules import Rule

EPSILON = 1e-7
"""The difference to start with, over the norm of the point."""
GENERIC = 0.01
"""The share of a generic direction in the difference to start with."""


@dataclass(frozen=True)
class TangentCheck:
    """What a small difference between two trainings does, predicted and measured.

    Attributes
    ----------
    value : float
        Of the field.
    multiplier : complex
        The multiplier of the step at the point that is looked at.
    residual : float
        abs(v) at the point.
    moved : float
        How far the training itself moves from the point within the window, over the
        norm of the point: what changes the Jacobian under way.
    rate, angle : Estimate
        Measured growth and angle per step of the difference.
    """

    value: float
    multiplier: complex
    residual: float
    moved: float
    rate: Estimate
    angle: Estimate

    @property
    def predicted_rate(self) -> float:
        """The logarithm of the multiplier's modulus."""
        return math.log(abs(self.multiplier))

    @property
    def predicted_angle(self) -> float:
        """The multiplier's angle, 0 to π."""
        return abs(math.atan2(self.multiplier.imag, self.multiplier.real))

    @property
    def stability_agrees(self) -> bool:
        """Whether growth is measured where it is predicted."""
        return (self.rate.value > 0) == (self.predicted_rate > 0)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers; None for what is not finite."""
        numbers = {
            "value": self.value,
            "predicted_rate": self.predicted_rate,
            "measured_rate": self.rate.value,
            "rate_error": self.rate.error,
            "predicted_angle": self.predicted_angle,
            "measured_angle": self.angle.value,
            "angle_error": self.angle.error,
            "residual": self.residual,
            "moved": self.moved,
        }
        return plain({**numbers, "stability_agrees": self.stability_agrees})


def tangent_check(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    values: Sequence[float],
    field: str = "lr",
    *,
    turning: bool = False,
    steps: int = 300,
) -> list[TangentCheck]:
    """Compare the linearisation at any point with differences between trainings.

    At each value of a field two trainings start, one at the point and one a little off
    in the direction of a multiplier with a little of a generic one. The difference of
    their fields v grows and turns by that multiplier as long as the Jacobian stays what
    it is at the point, and no larger multiplier takes over: always so at an equilibrium
    for the leading one, and elsewhere for as long as the training has not gone far.

    Parameters
    ----------
    rule : Rule
        An autonomous rule whose step torch can differentiate.
    game : TorchGame
        One GAN.
    point : pair of Tensor, shapes (n,), (m,)
    values : sequence of float
    field : str
        Of the rule.
    turning : bool
        Whether to look at the multiplier of largest imaginary part instead of largest
        modulus.
    steps : int
        At most.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> one = torch.ones(1, dtype=torch.float64)
    >>> game = DiracGAN(regulariser="R1").game()
    >>> (found,) = tangent_check(Simultaneous(), game, (0 * one, 0 * one), [0.5])
    >>> round(found.predicted_rate, 4), round(found.rate.value, 4)
    (0.0062, 0.0062)
    """
    _, paths = find_field({"rule": rule}, field)
    end = "largest imaginary" if turning else "largest modulus"
    told = []
    for value in values:
        own = replace(rule, dict.fromkeys(paths, float(value)))
        told.append(step_multipliers(own, game, *point, count=4, ends=(end,)))
    leading = [int(found.ends[end][0]) for found in told]
    size = len(point[0]) + len(point[1])
    directions = np.stack(
        [
            _direction(found.vectors[:size, place].cpu().numpy())
            for found, place in zip(told, leading, strict=True)
        ],
        axis=1,
    )
    trace, moved = _trace(rule, game, point, values, paths, directions, steps)
    found = read(trace)
    residual = float(torch.cat(game.settled(*point).field(*point)).norm())
    return [
        TangentCheck(
            float(value), complex(told[i].values[leading[i]]), residual,
            float(moved[min(int(found.last[i]), len(moved) - 1), i]),
            Estimate(float(found.rate[i]), float(found.rate_error[i])),
            Estimate(float(found.angle[i]), float(found.angle_error[i])),
        )
        for i, value in enumerate(values)
    ]  # fmt: skip


def _direction(vector: np.ndarray) -> np.ndarray:
    own = vector.real if np.linalg.norm(vector.real) > 1e-6 else vector.imag
    mixed = own / np.linalg.norm(own) + GENERIC * generic_direction(len(own))
    return np.asarray(mixed / np.linalg.norm(mixed))


def _trace(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    values: Sequence[float],
    paths: tuple[str, ...],
    directions: np.ndarray,
    steps: int,
) -> tuple[EarlySteps, np.ndarray]:
    """Return the difference of pairs of trainings, and how far they have moved."""
    z = torch.cat(point)
    n, pairs, scale = len(point[0]), len(values), max(float(z.norm()), 1.0)
    off = EPSILON * scale * torch.as_tensor(directions).to(z)
    begun = torch.cat([z[:, None].expand(-1, pairs), z[:, None] + off], dim=1)
    own = torch.as_tensor(list(values) * 2).to(z)
    rule = replace(rule, dict.fromkeys(paths, own))
    probe = torch.as_tensor(generic_direction(len(z), 1)).to(z)
    state = begin(rule, game, (begun[:n].clone(), begun[n:].clone()))
    sizes, path, moved = [], [], []
    for k in range(steps + 1):
        oracle = game.with_state(state.norms).for_step(k, state.x, state.y)
        field = torch.cat(oracle.field(state.x, state.y)).detach()
        here = torch.cat([state.x, state.y]).detach()
        sizes.append((field[:, pairs:] - field[:, :pairs]).norm(dim=0))
        path.append(probe @ (here[:, pairs:] - here[:, :pairs]))
        moved.append((here[:, :pairs] - z[:, None]).norm(dim=0) / scale)
        state = advance(rule, game, state)
    arrays = [torch.stack(r).double().cpu().numpy() for r in (sizes, path, moved)]
    return EarlySteps(np.arange(steps + 1), arrays[0], arrays[1]), arrays[2]
