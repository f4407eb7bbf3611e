"""Make `torch_gan.npz`: the game Jacobian of a torch GAN at an exact equilibrium.

Run it from the root of the repository: ``python examples/torch_gan_jacobian.py``.

The generator is its own teacher: the data are what it makes of a fixed batch of latent
vectors, and the student starts at the teacher's weights. The discriminator ends in a
linear layer that starts at zero, so it says 0 everywhere. At this point nobody gains by
moving, and the field v vanishes to rounding. Everything is float64 on the full batch,
with the non-saturating loss and R1 regularisation on the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev, vmap
from torch.nn.functional import softplus

LATENT, HIDDEN, DATA = 2, 8, 2
BATCH = 64
GAMMA = 0.3
SEED = 1
TARGET = Path(__file__).with_name("torch_gan.npz")

Network = Callable[[Tensor, Tensor], Tensor]


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


def flattened(network: nn.Module) -> tuple[Tensor, Network]:
    """Return a network's weights as one vector, and the network as a function."""
    names, weights = zip(*network.named_parameters(), strict=True)
    sizes = [weight.numel() for weight in weights]

    def call(vector: Tensor, inputs: Tensor) -> Tensor:
        parts = zip(names, vector.split(sizes), weights, strict=True)
        named = {name: part.view_as(weight) for name, part, weight in parts}
        return functional_call(network, named, (inputs,))

    return torch.cat([weight.detach().ravel() for weight in weights]), call


def game_field(
    generate: Network, judge: Network, latents: Tensor, data: Tensor, n: int
) -> Callable[[Tensor], Tensor]:
    """Return v: the gradient of each player's own loss, generator's weights first."""

    def loss_x(x: Tensor, y: Tensor) -> Tensor:
        return softplus(-judge(y, generate(x, latents))).mean()

    def loss_y(x: Tensor, y: Tensor) -> Tensor:
        real, fake = judge(y, data), judge(y, generate(x, latents))
        slope = vmap(grad(lambda point: judge(y, point).sum()))(data)
        penalty = GAMMA / 2 * slope.square().sum(1).mean()
        return softplus(-real).mean() + softplus(fake).mean() + penalty

    def field(z: Tensor) -> Tensor:
        x, y = z[:n], z[n:]
        return torch.cat([grad(loss_x, 0)(x, y), grad(loss_y, 1)(x, y)])

    return field


def main() -> None:
    """Write J, the split n, and what it takes to make them again."""
    torch.manual_seed(SEED)
    torch.set_default_dtype(torch.float64)
    (x, generate), (y, judge) = map(flattened, networks())
    latents = torch.randn(BATCH, LATENT)
    data = generate(x, latents)
    field = game_field(generate, judge, latents, data, x.numel())
    point = torch.cat([x, y])
    residual = float(field(point).norm())
    if residual > 100 * torch.finfo(torch.float64).eps * math.sqrt(point.numel()):
        raise SystemExit(f"no equilibrium: |v| = {residual:.2e}")
    jacobian = jacrev(field)(point).numpy()
    report(jacobian, x.numel(), residual)
    np.savez_compressed(
        TARGET,
        J=jacobian,
        n=x.numel(),
        gamma=GAMMA,
        seed=SEED,
        batch=BATCH,
        layers=np.array([LATENT, HIDDEN, DATA]),
        residual=residual,
        torch_version=torch.__version__,
    )


def report(jacobian: np.ndarray, n: int, residual: float) -> None:
    """Print what the eigenvalues say."""
    size = len(jacobian)
    values = np.linalg.eigvals(jacobian)
    null = size - np.linalg.matrix_rank(jacobian)
    rest = values[np.argsort(np.abs(values))[null:]]
    turning = np.count_nonzero(np.abs(rest.imag) > 1e-9)
    lines = (
        f"{size} parameters: {n} of the generator, {size - n} of the discriminator",
        f"|v| at the equilibrium: {residual:.1e}",
        f"eigenvalues 0 (a manifold of equilibria): {null}",
        f"others: {len(rest)}, {turning} of them in complex pairs",
        f"real parts of the others: {rest.real.min():.3g} to {rest.real.max():.3g}",
        f"largest modulus: {np.abs(rest).max():.3g}",
    )
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
