r"""
Does TTUR help?
===============

**Short answer.** A faster discriminator (TTUR, two time-scale update rule) makes the
*product* of the learning rates what matters for rotation, and the discriminator's own
curvature what matters for overshooting. It lets you choose a point in the plane of both
rates; it does not by itself damp the rotation. Every point of the plane has an exact
answer, so look at the plane.

.. code-block:: console

    $ gandyn phase --rule simultaneous --game "dirac(regulariser=R1(0.3))" \
        --x lr_x=0.05:10:128:log --y lr_y=0.05:10:128:log -o ttur.svg
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import boundary
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability import minimise_radius

game = DiracGAN(regulariser=R1(0.3))
box = [(0.02, 20.0), (0.02, 20.0)]
figure, ax = plt.subplots(figsize=(6.5, 5.2), layout="constrained")
for rule, colour in ((Simultaneous(), "tab:blue"), (Alternating(), "tab:orange")):
    for curve in boundary(rule, game, ("lr_x", "lr_y"), box):
        label = f"{type(rule).__name__.lower()}, {curve.kind}"
        for part in curve.stable_parts():
            style = "-" if curve.kind == "neimark-sacker" else "--"
            ax.loglog(*part.T, style, color=colour, lw=2, label=label)
            label = None
    best = minimise_radius(rule, game, {"lr_x": (0.02, 20), "lr_y": (0.02, 20)})
    x, y = best.fields["lr_x"], best.fields["lr_y"]
    ax.plot(x, y, "*", ms=13, color=colour, mec="black")
    print(
        f"{type(rule).__name__}: fastest at lr_x = {x:.3f}, lr_y = {y:.3f}, "
        f"ratio {y / x:.2f}, radius {best.radius:.4f}"
    )
diagonal = np.array(box[0])
ax.plot(diagonal, diagonal, color="0.7", lw=1, label="equal rates")
ax.set(xlabel="lr_x: learning rate of the generator", xlim=box[0], ylim=box[1])
ax.set_ylabel("lr_y: learning rate of the discriminator")
ax.legend(fontsize="small")

# %%
# The stars are the fastest rates of each rule. Simultaneous play needs lr_x < 4γ
# whatever lr_y is; no ratio lifts that. Alternating play trades one rate for the other
# along its line.
#
# **Theorem.** There is a finite ratio τ* of lr_y to lr_x beyond which simultaneous
# descent with small rates is stable at a critical point iff that is a differential
# Stackelberg equilibrium (Fiez, Ratliff, *Local Convergence Analysis of Gradient
# Descent Ascent with Finite Timescale Separation*, ICLR 2021, Theorem 1);
# ``gandyn.stability.critical_timescale`` computes τ*. Reference of the method: Heusel
# et al., *GANs Trained by a Two Time-Scale Update Rule*, NeurIPS 2017.
