"""Prediction beside measurement over a plane of two fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gandyn._node import find_field
from gandyn.crosscheck.distances import boundary_distances
from gandyn.crosscheck.grid_records import DESCRIPTIONS, NEAR, GridCheck
from gandyn.crosscheck.measurement import (
    GROWN,
    SHRUNK,
    Point,
    Readings,
    generic_direction,
    perturbed,
    read,
    trace,
    with_fields,
)
from gandyn.crosscheck.predictions import seen
from gandyn.dynamics import Axis
from gandyn.dynamics.verdicts import VERDICTS, Verdict
from gandyn.errors import GandynError
from gandyn.gans import TorchGame
from gandyn.gans.linearise import Linearisation, linearise
from gandyn.rules import Rule
from gandyn.stability import boundary, map_batch

if TYPE_CHECKING:
    import xarray as xr

TURNING = 0.02
"""Angles this near to 0 or π, in radians, are those of a real multiplier."""
SIGNIFICANT = 2.0
"""Standard errors from zero at which a growth rate has a sign."""
SEED = 22


def crosscheck_grid(
    rule: Rule,
    game: TorchGame,
    point: Point,
    axes: Mapping[str, Axis | Sequence[float]],
    *,
    near: float = NEAR,
    steps: int = 400,
    chunk: int = 1024,
    epsilon: float | None = None,
    report: Callable[[int, int], None] | None = None,
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
    report : callable, optional
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
    >>> from gandyn.gans import Dirac
    >>> from gandyn.gans.gradient_penalties import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game = Dirac(regulariser=R1(0.3)).game()
    >>> axes = {"lr_x": [0.5, 2.0], "lr_y": [0.5, 2.0]}
    >>> found = crosscheck_grid(Simultaneous(), game, (zero, zero), axes)
    >>> found.confusion()["stable"], found.confusion()["unstable"]["leaves"]
    ({'settles': 2, 'leaves': 0, 'undecided': 0}, 2)
    """
    if len(axes) != 2:
        raise GandynError(f"a plane has two axes, got {list(axes)}")
    for name in axes:
        owner, _ = find_field({"rule": rule, "gan": game.objective}, name)
        if owner != "rule":
            raise GandynError(f"{name} is a field of the GAN: the axes are the rule's")
    scales = {k: getattr(axis, "scale", "explicit") for k, axis in axes.items()}
    values = {k: np.asarray(getattr(v, "values", v), float) for k, v in axes.items()}
    (first, a), (second, b) = values.items()
    found = linearise(game, *point)
    linear = seen(rule, found)
    radius = map_batch(rule, linear, {first: a[:, None], second: b}).radius
    box = [(float(v.min()), float(v.max())) for v in (a, b)]
    curves = boundary(rule, linear, (first, second), box)
    own = {first: np.repeat(a, len(b)), second: np.tile(b, len(a))}
    start = _direction(found)
    done: list[Readings] = []
    for i in range(0, radius.size, chunk):
        part = {k: v[i : i + chunk] for k, v in own.items()}
        done.append(_measured(rule, game, point, part, start, steps, epsilon))
        if report is not None:
            report(min(i + chunk, radius.size), radius.size)
    readings = Readings(*(np.concatenate(c) for c in zip(*done, strict=True)))
    arrays = {
        "rate": readings.rate, "rate_error": readings.rate_error,
        "angle": readings.angle, "radius": radius,
        "distance": boundary_distances(a, b, curves),
    }  # fmt: skip
    attrs = {"rule": repr(rule), "game": repr(game.objective), "neutral": found.neutral}
    cells = _dataset(values, scales, arrays, _verdicts(readings), attrs)
    return GridCheck(cells, curves, near)


def _direction(found: Linearisation) -> np.ndarray:
    """Return a generic direction of the range of J: slow modes have little of it."""
    moved = found.J @ generic_direction(len(found.J), SEED)
    return moved / np.linalg.norm(moved)


def _measured(
    rule: Rule,
    game: TorchGame,
    point: Point,
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
    return read(trace(rule, game, begun, steps, every=4))


def _verdicts(found: Readings) -> np.ndarray:
    error = np.where(np.isfinite(found.rate_error), found.rate_error, 0.0)
    left = np.full(found.rate.shape, int(Verdict.DIVERGES_SPIRAL))
    left[found.angle < TURNING] = Verdict.DIVERGES_MONOTONE
    left[found.angle > np.pi - TURNING] = Verdict.DIVERGES_FLIP
    verdict = np.where(found.rate < 0, int(Verdict.CONVERGES), left)
    unsure = ~(np.abs(found.rate) > SIGNIFICANT * error)
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
        for name, (text, units) in DESCRIPTIONS.items()
    }
    meanings = " ".join(VERDICTS)
    flags = {"flag_values": np.arange(len(VERDICTS), dtype=np.int8)}
    variables["verdict"] = (
        dims, verdict.reshape(shape), {**flags, "flag_meanings": meanings}
    )  # fmt: skip
    coords = {k: (k, v, {"scale": scales[k]}) for k, v in values.items()}
    return xr.Dataset(variables, coords, dict(attrs))
