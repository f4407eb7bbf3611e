"""GANs whose data a teacher, a generator like the student, makes of the latents."""

from __future__ import annotations

import torch
from torch import Tensor

from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.networks import initial_vector
from gandyn.gans.games.modules import Flat
from gandyn.gans.games.sampling import DATA, START, stream


class Taught(GAN):
    """A GAN with a teacher: the student with its weights makes the data themselves.

    The discriminator is an ``nn.Sequential`` that ends in a linear layer.
    """

    def noise(self, rng: torch.Generator) -> Tensor:
        """Return the latents."""
        raise NotImplementedError

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return what the teacher makes of the latents, and the latents."""
        latents = self.noise(rng)
        module, _ = self.modules()
        teacher = Flat(module, torch.float64, torch.device("cpu"))
        weights = initial_vector(module, rng, float(self.gain))
        return teacher(weights, latents).detach(), latents

    def settled(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return the teacher's weights, and a discriminator that says 0."""
        rng = stream(DATA, seed)
        self.noise(rng)  # drawn before the weights, as in data
        generator, judge = self.modules()
        x = initial_vector(generator, rng, float(self.gain))
        y = initial_vector(judge, stream(START, seed), float(self.gain))
        last = judge[-1].weight.numel() + judge[-1].bias.numel()  # type: ignore
        y[-last:] = 0
        return x, y
