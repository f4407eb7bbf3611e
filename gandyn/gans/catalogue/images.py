"""A small convolutional GAN on images that the package draws itself."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from gandyn._node import Count
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.networks import IMAGE, dcgan_discriminator, dcgan_generator

_SOFTNESS = 2.0
"""Steepness of the edges of drawn shapes, per pixel."""


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
        See `gandyn.gans.catalogue.networks.mlp`; the generator's activation is the
        same.

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
        images = _shapes(rng, self.points)
        shape = (self.points, self.latent_size)
        return images, torch.randn(*shape, generator=rng, dtype=torch.float64)


def _shapes(rng: torch.Generator, count: int) -> Tensor:
    """Return 16×16 images of discs, squares and crosses, values in [-1, 1].

    Returns
    -------
    Tensor, shape (count, 1, 16, 16)
        Shape, place (of the centre, in the middle half) and size (a radius of 2 to 5
        pixels) are random; edges are soft.
    """
    kind = torch.randint(3, (count, 1, 1), generator=rng)
    drawn = torch.rand(count, 2, generator=rng, dtype=torch.float64)
    centre = IMAGE / 4 + IMAGE / 2 * drawn
    radius = 2 + 3 * torch.rand(count, 1, 1, generator=rng, dtype=torch.float64)
    pixels = torch.arange(IMAGE, dtype=torch.float64) + 0.5
    across = (pixels[None, :] - centre[:, :1])[:, None, :].abs()
    down = (pixels[None, :] - centre[:, 1:])[:, :, None].abs()
    longer, shorter = torch.maximum(across, down), torch.minimum(across, down)
    disc = radius - (across.square() + down.square()).sqrt()
    square = radius - longer
    cross = torch.minimum(square, radius / 3 - shorter)
    inside = torch.where(kind == 0, disc, torch.where(kind == 1, square, cross))
    return torch.tanh(_SOFTNESS / 2 * inside)[:, None]
