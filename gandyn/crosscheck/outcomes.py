"""What becomes of a GAN in the long run, beyond its boundary or within it."""

from __future__ import annotations

import math

import numpy as np
import torch

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.crosscheck.measurement import PlayerPair
from gandyn.gans import TorchGame, advance, begin
from gandyn.gans.training.train import field_norm
from gandyn.rules import Rule

_SETTLED = 1e-2
"""abs(v) at the end, over its largest, below which a member has settled or settles."""
_STEADY = 0.2
"""The relative change of the amplitude between the last two quarters on a cycle."""
_ELSEWHERE = 10.0
"""Starting distances beyond which a member has settled elsewhere."""


class LongRunOutcome(Record, eq=True):
    """The end of a run.

    `kind` is ``"returns"`` to the equilibrium it started at, ``"settles elsewhere"`` on
    the manifold of equilibria, ``"cycles"`` with a steady amplitude, ``"diverges"``
    (a parameter is not finite), or ``"undecided"``. `moved` is the distance of the last
    quarter's mean from the equilibrium over that of the start; `amplitude` the root
    mean square distance from that mean over the last quarter; `field` abs(v) at the
    end.
    """

    kind: str
    moved: float
    amplitude: float
    field: float


@checked
def long_run_outcomes(
    rule: Rule, game: TorchGame, point: PlayerPair, start: PlayerPair, steps: int
) -> list[LongRunOutcome]:
    """Return what becomes of every member of an ensemble.

    Beyond its boundary a GAN may leave its equilibrium, drift along the manifold of
    equilibria to a flatter place, and settle there: that is told from cycling and from
    coming back.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
    point, start : pair of Tensor, shapes (n, members), (m, members)
        The equilibria, and where the members start.
    steps : int
        The last half of them is looked at.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.games import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, 2, dtype=torch.float64)
    >>> rule = Simultaneous(lr=torch.tensor([1.0, 1.25]).double())
    >>> game = DiracGAN(regulariser=R1(0.3)).game()
    >>> start = (zero + 0.1, zero)
    >>> [one.kind for one in long_run_outcomes(rule, game, (zero, zero), start, 1000)]
    ['returns', 'cycles']
    """
    state = begin(rule, game, start)
    whole = torch.cat(point)
    near = (torch.cat(start) - whole).norm(dim=0)
    quarter, sums, sizes = max(steps // 4, 1), [], []
    for k in range(4 * quarter):
        if k % quarter == 0:
            total = torch.zeros_like(whole)
            squares = torch.zeros_like(near)
            largest = torch.zeros_like(near)
        move = torch.cat([state.x, state.y]) - whole
        total, squares = total + move, squares + move.square().sum(0)
        if k % 16 == 0:
            oracle = game.with_state(state.norms).for_step(k, state.x, state.y)
            size = field_norm(oracle, state.x, state.y).detach()
            largest = torch.maximum(largest, size)
        state = advance(rule, game, state)
        if (k + 1) % quarter == 0:
            mean = total / quarter
            spread = (squares / quarter - mean.square().sum(0)).clamp(min=0).sqrt()
            sums.append((mean.norm(dim=0) / near, spread))
            sizes.append(largest)
    oracle = game.with_state(state.norms).for_step(4 * quarter, state.x, state.y)
    last = field_norm(oracle, state.x, state.y).detach()
    peak = torch.stack(sizes).amax(0)
    seen = (*sums[2], *sums[3], sizes[2], sizes[3], last, peak)
    table = np.stack([v.double().cpu().numpy() for v in seen], axis=1)
    return [_outcome(row.tolist()) for row in table]


def _outcome(seen: list[float]) -> LongRunOutcome:
    _, amplitude_before, moved, amplitude, size_before, size, last, peak = seen
    kind = "undecided"
    if not math.isfinite(last):
        kind = "diverges"
    elif last < _SETTLED * peak and size <= size_before:
        kind = "settles elsewhere" if moved > _ELSEWHERE else "returns"
    elif abs(amplitude - amplitude_before) <= _STEADY * amplitude and size > 0:
        kind = "cycles"
    return LongRunOutcome(kind, moved, amplitude, last)
