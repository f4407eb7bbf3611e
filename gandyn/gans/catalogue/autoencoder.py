"""An autoencoder with a GAN term."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.func import functional_call, grad

from gandyn._node import Count, NonNegative, Positive
from gandyn.gans.catalogue._base import GAN
from gandyn.gans.catalogue.networks import mlp
from gandyn.gans.catalogue.perceptrons import around, ring_centres
from gandyn.gans.games.modules import Modules
from gandyn.gans.games.objective import Losses, Objective, Play

_NO_SLOPE = 1e-6
"""Added to the GAN term's slope before it divides, as in the reference."""


class AutoencoderObjective(Objective):
    r"""Reconstruction, divergence from the prior, and λ times a GAN's loss.

    The generator is the group ``{"encoder": ..., "decoder": ...}``. The encoder returns
    mean and log variance of a code, one after the other, and the batch's ``latents``
    are the noise of the code; fakes are what the decoder makes of it,

    .. math:: L_x = E|u - \hat u|^2 + β\,\mathrm{KL} + λ L_{GAN}.

    The adaptive weight is λ times the ratio of the slopes of reconstruction and GAN
    term in the decoder's last weight, at most ``most``, and constant to the gradient.

    Parameters
    ----------
    loss, regulariser, noise_std, paired, mixed
        See `Objective`.
    weight : float
        λ >= 0.
    beta : float
        β >= 0 of the Kullback–Leibler divergence.
    adaptive : bool
    most : float
        The largest ratio.

    References
    ----------
    Larsen, Sønderby, Larochelle, Winther, *Autoencoding beyond Pixels using a Learned
    Similarity Metric*, ICML 2016; Esser, Rombach, Ommer, *Taming Transformers for
    High-Resolution Image Synthesis*, CVPR 2021, Equation 7 (the adaptive weight).
    """

    weight: NonNegative = 0.1
    beta: NonNegative = 0.01
    adaptive: bool = False
    most: Positive = 1e4

    def loss_x(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the autoencoder's loss."""
        mean, spread = _coded(G, batch)
        code = mean + (spread / 2).exp() * batch["latents"]
        divergence = (mean**2 + spread.exp() - 1 - spread).sum(1).mean() / 2
        share = self.weight
        if self.adaptive:
            share = share * self._ratio(G["decoder"], code, D, batch, step)
        terms = self._terms(G["decoder"], code, D, batch, step)
        return terms[0] + self.beta * divergence + share * terms[1]

    def loss_y(self, G: Any, D: Any, batch: Any, step: Tensor | int) -> Tensor:
        """Return the discriminator's loss."""
        mean, spread = _coded(G, batch)
        code = mean + (spread / 2).exp() * batch["latents"]
        return super().loss_y(lambda _: G["decoder"](code), D, batch, step)

    def check(self, G: Any, D: Any, batch: Any) -> None:
        """Leave it to the losses: the generator is a group."""

    def _terms(
        self, decoder: Any, code: Tensor, D: Any, batch: Any, step: Tensor | int
    ) -> tuple[Tensor, Tensor]:
        """Return reconstruction and GAN term of a decoder."""
        play = Play(lambda _: decoder(code), D, batch, self, step)
        gap = (play.fake - play.real).flatten(1).square().sum(1).mean()
        return gap, self.loss.value_x(play.margin()).mean()

    def _ratio(
        self, decoder: Any, code: Tensor, D: Any, batch: Any, step: Tensor | int
    ) -> Tensor:
        name, last = [item for item in decoder.named_parameters() if item[1].ndim > 1][
            -1
        ]

        def term(weight: Tensor, which: int) -> Tensor:
            def decode(code: Tensor) -> Tensor:
                return functional_call(decoder, {name: weight}, (code,))

            return self._terms(decode, code, D, batch, step)[which]

        slopes = [grad(term)(last, which).norm() for which in (0, 1)]
        return (slopes[0] / (slopes[1] + _NO_SLOPE)).clamp(max=self.most).detach()


def _coded(G: Any, batch: Any) -> list[Tensor]:
    return list(G["encoder"](batch["real"]).chunk(2, 1))


class AutoencoderGAN(GAN):
    """A variational autoencoder of the ring of normals, with a GAN term.

    Parameters
    ----------
    loss, regulariser, noise_std, paired, mixed
        See `Objective`.
    points : int
        The number of real points.
    gain : float
        Scale of the initial weights, over √(fan-in).
    weight, beta, adaptive, most
        See `AutoencoderObjective`.
    latent_size, hidden : int
        Numbers of a code, and units of the one hidden layer of each network.
    modes : int
    std : float
        Of the ring.

    Examples
    --------
    >>> AutoencoderGAN(hidden=3, latent_size=1).game().shape
    ((31,), (13,))
    """

    aliases: ClassVar[tuple[str, ...]] = ("VAE-GAN", "autoencoder")

    weight: NonNegative = 0.1
    beta: NonNegative = 0.01
    adaptive: bool = False
    most: Positive = 1e4
    latent_size: Count = 2
    hidden: Count = 32
    modes: Count = 8
    std: NonNegative = 0.02

    def networks(self) -> tuple[Modules, Modules]:
        """Return encoder and decoder, and the discriminator."""
        encoder = mlp([2, self.hidden, 2 * self.latent_size])
        decoder = mlp([self.latent_size, self.hidden, 2])
        return {"encoder": encoder, "decoder": decoder}, mlp([2, self.hidden, 1])

    def played(self) -> Losses:
        """Return the autoencoder's objective."""
        return AutoencoderObjective(**self.shared(AutoencoderObjective))

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return real points, and the noise of their codes."""
        real = around(rng, ring_centres(self.modes), self.points, float(self.std))
        shape = self.points, self.latent_size
        return real, torch.randn(*shape, generator=rng, dtype=torch.float64)
