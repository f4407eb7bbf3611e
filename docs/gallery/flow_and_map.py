r"""
Flow against map
================

The flow is what infinitely small learning rates do. Here its limit cycles are computed
(one attracts, one repels), and a rule's steps are drawn over it.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import plot
from gandyn.games import Forsaken
from gandyn.rules import Extragradient, Simultaneous
from gandyn.stability import GameFlow, limit_cycle

game = Forsaken()
flow = GameFlow(game)
outer = limit_cycle(flow, [1.0, 0.4])
inner = limit_cycle(flow, [0.2, 0.4], backward=True)
print(f"attracting: period {outer.period:.6f}; repelling: period {inner.period:.6f}")
figure, axes = plt.subplots(1, 2, figsize=(12, 5.6), layout="constrained")
rules = Simultaneous(lr=0.1), Extragradient(lr=0.1)
for ax, rule in zip(axes, rules, strict=True):
    plot.phase_portrait(game, rule, ax, reach=1.6)
    for cycle, style in ((outer, "-"), (inner, "--")):
        ax.plot(*cycle.at(np.linspace(0, cycle.period, 200)), "k" + style, lw=2)
    ax.set_title(type(rule).__name__.lower())
