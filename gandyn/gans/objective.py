"""What is played for: a loss, regularisers and instance noise."""

from __future__ import annotations

import numbers

from gandyn._node import Node, NonNegative
from gandyn.gans.losses import Loss, NonSaturating
from gandyn.gans.regularisers import Regulariser, Unregularised

NOISE = ("noise_real", "noise_fake")
"""The random numbers of instance noise, normal and shaped like the points."""


class Objective(Node):
    """What the players of a GAN play for.

    Parameters
    ----------
    loss : Loss or str
    regulariser : Regulariser or str
    noise_std : float
        Standard deviation of the instance noise that is added to real points and to
        fakes before the discriminator sees them, in units of the data.

    Examples
    --------
    >>> Objective("hinge", "R1", noise_std=0.5)
    Objective(loss=Hinge(), regulariser=R1(gamma=0.1), noise_std=0.5)
    """

    loss: Loss = NonSaturating()
    regulariser: Regulariser = Unregularised()
    noise_std: NonNegative = 0.0

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that a batch must have."""
        quiet = isinstance(self.noise_std, numbers.Real) and self.noise_std == 0
        return self.regulariser.random | frozenset(() if quiet else NOISE)
