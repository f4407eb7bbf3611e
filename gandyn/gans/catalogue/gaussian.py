"""GANs that are known in closed form: one point, and a covariance."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from gandyn._node import Count, Real
from gandyn.errors import GandynError
from gandyn.games import gans as analytic
from gandyn.games.losses import Loss, Minimax, Wasserstein
from gandyn.gans.catalogue._base import GAN


class _DiracGenerator(nn.Module):
    """A generator of one point, θ, whatever its input."""

    def __init__(self, theta: float = 1.0) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([theta]))

    def forward(self, latents: Tensor) -> Tensor:
        """Return θ for each row of the latents."""
        return self.theta.expand(latents.shape[0], 1)


class _DiracDiscriminator(nn.Module):
    """The discriminator of `gandyn.games.DiracGAN`: the logit of a point s is -ψ s."""

    def __init__(self, psi: float = 1.0) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([psi]))

    def forward(self, points: Tensor) -> Tensor:
        """Return -ψ s."""
        return -self.psi * points


class _QuadraticCritic(nn.Module):
    """The critic D(s) = sᵀW s of `gandyn.games.CovarianceGAN`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, points: Tensor) -> Tensor:
        """Return sᵀW s."""
        return ((points @ self.weight) * points).sum(1)


class DiracGAN(GAN):
    """The Dirac-GAN as modules: data at 0, a generator of one point, a linear critic.

    It is the game `gandyn.games.DiracGAN`, with the same losses and regularisers and
    the same signs of θ and ψ. The noise is drawn, for the full batch once:
    `gandyn.games.NoisyDiracGAN` has its expectation.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of real points, all of them 0, and of fakes.
    gain : float
        Standard deviation of the initial θ and ψ.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Definition 2.1.

    Examples
    --------
    >>> game = DiracGAN(regulariser="R1").game()
    >>> x, y = torch.tensor([1.0]).double(), torch.tensor([0.0]).double()
    >>> game.gx(x, y), game.gy(x, y)
    (tensor([0.], dtype=torch.float64), tensor([-0.5000], dtype=torch.float64))
    """

    aliases: ClassVar[tuple[str, ...]] = ("dirac",)

    loss: Loss = Minimax()
    points: Count = 1

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return the two modules."""
        return _DiracGenerator(), _DiracDiscriminator()

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return zeros."""
        zeros = torch.zeros(self.points, 1, dtype=torch.float64)
        return zeros, zeros

    def start(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return normal θ and ψ."""
        rng = np.random.default_rng(seed)
        x, y = torch.from_numpy(self.gain * rng.normal(size=(2, 1)))
        return x, y

    def settled(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return θ = ψ = 0."""
        zero = torch.zeros(1, dtype=torch.float64)
        return zero, zero


class CovarianceGAN(GAN):
    r"""The linear-quadratic Gaussian GAN: G(z) = V z, D(s) = sᵀW s.

    The points are drawn and then moved so that the second moments are exact: those of
    the data are ``covariance``, those of the latents the identity. So with the
    Wasserstein loss it is the game `gandyn.games.CovarianceGAN`, to rounding.

    Parameters
    ----------
    loss, regulariser, noise_std
        See `Objective`.
    points : int
        The number of real points and of latents.
    gain : float
        Scale of the initial parameters, over √(fan-in).
    covariance : array of shape (n, n)
        The data's second moments.
    columns : int
        The dimension of the latents.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018;
    Nagarajan, Kolter, *Gradient Descent GAN Optimization is Locally Stable*, NeurIPS
    2017.

    Examples
    --------
    >>> gan = CovarianceGAN(covariance=[[4.0]], columns=1)
    >>> game = gan.game()
    >>> x, y = torch.tensor([1.0]).double(), torch.tensor([0.5]).double()
    >>> torch.cat([game.gx(x, y), game.gy(x, y)]).numpy().round(12)
    array([-1., -3.])
    """

    aliases: ClassVar[tuple[str, ...]] = ("LQ", "linear-quadratic", "gaussian")

    loss: Loss = Wasserstein()
    covariance: Real = ((1.0, 0.5), (0.5, 2.0))
    columns: Count = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariance", self._analytic().covariance)
        super().__post_init__()

    def _analytic(self) -> Any:
        return analytic.CovarianceGAN(self.covariance, columns=self.columns)

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Return V and W as modules."""
        n = len(self.covariance)
        return nn.Linear(self.columns, n, bias=False), _QuadraticCritic(n)

    def data(self, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return points and latents with exact second moments."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = torch.from_numpy(vectors * np.sqrt(values.clip(min=0)) @ vectors.T)
        real = _white(rng, self.points, len(self.covariance)) @ root
        return real, _white(rng, self.points, self.columns)

    def settled(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return V with VVᵀ = covariance, and W = 0."""
        points = self._analytic().equilibria()
        if not points:
            return super().settled(seed)
        x, y = (torch.from_numpy(p) for p in points[0])
        return x, y


def _white(rng: torch.Generator, count: int, size: int) -> Tensor:
    """Return rows with the identity as second moments, exactly."""
    if count < size:
        raise GandynError(
            f"{count} points cannot have {size} independent coordinates: points must "
            f"be at least {size}"
        )
    drawn = torch.randn(count, size, generator=rng, dtype=torch.float64)
    basis, _ = torch.linalg.qr(drawn)
    return basis * count**0.5
