"""GANs of two perceptrons that learn points in the plane."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from gandyn._node import Count, NonNegative
from gandyn.gans import data
from gandyn.gans._perceptrons import _PerceptronGAN


class Ring(_PerceptronGAN):
    """Eight normals (or as many as given) around points on the unit circle.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of real points and of latents.
    gain : float
        Scale of the initial weights, over √(fan-in).
    latent_size, hidden, depth : int
        The generator's inputs, units of a hidden layer and hidden layers.
    activation, normalisation : str
        See `gandyn.gans.networks.mlp`.
    modes : int
        Their number.
    std : float
        Standard deviation of each.

    References
    ----------
    Metz, Poole, Pfau, Sohl-Dickstein, *Unrolled Generative Adversarial Networks*, ICLR
    2017, Section 3.1.

    Examples
    --------
    >>> real, latents = Ring(points=100).data(torch.Generator().manual_seed(0))
    >>> real.shape, latents.shape
    (torch.Size([100, 2]), torch.Size([100, 4]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("ring-of-8",)

    modes: Count = 8
    std: NonNegative = 0.02

    @property
    def centres(self) -> Tensor:
        """Where the modes are, (modes, 2)."""
        return data.ring_centres(self.modes)

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return the real points."""
        return data.ring(rng, self.points, self.modes, float(self.std))


class Grid(_PerceptronGAN):
    """Normals around the points of a square grid in [-1, 1]².

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of real points and of latents.
    gain : float
        Scale of the initial weights, over √(fan-in).
    latent_size, hidden, depth : int
        The generator's inputs, units of a hidden layer and hidden layers.
    activation, normalisation : str
        See `gandyn.gans.networks.mlp`.
    side : int
        Points along a side of the grid.
    std : float
        Standard deviation of each normal.

    References
    ----------
    Dumoulin et al., *Adversarially Learned Inference*, ICLR 2017, Section 4.1.

    Examples
    --------
    >>> real, latents = Grid(points=100).data(torch.Generator().manual_seed(0))
    >>> real.shape, latents.shape
    (torch.Size([100, 2]), torch.Size([100, 4]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("5x5 grid",)

    side: Count = 5
    std: NonNegative = 0.02

    @property
    def centres(self) -> Tensor:
        """Where the modes are, (side², 2)."""
        return data.grid_centres(self.side)

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return the real points."""
        return data.grid(rng, self.points, self.side, float(self.std))
