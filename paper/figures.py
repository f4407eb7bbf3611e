"""Draw the figures of the paper: ``python paper/figures.py``."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from gandyn import boundary
from gandyn.games import DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Alternating, Simultaneous

HERE = Path(__file__).parent


def crossing() -> None:
    """Draw the two stability boundaries that cross."""
    game, box = DiracGAN(regulariser=R1()), [(0.02, 4.0), (0.02, 0.98)]
    figure, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for rule, colour in ((Simultaneous(), "tab:blue"), (Alternating(), "tab:orange")):
        for curve in boundary(rule, game, ("lr", "gamma"), box):
            for part in curve.stable_parts():
                label = f"{type(rule).__name__.lower()}: {curve.kind}"
                ax.plot(*part.T, color=colour, lw=2, label=label)
                ax.fill_betweenx(
                    part[:, 1], 0, part[:, 0], color=colour, alpha=0.12, lw=0
                )
    ax.plot(4 / np.sqrt(3), 1 / np.sqrt(3), "ko")
    ax.set(xlim=(0, 4), ylim=(0, 1), xlabel="learning rate of both players")
    ax.set_ylabel("γ: weight of R1")
    ax.legend(loc="upper right", fontsize="small")
    figure.savefig(HERE / "crossing.pdf")


if __name__ == "__main__":
    crossing()
