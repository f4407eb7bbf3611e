r"""
Does the order of updates matter?
=================================

**Short answer.** Simultaneous or alternating: very much. Generator first or
discriminator first: with one step each, *not at all* for stability. The two alternating
orders are the same sequence of moves, cut at another place, so their multipliers are
equal. And alternating is not always better: where the discriminator's own curvature
sets the limit, it is worse.

.. code-block:: console

    $ gandyn bifurcations --rule alternating --game "dirac(regulariser=R1(0.3))"
    $ gandyn bifurcations --rule "alternating(y_first=true)" \
        --game "dirac(regulariser=R1(0.3))"
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates, simulate
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous

orders = {
    "simultaneous": Simultaneous(),
    "generator first": Alternating(),
    "discriminator first": Alternating(y_first=True),
}
for gamma in (0.3, 1 / np.sqrt(3), 0.9):
    game = DiracGAN(regulariser=R1(gamma))
    edges = {
        name: critical_learning_rates(rule, game, "lr", 0.05, 20.0)[0].value
        for name, rule in orders.items()
    }
    print(f"γ = {gamma:.3f}:", {name: round(edge, 4) for name, edge in edges.items()})

# %%
# The two orders of alternating play have one threshold; simultaneous play overtakes
# them at γ = 1/√3.

gammas = np.linspace(0.02, 0.99, 60)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
for name in ("simultaneous", "generator first"):
    edges = [
        critical_learning_rates(
            orders[name], DiracGAN(regulariser=R1(gamma)), "lr", 0.01, 20.0
        )[0].value
        for gamma in gammas
    ]
    left.plot(gammas, edges, label=name.replace("generator first", "alternating"))
left.axvline(1 / np.sqrt(3), color="0.6", ls=":", label="γ = 1/√3")
left.set(xlabel="γ: weight of R1", ylabel="largest stable lr")
left.legend()
game = DiracGAN(regulariser=R1(0.3))
for name, y_first in (("generator first", False), ("discriminator first", True)):
    rule = Alternating(lr=1.0, y_first=y_first)
    orbit = simulate(rule, game, start=(0.6, 0.6), steps=40)
    right.plot(orbit.x, orbit.y, "o-", ms=3, label=name)
right.set(xlabel="x: generator", ylabel="y: discriminator", title="lr = 1, γ = 0.3")
right.legend()

# %%
# **Theorem.** Let :math:`F_x, F_y` be the players' moves. One order is :math:`F_y ∘
# F_x`, the other :math:`F_x ∘ F_y`; products AB and BA have the same eigenvalues. With
# *several* steps of one player the same holds for cyclic shifts. For γ < 1 and a
# logistic loss simultaneous play ends at 4γ and alternating play at :math:`4(\sqrt{1 +
# γ^2} - γ)`; the two cross at :math:`γ = 1/\sqrt 3`.
