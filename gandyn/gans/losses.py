"""GAN losses as functions of logits."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Fraction01, Node, Real
from gandyn.elementary import heaviside, softplus


class Loss(Node):
    r"""A GAN loss, given by three functions of a logit.

    The discriminator gives high logits to what it takes for real and descends the sum
    of the means of ``real`` over real points and ``fake`` over fakes; the generator
    descends the mean of ``generator`` over fakes. They run on whatever
    `gandyn.elementary` runs on.

    Notes
    -----
    `gandyn.games.DiracGAN` has the other sign: its discriminator raises the logits of
    fakes. With t = -logit the losses are the same.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def real(self, logit: Any) -> Any:
        """Return the discriminator's loss on a real point."""
        raise NotImplementedError

    def fake(self, logit: Any) -> Any:
        """Return the discriminator's loss on a fake."""
        raise NotImplementedError

    def generator(self, logit: Any) -> Any:
        """Return the generator's loss on a fake."""
        raise NotImplementedError


class Minimax(Loss):
    r"""The logistic minimax loss, with D = σ(logit).

    .. math:: L_y = -E\log D(\text{real}) - E\log(1 - D(\text{fake})), \qquad
        L_x = E\log(1 - D(\text{fake}))

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Equation 1.

    Examples
    --------
    >>> Minimax().real(0.0) == Minimax().fake(0.0) == -Minimax().generator(0.0)
    True
    """

    aliases: ClassVar[tuple[str, ...]] = ("logistic", "saturating", "GAN")

    def real(self, logit: Any) -> Any:
        """Return log(1 + e^-logit)."""
        return softplus(-logit)

    def fake(self, logit: Any) -> Any:
        """Return log(1 + e^logit)."""
        return softplus(logit)

    def generator(self, logit: Any) -> Any:
        """Return -log(1 + e^logit)."""
        return -softplus(logit)


class NonSaturating(Minimax):
    r"""The non-saturating loss: the generator descends :math:`-E\log D(\text{fake})`.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Section 3.

    Examples
    --------
    >>> round(NonSaturating().generator(-10.0), 6)
    10.000045
    """

    aliases: ClassVar[tuple[str, ...]] = ("NSGAN", "NS")

    def generator(self, logit: Any) -> Any:
        """Return log(1 + e^-logit)."""
        return softplus(-logit)


class Wasserstein(Loss):
    r"""The Wasserstein loss, L_y = E D(fake) - E D(real), L_x = -E D(fake).

    The critic D, the logit itself, is not constrained by the loss.

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1.

    Examples
    --------
    >>> Wasserstein().real(2.0), Wasserstein().fake(2.0), Wasserstein().generator(2.0)
    (-2.0, 2.0, -2.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("WGAN",)

    def real(self, logit: Any) -> Any:
        """Return -logit."""
        return -logit

    def fake(self, logit: Any) -> Any:
        """Return logit."""
        return +logit

    def generator(self, logit: Any) -> Any:
        """Return -logit."""
        return -logit


class LeastSquares(Loss):
    r"""The least-squares loss: half the squared distance to a label.

    Parameters
    ----------
    real_label, fake_label : float
        What the discriminator should say of real points and of fakes.
    target : float
        What the generator wants it to say of fakes.

    References
    ----------
    Mao et al., *Least Squares Generative Adversarial Networks*, ICCV 2017, Equation 2.

    Examples
    --------
    >>> LeastSquares().fake(1.0), LeastSquares(fake_label=0.0).fake(1.0)
    (2.0, 0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("LSGAN",)

    real_label: Real = 1.0
    fake_label: Real = -1.0
    target: Real = 1.0

    def real(self, logit: Any) -> Any:
        """Return (logit - real_label)²/2."""
        return (logit - self.real_label) * (logit - self.real_label) / 2

    def fake(self, logit: Any) -> Any:
        """Return (logit - fake_label)²/2."""
        return (logit - self.fake_label) * (logit - self.fake_label) / 2

    def generator(self, logit: Any) -> Any:
        """Return (logit - target)²/2."""
        return (logit - self.target) * (logit - self.target) / 2


class Hinge(Wasserstein):
    r"""The hinge loss: the discriminator wants a margin of 1 on either side of 0.

    .. math:: L_y = E\max(0, 1 - D(\text{real})) + E\max(0, 1 + D(\text{fake})), \qquad
        L_x = -E D(\text{fake})

    Not differentiable where a logit is ±1; the derivative there is taken as 0.

    References
    ----------
    Lim, Ye, *Geometric GAN*, 2017, Equation 16.

    Examples
    --------
    >>> Hinge().real(0.25), Hinge().fake(0.5)
    (0.75, 1.5)
    """

    def real(self, logit: Any) -> Any:
        """Return max(0, 1 - logit)."""
        return (1 - logit) * heaviside(1 - logit)

    def fake(self, logit: Any) -> Any:
        """Return max(0, 1 + logit)."""
        return (1 + logit) * heaviside(1 + logit)


class LabelSmoothing(Loss):
    r"""Label smoothing around a loss: some labels are wrong on purpose.

    The discriminator is told that a real point is fake with probability a and that a
    fake is real with probability b; the generator's loss stays as it is. For a logistic
    loss the targets are 1 - a and b, and the best discriminator is
    :math:`D^* = ((1 - a) p + b q)/(p + q)`.

    Parameters
    ----------
    inner : Loss or str
    smooth_real, smooth_fake : float
        The probabilities a and b, in [0, 1]; b = 0 is one-sided smoothing.

    References
    ----------
    Salimans et al., *Improved Techniques for Training GANs*, NeurIPS 2016, Section 3.4.

    Examples
    --------
    >>> loss = LabelSmoothing("wasserstein", smooth_real=0.25)
    >>> loss.real(2.0), loss.fake(2.0)
    (-1.0, 2.0)
    """

    inner: Loss = NonSaturating()
    smooth_real: Fraction01 = 0.1
    smooth_fake: Fraction01 = 0.0

    def real(self, logit: Any) -> Any:
        """Return (1 - a) real + a fake."""
        share = self.smooth_real
        return (1 - share) * self.inner.real(logit) + share * self.inner.fake(logit)

    def fake(self, logit: Any) -> Any:
        """Return (1 - b) fake + b real."""
        share = self.smooth_fake
        return (1 - share) * self.inner.fake(logit) + share * self.inner.real(logit)

    def generator(self, logit: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.generator(logit)
