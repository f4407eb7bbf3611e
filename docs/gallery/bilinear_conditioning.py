r"""
Conditioning of bilinear games
==============================

A bilinear game falls apart into one scalar game for each singular value. The largest of
them decides the threshold, the smallest the speed.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import linear_stability
from gandyn.games import Bilinear
from gandyn.rules import AlternatingHeavyBall, Extragradient, OptimisticGradient

rates = np.linspace(0.01, 1.4, 140)
rules = {
    "extragradient": lambda lr: Extragradient(lr=lr),
    "optimistic": lambda lr: OptimisticGradient(lr=lr),
    "alternating, β = -0.5": lambda lr: AlternatingHeavyBall(
        lr_x=lr, lr_y=lr, beta_x=-0.5, beta_y=-0.5
    ),
}
figure, axes = plt.subplots(1, 3, figsize=(13, 4.2), sharey=True, layout="constrained")
for ax, (name, make) in zip(axes, rules.items(), strict=True):
    for condition in (1, 2, 5, 20):
        game = Bilinear(np.diag([1.0, 1 / condition]))
        radii = [linear_stability(make(lr), game).radius for lr in rates]
        ax.plot(rates, radii, label=f"κ = {condition}")
    ax.axhline(1, color="0.6", lw=1)
    ax.set(title=name, ylim=(0.3, 1.3), xlabel="lr, in units of 1/σ_max")
axes[0].set_ylabel("spectral radius (per step)")
axes[0].legend()
