"""A convolutional GAN with an equilibrium that is known beforehand."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from gandyn._node import Count, Positive
from gandyn.errors import FieldError
from gandyn.gans.catalogue._taught import Taught
from gandyn.gans.catalogue.networks import dcgan_discriminator, dcgan_generator


class ConvolutionalTeacherStudent(Taught):
    """The data are images that a teacher, a DCGAN's generator, makes of the latents.

    The student with the teacher's weights and a discriminator whose last layer is zero
    are an exact equilibrium on the full batch, as in `TeacherStudent`.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of latents, and of the images made of them.
    gain : float
        Scale of weights, over √(fan-in), of teacher, student and discriminator.
    latent_size : int
        The generator's inputs.
    channels : int
        Channels of the convolutions nearest to the image; the others have twice as
        many.
    side : int
        Of an image, in pixels, a multiple of 4.
    activation, judge_activation : str
        Of the generator and of the discriminator, see
        `gandyn.gans.catalogue.networks.mlp`.

    Raises
    ------
    FieldError
        If the side is no multiple of 4.

    References
    ----------
    Radford, Metz, Chintala, *Unsupervised Representation Learning with Deep
    Convolutional Generative Adversarial Networks*, ICLR 2016, Section 3 (the networks);
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Section 4 (the equilibria).

    Examples
    --------
    >>> gan = ConvolutionalTeacherStudent(points=6)
    >>> game, (x, y) = gan.game(seed=3), gan.equilibrium(seed=3)
    >>> game.shape, bool(game.gx(x, y).norm() + game.gy(x, y).norm() < 1e-14)
    (((74,), (60,)), True)
    """

    aliases: ClassVar[tuple[str, ...]] = ("convolutional teacher",)

    points: Count = 12
    gain: Positive = 1.5
    latent_size: Count = 2
    channels: Count = 1
    side: Count = 8
    activation: str = "tanh"
    judge_activation: str = "silu"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side % 4:
            raise FieldError(
                f"{type(self).__name__}: side must be a multiple of 4, got {self.side}"
            )
        self.modules()  # refuses unknown names

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return the two networks."""
        return (
            dcgan_generator(
                self.latent_size, self.channels, self.activation, side=self.side
            ),
            dcgan_discriminator(self.channels, self.judge_activation, side=self.side),
        )

    def noise(self, rng: torch.Generator) -> Tensor:
        """Return the latents."""
        shape = (self.points, self.latent_size)
        return torch.randn(*shape, generator=rng, dtype=torch.float64)
