r"""
Rate maps with optimal rates
============================

The contraction per step, where the rule is stable, over both learning rates. The star
is the least spectral radius; there the multipliers coincide, and the surface has a
kink.
"""

import matplotlib.pyplot as plt

from gandyn import Axis, boundary, plot, sweep
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Extragradient
from gandyn.stability import minimise_radius

game = DiracGAN(regulariser=R1(0.4))
rates = Axis(0.05, 12, 128, "log")
figure, axes = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
for ax, rule in zip(axes, (Alternating(), Extragradient()), strict=True):
    found = sweep(rule, game, {"lr_x": rates, "lr_y": rates})
    curves = boundary(rule, game, ("lr_x", "lr_y"), [(0.05, 12), (0.05, 12)])
    plot.phase_diagram(found, ax, variable="rate", boundary=curves)
    best = minimise_radius(rule, game, {"lr_x": (0.05, 12), "lr_y": (0.05, 12)})
    ax.plot(best.fields["lr_x"], best.fields["lr_y"], "*", ms=16, color="white",
            mec="black")  # fmt: skip
    print(f"{type(rule).__name__}: radius {best.radius:.4f} at {best.fields}")
