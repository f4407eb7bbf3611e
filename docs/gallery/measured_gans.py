r"""
Predicted and measured on a GAN
===============================

Every cell is a GAN, trained from near its equilibrium; the line is the prediction of
the linearisation. Nothing is fitted. Beyond the line the colours say how an orbit left,
which is decided far from the equilibrium: it need not be the way that it became
unstable.
"""

import matplotlib.pyplot as plt

from gandyn import Axis, boundary, plot, sweep
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.gans import make_gan
from gandyn.rules import Alternating

rates = Axis(0.2, 12, 20, "log")
gan = make_gan("dirac", regulariser=R1(0.4))
found = sweep(Alternating(), gan, {"lr_x": rates, "lr_y": rates}, steps=600)
curves = boundary(
    Alternating(), DiracGAN(regulariser=R1(0.4)), ("lr_x", "lr_y"), [(0.2, 12)] * 2
)
figure, ax = plt.subplots(figsize=(8, 5.2), layout="constrained")
plot.phase_diagram(found, ax, boundary=curves)
