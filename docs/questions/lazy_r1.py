r"""
Lazy R1: how seldom can I regularise?
=====================================

**Short answer.** Computing the penalty every k-th step with k times the weight (lazy
regularisation, StyleGAN2) keeps the *mean* damping, so small learning rates do not
notice. Larger ones do: the damping comes in kicks, and where the kicks keep time with
the rotation they feed it. Stability is lost at a learning rate several times smaller,
first in narrow windows, with stable rates beyond them. Do not rely on those.

.. code-block:: console

    $ gandyn phase --rule alternating \
        --gan "dirac(regulariser=Lazy(R1(0.1), every=4))" \
        --x lr_x=0.05:4:24:log --y lr_y=0.05:4:24:log -o lazy.png

The multipliers to look at are those of one *period* of k steps, a product of matrices.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.gans import parse_gan, step_multipliers
from gandyn.rules import Alternating


def jacobian(gamma):
    """Return the 2×2 game Jacobian of the Dirac-GAN at its equilibrium."""
    game = DiracGAN(regulariser=R1(gamma)) if gamma else DiracGAN()
    return np.array(game.jacobian(0.0, 0.0), dtype=float).reshape(2, 2)


def alternating(lr, matrix):
    """Return the matrix of one alternating step: x moves, then y."""
    x = np.eye(2) - lr * np.array([[1], [0]]) * matrix
    y = np.eye(2) - lr * np.array([[0], [1]]) * matrix
    return y @ x


def radius_per_step(lr, gamma, k):
    """Return the radius of a period of k steps, the last with k times the weight."""
    period = np.linalg.matrix_power(alternating(lr, jacobian(0.0)), k - 1)
    period = alternating(lr, jacobian(k * gamma)) @ period
    return max(abs(np.linalg.eigvals(period))) ** (1 / k)


gamma = 0.1
rates = np.geomspace(0.02, 4.0, 400)
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for k in (1, 4, 16):
    radii = np.array([radius_per_step(lr, gamma, k) for lr in rates])
    ax.semilogx(rates, radii, label=f"every {k} steps" if k > 1 else "every step")
    outside = rates[radii > 1 + 1e-12]
    print(f"k = {k:2d}: stable up to lr = {outside[0] if len(outside) else np.inf:.3f}")
ax.axhline(1, color="0.6", lw=1)
ax.set(ylim=(0.9, 1.1), xlabel="lr of both players")
ax.set_ylabel("spectral radius per step")
ax.legend(title=f"R1 with γ = {gamma}, alternating")

# %%
# At small rates the three agree; then the lazy ones leave the circle first (printed is
# the first window of the grid). A GAN of modules says the same of the period that it
# runs:

gan = parse_gan("dirac(regulariser=Lazy(R1(0.1), every=4))")
zero = torch.zeros(1, dtype=torch.float64)
for lr in (1.3, 1.45):
    found = step_multipliers(
        Alternating(lr=lr), gan.game(), zero, zero, count=2, period=4
    )
    print(f"lr = {lr}: {found.radius:.6f}, here {radius_per_step(lr, 0.1, 4) ** 4:.6f}")

# %%
# On a GAN of your own, :doc:`rehearse it </advise>`.
#
# **Theorem.** To first order in lr a period of k steps is :math:`I - lr \sum_i J_i =
# I - lr\,k\,\bar J`, the same as k steps of the mean Jacobian; the difference is of
# second order and grows with k. Reference: Karras et al., *Analyzing and Improving the
# Image Quality of StyleGAN*, CVPR 2020, §3.1 (there with the optimizer's settings
# scaled too).
