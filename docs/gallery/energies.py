r"""
What alternating play conserves
===============================

On the bilinear game alternating descent keeps :math:`x^2/η_x + y^2/η_y - σxy` exactly:
its orbits lie on ellipses that lean more the larger the learning rate. Simultaneous
play multiplies :math:`x^2 + y^2` by :math:`1 + η^2σ^2` at each step, extragradient by
:math:`1 - η^2σ^2 + η^4σ^4`.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import simulate
from gandyn.games import Bilinear
from gandyn.rules import Alternating, Extragradient, Simultaneous

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
for lr in (0.2, 0.8, 1.4, 1.8):
    orbit = simulate(Alternating(lr=lr), Bilinear(1.0), start=(0.5, 0.5), steps=400)
    left.plot(orbit.x, orbit.y, ".", ms=2, label=f"lr = {lr}")
    energy = orbit.x**2 / lr + orbit.y**2 / lr - orbit.x * orbit.y
    print(f"lr = {lr}: the energy varies by {np.ptp(energy) / energy[0]:.1e}")
left.set(xlabel="x", ylabel="y", title="alternating: one ellipse each", aspect="equal")
left.legend()
for rule in (Simultaneous(lr=0.3), Alternating(lr=0.3), Extragradient(lr=0.3)):
    orbit = simulate(rule, Bilinear(1.0), start=(0.5, 0.5), steps=60)
    right.semilogy(orbit.x**2 + orbit.y**2, label=type(rule).__name__.lower())
right.set(xlabel="step", ylabel="x² + y²", title="lr = 0.3")
right.legend()
