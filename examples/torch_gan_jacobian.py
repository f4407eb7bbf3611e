"""Make `torch_gan.npz`: the game Jacobian of a torch GAN at an exact equilibrium.

Run it from the root of the repository: ``python examples/torch_gan_jacobian.py``.

The generator is its own teacher: the data are what it makes of a fixed batch of latent
vectors, and the student starts at the teacher's weights. The discriminator ends in a
linear layer that starts at zero, so it says 0 everywhere. At this point nobody gains by
moving, and the field v vanishes to rounding. Everything is float64 on the full batch,
with the non-saturating loss and R1 regularisation on the data.

Any two modules take the place of these: `TorchGame` makes them a game, and `linearise`
its Jacobian at a point.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from gandyn.games import R1
from gandyn.gans import Objective, TorchGame
from gandyn.gans.spectra.linearisation import Linearisation, linearise

LATENT, HIDDEN, DATA = 2, 8, 2
BATCH = 64
GAMMA = 0.3
SEED = 1
TARGET = Path(__file__).with_name("torch_gan.npz")


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    """Return generator and discriminator, the latter with a last layer of zeros."""
    generator = nn.Sequential(
        nn.Linear(LATENT, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, DATA)
    )
    last = nn.Linear(HIDDEN, 1, bias=False)
    discriminator = nn.Sequential(nn.Linear(DATA, HIDDEN), nn.Tanh(), last)
    for weight in (*generator.parameters(), *discriminator.parameters()):
        nn.init.normal_(weight)  # larger than torch's own, so that tanh bends
    nn.init.zeros_(last.weight)
    return generator, discriminator


def linearised() -> Linearisation:
    """Return J at the equilibrium."""
    torch.manual_seed(SEED)
    torch.set_default_dtype(torch.float64)
    generator, discriminator = networks()
    latents = torch.randn(BATCH, LATENT)
    data = generator(latents).detach()
    objective = Objective("non-saturating", R1(gamma=GAMMA))
    game = TorchGame(
        generator, discriminator, objective, {"real": data, "latents": latents}
    )
    return linearise(game, *game.start())


def main() -> None:
    """Write J, the split n, and what it takes to make them again."""
    found = linearised()
    size, rest = len(found.J), found.eigenvalues()
    turning = np.count_nonzero(np.abs(rest.imag) > 1e-9)
    lines = (
        f"{size} parameters: {found.n} of the generator, {size - found.n} of the "
        "discriminator",
        f"|v| at the equilibrium: {found.residual:.1e}",
        f"eigenvalues 0 (a manifold of equilibria): {found.neutral}",
        f"others: {len(rest)}, {turning} of them in complex pairs",
        f"real parts of the others: {rest.real.min():.3g} to {rest.real.max():.3g}",
        f"largest modulus: {np.abs(rest).max():.3g}",
    )
    print("\n".join(lines))  # noqa: T201
    found.save(
        TARGET,
        overwrite=True,
        gamma=GAMMA,
        seed=SEED,
        batch=BATCH,
        layers=np.array([LATENT, HIDDEN, DATA]),
        torch_version=torch.__version__,
    )


if __name__ == "__main__":
    main()
