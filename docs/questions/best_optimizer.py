r"""
Which optimizer is best on what?
================================

**Short answer.** None on everything; but on one problem the answer is a number: oracle
calls to reach a distance from the known solution, with every optimizer tuned by the
same budget. Run the benchmark on the problems that look like yours, with your own
optimizer among the contenders.

.. code-block:: console

    $ gandyn bench run standard --dry-run
    $ gandyn bench run bilinear --rule extragradient --rule optimistic \
        --rule torch.optim.Adam --rule my_optimizers.py:Mine -o result
    $ gandyn bench report result
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import linear_stability
from gandyn.games import Bilinear
from gandyn.rules import (
    AlternatingHeavyBall,
    Extragradient,
    OptimisticGradient,
)
from gandyn.stability import minimise_radius

contenders = {
    "extragradient": (Extragradient(), {"lr": (0.01, 2.0)}),
    "optimistic": (OptimisticGradient(), {"lr": (0.01, 1.0)}),
    "alternating, negative momentum": (
        AlternatingHeavyBall(beta_x=-0.5, beta_y=-0.5),
        {"lr": (0.01, 2.0)},
    ),
}

# %%
# What theory says for bilinear games, at the best learning rate of each and by the
# game's condition number κ: calls to gain a digit.

conditions = np.array([1.5, 3.0, 6.0, 12.0])
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for name, (rule, over) in contenders.items():
    calls = []
    for condition in conditions:
        game = Bilinear(np.diag([1.0, 1 / condition]))
        best = minimise_radius(rule, game, over)
        per_step = linear_stability(rule, game).calls["gx"] * 2
        calls.append(per_step * np.log(10) / -np.log(best.radius))
    ax.loglog(conditions, calls, "o-", label=name)
ax.set(xlabel="condition number κ of A", ylabel="oracle calls to gain one digit")
ax.legend()

# %%
# The standard suite, with every rule of the package, is in
# :doc:`/benchmark-optimizers`, with the pictures and the protocol.
#
# **Theorem.** On bilinear games no method that only combines gradients linearly gains a
# digit in fewer than order κ calls (Ibrahim, Azizian, Gidel, Mitliagkas, *Linear Lower
# Bounds and Conditioning of Differentiable Games*, ICML 2020). The slopes of the figure
# are 2: with one constant learning rate these three need order κ² calls.
