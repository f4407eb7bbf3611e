"""Whether Adam's edge, a law of the Dirac-GAN, holds of small networks too.

``python -m benchmarks.adams_edge -o docs/results/adams_edge.json`` trains each GAN by
simultaneous Adam on a full batch in float64, from two starts and at two learning rates,
and looks at the last third: at the spectral radius of the frozen step (1 if the law
held), at the amplitude of the coordinates at lr over that at lr/2 (2), and at how much
the amplitudes of coordinates differ (a ratio of 1). The Dirac-GAN is the control.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

import gandyn
from gandyn._files import write_json
from gandyn.games import R1
from gandyn.gans import linearise, make_gan

GANS: dict[str, dict[str, Any]] = {
    "DiracGAN": {},
    "CovarianceGAN": {},
    "TeacherStudent": {"hidden": 4, "points": 32},
    "Ring": {"hidden": 8, "depth": 1, "points": 64},
    "ConvolutionalTeacherStudent": {},
}
"""Fields of each beside R1 of weight 0.3."""
GAMMA = 0.3
BETA1, BETA2 = 0.0, 0.99
"""What is slow on the edge decays in 200 steps."""
WITHIN = 2e-3
"""How near to 1 a radius counts as on the edge."""
SAMPLES = 5
"""Points of an orbit at which the frozen step is linearised."""


def train(
    game: Any, start: tuple[Tensor, Tensor], lr: float, steps: int
) -> tuple[np.ndarray, list[float]]:
    """Return the last third of an orbit, and radii of its frozen steps."""
    z = torch.cat([part.detach().double() for part in start])
    n = len(start[0])
    m, v = torch.zeros_like(z), torch.zeros_like(z)
    kept, radii = [], []
    first = steps - steps // 3
    for t in range(1, steps + 1):
        g = torch.cat(game.field(z[:n], z[n:])).detach()
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g * g
        rates = lr / ((v / (1 - BETA2**t)).sqrt() + 1e-12)
        z = z - rates * m / (1 - BETA1**t)
        if t > first:
            kept.append(z.numpy().copy())
        if t > first and (t - first) % (steps // 3 // SAMPLES) == 0:
            jacobian = np.asarray(linearise(game, z[:n], z[n:]).J)
            radii.append(frozen_radius(jacobian, rates.numpy()))
    return np.array(kept), radii


def frozen_radius(jacobian: np.ndarray, rates: np.ndarray) -> float:
    """Return the spectral radius of a step with Adam's rates held, beta1 = 0."""
    frozen = np.eye(len(rates)) - rates[:, None] * jacobian
    return float(np.abs(np.linalg.eigvals(frozen)).max())


def amplitudes(orbit: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each coordinate about its own drift."""
    t = np.linspace(-1, 1, len(orbit))[:, None]
    middle = orbit - orbit.mean(axis=0)
    slope = (t * middle).sum(axis=0) / (t * t).sum()
    return (middle - slope * t).std(axis=0)


def rows(lr: float, steps: int, seeds: int) -> Iterator[dict[str, Any]]:
    """Yield what was measured of every GAN, start by start."""
    for name, fields in GANS.items():
        gan = make_gan(name, regulariser=R1(GAMMA), **fields)
        for seed in range(seeds):
            game = gan.game(seed=seed)
            runs = {}
            for rate in (lr, lr / 2):
                runs[rate] = train(game, gan.initial(seed=seed), rate, steps)
            sizes = [amplitudes(orbit) for orbit, _ in runs.values()]
            radii = [radius for _, found in runs.values() for radius in found]
            size = [float(np.sqrt((one**2).mean())) for one in sizes]
            spread = np.quantile(sizes[0], [0.1, 0.9])
            yield {
                "gan": name, "seed": seed, "parameters": len(sizes[0]),
                "radius_low": min(radii), "radius_high": max(radii),
                "on_the_edge": sum(abs(r - 1) < WITHIN for r in radii),
                "samples": len(radii), "amplitude_ratio": size[0] / size[1],
                "coordinate_ratio": float(spread[1] / spread[0]),
            }  # fmt: skip


def main() -> None:
    """Measure all and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", default="adams_edge.json")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = []
    for row in rows(given.lr, given.steps, given.seeds):
        found.append(row)
        print(row, flush=True)
    command = "python -m benchmarks.adams_edge " + " ".join(sys.argv[1:])
    versions = {"gandyn": gandyn.__version__, "torch": torch.__version__}
    write_json(given.output, {
        "command": command, "device": "CPU", "rows": found, "within": WITHIN,
        "versions": versions | {"python": platform.python_version()},
        "settings": {"beta1": BETA1, "beta2": BETA2, "gamma": GAMMA, "lr": given.lr},
    })  # fmt: skip


if __name__ == "__main__":
    main()
