r"""
Proved cells
============

Floating point cannot tell a multiplier of modulus 1 − 1e-17 from one outside. Cells
next to the circle are proved, by exact and ball arithmetic: inside, outside, or exactly
on it.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import plot, sweep
from gandyn.games import Bilinear
from gandyn.rules import Extragradient

rates = np.linspace(0.5, 1.5, 41)
values = np.linspace(0.5, 1.5, 41)
found = sweep(
    Extragradient(), Bilinear(1.0), {"lr": rates, "A": values}, certify=True, band=0.05
)
codes = found.certificate
names = codes.attrs["flag_meanings"].split()
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
plot.phase_diagram(found, left)
image = right.pcolormesh(
    rates, values, codes.transpose("A", "lr").values, cmap="viridis",
    vmin=-0.5, vmax=len(names) - 0.5,
)  # fmt: skip
bar = figure.colorbar(image, ax=right, ticks=range(len(names)))
bar.ax.set_yticklabels([name.replace("_", " ") for name in names])
right.set(xlabel="lr", ylabel="A: the singular value", title="what is proved")
print({name: int((codes.values == i).sum()) for i, name in enumerate(names)})
