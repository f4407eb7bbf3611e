"""What is played for: a loss, regularisers and instance noise."""

from __future__ import annotations

import numbers

from gandyn._node import Node, NonNegative
from gandyn.errors import FieldError
from gandyn.games.losses import Loss, NonSaturating
from gandyn.games.regularisers import Regulariser, Unregularised

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

    Raises
    ------
    FieldError
        For a regulariser that is known for the Dirac-GAN only.

    Examples
    --------
    >>> Objective("hinge", "R1", noise_std=0.5)
    Objective(loss=Hinge(), regulariser=R1(gamma=0.1), noise_std=0.5)
    """

    loss: Loss = NonSaturating()
    regulariser: Regulariser = Unregularised()
    noise_std: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.regulariser.of_networks:
            raise FieldError(
                f"{type(self).__name__}: regulariser {self.regulariser!r} is known for "
                "the Dirac-GAN only: give it penalty_x or penalty_y"
            )

    @property
    def random(self) -> frozenset[str]:
        """The names of the random numbers that a batch must have."""
        quiet = isinstance(self.noise_std, numbers.Real) and self.noise_std == 0
        return self.regulariser.random | frozenset(() if quiet else NOISE)
