r"""
Has it converged?
=================

**Short answer.** The losses do not tell: at an equilibrium both are constant, but so
they are on many a cycle and after many a collapse. With plain gradients a game that
converges shows it: the field \|v\| falls by the same factor, step after step. With
Adam, as far as the theory goes, it *never* comes to rest at a fixed learning rate: it
parks at a distance proportional to lr. So ask two things instead: is the metric still
moving compared with its own past (the monitor says when), and does the distance that is
left halve when lr is halved?

.. code-block:: console

    $ gandyn orbit --rule "simultaneous(lr=0.5)" \
        --game "dirac(regulariser=R1(0.3))" -o falls.png
    $ gandyn orbit --rule "adam(lr=0.01, beta1=0)" \
        --game "dirac(regulariser=R1(0.3))" --steps 4000 -o parks.png
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import linear_stability, simulate
from gandyn.games import R1, DiracGAN
from gandyn.rules import Adam, Simultaneous

game = DiracGAN(regulariser=R1(0.3))
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained")
for lr in (0.3, 0.6):
    rule = Simultaneous(lr=lr)
    orbit = simulate(rule, game, start=(0.5, 0.5), steps=200)
    field = np.hypot(game.gx(orbit.x, orbit.y), game.gy(orbit.x, orbit.y))
    (line,) = left.semilogy(field, label=f"lr = {lr}")
    radius = linear_stability(rule, game).radius
    t = np.arange(len(field))
    left.semilogy(t, 0.3 * radius**t, ":", color=line.get_color())
    print(f"plain gradients, lr = {lr}: radius {radius:.4f}")
left.set(title="plain gradients (dots: the radius)", xlabel="step", ylabel="|v|")
left.legend()
for lr in (0.02, 0.01):
    rule = Adam(lr=lr, beta1=0.0, beta2=0.99)
    orbit = simulate(rule, game, start=(0.5, 0.5), steps=3000)
    distance = np.hypot(orbit.x, orbit.y)
    right.semilogy(distance, label=f"lr = {lr}")
    rest = np.sqrt(np.mean(distance[-1000:] ** 2))
    print(f"Adam, lr = {lr}: parks at {rest:.5f} = {rest / lr:.3f} lr")
right.set(title="Adam", xlabel="step", ylabel="distance from the equilibrium")
right.legend()

# %%
# **In your own loop.** The monitor compares the last hundred steps with the six hundred
# before. It says what it has seen, and no more: that nothing changes is not that the
# generator is good, and a training that was broken from the start is like its own past.

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import softplus  # noqa: E402

from gandyn.gans import StabilityMonitor  # noqa: E402

torch.manual_seed(0)
G, D = (nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, n)) for n in (2, 1))
opt_g, opt_d = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))
monitor = StabilityMonitor({"G": opt_g, "D": opt_d})
for _ in range(600):
    real, fake = 0.5 * torch.randn(64, 2) + 1, G(torch.randn(64, 2))
    loss_d = softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    monitor.step(G=loss_g, D=loss_d)
print(monitor.status)
print({name: round(value, 3) for name, value in monitor.latest.items()})

# %%
# A cosine of consecutive updates near -1 is a flip: updates that overshoot, where a
# smaller learning rate helps. Rotation shows as a cosine near 1 with a metric that
# goes up and down. Noise of minibatches gives about β1 with Adam.
#
# **Theorem.** If all multipliers at the equilibrium are inside the unit circle, of
# radius ρ, the distance falls by ρ a step in the long run (Ostrowski). Under Adam with
# β2 → 1 there is no such radius: the step is as long as lr whatever the gradient, and
# on the Dirac-GAN the orbit's rms distance ends at :math:`lr/(\sqrt 2\, γ)` for β1 =
# 0: :doc:`Adam's edge </adams-edge>`. Where lr goes to 0 slowly, so does the orbit.
