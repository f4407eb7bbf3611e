"""Gradient penalties that cost less: now and then, or without gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Count, NonNegative, Positive
from gandyn.games.gradient_penalties import R1
from gandyn.games.regularisers import Regulariser


class Lazy(Regulariser):
    r"""A regulariser that acts in every k-th step only, with k times its weight.

    It acts in the steps 0, k, 2k, … of a training, on both players. Its average over k
    steps is the inner one, but k steps together are another map. Only torch GANs know
    the step.

    Parameters
    ----------
    inner : Regulariser or str
    every : int
        k.

    References
    ----------
    Karras, Laine, Aittala, Hellsten, Lehtinen, Aila, *Analyzing and Improving the Image
    Quality of StyleGAN*, CVPR 2020, Section 3.1 and Appendix B.

    Examples
    --------
    >>> Lazy("R1", every=16)
    Lazy(inner=R1(gamma=0.1), every=16)
    """

    aliases: ClassVar[tuple[str, ...]] = ("lazy regularisation",)

    inner: Regulariser = R1()
    every: Count = 4

    @property
    def timed(self) -> bool:
        """Whether the penalties depend on the step: they do."""
        return True

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that the inner one needs."""
        return self.inner.random

    @property
    def of_numbers(self) -> bool:
        """Whether the Dirac-GAN has it: it knows no step."""
        return False

    @property
    def of_networks(self) -> bool:
        """Whether the inner regulariser serves torch GANs."""
        return self.inner.of_networks

    def penalty_x(self, play: Any) -> Any:
        """Return k times the inner penalty, or 0."""
        return self._weight(play) * self.inner.penalty_x(play)

    def penalty_y(self, play: Any) -> Any:
        """Return k times the inner penalty, or 0."""
        return self._weight(play) * self.inner.penalty_y(play)

    def project(self, x: Any, y: Any) -> Any:
        """Return what the inner one allows, in every step."""
        return self.inner.project(x, y)

    def _weight(self, play: Any) -> Any:
        return self.every * (play.step % self.every == 0)


class ApproximateR1(Regulariser):
    r"""R1 by finite differences, :math:`\tfrac{γ}{2σ^2} E(D(u + σε) - D(u))^2`.

    ε is normal, so the expectation tends to :math:`\tfrac{γ}{2} E|\nabla D|^2` with
    falling σ. No gradient is taken in the points: it serves where networks have no
    second derivatives that are fast.

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    width : float
        σ > 0, in units of the data.

    References
    ----------
    Lin et al., *Diffusion Adversarial Post-Training for One-Step Video Generation*,
    ICML 2025, Section 3.4 (with the weight λ = γ/2σ²).
    """

    aliases: ClassVar[tuple[str, ...]] = ("finite-difference R1",)
    draws: ClassVar[tuple[str, ...]] = ("shift",)

    gamma: NonNegative = 0.1
    width: Positive = 0.01

    def penalty_y(self, play: Any) -> Any:
        """Return the penalty at the real points."""
        moved = play.judge(play.real + self.width * play.batch["shift"])
        rise = (moved - play.judge(play.real)) / self.width
        return self.gamma / 2 * (rise * rise).mean()
