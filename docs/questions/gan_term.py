r"""
When do I switch the GAN term on?
=================================

**Short answer.** When reconstruction has settled, and with a learning rate chosen for
both terms together. A reconstruction loss of weight μ beside the adversarial one damps
the rotation: simultaneous play without any penalty becomes stable up to lr = 4μ, and
the range is widest at a moderate μ. But it also makes the generator stiff, and
*alternating* play, which most code runs, has little rotation to cure: there every bit
of μ narrows the range of learning rates. What was a good rate for reconstruction alone
(below 2/μ) need not be one for both.

.. code-block:: console

    $ gandyn claims show pixel_and_adversarial_loss
    $ gandyn bifurcations --rule simultaneous \
        --game "dirac(regulariser=PixelLoss(0.3)+R1(0.1))"

On a model of your own, :doc:`rehearse it </advise>` from a checkpoint of the
reconstruction phase.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.games.regularisers import PixelLoss
from gandyn.rules import Alternating, Simultaneous

weights = np.geomspace(0.02, 8.0, 40)
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for name, rule in (("simultaneous", Simultaneous()), ("alternating", Alternating())):
    for gamma, style in ((0.05, "-"), (0.5, "--")):
        edges = []
        for weight in weights:
            game = DiracGAN(regulariser=PixelLoss(weight) + R1(gamma))
            found = critical_learning_rates(rule, game, "lr", 0.01, 60.0)
            edges.append(found[0].value if found else np.nan)
        colour = "tab:blue" if name == "simultaneous" else "tab:orange"
        ax.loglog(weights, edges, style, color=colour, label=f"{name}, γ = {gamma}")
ax.set(xlabel="μ: weight of the reconstruction loss", ylabel="largest stable lr")
ax.legend()

# %%
# **Theorem.** With (μ/2)x² in the generator's loss and R1 of weight γ on the critic the
# game Jacobian has trace μ + γ and determinant μγ + ¼. While :math:`|μ - γ| < 1` its
# eigenvalues are complex and simultaneous play is stable below (μ + γ)/(μγ + ¼);
# beyond, it flips at 2/λ of the larger real eigenvalue. The critic without a penalty is
# stable up to 4μ.
