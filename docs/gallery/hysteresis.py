r"""
Hysteresis
==========

With a subcritical Neimark–Sacker point the equilibrium and a large cycle exist together
over a range of learning rates. Raise the rate slowly and training stays at rest until
the threshold; lower it again and it goes on cycling well below.
"""

import matplotlib.pyplot as plt
import numpy as np

from gandyn import critical_learning_rates, plot, simulate
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Simultaneous
from gandyn.stability import RuleMap, continue_invariant_curve

game = DiracGAN("non-saturating", R1(0.8))
(born,) = critical_learning_rates(Simultaneous(), game, "lr", 3.0, 3.4)
print(f"{born.kind} at lr = {born.value:.6f}, {born.criticality}")


def amplitudes(rates, state):
    """Return the sizes of what is reached from where the last rate ended."""
    found = []
    for lr in rates:
        orbit = simulate(Simultaneous(lr=lr), game, start=state, steps=1500)
        radius = np.hypot(orbit.x[-500:], orbit.y[-500:])
        state = (orbit.x[-1] + 1e-4, orbit.y[-1])
        found.append(np.sqrt(np.mean(radius**2)))
    return found


rates = np.linspace(3.165, 3.215, 16)
figure, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
curves = continue_invariant_curve(
    RuleMap(Simultaneous(), game), born, 3.16, 3.21, limit=64
)
plot.cycle_amplitude(curves, born, ax)
ax.plot(rates, amplitudes(rates, (1e-4, 0.0)), ">", label="lr raised slowly")
ax.plot(rates[::-1], amplitudes(rates[::-1], (0.7, 0.0)), "<", label="lowered slowly")
ax.legend(fontsize="small")
