"""Dirac-GANs of more than two numbers: classes, experts and several fakes."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, NonNegative, Real
from gandyn.elementary import contract
from gandyn.errors import FieldError
from gandyn.games._arrays import set_array
from gandyn.games._logits import BilinearLogitGame
from gandyn.games.losses import Loss, Minimax


class ConditionalDiracGAN(BilinearLogitGame):
    r"""A Dirac-GAN for each of K classes, which the loss weighs by their shares.

    Class k has its share π of the data, its generator xₖ and a discriminator
    D(s) = aₖ yₖ s of gain aₖ, as a label-conditioned layer makes it. With tₖ = aₖ xₖ
    yₖ,

    .. math::
        L_x = \sum_k π_k f_x(t_k), \qquad
        L_y = -\sum_k π_k f_y(t_k) + \tfrac{γ}{2} |y|^2.

    At the equilibrium (0, 0) J falls into K blocks with the coupling πₖ aₖ f'(0) and
    the damping γ: simultaneous play is stable for
    :math:`lr < γ/\max_k(π_k a_k f'(0))^2`, if all blocks are complex.

    Parameters
    ----------
    loss : Loss or str
    shares : array of shape (K,)
        π, positive, of sum 1.
    gains : array of shape (K,)
        a.
    gamma : float
        The weight γ >= 0 of the decay of y.

    References
    ----------
    Miyato, Koyama, *cGANs with Projection Discriminator*, ICLR 2018, Section 3; de
    Vries et al., *Modulating Early Visual Processing by Language*, NeurIPS 2017
    (conditional normalisation).

    Examples
    --------
    >>> game = ConditionalDiracGAN(shares=[0.75, 0.25], gains=[1.0, 2.0], gamma=0.5)
    >>> game.gx(np.zeros(2), np.ones(2))
    array([0.375, 0.25 ])
    """

    aliases: ClassVar[tuple[str, ...]] = ("conditional GAN",)

    loss: Loss = Minimax()
    shares: Real = (0.7, 0.3)
    gains: Real = (1.0, 2.0)
    gamma: NonNegative = 0.1

    def __post_init__(self) -> None:
        set_array(self, "shares", 1)
        set_array(self, "gains", 1)
        super().__post_init__()
        if np.any(self.shares <= 0) or not math.isclose(float(self.shares.sum()), 1.0):
            raise FieldError(
                "ConditionalDiracGAN: shares must be positive and sum to 1, got the "
                f"sum {self.shares.sum():.6g} and the least {self.shares.min():.6g}"
            )
        if self.gains.shape != self.shares.shape:
            raise FieldError(
                "ConditionalDiracGAN: gains must be as many as shares, "
                f"{len(self.shares)}, got {len(self.gains)}"
            )

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((K,), (K,))``."""
        return self.shares.shape, self.shares.shape

    def logit_shares(self) -> Any:
        """Return π."""
        return self.shares

    def bilinear(self, x: Any, y: Any) -> Any:
        """Return a ∘ x ∘ y."""
        return contract("k,k...->k...", self.gains, x * y)

    def onto_x(self, y: Any, h: Any) -> Any:
        """Return a ∘ y ∘ h."""
        return self.bilinear(y, h)

    def onto_y(self, x: Any, h: Any) -> Any:
        """Return a ∘ x ∘ h."""
        return self.bilinear(x, h)

    def damped(self, y: Any) -> Any:
        """Return γ y."""
        return self.gamma * y

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(0 * self.shares, 0 * self.shares)]


