"""Feature matching: the generator matches means of the discriminator's hidden units."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import NonNegative
from gandyn.games.losses import Loss, Minimax
from gandyn.games.regularisers import Regulariser


class DiscriminatorOnly(Loss):
    r"""A loss that the discriminator descends and the generator does not.

    L_x = 0: the generator goes by regularisers alone, such as `FeatureMatching`.

    Parameters
    ----------
    inner : Loss or str
        What the discriminator descends.

    References
    ----------
    Salimans et al., *Improved Techniques for Training GANs*, NeurIPS 2016, Section 3.1.

    Examples
    --------
    >>> loss = DiscriminatorOnly("wasserstein")
    >>> loss.value_x(2.0), loss.value_y(2.0)
    (0.0, -2.0)
    """

    inner: Loss = Minimax()

    def value_x(self, t: Any) -> Any:
        """Return 0."""
        return 0 * t

    def value_y(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.value_y(t)

    def value_real(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.value_real(t)

    def pull_x(self, t: Any) -> Any:
        """Return 0."""
        return 0 * t

    def slope_x(self, t: Any) -> Any:
        """Return 0."""
        return 0 * t

    def pull_y(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.pull_y(t)

    def slope_y(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.slope_y(t)

    def pull_real(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.pull_real(t)

    def slope_real(self, t: Any) -> Any:
        """Return the inner loss's."""
        return self.inner.slope_real(t)


class FeatureMatching(Regulariser):
    r"""The generator also descends :math:`w\,|E f(\text{real}) - E f(\text{fake})|^2`.

    f are the hidden units that the discriminator's last layer sees. Where the fakes are
    the data this term moves neither player through the other: its mixed second
    derivatives are zero, and with the loss `DiscriminatorOnly` nothing turns.

    Parameters
    ----------
    weight : float
        w >= 0.

    Notes
    -----
    The discriminator must be an ``nn.Sequential``: what its last layer is given are the
    features.

    References
    ----------
    Salimans et al., *Improved Techniques for Training GANs*, NeurIPS 2016, Section 3.1.
    """

    aliases: ClassVar[tuple[str, ...]] = ("hidden features",)

    weight: NonNegative = 1.0

    def penalty_x(self, play: Any) -> Any:
        """Return the squared distance of the features' means."""
        real, fake = play.features(play.real), play.features(play.fake)
        gap = real.mean(0) - fake.mean(0)
        return self.weight * gap.square().sum()
