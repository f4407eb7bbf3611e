r"""
Which learning rate, and which γ?
=================================

**Short answer.** With simultaneous steps, a logistic loss and an R1 penalty of weight
γ, training near the equilibrium settles below ``lr = 4γ``; with alternating steps it
settles up to a flip, which for small γ is much farther out. A larger γ allows larger
rates only up to a point: beyond γ = 1 the penalty itself is what overshoots.

.. code-block:: console

    $ gandyn bifurcations --rule simultaneous --game "dirac(regulariser=R1(0.3))"
    $ gandyn phase --rule alternating --game "dirac(regulariser=R1())" \
        --x lr=0.05:8:128:log --y gamma=0.02:2:128:log -o lr_gamma.svg

For a GAN of your own, :doc:`measure it around your checkpoint </advise>`: the numbers
here are those of the game near its equilibrium, in units where the data lie at distance
1.
"""

import matplotlib.pyplot as plt

from gandyn import boundary, critical_learning_rates
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability import minimise_radius

for rule in (Simultaneous(), Alternating()):
    for found in critical_learning_rates(
        rule, DiracGAN(regulariser=R1(0.3)), "lr", 0.05, 20.0
    ):
        print(f"{type(rule).__name__}: {found.kind} at lr = {found.value:.4f}")

# %%
# Both fields at once: the exact curves on which a multiplier reaches the unit circle.
# Simultaneous play settles in the blue region; alternating play below the orange line
# in addition.

game = DiracGAN(regulariser=R1())
box = [(0.05, 8.0), (0.02, 2.0)]
figure, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
for rule, colour in ((Simultaneous(), "tab:blue"), (Alternating(), "tab:orange")):
    for curve in boundary(rule, game, ("lr", "gamma"), box):
        label = f"{type(rule).__name__.lower()}, {curve.kind}"
        for part in curve.stable_parts():
            style = "-" if curve.kind == "neimark-sacker" else "--"
            ax.plot(*part.T, style, color=colour, lw=2, label=label)
            label = None
ax.set(xlim=(0, 8), ylim=(0, 2), xlabel="lr: learning rate of both players")
ax.set_ylabel("γ: weight of the R1 penalty")
ax.legend()

# %%
# The same plane to walk through: move over it, and change the rule to alternating.
#
# .. explorer::
#    :state: rule=Simultaneous&game=0&x=lr&y=regulariser.gamma
#       &box=0.05,8,0.02,2&cell=0.9,0.3

# %%
# Stable is not yet fast. The rate that contracts most, for each γ, is well inside:

for gamma in (0.1, 0.3, 1.0):
    best = minimise_radius(
        Simultaneous(), DiracGAN(regulariser=R1(gamma)), {"lr": (0.01, 4.0)}
    )
    print(
        f"γ = {gamma}: fastest at lr = {best.fields['lr']:.3f}, "
        f"radius {best.radius:.4f} per step"
    )

# %%
# **Theorem.** The multipliers of simultaneous descent are :math:`1 - ηλ` over the
# eigenvalues λ of the game Jacobian J; they are inside the unit circle iff :math:`η <
# 2\,\mathrm{Re}\,λ/|λ|^2` for all of them (Mescheder, Geiger, Nowozin, ICML 2018, Lemma
# 2.5 with the exact bound). Here :math:`λ = (γ \pm \sqrt{γ^2 - 1})/2`, so that
# :math:`|λ|^2 = 1/4` and :math:`\mathrm{Re}\,λ = γ/2` while γ < 1: the bound is 4γ.
# :doc:`/theory` has the rest.
