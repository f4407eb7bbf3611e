"""What every regulariser is: penalties on either player, and a projection."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node
from gandyn.gans.play import Play


class Regulariser(Node):
    r"""Penalties that are added to the players' losses, and a projection.

    A penalty is a function of a `Play`: the players' vectors, the networks as
    functions, the real points and the fakes. The weight γ comes with a half, as in
    `gandyn.games.DiracGAN`. Two regularisers are added with ``+``.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[tuple[str, ...]] = ()
    """The random numbers that a penalty needs: ``mix`` (uniform, one per point) and
    ``shift`` (normal, shaped like the real points)."""

    @property
    def random(self) -> frozenset[str]:
        """The names of all random numbers needed, by inner regularisers too."""
        return frozenset(self.draws)

    def penalty_x(self, play: Play) -> Any:
        """Return what is added to the generator's loss."""
        return 0

    def penalty_y(self, play: Play) -> Any:
        """Return what is added to the discriminator's loss."""
        return 0

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed parameters next to (x, y)."""
        return x, y

    def __add__(self, other: Any) -> Regulariser:
        if not isinstance(other, Regulariser):
            return NotImplemented
        return Sum(self, other)


class Unregularised(Regulariser):
    """No penalty and no bound."""

    aliases: ClassVar[tuple[str, ...]] = ("none",)


class Sum(Regulariser):
    """Two regularisers at once; projections are made one after the other.

    Parameters
    ----------
    first, second : Regulariser or str

    Examples
    --------
    >>> from gandyn.gans.regularisers import L2, R1
    >>> R1(gamma=0.1) + L2(gamma=0.2)
    Sum(first=R1(gamma=0.1), second=L2(gamma=0.2))
    """

    first: Regulariser = Unregularised()
    second: Regulariser = Unregularised()

    @property
    def random(self) -> frozenset[str]:
        """The names of all random numbers needed."""
        return self.first.random | self.second.random

    def penalty_x(self, play: Play) -> Any:
        """Return the sum."""
        return self.first.penalty_x(play) + self.second.penalty_x(play)

    def penalty_y(self, play: Play) -> Any:
        """Return the sum."""
        return self.first.penalty_y(play) + self.second.penalty_y(play)

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed parameters next to (x, y)."""
        return self.second.project(*self.first.project(x, y))
