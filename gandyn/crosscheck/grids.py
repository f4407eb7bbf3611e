"""Prediction beside measurement over a plane of two fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gandyn._arguments import checked
from gandyn._node import find_field
from gandyn._progress import Progress
from gandyn._records import Record, plain
from gandyn.crosscheck.measurement import (
    GROWN,
    SHRUNK,
    PlayerPair,
    Readings,
    early_steps,
    generic_direction,
    perturbed,
    read,
    with_fields,
)
from gandyn.crosscheck.predictions import seen
from gandyn.dynamics import Axis
from gandyn.dynamics.verdicts import VERDICTS, Verdict
from gandyn.errors import GandynError
from gandyn.gans import TorchGame
from gandyn.gans.spectra.linearisation import Linearisation, linearise
from gandyn.rules import Rule
from gandyn.stability import BoundaryCurve, boundary, linear_maps

if TYPE_CHECKING:
    import xarray as xr


_FINER = 8
"""Points between two of a curve's, so that its chords are followed."""
_NEAR = 0.05
"""Cells nearer than this to the predicted boundary, relatively, may disagree."""
_SHARE = 0.99
"""The share of the other cells that has to agree."""
_DESCRIPTIONS = {
    "rate": ("measured early growth of |v|", "1/step"),
    "rate_error": ("standard error of the measured growth", "1/step"),
    "angle": ("measured angle", "rad/step"),
    "radius": ("predicted spectral radius, neutral directions set aside", "1"),
    "distance": ("relative distance from the predicted boundary", "1"),
}
_TURNING = 0.02
"""Angles this near to 0 or π, in radians, are those of a real multiplier."""
_SIGNIFICANT = 2.0
"""Standard errors from zero at which a growth rate has a sign."""
_SEED = 22


def boundary_distances(
    first: np.ndarray, second: np.ndarray, curves: Sequence[BoundaryCurve]
) -> np.ndarray:
    r"""Return the relative distance of every cell from the stability boundary.

    .. math:: \min_c \max_i |\log(p_i / c_i)|

    over the boundary's points c: the least factor, as a logarithm, by which both
    fields have to change to reach it. A field that is not positive everywhere is
    measured in units of the box instead.

    Parameters
    ----------
    first, second : ndarray
        The values of the two fields.
    curves : sequence of BoundaryCurve

    Returns
    -------
    ndarray, shape (len(first), len(second))
        Infinite without a boundary.

    Examples
    --------
    >>> line = BoundaryCurve(
    ...     "flip", ("lr_x", "lr_y"), np.array([[1.0, 0.1], [1.0, 10.0]]),
    ...     np.array([-1, -1]), np.zeros(2), ("box", "box"))
    >>> boundary_distances(np.array([1.0, 1.1]), np.array([1.0]), [line]).round(4)
    array([[0.    ],
           [0.0953]])
    """
    places = [part for curve in curves for part in curve.stable_parts()]
    if not places:
        return np.full((len(first), len(second)), np.inf)
    known = np.concatenate([_finer(part) for part in places])
    found = []
    for axis, values in enumerate((first, second)):
        own = known[:, axis]
        if min(values.min(), own.min()) > 0:
            found.append(np.abs(np.log(values[:, None] / own)))
        else:
            found.append(np.abs(values[:, None] - own) / np.ptp(values))
    far = np.maximum(found[0][:, None, :], found[1][None, :, :])
    return np.asarray(far.min(axis=-1))


def _finer(part: np.ndarray) -> np.ndarray:
    """Return a curve with points between its own, straight in logarithms if it can."""
    own = np.arange(len(part))
    more = np.linspace(0, len(part) - 1, _FINER * (len(part) - 1) + 1)
    positive = part.min() > 0
    columns = (np.log(part) if positive else part).T
    found = np.stack([np.interp(more, own, column) for column in columns], axis=1)
    return np.exp(found) if positive else found


