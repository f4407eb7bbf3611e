r"""
Devil's staircase
=================

Beyond a Neimark–Sacker point the players turn on a closed curve. Its rotation number
does not change smoothly with the learning rate: at every rational p/q whose tongue is
crossed it stays for a while, and the cycle repeats exactly after q steps. Each plateau
drawn here is verified: an orbit of that period was found, and is attracting.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import plot
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous
from gandyn.stability import RuleMap, rotation_staircase

step = RuleMap(Simultaneous(), DiracGAN(regulariser=R1(0.3)))
stairs = rotation_staircase(step, np.linspace(1.25, 3.2, 240), [0.4, 0.4])
figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
plot.rotation_staircase(stairs, ax)
ax.set_title("Dirac-GAN with R1, γ = 0.3, simultaneous")
for p, q, low, high in stairs.plateaus[:6]:
    print(f"{p}/{q}: locked from lr = {low:.4f} to {high:.4f}")
