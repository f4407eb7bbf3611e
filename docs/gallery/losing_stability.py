r"""
How a GAN loses stability
=========================

Two players that learn against each other lose stability in a few ways, and each update
rule has its own. This page goes through them on the smallest games that show each one:
the bilinear game :math:`L_x = xy = -L_y`, which is what any zero-sum game looks like
along directions that neither player's own curvature sees, and the Dirac-GAN with an R1
penalty of weight γ, whose game Jacobian at the equilibrium is

.. math::
    J = \begin{pmatrix} 0 & 1/2 \\ -1/2 & γ \end{pmatrix}.

Every figure is drawn by the code above it.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates, plot, simulate
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import (
    Alternating,
    Simultaneous,
)
from gandyn.stability import (
    RuleMap,
    follow_curve,
    multiplier_path,
)

# %%
# The spiral
# ----------
#
# Simultaneous descent on the bilinear game has the multipliers :math:`1 ± iησ`, outside
# the unit circle for every learning rate η: the players run after each other and are
# thrown outwards. A smaller learning rate only takes longer. Watching 200 steps cannot
# tell, and the verdict on the orbit says so; the multipliers can.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
spiral = Simultaneous(lr=0.1)
plot.trajectory(simulate(spiral, Bilinear(1.0), start=(0.5, 0.5), steps=200), left)
plot.spectrum(spiral, Bilinear(1.0), right)

# %%
# The neutral circle
# ------------------
#
# Let the second player see the first one's move, and the multipliers are on the circle
# for all :math:`ησ < 2`: alternating descent neither approaches nor leaves. It conserves
# :math:`x^2 + y^2 - ησxy`, so its orbits lie on ellipses, which lean the more the larger
# the learning rate is. Neutral is not stable: an error in a gradient moves the orbit to
# another ellipse, and nothing brings it back.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
for ax, lr in ((left, 0.1), (right, 1.3)):
    orbit = simulate(Alternating(lr=lr), Bilinear(1.0), start=(0.5, 0.5), steps=200)
    plot.trajectory(orbit, ax)

# %%
# A cycle is born
# ---------------
#
# A penalty on the discriminator pulls the multipliers of simultaneous descent inside,
# until the learning rate is 4γ. There a pair leaves through the circle.

game = DiracGAN(regulariser=R1(0.3))
path = multiplier_path(Simultaneous(), game, "lr", 0.05, 3.0)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
plot.spectrum_path(path, left)
plot.root_locus(path, right)

# %%
# That is a *Neimark-Sacker bifurcation*. What happens beyond is decided by the cubic
# normal-form coefficient a. Here it is negative, the bifurcation is *supercritical*: the
# players do not diverge, they cycle, on a closed curve that grows as the square root of
# the distance from the threshold. The package computes the curve itself, beyond the
# leading order; simulated orbits agree with it.

(born,) = critical_learning_rates(Simultaneous(), game, "lr", 0.1, 3.0)
print(born.kind, f"at lr = {born.value:.6f}, a = {born.coefficient:.6f}")
step = RuleMap(Simultaneous(), game)
curves = follow_curve(step, born, until=2.0)

rates = np.linspace(1.22, 1.96, 12)
amplitudes = []
for lr in rates:
    orbit = simulate(Simultaneous(lr=lr), game, start=(0.4, 0.4), steps=6000)
    settled = np.hypot(orbit.x[2000:], orbit.y[2000:])
    amplitudes.append(np.sqrt(np.mean(settled**2)))

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
plot.cycle_amplitude(curves, born, left, measured=(rates, amplitudes))
orbit = simulate(Simultaneous(lr=1.5), game, start=(0.1, 0.0), steps=400)
plot.trajectory(orbit, right)
(curve,) = curves.at(1.5)
right.plot(*curve.points(), color="black", lw=1, label="invariant curve, computed")
right.legend(fontsize="small")

# %%
# The flip
# --------
#
# Where one player's own curvature times its learning rate is too large, it overshoots:
# a multiplier leaves through -1, as in plain gradient descent. On the Dirac-GAN that is
# the discriminator's R1 penalty at :math:`η_y ≈ 2/γ`.

step = RuleMap(Simultaneous(lr_x=0.1), game, "lr_y")
crossings = critical_learning_rates(Simultaneous(lr_x=0.1), game, "lr_y", 4.0, 10.0)
flips = [one for one in crossings if one.kind == "flip"]
for flip in flips:
    print(flip.kind, f"at lr_y = {flip.value:.6f}, b = {flip.coefficient:.6f}",
          flip.criticality)  # fmt: skip
