"""GANs of two multilayer perceptrons: mixtures in the plane, teacher and student."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from gandyn._node import Count, NonNegative, Positive
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue._taught import Taught
from gandyn.gans.catalogue.networks import mlp


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
        See `gandyn.gans.catalogue.networks.mlp`.
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
        return ring_centres(self.modes)

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return the real points."""
        return around(rng, self.centres, self.points, float(self.std))


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
        See `gandyn.gans.catalogue.networks.mlp`.
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
        return _grid_centres(self.side)

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return the real points."""
        return around(rng, self.centres, self.points, float(self.std))


class TeacherStudent(Taught, _PerceptronGAN):
    """The data are what a teacher, a generator like the student, makes of the latents.

    So the student with the teacher's weights and a discriminator whose last layer is
    zero are an exact equilibrium on the full batch, whatever the other weights, for
    every loss that treats both labels alike and penalties on slopes: a point of a
    manifold of equilibria.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of latents, and of the real points made of them.
    gain : float
        Scale of weights, over √(fan-in), of teacher, student and discriminator.
    latent_size, hidden, depth : int
        The generator's inputs, units of a hidden layer and hidden layers.
    activation, normalisation : str
        See `gandyn.gans.catalogue.networks.mlp`.
    data_size : int
        Coordinates of a point.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 4 (manifolds of equilibria of the realisable case).

    Examples
    --------
    >>> gan = TeacherStudent(hidden=4, points=16)
    >>> game, (x, y) = gan.game(seed=3), gan.equilibrium(seed=3)
    >>> bool(game.gx(x, y).norm() + game.gy(x, y).norm() < 1e-14)
    True
    """

    aliases: ClassVar[tuple[str, ...]] = ("teacher",)

    points: Count = 64
    gain: Positive = 1.5
    latent_size: Count = 2
    hidden: Count = 8
    depth: Count = 1
    data_size: Count = 2

    @property
    def width(self) -> int:
        """The number of coordinates of a point."""
        return self.data_size

    def noise(self, rng: torch.Generator) -> Tensor:
        """Return the latents."""
        return _PerceptronGAN.noise(self, rng)


def around(rng: torch.Generator, centres: Tensor, count: int, std: float) -> Tensor:
    """Return normal points around centres, each as often as the others (± 1)."""
    which = torch.randperm(count, generator=rng) % len(centres)
    noise = torch.randn(count, centres.shape[1], generator=rng, dtype=torch.float64)
    return centres[which] + std * noise


def ring_centres(modes: int) -> Tensor:
    """Return equally spaced points on the unit circle, (modes, 2)."""
    angles = 2 * math.pi * torch.arange(modes, dtype=torch.float64) / modes
    return torch.stack([angles.cos(), angles.sin()], 1)


def _grid_centres(side: int) -> Tensor:
    """Return the points of a square grid in [-1, 1]², (side², 2)."""
    ticks = torch.linspace(-1, 1, side, dtype=torch.float64)
    return torch.cartesian_prod(ticks, ticks)
