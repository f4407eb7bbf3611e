r"""
From a cycle to chaos
=====================

Lyapunov exponents of alternating play along the learning rate: below zero the orbit
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
rates = np.linspace(1.0, 9.0, 400)
found = lyapunov_spectrum(RuleMap(Simultaneous(), game), [0.3, 0.2], rates)
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
plot.lyapunov(found, left)
largest = int(np.argmax(found.exponents[..., 0] if found.exponents.shape[0] == len(rates)
                        else found.exponents[0]))
orbit = simulate(
    Simultaneous(lr=rates[largest]), game, start=(0.3, 0.2), steps=20000
)
right.plot(orbit.x[2000:], orbit.y[2000:], ",", color="black")
right.set(xlabel="x: generator", ylabel="y: discriminator")
right.set_title(f"the orbit at lr = {rates[largest]:.2f}: {orbit.verdict}")
