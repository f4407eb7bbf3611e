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

from gandyn import Axis, boundary, critical_learning_rates, plot, simulate
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import (
    Alternating,
    AlternatingHeavyBall,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.stability import (
    RuleMap,
    basins,
    continue_equilibria,
    continue_invariant_curve,
    continue_periodic_orbit,
    invariant_curves_at,
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
# for all :math:`ησ < 2`: alternating descent neither approaches nor leaves. It
# conserves :math:`x^2 + y^2 - ησxy`, so its orbits lie on ellipses, which lean the more
# the larger the learning rate is. Neutral is not stable: an error in a gradient moves
# the orbit to another ellipse, and nothing brings it back.

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
# That is a *Neimark–Sacker bifurcation*. What happens beyond is decided by the cubic
# normal-form coefficient a. Here it is negative, the bifurcation is *supercritical*:
# the players do not diverge, they cycle, on a closed curve that grows as the square
# root of the distance from the threshold. The package computes the curve itself, beyond
# the leading order; simulated orbits agree with it.

(born,) = critical_learning_rates(Simultaneous(), game, "lr", 0.1, 3.0)
print(born.kind, f"at lr = {born.value:.6f}, a = {born.coefficient:.6f}")
step = RuleMap(Simultaneous(), game)
curves = continue_invariant_curve(step, born, 1.0, 2.0)

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
(curve,) = invariant_curves_at(step, curves, 1.5)
right.plot(*curve.points(), color="black", lw=1, label="invariant curve, computed")
right.legend(fontsize="small")

# %%
# Where a is positive the bifurcation is *subcritical*, and the loss of stability comes
# without a warning: below the threshold there is an *unstable* closed curve, and starts
# outside it do not come back. Here that curve turns round at a fold and becomes a large
# stable cycle, so that the equilibrium and the cycle are both there for a while.

hard = DiracGAN("non-saturating", R1(0.8))
(born,) = critical_learning_rates(Simultaneous(), hard, "lr", 3.0, 3.4)
print(born.kind, f"at lr = {born.value:.6f}, a = {born.coefficient:.6f}")
curves = continue_invariant_curve(
    RuleMap(Simultaneous(), hard), born, 3.16, 3.21, limit=64
)
starts = Axis(-1.0, 1.0, 128)
land = basins(Simultaneous(lr=3.195), hard, starts, starts)

figure, (left, right) = plt.subplots(1, 2, figsize=(15, 5), layout="constrained")
equilibrium = continue_equilibria(
    RuleMap(Simultaneous(), hard), [(-0.1, 0.1), (-0.1, 0.1)], 3.16, 3.21
)
plot.bifurcation_diagram([*equilibrium, curves], left)
plot.basins(land, right)

# %%
# The flip
# --------
#
# Where one player's own curvature times its learning rate is too large, it overshoots:
# a multiplier leaves through -1, as in plain gradient descent. On the Dirac-GAN that is
# the discriminator's R1 penalty, near :math:`η_y = 2/γ`. This one is subcritical: an
# unstable orbit of period 2 closes in on the equilibrium until it is gone.

slow = Simultaneous(lr_x=0.1)
found = critical_learning_rates(slow, game, "lr_y", 4.0, 10.0)
(flip,) = (one for one in found if one.kind == "flip")
print(f"flip at lr_y = {flip.value:.6f}, b = {flip.coefficient:.6f}", flip.criticality)
step = RuleMap(slow, game, "lr_y")
pair = continue_periodic_orbit(step, flip, 6.0, 7.5)
point = continue_equilibria(step, [(-1.0, 1.0), (-1.0, 1.0)], 6.0, 7.5)
figure, ax = plt.subplots(figsize=(8.5, 4.5), layout="constrained")
plot.bifurcation_diagram([*point, pair], ax, coordinate=1)
ax.set_ylim(-12, 12)

# %%
# Where alternating is worse
# --------------------------
#
# Alternating play removes the spiral, and is often taken for the safer choice. It is
# not, once the discriminator's own curvature sets the limit. With both learning rates
# free, the stable region of each rule on the Dirac-GAN with R1 is bounded by
#
# .. math::
#     η_x < 4γ, \quad η_y < \frac{4}{2γ - η_x/4} \qquad\text{(simultaneous)}, \qquad
#     η_y < \frac{4}{2γ + η_x/4} \qquad\text{(alternating)}.
#
# Between the two flips simultaneous play settles and alternating play diverges.

box = [(0.05, 8.0), (0.05, 8.0)]
strong = DiracGAN(regulariser=R1(1.0))
figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
for rule, colour in ((Simultaneous(), "tab:blue"), (Alternating(), "tab:orange")):
    for curve in boundary(rule, strong, ("lr_x", "lr_y"), box):
        name = f"{type(rule).__name__}, {curve.kind}"
        for part in curve.stable_parts():
            style = "-" if curve.kind == "neimark-sacker" else "--"
            ax.plot(*part.T, style, color=colour, lw=2, label=name)
            name = None
ax.set(xlabel="lr_x: learning rate of x (dimensionless)", xlim=(0, 8), ylim=(0, 8))
ax.set_ylabel("lr_y: learning rate of y (dimensionless)")
ax.legend(fontsize="small")

# %%
# What momentum, optimism and R1 each do
# --------------------------------------
#
# On the bilinear game, where simultaneous play is unstable at every learning rate:
#
# - positive momentum makes the spiral faster; *negative* momentum, together with
#   alternation, pulls the multipliers inside;
# - optimism and extragradient use a gradient from elsewhere and so see the rotation
#   coming: both are stable up to a threshold, 1/√3 and 1 in units of 1/σ;
# - R1 changes the game instead of the rule: it gives the discriminator curvature, and
#   even simultaneous play becomes stable, up to 4γ. A stronger penalty allows larger
#   learning rates until the flip takes over.

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
players = {
    "simultaneous": Simultaneous(),
    "heavy ball, β = 0.5": HeavyBall(beta_x=0.5, beta_y=0.5),
    "alternating, β = -0.5": AlternatingHeavyBall(beta_x=-0.5, beta_y=-0.5),
    "optimistic": OptimisticGradient(),
    "extragradient": Extragradient(),
}
for name, rule in players.items():
    path = multiplier_path(rule, Bilinear(1.0), "lr", 0.01, 1.6)
    left.plot(path.values, path.radius, label=name)
left.set_title("bilinear game, σ = 1", fontsize="medium")
for gamma in (0.0, 0.3, 1.0, 2.0):
    penalised = DiracGAN(regulariser=R1(gamma))
    path = multiplier_path(Simultaneous(), penalised, "lr", 0.01, 5.0)
    right.plot(path.values, path.radius, label=f"γ = {gamma:g}")
right.set_title("simultaneous play, Dirac-GAN with R1", fontsize="medium")
for ax in (left, right):
    ax.axhline(1.0, color="0.4", lw=1)
    ax.set(ylim=(0.4, 1.6), xlabel="lr: learning rate of both players (dimensionless)")
    ax.set_ylabel("spectral radius (per step)")
    ax.legend(fontsize="small")

# %%
# Momentum helps only with the right sign and the right order, and the penalty only up
# to its own flip: each remedy moves the boundary, none removes it. Where exactly it is,
# `critical_learning_rates` says for one field and `boundary` for two.
