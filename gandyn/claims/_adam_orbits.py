"""Orbits of Adam on the Dirac-GAN with R1, after what is slow has decayed."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from gandyn.claims._orbits import Run
from gandyn.games.dirac import DiracGAN
from gandyn.games.gradient_penalties import R1
from gandyn.games.losses import Wasserstein
from gandyn.rules.adam import Adam, AlternatingAdam

SMALL_LR = 1e-3
"""Small, so that the loss is linear on the orbit."""
_STEPS = 40_000
_DECAY = 30
"""Slow modes decay by (1 - beta2)/2 a step or faster: what is left of them is e^-15."""


@functools.lru_cache(maxsize=64)
def orbit(
    gamma: float,
    beta1: float,
    beta2: float,
    order: str,
    loss: Any,
    lr: float = SMALL_LR,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the players, in units of lr, after all slow modes have decayed."""
    cls: Any = Adam if order == "simultaneous" else AlternatingAdam
    rule = cls(lr=lr, beta1=beta1, beta2=beta2, eps=0.0)
    run = Run(rule, DiracGAN(loss, R1(gamma)), (3 * lr / gamma, lr))
    run.advance(round(_DECAY / (1 - beta2)))
    x, y = run.record(_STEPS)
    return x / lr, y / lr


@functools.lru_cache(maxsize=8)
def slow_mode(gamma: float, beta2: float) -> tuple[float, float]:
    """Return decay and frequency of a small deviation of the radius, a step."""
    rule = Adam(SMALL_LR, SMALL_LR, beta1=0.0, beta2=beta2, eps=0.0)
    game = DiracGAN(Wasserstein(), R1(2 * gamma))
    start = SMALL_LR / gamma
    run = Run(rule, game, (start, start / 2))
    run.advance(round(8 / (1 - beta2)))
    x, y = run.record(round(8 / (1 - beta2)))
    square = x * x + y * y - 2 * gamma * x * y
    turn = round(2 * math.pi / math.acos(1 - 2 * gamma**2)) * 4
    size = np.log(square[: len(square) // turn * turn].reshape(-1, turn).mean(axis=1))
    t = turn * np.arange(len(size))

    def damped(
        t: np.ndarray, rate: float, beat: float, p: float, q: float, r: float, c: float
    ) -> np.ndarray:
        wave = p * np.cos(beat * t) + q * np.sin(beat * t) + r
        return c + np.exp(-rate * t) * wave

    guess = (1 - beta2, 1.5 * gamma * math.sqrt(1 - beta2))
    scale = float(np.std(size))
    start_at = (*guess, scale, scale, 0.0, float(size[-1]))
    found, _ = curve_fit(damped, t, size, start_at, maxfev=20_000)
    return float(found[0]), abs(float(found[1]))
