"""How large the cycle of a GAN around an equilibrium is."""

from __future__ import annotations

import math

import numpy as np
import torch

from gandyn.crosscheck.growth import Estimate
from gandyn.crosscheck.measurement import PlayerPair
from gandyn.gans import TorchGame, advance, begin
from gandyn.rules import Rule


def cycle_amplitude(
    rule: Rule,
    game: TorchGame,
    point: PlayerPair,
    start: PlayerPair,
    *,
    settle: int = 2000,
    steps: int = 2000,
) -> Estimate:
    r"""Return the root mean square distance of a GAN's parameters from an equilibrium.

    The mean over the steps after ``settle`` has the weights
    :math:`\exp(-1/(s(1-s)))` at the share s of the way, by which it converges to the
    mean over a smooth cycle faster than any power of the steps. The error is the
    difference from the mean over the second half.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
        One GAN.
    point, start : pair of Tensor, shapes (n,), (m,)
    settle, steps : int

    References
    ----------
    Das, Saiki, Sander, Yorke, *Quantitative quasiperiodicity*, Nonlinearity 30 (2017),
    Theorem 1.2.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.games import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game, start = DiracGAN(regulariser=R1(0.3)).game(), (zero + 0.2, zero)
    >>> found = cycle_amplitude(Simultaneous(lr=1.25), game, (zero, zero), start)
    >>> round(found.value, 6)
    0.413192
    """
    state, centre = begin(rule, game, start), torch.cat(point)
    for _ in range(settle):
        state = advance(rule, game, state)
    squares = []
    for _ in range(steps):
        squares.append((torch.cat([state.x, state.y]) - centre).square().sum())
        state = advance(rule, game, state)
    found = torch.stack(squares).double().cpu().numpy()
    whole, half = _mean(found), _mean(found[steps // 2 :])
    if not whole >= 0:
        return Estimate(math.nan, math.inf)
    value = math.sqrt(whole)
    return Estimate(value, abs(value - math.sqrt(half)))


def _mean(values: np.ndarray) -> float:
    s = (np.arange(len(values)) + 0.5) / len(values)
    weights = np.exp(-1 / (s * (1 - s)))
    return float(weights @ values / weights.sum())
