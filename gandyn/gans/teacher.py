"""A GAN whose data another generator has made: its equilibrium is known exactly."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from gandyn._node import Count, Positive
from gandyn.gans._perceptrons import _PerceptronGAN
from gandyn.gans.flat import Flat
from gandyn.gans.networks import initial_vector
from gandyn.gans.sampling import DATA, START, stream


class TeacherStudent(_PerceptronGAN):
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
        See `gandyn.gans.networks.mlp`.
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
