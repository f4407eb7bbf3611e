r"""
What does Adam do to a GAN?
===========================

**Short answer.** It takes the threshold away and puts a cycle in its place. Adam
divides by the size of the gradient, so its rates grow as the players come near the
equilibrium, until the step is no longer stable: it ends on the edge of stability of its
own frozen step, for *every* learning rate. The size of the cycle is proportional to lr;
momentum makes it much larger; with β1 = 0 and alternating play it is only as large as
one step. All of this is exact on the Dirac-GAN and **not true of networks**, whose
orbits are not one rotation around one point: see :doc:`the table </adams-edge>`.

.. code-block:: console

    $ gandyn claims show adams_edge
    $ gandyn claims run adams_edge -o edge
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import simulate
from gandyn.claims.adams_edge import edge
from gandyn.games import R1, DiracGAN
from gandyn.rules import Adam, AlternatingAdam

gamma, lr, beta2 = 0.3, 1e-3, 0.99
game = DiracGAN(regulariser=R1(gamma))
figure, axes = plt.subplots(1, 4, figsize=(15, 4), layout="constrained")
settings = [
    ("simultaneous", 0.0),
    ("simultaneous", 0.5),
    ("alternating", 0.5),
    ("simultaneous", 0.9),
]
for ax, (order, beta1) in zip(axes, settings, strict=True):
    cls = Adam if order == "simultaneous" else AlternatingAdam
    rule = cls(lr=lr, beta1=beta1, beta2=beta2, eps=0.0)
    orbit = simulate(rule, game, start=(10 * lr, 0.1 * lr), steps=4000)
    x, y = (part[-1500:] / lr for part in (orbit.x, orbit.y))
    ax.plot(x, y, ".", ms=2)
    angle, radius = edge(gamma, 0.5, beta1, beta2, order)
    turn = np.linspace(0, 2 * np.pi, 200)
    ax.plot(radius * np.cos(turn), radius * np.sin(turn), "k:", lw=1)
    ax.set(title=f"{order}, β1 = {beta1}", xlabel="x / lr", aspect="equal")
    seen = np.sqrt(np.mean(x**2 + y**2))
    print(f"{order}, β1 = {beta1}: rms radius {seen:.3f} lr; law {radius:.3f} lr")
axes[0].set_ylabel("y / lr")

# %%
# Dotted: the circle of the rms radius that the law gives; the orbits are ellipses with
# equal mean squares of x and y.
#
# **What follows in practice.** A plateau of the losses or of \|v\| under Adam is not
# convergence and not failure either: halve lr and look whether it halves. Decay lr, or
# average the weights, to get rid of the cycle. Do not read a learning rate off the
# eigenvalues of the frozen step at a checkpoint: on the edge its radius is 1 for every
# lr. What does predict where training breaks is trying it: ``gandyn advise``.
#
# **Theorem.** Let β2 → 1 and let one pair of multipliers :math:`e^{±iθ}` of the frozen
# step be on the circle. Then every coordinate has the mean square :math:`lr^2/|s(θ)|^2`
# with :math:`s(θ) = (e^{iθ} - 1)(1 - β_1 e^{-iθ})/(1 - β_1)`; on the Dirac-GAN with R1
# :math:`\cos \arg s = -γ`. For β1 = 0: rates 4γ, angle :math:`\arccos(1 - 2γ^2)`, rms
# radius :math:`lr/(\sqrt 2\, γ)`.
