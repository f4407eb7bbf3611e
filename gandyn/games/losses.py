"""GAN losses, for the Dirac-GAN and for GANs of torch modules alike.

Every class here, or in a module beside this one, is offered by all of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Fraction01, Node, Real
from gandyn.elementary import heaviside, sigmoid, softplus


class Loss(Node):
    r"""A GAN loss, as functions of the margin t by which the discriminator is right.

    The margin of a real point is its logit D(u), that of a fake is -D(u). On a fake the
    generator descends ``value_x(t)`` and the discriminator ``value_y(t)``; on a real
    point the discriminator descends ``value_real(t)``, the same function unless a loss
    treats the labels differently.

    ``pull_x`` is the derivative of ``value_x``, ``pull_y`` and ``pull_real`` are the
    derivatives of the discriminator's losses with the sign turned, ``slope_x``,
    ``slope_y`` and ``slope_real`` are the derivatives of the pulls. Torch GANs need
    none of them. All run on whatever `gandyn.elementary` runs on.

    In the literature on the Dirac-GAN the discriminator y s raises the logits of fakes,
    so that t = xy there; torch GANs have the usual sign.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def value_x(self, t: Any) -> Any:
        """Return the generator's loss on a fake."""
        raise NotImplementedError

    def value_y(self, t: Any) -> Any:
        """Return the discriminator's loss on a fake."""
        raise NotImplementedError

    def value_real(self, t: Any) -> Any:
        """Return the discriminator's loss on a real point."""
        return self.value_y(t)

    def pull_x(self, t: Any) -> Any:
        """Return the derivative of ``value_x``."""
        raise NotImplementedError

    def slope_x(self, t: Any) -> Any:
        """Return the second derivative of ``value_x``."""
        raise NotImplementedError

    def pull_y(self, t: Any) -> Any:
        """Return minus the derivative of ``value_y``."""
        raise NotImplementedError

    def slope_y(self, t: Any) -> Any:
        """Return minus the second derivative of ``value_y``."""
        raise NotImplementedError

    def pull_real(self, t: Any) -> Any:
        """Return minus the derivative of ``value_real``."""
        return self.pull_y(t)

    def slope_real(self, t: Any) -> Any:
        """Return minus the second derivative of ``value_real``."""
        return self.slope_y(t)


class Minimax(Loss):
    r"""The logistic minimax loss L_x = f(t), L_y = -f(t) with f(t) = -log(1 + e^-t).

    With D = σ(logit),

    .. math:: L_y = -E\log D(\text{real}) - E\log(1 - D(\text{fake})), \qquad
        L_x = E\log(1 - D(\text{fake}))

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Equation 1.

    Examples
    --------
    >>> Minimax().value_real(0.0) == Minimax().value_y(0.0) == -Minimax().value_x(0.0)
    True
    """

    aliases: ClassVar[tuple[str, ...]] = ("logistic", "saturating", "GAN")

    def value_x(self, t: Any) -> Any:
        """Return f(t)."""
        return -softplus(-t)

    def value_y(self, t: Any) -> Any:
        """Return -f(t)."""
        return softplus(-t)

    def pull_x(self, t: Any) -> Any:
        """Return f'(t) = 1 / (1 + e^t)."""
        return sigmoid(-t)

    def slope_x(self, t: Any) -> Any:
        """Return f''(t)."""
        s = sigmoid(-t)
        return s * (s - 1)

    def pull_y(self, t: Any) -> Any:
        """Return f'(t)."""
        return sigmoid(-t)

    def slope_y(self, t: Any) -> Any:
        """Return f''(t)."""
        s = sigmoid(-t)
        return s * (s - 1)


class NonSaturating(Minimax):
    r"""Goodfellow's non-saturating loss: L_x = -f(-t), L_y = -f(t).

    The generator descends :math:`-E\log D(\text{fake})`.

    References
    ----------
    Goodfellow et al., *Generative Adversarial Nets*, NeurIPS 2014, Section 3.

    Examples
    --------
    >>> round(NonSaturating().value_x(10.0), 6)
    10.000045
    """

    aliases: ClassVar[tuple[str, ...]] = ("NSGAN", "NS")

    def value_x(self, t: Any) -> Any:
        """Return -f(-t)."""
        return softplus(t)

    def pull_x(self, t: Any) -> Any:
        """Return f'(-t)."""
        return sigmoid(t)

    def slope_x(self, t: Any) -> Any:
        """Return -f''(-t)."""
        s = sigmoid(t)
        return s * (1 - s)


