r"""
Spectra of network GANs
=======================

The game Jacobian of a teacher–student GAN at its exact equilibrium. Simultaneous play
with learning rate η is stable iff every eigenvalue lies in the disc around 1/η through
0.
"""

import matplotlib.pyplot as plt

from gandyn import critical_learning_rates, plot
from gandyn.gans import make_gan
from gandyn.gans.spectra.linearisation import linearise
from gandyn.rules import Alternating, Simultaneous

gan = make_gan("teacher", hidden=6)
found = linearise(gan.game(), *gan.equilibrium())
print(f"{found.J.shape[0]} parameters, {found.neutral} neutral directions")
figure, axes = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
for ax, factor in zip(axes, (0.9, 1.1), strict=True):
    edge = critical_learning_rates(Simultaneous(), found.game(), "lr", 1e-3, 100.0)
    lr = factor * edge[0].value
    plot.gan_spectrum(found, ax, lr=lr)
    ax.set_title(f"lr = {factor} × the threshold {edge[0].value:.4g} ({edge[0].kind})")
edge = critical_learning_rates(Alternating(), found.game(), "lr", 1e-3, 100.0)
print(f"alternating: {edge[0].kind} at lr = {edge[0].value:.4g}")
