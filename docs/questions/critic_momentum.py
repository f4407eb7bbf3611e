r"""
Momentum on the critic?
=======================

**Short answer.** Little or none. Without damping (the bilinear game) positive momentum
on the critic makes the spiral faster, and only *negative* momentum, with alternating
steps, contracts. With damping a little positive momentum even widens the range of
learning rates, because it postpones the overshoot that ends it; much more of it brings
the rotation back, and the range collapses. So β1 = 0 to 0.5, and not the 0.9 that is
usual for one network.

.. code-block:: console

    $ gandyn phase --rule "alternating_heavy_ball(beta_x=0)" --game "bilinear(1)" \
        --x lr=0.05:2:96 --y beta_y=-0.9:0.9:96 -o critic_momentum.svg
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates, linear_stability
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import AlternatingHeavyBall

betas = np.linspace(-0.7, 0.9, 33)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
for lr in (0.2, 0.5, 1.0):
    radii = [
        linear_stability(
            AlternatingHeavyBall(lr_x=lr, lr_y=lr, beta_x=0.0, beta_y=beta),
            Bilinear(1.0),
        ).radius
        for beta in betas
    ]
    left.plot(betas, radii, label=f"lr = {lr}")
left.axhline(1, color="0.6", lw=1)
left.set(xlabel="momentum β of the critic", ylabel="spectral radius (per step)")
left.set_title("bilinear game, alternating")
left.legend()

game = DiracGAN(regulariser=R1(0.3))
edges = []
for beta in betas:
    rule = AlternatingHeavyBall(beta_x=0.0, beta_y=beta)
    found = critical_learning_rates(rule, game, "lr", 0.01, 12.0)
    edges.append(found[0].value if found else np.nan)
right.plot(betas, edges, "o-", ms=3)
right.set(xlabel="momentum β of the critic", ylabel="first critical lr", ylim=(0, None))
right.set_title("Dirac-GAN with R1, γ = 0.3, alternating")
for beta in (-0.5, 0.0, 0.5):
    print(f"β = {beta:+.1f}: lr up to {np.interp(beta, betas, edges):.3f}")
best = int(np.nanargmax(edges))
print(f"the widest range is at β = {betas[best]:.2f}: lr up to {edges[best]:.3f}")

# %%
# **Theorem.** On the bilinear game alternating descent with negative momentum converges
# linearly, and no positive momentum does (Gidel, Askari Hemmat, Pezeshki, Le Priol,
# Huang, Lacoste-Julien, Mitliagkas, *Negative Momentum for Improved Game Dynamics*,
# AISTATS 2019, Theorems 4–6). For Adam, which is a heavy ball with a changing
# preconditioner, see :doc:`what Adam does </generated/questions/what_adam_does>`.