class Wasserstein(Loss):
    r"""The Wasserstein loss L_x = t, L_y = -t; the critic is not constrained.

    In logits, L_y = E D(fake) - E D(real) and L_x = -E D(fake).

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1.

    Examples
    --------
    >>> Wasserstein().value_x(2.0), Wasserstein().value_y(2.0)
    (2.0, -2.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("WGAN",)

    def value_x(self, t: Any) -> Any:
        """Return t."""
        return t

    def value_y(self, t: Any) -> Any:
        """Return -t."""
        return -t

    def pull_x(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def slope_x(self, t: Any) -> Any:
        """Return 0."""
        return 0

    def pull_y(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def slope_y(self, t: Any) -> Any:
        """Return 0."""
        return 0


class LeastSquares(Loss):
    r"""The least-squares loss: half the squared distance of a logit to a label.

    With b the label of real points, a that of fakes and c the generator's target, and
    the logit D,

    .. math:: L_y = \tfrac12 E(D(\text{real}) - b)^2 + \tfrac12 E(D(\text{fake}) - a)^2,
        \qquad L_x = \tfrac12 E(D(\text{fake}) - c)^2

    With the linear discriminator of the Dirac-GAN a real point's logit is 0.

    Parameters
    ----------
    real_label, fake_label : float
        What the discriminator should say of real points, b, and of fakes, a.
    target : float
        What the generator wants it to say of fakes, c.

    References
    ----------
    Mao et al., *Least Squares Generative Adversarial Networks*, ICCV 2017, Equation 2.

    Examples
    --------
    >>> LeastSquares().value_y(-1.0), LeastSquares(fake_label=0.0).value_y(-1.0)
    (2.0, 0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("LSGAN",)

    real_label: Real = 1.0
    fake_label: Real = -1.0
    target: Real = 1.0

    def value_x(self, t: Any) -> Any:
        """Return (t + c)²/2."""
        return (t + self.target) * (t + self.target) / 2

    def value_y(self, t: Any) -> Any:
        """Return (t + a)²/2."""
        return (t + self.fake_label) * (t + self.fake_label) / 2

    def value_real(self, t: Any) -> Any:
        """Return (t - b)²/2."""
        return (t - self.real_label) * (t - self.real_label) / 2

    def pull_x(self, t: Any) -> Any:
        """Return t + c."""
        return t + self.target

    def slope_x(self, t: Any) -> Any:
        """Return 1."""
        return 1

    def pull_y(self, t: Any) -> Any:
        """Return -a - t."""
        return -self.fake_label - t

    def slope_y(self, t: Any) -> Any:
        """Return -1."""
        return -1

    def pull_real(self, t: Any) -> Any:
        """Return b - t."""
        return self.real_label - t


class Hinge(Wasserstein):
    r"""The hinge loss L_x = t, L_y = max(0, 1 - t); not differentiable at t = 1.

    The discriminator wants a margin of 1 on either side of 0:

    .. math:: L_y = E\max(0, 1 - D(\text{real})) + E\max(0, 1 + D(\text{fake})), \qquad
        L_x = -E D(\text{fake})

    The derivative at the margin is taken as 0.

    References
    ----------
    Lim, Ye, *Geometric GAN*, 2017, Equation 16.

    Examples
    --------
    >>> Hinge().value_real(0.25), Hinge().value_y(-0.5)
    (0.75, 1.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def value_y(self, t: Any) -> Any:
        """Return max(0, 1 - t)."""
        return (1 - t) * heaviside(1 - t)

    def pull_y(self, t: Any) -> Any:
        """Return 1 below the margin, else 0."""
        return heaviside(1 - t)


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
    >>> loss.value_real(2.0), loss.value_y(-2.0)
    (-1.0, 2.0)
    """

    inner: Loss = NonSaturating()
    smooth_real: Fraction01 = 0.1
    smooth_fake: Fraction01 = 0.0

    def value_x(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.value_x(t)

    def value_y(self, t: Any) -> Any:
        """Return (1 - b) of a fake's and b of a real point's, whose margin is -t."""
        share = self.smooth_fake
        wrong = share * self.inner.value_real(-t)
        return (1 - share) * self.inner.value_y(t) + wrong

    def value_real(self, t: Any) -> Any:
        """Return (1 - a) of a real point's and a of a fake's, whose margin is -t."""
        share = self.smooth_real
        wrong = share * self.inner.value_y(-t)
        return (1 - share) * self.inner.value_real(t) + wrong

    def pull_x(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.pull_x(t)

    def slope_x(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.slope_x(t)

    def pull_y(self, t: Any) -> Any:
        """Return minus the derivative of ``value_y``."""
        share = self.smooth_fake
        wrong = share * self.inner.pull_real(-t)
        return (1 - share) * self.inner.pull_y(t) - wrong

    def slope_y(self, t: Any) -> Any:
        """Return minus the second derivative of ``value_y``."""
        share = self.smooth_fake
        wrong = share * self.inner.slope_real(-t)
        return (1 - share) * self.inner.slope_y(t) + wrong

    def pull_real(self, t: Any) -> Any:
        """Return minus the derivative of ``value_real``."""
        share = self.smooth_real
        wrong = share * self.inner.pull_y(-t)
        return (1 - share) * self.inner.pull_real(t) - wrong

    def slope_real(self, t: Any) -> Any:
        """Return minus the second derivative of ``value_real``."""
        share = self.smooth_real
        wrong = share * self.inner.slope_y(-t)
        return (1 - share) * self.inner.slope_real(t) + wrong
