r"""
Normal forms against simulation
===============================

Beyond a supercritical Neimark–Sacker point the cycle's amplitude grows as the square
root of the distance; the normal form gives the factor, the computed closed curve the
rest, and simulated orbits lie on it.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates, plot, simulate
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous
from gandyn.stability import RuleMap, continue_invariant_curve

figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
for ax, gamma in zip(axes, (0.2, 0.5), strict=True):
    game = DiracGAN(regulariser=R1(gamma))
    (born,) = critical_learning_rates(Simultaneous(), game, "lr", 0.1, 3.0)
    curves = continue_invariant_curve(
        RuleMap(Simultaneous(), game), born, born.value, 1.35 * born.value
    )
    rates = born.value * np.linspace(1.04, 1.34, 6)
    sizes = []
    for lr in rates:
        orbit = simulate(Simultaneous(lr=lr), game, start=(0.4, 0.4), steps=3000)
        sizes.append(np.sqrt(np.mean(orbit.x[1500:] ** 2 + orbit.y[1500:] ** 2)))
    plot.cycle_amplitude(curves, born, ax, measured=(rates, sizes))
    ax.set_title(f"γ = {gamma}: a = {born.coefficient:.4f}, {born.criticality}")
