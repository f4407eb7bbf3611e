"""A GAN that is told the label of what it shall make."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gandyn._node import Count, NonNegative
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.perceptrons import ring_centres
from gandyn.gans.games.layers import SpectralLinear


class ConditionedSpectralLinear(SpectralLinear):
    """A linear layer of spectral norm 1, times a learnt scale of each label.

    Parameters
    ----------
    inputs, outputs, labels : int
    """

    def __init__(self, inputs: int, outputs: int, labels: int) -> None:
        super().__init__(inputs, outputs)
        self.more = nn.Parameter(torch.zeros(labels, outputs))

    def forward(self, inputs: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        """Return the inputs' image under the label's layer."""
        scale = 1 + functional.embedding(labels, self.more)
        return scale * super().forward(inputs)


class _Generator(nn.Module):
    """A perceptron of latents and labels."""

    def __init__(self, latents: int, hidden: int, labels: int) -> None:
        super().__init__()
        self.labels = labels
        self.layers = nn.Sequential(
            nn.Linear(latents + labels, hidden), nn.Tanh(), nn.Linear(hidden, 2)
        )

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Return points."""
        told = torch.eye(self.labels).to(latents)[labels]
        return self.layers(torch.cat([latents, told], 1))


class _Discriminator(nn.Module):
    """A perceptron of a point, whose hidden layer is scaled by the label."""

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        self.hidden = ConditionedSpectralLinear(2, hidden, labels)
        self.last = nn.Linear(hidden, 1)

    def forward(self, points: Tensor, labels: Tensor) -> Tensor:
        """Return logits."""
        return self.last(torch.tanh(self.hidden(points, labels)))


class ConditionalRing(GAN):
    """The ring of normals with the mode as label: both players are told it.

    The discriminator's hidden layer has a spectral norm of 1 and a scale for each
    label; a fake has the label of the real point beside it.

    Parameters
    ----------
    loss, regulariser, noise_std, paired, mixed
        See `Objective`.
    points : int
        The number of real points and of latents.
    gain : float
        Scale of the initial weights, over √(fan-in).
    latent_size, hidden : int
        The generator's inputs beside the label, and units of the one hidden layer.
    modes : int
        Their number, that of the labels.
    std : float
        Standard deviation of each.

    References
    ----------
    Mirza, Osindero, *Conditional Generative Adversarial Nets*, 2014; Miyato, Koyama,
    *cGANs with Projection Discriminator*, ICLR 2018.

    Examples
    --------
    >>> ConditionalRing(hidden=3, latent_size=2, modes=4).game().shape
    ((29,), (25,))
    """

    aliases: ClassVar[tuple[str, ...]] = ("conditional", "cGAN")

    latent_size: Count = 4
    hidden: Count = 32
    modes: Count = 8
    std: NonNegative = 0.02

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return the two networks."""
        generator = _Generator(self.latent_size, self.hidden, self.modes)
        return generator, _Discriminator(self.hidden, self.modes)

    def pools(self, rng: torch.Generator) -> dict[str, Tensor]:
        """Return points, latents, and the mode that each point is next to."""
        centres = ring_centres(self.modes)
        labels = torch.randperm(self.points, generator=rng) % self.modes
        kinds: dict[str, Any] = {"generator": rng, "dtype": torch.float64}
        real = centres[labels] + self.std * torch.randn(self.points, 2, **kinds)
        latents = torch.randn(self.points, self.latent_size, **kinds)
        return {"real": real, "latents": latents, "labels": labels}
