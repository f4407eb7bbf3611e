"""What GANs of two multilayer perceptrons share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gandyn._node import Count
from gandyn.gans._base import GAN
from gandyn.gans.networks import mlp


class _PerceptronGAN(GAN):
    """A GAN of two multilayer perceptrons and normal latents."""

    latent_size: Count = 4
    hidden: Count = 32
    depth: Count = 2
    activation: str = "tanh"
    normalisation: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.modules()  # refuses unknown names

    @property
    def width(self) -> int:
        """The number of coordinates of a point."""
        return 2

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return the two perceptrons; the generator has no spectral normalisation."""
        inner = [self.hidden] * self.depth
        weights = self.normalisation in ("spectral", "power")
        plain = "none" if weights else self.normalisation
        generator = mlp([self.latent_size, *inner, self.width], self.activation, plain)
        judge = mlp([self.width, *inner, 1], self.activation, self.normalisation)
        return generator, judge

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return the real points."""
        raise NotImplementedError

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return real points and normal latents."""
        real = self.draw(rng)
        return real, self.noise(rng)

    def noise(self, rng: torch.Generator) -> Tensor:
        """Return the latents."""
        shape = (self.points, self.latent_size)
        return torch.randn(*shape, generator=rng, dtype=torch.float64)
