r"""
Paths of multipliers
====================

How the multipliers of six rules move as the learning rate grows, on the Dirac-GAN with
R1. Where a path leaves the circle decides what happens: at −1 a flip, elsewhere a
rotation.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import (
    Alternating,
    AlternatingHeavyBall,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability import multiplier_path

game = DiracGAN(regulariser=R1(0.3))
rules = {
    "simultaneous": Simultaneous(),
    "alternating": Alternating(),
    "extragradient": Extragradient(),
    "optimistic": OptimisticGradient(),
    "heavy ball, β = 0.5": HeavyBall(beta_x=0.5, beta_y=0.5),
    "alternating, β = -0.3": AlternatingHeavyBall(beta_x=-0.3, beta_y=-0.3),
}
circle = np.exp(2j * np.pi * np.linspace(0, 1, 200))
figure, axes = plt.subplots(
    2, 3, figsize=(11, 7.6), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, rule) in zip(axes.flat, rules.items(), strict=True):
    path = multiplier_path(rule, game, "lr", 0.02, 3.5)
    points = np.asarray(path.multipliers).reshape(len(path.values), -1)
    ax.plot(circle.real, circle.imag, color="0.6", lw=1)
    for column in points.T:
        dots = ax.scatter(column.real, column.imag, c=path.values, s=6)
    ax.set(title=name, xlim=(-1.8, 1.8), ylim=(-1.8, 1.8), aspect="equal")
figure.colorbar(dots, ax=axes, label="lr of both players", shrink=0.7)
figure.supxlabel("real part of the multipliers")
figure.supylabel("imaginary part")
