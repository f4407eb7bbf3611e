r"""
How many critic steps?
======================

**Short answer.** One, unless the critic is strongly damped or its gradients are noisy.
More discriminator steps (``n_critic``) *narrow* the range of stable learning rates
while γ < 1/√8 ≈ 0.354 (logistic loss), and widen it above. At that γ the number makes
no difference. With minibatch noise a few more steps average it, up to the flip: there
is a best number, and it is finite.

.. code-block:: console

    $ gandyn bifurcations --rule "alternating(k_y=5)" \
        --game "dirac(regulariser=R1(0.3))"
    $ gandyn claims show critic_steps
    $ gandyn claims show critic_ratio_with_noise
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating

gammas = np.linspace(0.05, 0.7, 27)
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for k in (1, 2, 3, 5):
    edges = [
        critical_learning_rates(
            Alternating(k_y=k), DiracGAN(regulariser=R1(gamma)), "lr", 0.02, 12.0
        )[0].value
        for gamma in gammas
    ]
    ax.plot(gammas, edges, "o-", ms=3, label=f"k = {k}")
ax.axvline(1 / np.sqrt(8), color="0.6", ls=":", label="γ = 1/√8")
ax.set(xlabel="γ: weight of R1", ylabel="largest stable lr of both players")
ax.legend(title="critic steps per generator step")

# %%
# The critic that is trained to optimality (k → ∞) is gradient descent against the best
# response, stable up to lr = 8γ: for a weakly damped critic that is *less* than what
# one step allows. Per oracle call one step is also the cheapest.
#
# **Theorem.** With r = 1 − lr γ one period of k critic steps has the determinant
# :math:`r^k` and flips at :math:`lr/(4γ) = 2(1 + r^k)/(1 - r^k)`. At lr = 1/γ, where r
# = 0, one step already is the best response, and all k agree. :doc:`The claim
# </generated/claims/critic_steps>` has the derivation, measured on orbits.
