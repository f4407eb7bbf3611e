"""A small convolutional GAN on images that the package draws itself."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from gandyn._node import Count
from gandyn.gans import data
from gandyn.gans._base import GAN
from gandyn.gans.networks import dcgan_discriminator, dcgan_generator


class ShapesDCGAN(GAN):
    """A small DCGAN on 16×16 images of discs, squares and crosses.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of images and of latents.
    gain : float
        Scale of the initial weights, over √(fan-in).
    latent_size : int
        The generator's inputs.
    channels : int
        Channels of the convolutions nearest to the image; the others have twice as
        many.
    activation, normalisation : str
        See `gandyn.gans.networks.mlp`; the generator's activation is the same.

    References
    ----------
    Radford, Metz, Chintala, *Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks*, ICLR 2016, Section 3.

    Examples
    --------
    >>> ShapesDCGAN(channels=2, points=4).game().shape
    ((739,), (231,))
    """

    aliases: ClassVar[tuple[str, ...]] = ("dcgan", "shapes")

    points: Count = 64
    latent_size: Count = 8
    channels: Count = 8
    activation: str = "leaky-relu"
    normalisation: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.modules()  # refuses unknown names

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return the two networks; the generator has no spectral normalisation."""
        names = self.activation, self.normalisation
        return (
            dcgan_generator(self.latent_size, self.channels, *names),
            dcgan_discriminator(self.channels, *names),
        )

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return images and normal latents."""
        images = data.shapes(rng, self.points)
        shape = (self.points, self.latent_size)
        return images, torch.randn(*shape, generator=rng, dtype=torch.float64)
