"""Ensembles that start near an equilibrium, and what their early steps measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gandyn._node import find_field, replace
from gandyn._progress import Progress
from gandyn.crosscheck.growth import (
    Estimate,
    dominant_angle,
    growth_rate,
    recurrence_angle,
)
from gandyn.gans import TorchGame, advance, begin
from gandyn.gans.training.train import field_norm
from gandyn.rules import Rule

_GENERIC = 0.1
"""The share of a generic direction in a perturbation."""
_SETTLE = 20
"""Steps that are left to faster modes to die out before growth is measured."""
GROWN, SHRUNK = 1e3, 0.05
"""How far the field may have grown or shrunk since where early growth is measured."""
_BURN = 0.2
"""The share of the window that is left out for what faster modes have left."""
_SEED = 20
PlayerPair = tuple[Tensor, Tensor]


class EarlySteps(NamedTuple):
    """Early steps of an ensemble.

    `steps`, shape (records,), are those of `sizes`, abs(v), shape (records, members);
    `path` is the projection of every step's parameters, shape (steps + 1, members).
    """

    steps: np.ndarray
    sizes: np.ndarray
    path: np.ndarray


class Readings(NamedTuple):
    """What each member measures: all of shape (members,).

    `rate`, `rate_error` per step, `angle`, `angle_error` in radians per step, the
    `first` and `last` step of the window, and the `overall` growth of log abs(v).
    """

    rate: np.ndarray
    rate_error: np.ndarray
    angle: np.ndarray
    angle_error: np.ndarray
    first: np.ndarray
    last: np.ndarray
    overall: np.ndarray


def generic_direction(size: int, seed: int = _SEED) -> np.ndarray:
    """Return a random unit vector."""
    found = np.random.default_rng(seed).normal(size=size)
    return found / np.linalg.norm(found)


def perturbed(
    point: PlayerPair, directions: np.ndarray, epsilon: float | None = None
) -> PlayerPair:
    """Return points near equilibria, one for each member.

    Parameters
    ----------
    point : pair of Tensor, shapes (n, members), (m, members)
    directions : ndarray, shape (n + m, members)
        Unit vectors; a tenth of a generic one is added.
    epsilon : float, optional
        The distance, by default a small part (by the type) of the point's norm, or of
        1 where that is less.
    """
    x, y = point
    z = torch.cat([x, y])
    if epsilon is None:
        scale = float(z.norm(dim=0).max())
        epsilon = torch.finfo(z.dtype).eps ** 0.375 * max(scale, 1.0)
    mixed = directions + _GENERIC * generic_direction(len(z))[:, None]
    mixed = epsilon * mixed / np.linalg.norm(mixed, axis=0)
    z = z + torch.as_tensor(mixed).to(z)
    return z[: len(x)], z[len(x) :]


def with_fields(
    rule: Rule, game: TorchGame, fields: Mapping[str, Tensor]
) -> tuple[Rule, TorchGame]:
    """Return a rule and a game with fields of either set, a value for each member."""
    for name, values in fields.items():
        owner, paths = find_field({"rule": rule, "gan": game.losses}, name)
        own = dict.fromkeys(paths, values)
        if owner == "rule":
            rule = replace(rule, own)
        else:
            game = game.with_settings(own)
    return rule, game


def early_steps(
    rule: Rule,
    game: TorchGame,
    start: PlayerPair,
    steps: int,
    every: int = 2,
    progress: Progress | None = None,
) -> EarlySteps:
    """Play, and record until all members have left the early part.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
    start : pair of Tensor, shapes (n, members), (m, members)
    steps : int
        At most.
    every : int
        Steps between two looks at abs(v).
    progress : callable, optional
        Called with the steps done and the steps in all.
    """
    probe = torch.as_tensor(generic_direction(len(start[0]) + len(start[1]), _SEED + 1))
    probe = probe.to(start[0])
    state = begin(rule, game, start)
    n, seen, sizes, path = len(state.x), [], [], []
    for k in range(steps + 1):
        path.append(probe[:n] @ state.x + probe[n:] @ state.y)
        if k % every == 0:
            oracle = game.with_state(state.norms).for_step(k, state.x, state.y)
            sizes.append(field_norm(oracle, state.x, state.y).detach())
            seen.append(k)
            share = sizes[-1] / sizes[0]
            if not bool(((share < GROWN) & (share > SHRUNK**3)).any()):
                break
            if progress is not None:
                progress(k, steps)
        if k < steps:
            state = advance(rule, game, state)
    arrays = [torch.stack(rows).double().cpu().numpy() for rows in (sizes, path)]
    return EarlySteps(np.array(seen), *arrays)


def read(found: EarlySteps, floor: float = 0.0) -> Readings:
    """Return what each member of a trace measures in its early part.

    That part begins after a few steps and ends where abs(v) has grown a thousandfold,
    has shrunk to a twentieth, is no number, or is below a floor; its first fifth is
    left out. Where that leaves nothing, the rate is of the whole, with an infinite
    error.
    """
    rows = [_member(found, i, floor) for i in range(found.sizes.shape[1])]
    return Readings(*(np.array(column) for column in zip(*rows, strict=True)))


def _member(found: EarlySteps, i: int, floor: float) -> tuple[float, ...]:
    sizes, begin = found.sizes[:, i], int(np.searchsorted(found.steps, _SETTLE))
    begin = begin if begin < len(sizes) else 0
    with np.errstate(invalid="ignore"):
        share = sizes / sizes[begin]
        out = ~((share < GROWN) & (share > SHRUNK) & (sizes > floor))
        out |= ~(sizes < GROWN * sizes[0])
    left = np.flatnonzero(~(sizes < GROWN * sizes[0]))
    if left.size and left[0] <= begin:  # gone before faster modes have died out
        early = slice(0, int(left[0]) + 1)
        quick = _quick(found.steps[early], sizes[early])
        angle = recurrence_angle(found.path[:, i])
        last = int(found.steps[left[0]])
        return (quick, np.inf, *angle, 0, last, _overall(sizes[early]))
    inside = ~np.logical_or.accumulate(out[begin:])
    end = begin + int(inside.sum())
    first = begin + int(_BURN * (end - begin))
    steps, own = found.steps[first:end], sizes[first:end]
    overall = _overall(sizes)
    if len(steps) < 3:
        quick = _quick(found.steps, sizes)
        angle = recurrence_angle(found.path[:, i])
        return (quick, np.inf, *angle, 0, int(found.steps[-1]), overall)
    path = found.path[steps[0] : steps[-1] + 1, i]
    rough = growth_rate(steps, own)
    near = rough.value if np.isfinite(rough.value) else 0.0
    angle = dominant_angle(path, near)
    if not np.isfinite(angle.value):
        angle = recurrence_angle(path)
    turn = angle.value if np.isfinite(angle.value) else 0.0
    rate = growth_rate(steps, own, turn)
    if not np.isfinite(rate.value):
        rate = rate._replace(value=_quick(steps, own))
    if rate.value >= 0 and sizes[-1] < SHRUNK * sizes[0]:  # slower modes are left
        rate = Estimate(_quick(found.steps, sizes), np.inf)
    return (*rate, *angle, int(steps[0]), int(steps[-1]), overall)


def _overall(sizes: np.ndarray) -> float:
    """Return the logarithm of the last size that is a number over the first."""
    good = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.log(good[-1] / good[0])) if len(good) else np.inf


def _quick(steps: np.ndarray, sizes: np.ndarray) -> float:
    """Return the growth rate between the first finite size and the last."""
    good = np.flatnonzero(np.isfinite(sizes) & (sizes > 0))
    if len(good) < 2:
        return np.inf
    span = steps[good[-1]] - steps[good[0]]
    return float(np.log(sizes[good[-1]] / sizes[good[0]]) / span)
