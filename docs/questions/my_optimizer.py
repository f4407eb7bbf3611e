r"""
Is my optimizer right?
======================

**Short answer.** Write it as a class with ``init`` and ``step``, or hand over the torch
or optax optimizer as it is, and let the laws look for a game on which it breaks a
promise. A wrong sign, a bias correction that is left out, a momentum that is applied
twice, a step that depends on the scale of the loss: each is a law, and the answer is
the smallest game on which it fails.

.. code-block:: console

    $ gandyn check --rule my_rules.py:Mine
    $ gandyn check --rule "torch.optim.Adam(lr=0.1, betas=(0.5, 0.9))"
"""

import matplotlib.pyplot as plt

from gandyn import Rule, check_update_rule, plot, simulate
from gandyn.games import Bilinear
from gandyn.rules import OptimisticGradient


class Optimistic(Rule):
    """Optimistic descent with a mistake: its memory starts at zero."""

    lr_x: float = 0.1
    lr_y: float = 0.1

    def init(self, game, x, y):
        return 0.0 * x, 0.0 * y

    def step(self, game, x, y, memory):
        gx, gy = game.gx(x, y), game.gy(x, y)
        last_x, last_y = memory
        x = x - self.lr_x * (2 * gx - last_x)
        return x, y - self.lr_y * (2 * gy - last_y), (gx, gy)


report = check_update_rule(Optimistic(), max_examples=20)
print(report.summary())
print(report.bad[0].message)

# %%
# What the law found can be seen: the first step is twice as long as it should be.

rules = OptimisticGradient(lr=0.4), Optimistic(lr_x=0.4, lr_y=0.4)
figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for ax, rule in zip(axes, rules, strict=True):
    plot.trajectory(simulate(rule, Bilinear(1.0), start=(0.6, 0.6), steps=12), ax)
    ax.set_title(type(rule).__name__)

# %%
# **What is checked.** :doc:`/generated/laws` lists the laws with their sources;
# :doc:`/check-your-rule` says how to put them into a test suite. A law that does not
# apply says what a rule must declare for it.