class GridCheck(Record):
    """A plane of two fields, predicted and measured.

    `cells` is a dataset with the measured `verdict`, `rate`, `rate_error`, `angle`, the
    predicted `radius` and the `distance` from the predicted boundary; `curves` are that
    boundary.
    """

    cells: xr.Dataset = field(repr=False)
    curves: list[BoundaryCurve]
    near: float = _NEAR

    @property
    def stable(self) -> np.ndarray:
        """Which cells are predicted to settle."""
        return self.cells["radius"].values < 1

    @property
    def settled(self) -> np.ndarray:
        """Which cells were measured to settle."""
        return self.cells["verdict"].values == Verdict.CONVERGES

    @property
    def decided(self) -> np.ndarray:
        """Which cells have a measured growth rate that differs from zero."""
        return self.cells["verdict"].values != Verdict.UNDECIDED

    def confusion(self, farther: float = 0.0) -> dict[str, dict[str, int]]:
        """Return the numbers of cells by prediction and measurement.

        Parameters
        ----------
        farther : float
            Only cells that are farther than this from the predicted boundary.
        """
        far = self.cells["distance"].values > farther
        told = {"stable": self.stable, "unstable": ~self.stable}
        measured = {
            "settles": self.settled,
            "leaves": self.decided & ~self.settled,
            "undecided": ~self.decided,
        }
        return {
            name: {k: int((a & b & far).sum()) for k, b in measured.items()}
            for name, a in told.items()
        }

    def agreement(self, farther: float = 0.0) -> float:
        """Return the share of cells that agree, of those farther than a distance."""
        table = self.confusion(farther)
        total = sum(sum(row.values()) for row in table.values())
        good = table["stable"]["settles"] + table["unstable"]["leaves"]
        return good / total if total else float("nan")

    @property
    def agrees(self) -> bool:
        """Whether 99 % of the cells that are not near the boundary agree."""
        return self.agreement(self.near) >= _SHARE

    def disagreements(self) -> list[dict[str, Any]]:
        """Return the cells that disagree, the farthest from the boundary first."""
        wrong = (self.settled != self.stable) | ~self.decided
        first, second = (str(dim) for dim in self.cells["verdict"].dims)
        rows = []
        for i, j in np.argwhere(wrong):
            cell = self.cells.isel({first: i, second: j})
            rows.append(
                {
                    first: float(cell[first]),
                    second: float(cell[second]),
                    "predicted": "stable" if self.stable[i, j] else "unstable",
                    "measured": VERDICTS[int(cell["verdict"])],
                    **{name: plain(float(cell[name])) for name in _DESCRIPTIONS},
                }
            )
        return sorted(rows, key=lambda row: -(row["distance"] or 0.0))

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain numbers and strings."""
        dims = [str(dim) for dim in self.cells["verdict"].dims]
        table = {
            name: self.cells[name].values.astype(float).round(6)
            for name in ("verdict", "rate", "radius", "distance")
        }
        found = {
            "fields": {dim: self.cells[dim].values for dim in dims},
            "near": self.near,
            "confusion": self.confusion(),
            "confusion_far": self.confusion(self.near),
            "agreement": self.agreement(),
            "agreement_far": self.agreement(self.near),
            "agrees": self.agrees,
            "disagreements": self.disagreements(),
            "verdicts": list(VERDICTS),
            "cells": table,
        }
        return {name: plain(value) for name, value in found.items()}


@checked
def crosscheck_grid(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    near: float = _NEAR,
    steps: int = 400,
    chunk: int = 1024,
    epsilon: float | None = None,
    progress: Progress | None = None,
) -> GridCheck:
    """Measure on GANs whether every cell of a plane settles, beside the prediction.

    Every cell is a GAN of an ensemble, started near the equilibrium in a generic
    direction of the field's range; its verdict is the sign of the early growth rate of
    abs(v), ``undecided`` within two standard errors unless it has grown a thousandfold
    or shrunk to a twentieth.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
        One GAN on the full batch.
    point : pair of Tensor, shapes (n,), (m,)
        Its equilibrium.
    axes : mapping of two names of the rule's fields to values
    near : float
        The relative distance from the predicted boundary up to which a cell may
        disagree.
    steps : int
        At most.
    chunk : int
        Cells that are trained at once.
    epsilon : float, optional
        See `perturbed`.
    progress : callable, optional
        Called with the cells done and the cells in all.

    Returns
    -------
    GridCheck

    Raises
    ------
    GandynError
        If there are not two axes, or one is not a field of the rule.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.games import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game = DiracGAN(regulariser=R1(0.3)).game()
    >>> axes = {"lr_x": [0.5, 2.0], "lr_y": [0.5, 2.0]}
    >>> found = crosscheck_grid(Simultaneous(), game, (zero, zero), axes)
    >>> found.confusion()["stable"], found.confusion()["unstable"]["leaves"]
    ({'settles': 2, 'leaves': 0, 'undecided': 0}, 2)
    """
    if len(axes) != 2:
        raise GandynError(f"a plane has two axes, got {list(axes)}")
    for name in axes:
        owner, _ = find_field({"rule": rule, "gan": game.losses}, name)
        if owner != "rule":
            raise GandynError(f"{name} is a field of the GAN: the axes are the rule's")
    scales = {k: getattr(axis, "scale", "explicit") for k, axis in axes.items()}
    values = {k: np.asarray(getattr(v, "values", v), float) for k, v in axes.items()}
    (first, a), (second, b) = values.items()
    found = linearise(game, *point)
    linear = seen(rule, found)
    radius = linear_maps(rule, linear, {first: a[:, None], second: b}).radius
    box = [(float(v.min()), float(v.max())) for v in (a, b)]
    curves = boundary(rule, linear, (first, second), box)
    own = {first: np.repeat(a, len(b)), second: np.tile(b, len(a))}
    start = _direction(found)
    done: list[Readings] = []
    for i in range(0, radius.size, chunk):
        part = {k: v[i : i + chunk] for k, v in own.items()}
        done.append(_measured(rule, game, point, part, start, steps, epsilon))
        if progress is not None:
            progress(min(i + chunk, radius.size), radius.size)
    readings = Readings(*(np.concatenate(c) for c in zip(*done, strict=True)))
    arrays = {
        "rate": readings.rate, "rate_error": readings.rate_error,
        "angle": readings.angle, "radius": radius,
        "distance": boundary_distances(a, b, curves),
    }  # fmt: skip
    attrs = {"rule": repr(rule), "game": repr(game.losses), "neutral": found.neutral}
    cells = _dataset(values, scales, arrays, _verdicts(readings), attrs)
    return GridCheck(cells, curves, near)


def _direction(found: Linearisation) -> np.ndarray:
    """Return a generic direction of the range of J: slow modes have little of it."""
    moved = found.J @ generic_direction(len(found.J), _SEED)
    return moved / np.linalg.norm(moved)


def _measured(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    own: Mapping[str, np.ndarray],
    start: np.ndarray,
    steps: int,
    epsilon: float | None,
) -> Readings:
    count = len(next(iter(own.values())))
    fields = {k: torch.as_tensor(v).to(point[0]) for k, v in own.items()}
    rule, game = with_fields(rule, game, fields)
    x, y = (player[:, None].expand(-1, count).clone() for player in point)
    begun = perturbed((x, y), np.repeat(start[:, None], count, axis=1), epsilon)
    return read(early_steps(rule, game, begun, steps, every=4))


def _verdicts(found: Readings) -> np.ndarray:
    error = np.where(np.isfinite(found.rate_error), found.rate_error, 0.0)
    left = np.full(found.rate.shape, int(Verdict.DIVERGES_SPIRAL))
    left[found.angle < _TURNING] = Verdict.DIVERGES_MONOTONE
    left[found.angle > np.pi - _TURNING] = Verdict.DIVERGES_FLIP
    verdict = np.where(found.rate < 0, int(Verdict.CONVERGES), left)
    unsure = ~(np.abs(found.rate) > _SIGNIFICANT * error)
    unsure &= (found.overall > np.log(SHRUNK)) & (found.overall < np.log(GROWN))
    return np.where(unsure, int(Verdict.UNDECIDED), verdict).astype(np.int8)


def _dataset(
    values: Mapping[str, np.ndarray],
    scales: Mapping[str, str],
    arrays: Mapping[str, np.ndarray],
    verdict: np.ndarray,
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    import xarray as xr

    import gandyn.dynamics.accessor  # noqa: F401 - registers dataset.gandyn

    dims, shape = list(values), tuple(len(v) for v in values.values())
    variables: dict[str, Any] = {
        name: (dims, arrays[name].reshape(shape), {"long_name": text, "units": units})
        for name, (text, units) in _DESCRIPTIONS.items()
    }
    meanings = " ".join(VERDICTS)
    flags = {"flag_values": np.arange(len(VERDICTS), dtype=np.int8)}
    variables["verdict"] = (
        dims, verdict.reshape(shape), {**flags, "flag_meanings": meanings}
    )  # fmt: skip
    coords = {k: (k, v, {"scale": scales[k]}) for k, v in values.items()}
    return xr.Dataset(variables, coords, dict(attrs))
