"""For how long the derivative at a point of a run describes the run that goes on."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from gandyn.gans.spectra.eigenvalues import Eigenvalues
from gandyn.gans.spectra.period_maps import PeriodMap

LOOKS = 64
"""Periods that are played at most; a horizon of so many is at least that."""
HALF = 0.5
"""Share of a difference that may be mispredicted before the prediction has ended."""


def linear_horizon(map_: PeriodMap, state: Any, found: Eigenvalues) -> float:
    r"""Return for how many periods multipliers at a moving point can hold.

    A small difference δ of two runs follows :math:`δ_{t+1} = M_t δ_t`, with M_t the
    derivative where the run then is; multipliers of M_0 predict :math:`λ^t u` along a
    unit eigenvector u. To first order in what has changed, the prediction is off by at
    most

    .. math:: \sum_{s<t} e_s, \qquad e_s = ‖(M_s - M_0)\,u‖ / |λ|,

    of its size, where nothing grows faster than by :math:`|λ|`. e_s is the curvature
    of the step times the drift: for small s it is :math:`‖D^2F[z_s - z_0, u]‖/|λ|`, in
    proportion to s. The horizon is where the sum reaches ½. The run itself is played
    on, moments and all, and e measured after 1, 2, 4, ... periods, with straight lines
    between; `LOOKS` periods at most, so that a horizon of `LOOKS` means no less. The
    largest of the values found decides.

    Beyond it the multipliers say nothing. Within, they still say nothing of
    differences that are not small.

    Parameters
    ----------
    map_ : PeriodMap
    state : (Tensor, Tensor, memory)
    found : Eigenvalues
        At that state.
    """
    if not found.values.size:
        return math.nan
    value, vector = complex(found.values[0]), found.vectors[:, 0]
    both = [vector.real.contiguous(), vector.imag.contiguous()]
    parts = [part for part in both if bool(part.abs().max() > 0)]
    before = [map_.product(part) for part in parts]
    times, changes, total = [0], [0.0], 0.0
    while times[-1] < LOOKS:
        wait = max(times[-1], 1)
        for i in range(wait):
            state = map_.run(state, (times[-1] + i) % len(map_.oracles))
        change = _change(map_.at(state), parts, before) / max(abs(value), 1e-300)
        if not math.isfinite(change):
            return float(times[-1])
        added = _area(changes[-1], change, wait, HALF - total)
        if added is not None:
            return times[-1] + added
        total += wait * (changes[-1] + change) / 2
        times.append(times[-1] + wait)
        changes.append(change)
    return float(LOOKS)


def _change(there: PeriodMap, parts: list[Tensor], before: list[Tensor]) -> float:
    off = [there.product(p) - b for p, b in zip(parts, before, strict=True)]
    return float(torch.stack([part.square().sum() for part in off]).sum().sqrt())


def _area(first: float, last: float, wait: int, left: float) -> float | None:
    """Return where a line encloses an area that is left; None if it does not."""
    if wait * (first + last) / 2 < left:
        return None
    slope = (last - first) / wait
    return _reach(first, slope, left) if slope else left / first


def _reach(height: float, slope: float, area: float) -> float:
    """Return t with height t + slope t²/2 = area."""
    return 2 * area / (height + math.sqrt(max(height**2 + 2 * slope * area, 0.0)))
