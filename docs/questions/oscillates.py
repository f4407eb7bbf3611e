r"""
Why does my GAN oscillate?
==========================

**Short answer.** Because the game rotates. Each player's gradient depends on the other
player's move, and that part of the game Jacobian is antisymmetric: it turns the pair
around the equilibrium instead of pulling it in. Simultaneous steps turn this into an
outward spiral at *every* learning rate unless something damps it; alternating steps
without damping stay on a closed curve. A smaller learning rate makes the turn slower,
it does not end it. Damping does: R1, weight decay, optimism, extragradient, averaging.

.. code-block:: console

    $ gandyn orbit --rule simultaneous --game dirac --start 0.5,0.5 -o spiral.png
    $ gandyn orbit --rule alternating --game "dirac(regulariser=R1(0.3))" -o damped.png
"""

import matplotlib.pyplot as plt

from gandyn import linear_stability, simulate
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous

plays = {
    "simultaneous, no penalty": (Simultaneous(lr=0.3), DiracGAN()),
    "alternating, no penalty": (Alternating(lr=0.3), DiracGAN()),
    "alternating, R1 with γ = 0.3": (
        Alternating(lr=0.3),
        DiracGAN(regulariser=R1(0.3)),
    ),
}
figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained")
for ax, (name, (rule, game)) in zip(axes, plays.items(), strict=True):
    orbit = simulate(rule, game, start=(0.6, 0.6), steps=150)
    ax.plot(orbit.x, orbit.y, "o-", ms=2, lw=0.8)
    ax.plot(orbit.x[0], orbit.y[0], "ko", ms=6)
    ax.set(title=name, xlabel="x: generator")
axes[0].set_ylabel("y: discriminator")

# %%
# The multipliers at the equilibrium say it without a run: the angle of the leading pair
# is the turn per step, its modulus whether the turn grows.

for name, (rule, game) in plays.items():
    found = linear_stability(rule, game)
    print(f"{name}: {found.verdict}, radius {found.radius:.4f}, at {found.leading:.3f}")

# %%
# **What an oscillating loss looks like from outside.** Rotation shows as losses of both
# players that go up and down in turn, a quarter of a period apart; overshooting (a
# flip) as updates that change sign from step to step. The second is a learning rate
# that is too large for one player's own curvature, and there a smaller rate does help.
# :doc:`The monitor </generated/questions/has_it_converged>` tells the two apart.
#
# **Theorem.** On the bilinear game simultaneous descent has the multipliers :math:`1
# \pm iησ`, of modulus :math:`\sqrt{1 + η^2σ^2} > 1`; alternating descent has both on
# the unit circle while ησ < 2 (Bailey, Gidel, Piliouras, COLT 2020, Theorem 4).
