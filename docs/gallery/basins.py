r"""
Basins: stable, and yet most starts leave
=========================================

Two equilibria, and what separates their basins. Local stability says that a basin is
there; only the picture says how far a start may be.
"""

import matplotlib.pyplot as plt

from gandyn import Axis, plot
from gandyn.games import AdolphsSaddle
from gandyn.rules import Alternating, Simultaneous
from gandyn.stability import basins

box = Axis(-4.0, 6.0, 160)
figure, axes = plt.subplots(1, 2, figsize=(13, 5.4), layout="constrained")
for ax, rule in zip(axes, (Simultaneous(lr=0.1), Alternating(lr=0.3)), strict=True):
    land = basins(rule, AdolphsSaddle(), box, box)
    plot.basins(land, ax)
    ax.set_title(f"{type(rule).__name__.lower()}, lr = {rule.lr_x}")
    shares = zip(land["kind"].values, land["fraction"].values, strict=True)
    print(type(rule).__name__, [f"{kind}: {100 * part:.1f} %" for kind, part in shares])
