r"""
Does optimism, extragradient or lookahead help?
===============================================

**Short answer.** Where the trouble is rotation, yes: all three make the undamped
bilinear game converge, which plain steps do at no learning rate. Where the trouble is a
learning rate too large for a player's own curvature, they help little, and cost calls
or range. Per oracle call optimism is the cheapest of them.

.. code-block:: console

    $ gandyn bifurcations --rule extragradient --game "bilinear(1)"
    $ gandyn bench run bilinear --rule extragradient --rule optimistic \
        --rule "lookahead(alternating)" -o result
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import linear_stability
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import (
    Alternating,
    Extragradient,
    Lookahead,
    OptimisticGradient,
    Simultaneous,
)

rules = {
    "simultaneous": lambda lr: Simultaneous(lr=lr),
    "alternating": lambda lr: Alternating(lr=lr),
    "optimistic": lambda lr: OptimisticGradient(lr=lr),
    "extragradient": lambda lr: Extragradient(lr=lr),
    "lookahead, k = 5": lambda lr: Lookahead(Simultaneous(lr=lr), k=5),
}
games = {
    "bilinear: rotation only": (Bilinear(1.0), 1.3),
    "Dirac-GAN with R1, γ = 0.3": (DiracGAN(regulariser=R1(0.3)), 3.2),
}
figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
for ax, (title, (game, highest)) in zip(axes, games.items(), strict=True):
    rates = np.linspace(0.01, highest, 120)
    for name, make in rules.items():
        radii = []
        for lr in rates:
            found = linear_stability(make(lr), game)
            radii.append(found.radius ** (1 / found.calls["gx"]))
        ax.plot(rates, radii, label=name)
    ax.axhline(1, color="0.6", lw=1)
    ax.set(title=title, ylim=(0.6, 1.25), xlabel="lr of both players")
axes[0].set_ylabel("spectral radius per gradient of x")
axes[0].legend(fontsize="small")

# %%
# **Theorem.** On the bilinear game with largest singular value σ extragradient is
# stable for ησ < 1 and optimistic descent for ησ < 1/√3 (both from their exact
# multipliers; Daskalakis, Ilyas, Syrgkanis, Zeng, ICLR 2018, prove convergence of the
# latter for small η; Chavdarova et al., *Taming GANs with Lookahead-Minmax*, ICLR 2021,
# treat the third).
