r"""
Every rule on the bilinear game
===============================

The spectral radius of every linear rule of the catalogue, with its default fields,
against the learning rate: which contract, which stay on the circle, which leave at
once.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import linear_stability
from gandyn.errors import GandynError
from gandyn.games import Bilinear
from gandyn.rules import CATALOGUE

rates = np.geomspace(0.02, 3.0, 60)
rows = {}
for name, rule in CATALOGUE.items():
    try:
        radii = [linear_stability(rule(lr=lr), Bilinear(1.0)).radius for lr in rates]
    except (GandynError, TypeError):
        continue  # a rule that is not linear, or wraps another one
    rows[name] = radii
names = sorted(rows, key=lambda name: np.min(rows[name]))
figure, ax = plt.subplots(figsize=(9, 0.24 * len(names) + 1.5), layout="constrained")
values = np.array([rows[name] for name in names])
image = ax.pcolormesh(
    rates, range(len(names)), values, cmap="RdBu_r", vmin=0.5, vmax=1.5
)
ax.set_xscale("log")
ax.set_yticks(range(len(names)), names)
ax.set_xlabel("lr of both players, in units of 1/σ")
figure.colorbar(image, ax=ax, label="spectral radius (per step)", shrink=0.6)
