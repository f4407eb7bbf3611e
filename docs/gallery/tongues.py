r"""
Rotation and tongues in the plane
=================================

The rotation number of every cell, over learning rate and penalty. Above the line of
Neimark–Sacker points each cell turns on a closed curve; where neighbouring cells share
one rational number the motion is locked (an Arnold tongue).
"""

import matplotlib.pyplot as plt

from gandyn import Axis, boundary, plot, sweep
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous

rule, game = Simultaneous(), DiracGAN(regulariser=R1())
axes = {"lr": Axis(0.2, 5, 160), "gamma": Axis(0.05, 1.0, 96)}
found = sweep(rule, game, axes, start=(0.3, 0.3))
curves = boundary(rule, game, ("lr", "gamma"), [(0.2, 5), (0.05, 1.0)])
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
plot.phase_diagram(found, left, boundary=curves)
plot.phase_diagram(found, right, variable="rotation", boundary=curves)
