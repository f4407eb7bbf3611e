r"""
Paths of multipliers
====================

How the multipliers of six rules move as the learning rate grows, on the Dirac-GAN with
R1. Where a path leaves the circle decides what happens: at −1 a flip, elsewhere a
rotation.
"""

import matplotlib.pyplot as plt

from gandyn import plot
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
figure, axes = plt.subplots(2, 3, figsize=(13, 8), layout="constrained")
for ax, (name, rule) in zip(axes.flat, rules.items(), strict=True):
    plot.root_locus(multiplier_path(rule, game, "lr", 0.02, 3.5), ax)
    ax.set_title(name)