class ExpertDiracGAN(BilinearLogitGame):
    r"""The Dirac-GAN whose discriminator also sees the logits of frozen experts.

    An expert's logit of a point is e(s) = k s, and the discriminator is linear in what
    it sees, D(s) = (y₀ + k·y') s. With t = x (y₀ + k·y'),

    .. math::
        L_x = f_x(t), \qquad
        L_y = -f_y(t) + \tfrac{γ}{2} (y_0 + k·y')^2 + \tfrac{δ}{2} |y|^2.

    At the equilibrium (0, 0) all happens in the plane of x and (1, k): trace
    γ (1 + |k|²) + δ and determinant f'(0)² (1 + |k|²). The other directions of y are
    neutral, or decay at δ.

    Parameters
    ----------
    loss : Loss or str
    expert_gains : array of shape (m,)
        k, of each expert.
    gamma : float
        The weight γ >= 0 of R1, the penalty on D's slope.
    decay : float
        The weight δ >= 0 of the decay of y.

    References
    ----------
    Sauer, Chitta, Müller, Geiger, *Projected GANs Converge Faster*, NeurIPS 2021
    (discriminators on frozen features); Kumari, Zhang, Shechtman, Zhu, *Ensembling
    Off-the-shelf Models for GAN Training*, CVPR 2022.

    Examples
    --------
    >>> game = ExpertDiracGAN(expert_gains=[2.0], gamma=0.1)
    >>> game.gy(np.ones(1), np.zeros(2))
    array([-0.5, -1. ])
    """

    aliases: ClassVar[tuple[str, ...]] = ("expert logits",)

    loss: Loss = Minimax()
    expert_gains: Real = (2.0,)
    gamma: NonNegative = 0.1
    decay: NonNegative = 0.0

    def __post_init__(self) -> None:
        set_array(self, "expert_gains", 1)
        super().__post_init__()

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((1,), (1 + m,))``."""
        return (1,), (1 + len(self.expert_gains),)

    def features(self) -> np.ndarray:
        """Return (1, k), what the discriminator sees of s = 1."""
        return np.concatenate([[1.0], self.expert_gains])

    def _slope(self, y: Any) -> Any:
        return contract("i,i...->...", self.features(), y)[None]

    def bilinear(self, x: Any, y: Any) -> Any:
        """Return x (y₀ + k·y')."""
        return x * self._slope(y)

    def onto_x(self, y: Any, h: Any) -> Any:
        """Return h (y₀ + k·y')."""
        return h * self._slope(y)

    def onto_y(self, x: Any, h: Any) -> Any:
        """Return h x (1, k)."""
        return contract("i,...->i...", self.features(), (x * h)[0])

    def damped(self, y: Any) -> Any:
        """Return γ (y₀ + k·y') (1, k) + δ y."""
        slope = self.gamma * self._slope(y)[0]
        return contract("i,...->i...", self.features(), slope) + self.decay * y

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(np.zeros(1), 0 * self.features())]


class ManyFakesDiracGAN(BilinearLogitGame):
    r"""The Dirac-GAN of a generator with several fakes, each its own point.

    The data are at 0, the fakes at x in ℝᵐ, the discriminator is D(s) = y s. With
    tⱼ = xⱼ y,

    .. math::
        L_x = \tfrac1m \sum_j f_x(t_j), \qquad
        L_y = -\tfrac1m \sum_j f_y(t_j) + \tfrac{γ}{2} y^2.

    Two fakes next to each other, which play at the rate lr, grow apart by
    :math:`1 - lr\,y^2 f_x''(xy)` a step. At the equilibrium (0, 0) all differences of
    fakes are neutral.

    Parameters
    ----------
    loss : Loss or str
    number : int
        m, of fakes.
    gamma : float
        The weight γ >= 0 of R1.

    Notes
    -----
    The generator's gradient is the mean's: fakes that move as that of `DiracGAN` need
    m times its rate.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Definition 2.1 (of one fake).

    Examples
    --------
    >>> game = ManyFakesDiracGAN(number=2)
    >>> game.gx(np.zeros(2), np.ones(1)), game.gy(np.array([1.0, 3.0]), np.zeros(1))
    (array([0.25, 0.25]), array([-1.]))
    """

    aliases: ClassVar[tuple[str, ...]] = ("several fakes",)

    loss: Loss = Minimax()
    number: Count = 2
    gamma: NonNegative = 0.1

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((m,), (1,))``."""
        return (self.number,), (1,)

    def logit_shares(self) -> Any:
        """Return 1/m for each."""
        return np.full(self.number, 1 / self.number)

    def bilinear(self, x: Any, y: Any) -> Any:
        """Return x y."""
        return x * y

    def onto_x(self, y: Any, h: Any) -> Any:
        """Return y h."""
        return y * h

    def onto_y(self, x: Any, h: Any) -> Any:
        """Return x·h."""
        return (x * h).sum(0)[None]

    def damped(self, y: Any) -> Any:
        """Return γ y."""
        return self.gamma * y

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0)."""
        return [(np.zeros(self.number), np.zeros(1))]
