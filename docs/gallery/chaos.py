r"""
From a cycle to chaos
=====================

Lyapunov exponents of simultaneous play along the learning rate: below zero the orbit
settles, at zero it turns on a closed curve, above zero nearby orbits separate.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import plot, simulate
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous
from gandyn.stability import RuleMap, lyapunov_spectrum

game = DiracGAN(regulariser=R1(0.3))
rates = np.linspace(1.0, 3.2, 240)
found = lyapunov_spectrum(RuleMap(Simultaneous(), game), [0.3, 0.2], rates)
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
plot.lyapunov(found, left)
for lr in (1.5, 2.3, 2.95):
    orbit = simulate(Simultaneous(lr=lr), game, start=(0.3, 0.2), steps=6000)
    right.plot(orbit.x[2000:], orbit.y[2000:], ".", ms=1.5, label=f"lr = {lr}")
    print(f"lr = {lr}: {orbit.verdict}")
right.set(xlabel="x: generator", ylabel="y: discriminator")
right.legend(markerscale=6)
