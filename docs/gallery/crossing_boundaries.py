r"""
Two boundaries that cross at γ = 1/√3
=====================================

Simultaneous play is limited by rotation, lr = 4γ, alternating play by overshooting,
:math:`lr = 4(\sqrt{1 + γ^2} - γ)`. Each is the better one on its side of the crossing.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import boundary
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous

game = DiracGAN(regulariser=R1())
box = [(0.02, 4.0), (0.02, 0.98)]
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
for rule, colour in ((Simultaneous(), "tab:blue"), (Alternating(), "tab:orange")):
    for curve in boundary(rule, game, ("lr", "gamma"), box):
        for part in curve.stable_parts():
            label = f"{type(rule).__name__.lower()}: {curve.kind}"
            ax.plot(*part.T, color=colour, lw=2, label=label)
            ax.fill_betweenx(part[:, 1], 0, part[:, 0], color=colour, alpha=0.12)
ax.plot(4 / np.sqrt(3), 1 / np.sqrt(3), "ko", label="γ = 1/√3, lr = 4/√3")
ax.set(xlim=(0, 4), ylim=(0, 1), xlabel="lr of both players", ylabel="γ: weight of R1")
ax.legend(loc="upper right", fontsize="small")
