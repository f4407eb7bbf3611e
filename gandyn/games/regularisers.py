"""Regularisers, for the Dirac-GAN and for GANs of torch modules alike.

Every class here, or in a module beside this one, is offered by all of them; the
Dirac-GAN refuses those that are no functions of its numbers.
"""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node, NonNegative, Positive
from gandyn.elementary import clip

_PENALTIES = ("penalty_x", "penalty_y")
_FORCES = ("force_x", "force_y")


class Regulariser(Node):
    r"""Penalties that are added to the players' own losses, and a projection.

    For torch GANs ``penalty_x`` and ``penalty_y`` are functions of a
    `gandyn.gans.games.objective.Play`: the players' vectors, the networks as
    functions, the real points and the fakes. For the Dirac-GAN, where a player is one
    number, they are ``energy_x`` and ``energy_y``, with the derivatives ``force_x`` and
    ``force_y`` and the second derivatives ``stiffness_x`` and ``stiffness_y``; a class
    that has them says so by ``scalar``. The weight γ comes with a half. Two
    regularisers are added with ``+``.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[tuple[str, ...]] = ()
    """The random numbers that a penalty needs: ``mix`` (uniform, one per point) and
    ``shift`` (normal, shaped like the real points)."""
    scalar: ClassVar[bool] = False
    """Whether the Dirac-GAN's functions say the same as the penalties of this class."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "scalar" not in vars(cls) and vars(cls).keys() & _PENALTIES:
            cls.scalar = False  # what is inherited belongs to another penalty

    @property
    def timed(self) -> bool:
        """Whether the penalties depend on the step."""
        return False

    @property
    def random(self) -> frozenset[str]:
        """The names of all random numbers needed, by inner regularisers too."""
        return frozenset(self.draws)

    @property
    def of_numbers(self) -> bool:
        """Whether this regulariser serves the Dirac-GAN, inner ones included."""
        return self.scalar

    @property
    def of_networks(self) -> bool:
        """Whether this regulariser serves torch GANs, inner ones included."""
        return _has(type(self), _PENALTIES) or not _has(type(self), _FORCES)

    def penalty_x(self, play: Any) -> Any:
        """Return what is added to the generator's loss."""
        return 0

    def penalty_y(self, play: Any) -> Any:
        """Return what is added to the discriminator's loss."""
        return 0

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed parameters next to (x, y)."""
        return x, y

    def energy_x(self, x: Any) -> Any:
        """Return the penalty of a generator that is one number."""
        return 0

    def force_x(self, x: Any) -> Any:
        """Return the derivative of ``energy_x``."""
        return 0

    def stiffness_x(self, x: Any) -> Any:
        """Return the second derivative of ``energy_x``."""
        return 0

    def energy_y(self, y: Any) -> Any:
        """Return the penalty of a discriminator y s, whose slope is y everywhere."""
        return 0

    def force_y(self, y: Any) -> Any:
        """Return the derivative of ``energy_y``."""
        return 0

    def stiffness_y(self, y: Any) -> Any:
        """Return the second derivative of ``energy_y``."""
        return 0

    def __add__(self, other: Any) -> Regulariser:
        if not isinstance(other, Regulariser):
            return NotImplemented
        return Sum(self, other)


class Unregularised(Regulariser):
    """No penalty and no bound."""

    aliases: ClassVar[tuple[str, ...]] = ("none",)
    scalar: ClassVar[bool] = True


class L2(Regulariser):
    """Weight decay on the discriminator: L_y gains (γ/2)|ψ|².

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("weight decay",)
    scalar: ClassVar[bool] = True

    gamma: NonNegative = 0.1

    def penalty_y(self, play: Any) -> Any:
        """Return (γ/2)|ψ|²."""
        return self.gamma / 2 * play.y.square().sum()

    def energy_y(self, y: Any) -> Any:
        """Return (γ/2) y²."""
        return self.gamma * y * y / 2

    def force_y(self, y: Any) -> Any:
        """Return γ y."""
        return self.gamma * y

    def stiffness_y(self, y: Any) -> Any:
        """Return γ."""
        return self.gamma


class L2Both(L2):
    """Weight decay on both players: L_x gains (γ/2)|θ|², L_y gains (γ/2)|ψ|².

    Parameters
    ----------
    gamma : float
        Weight γ >= 0.
    """

    aliases: ClassVar[tuple[str, ...]] = ("weight decay on both",)
    scalar: ClassVar[bool] = True

    def penalty_x(self, play: Any) -> Any:
        """Return (γ/2)|θ|²."""
        return self.gamma / 2 * play.x.square().sum()

    def energy_x(self, x: Any) -> Any:
        """Return (γ/2) x²."""
        return self.gamma * x * x / 2

    def force_x(self, x: Any) -> Any:
        """Return γ x."""
        return self.gamma * x

    def stiffness_x(self, x: Any) -> Any:
        """Return γ."""
        return self.gamma


class PixelLoss(Regulariser):
    r"""The pixel loss of image translation: L_x gains :math:`\tfrac{μ}{2} E|G - u|^2`.

    Fakes G and real points u are compared in pairs, in the order of the batch. On the
    Dirac-GAN, whose real point is 0, it is a penalty (μ/2) x² on the generator alone.

    Parameters
    ----------
    pixel_weight : float
        Weight μ >= 0.

    References
    ----------
    Pathak, Krähenbühl, Donahue, Darrell, Efros, *Context Encoders*, CVPR 2016,
    Equation 3; Isola, Zhu, Zhou, Efros, *Image-to-Image Translation with Conditional
    Adversarial Networks*, CVPR 2017, Equation 3 (with L1).

    Examples
    --------
    >>> PixelLoss(2.0).force_x(0.5), PixelLoss(2.0).force_y(0.5)
    (1.0, 0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("pixel", "L2 reconstruction")
    scalar: ClassVar[bool] = True

    pixel_weight: NonNegative = 0.1

    def penalty_x(self, play: Any) -> Any:
        """Return (μ/2) E|fake - real|²."""
        square = (play.fake - play.real).flatten(1).square().sum(1)
        return self.pixel_weight / 2 * square.mean()

    def energy_x(self, x: Any) -> Any:
        """Return (μ/2) x²."""
        return self.pixel_weight * x * x / 2

    def force_x(self, x: Any) -> Any:
        """Return μ x."""
        return self.pixel_weight * x

    def stiffness_x(self, x: Any) -> Any:
        """Return μ."""
        return self.pixel_weight


class FieldPenalty(Regulariser):
    r"""The generator also descends :math:`η|\nabla_ψ L_y|^2`.

    Of GANs of numbers `LQGAN` has it, as a field.

    Parameters
    ----------
    eta : float
        Weight η >= 0.

    References
    ----------
    Nagarajan, Kolter, *Gradient Descent GAN Optimization is Locally Stable*, NeurIPS
    2017, Section 4.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Nagarajan-Kolter",)

    eta: NonNegative = 0.1

    def penalty_x(self, play: Any) -> Any:
        """Return η|∇L_y|², without y's own penalties."""
        return self.eta * play.contest_slope().square().sum()


class WeightClipping(Regulariser):
    """Weight clipping: every parameter of the discriminator stays in [-c, c].

    It is the game's ``project``; the rule `gandyn.rules.Projected` calls it after its
    step.

    Parameters
    ----------
    bound : float
        The bound c > 0.

    References
    ----------
    Arjovsky, Chintala, Bottou, *Wasserstein GAN*, ICML 2017, Algorithm 1.
    """

    scalar: ClassVar[bool] = True

    bound: Positive = 0.01

    def project(self, x: Any, y: Any) -> Any:
        """Return (x, y) with y clipped."""
        return x, clip(y, self.bound)


class Sum(Regulariser):
    """Two regularisers at once; projections are made one after the other.

    Parameters
    ----------
    first, second : Regulariser or str

    Examples
    --------
    >>> L2(gamma=0.1) + WeightClipping(bound=0.2)
    Sum(first=L2(gamma=0.1), second=WeightClipping(bound=0.2))
    """

    first: Regulariser = Unregularised()
    second: Regulariser = Unregularised()

    @property
    def timed(self) -> bool:
        """Whether either depends on the step."""
        return self.first.timed or self.second.timed

    @property
    def random(self) -> frozenset[str]:
        """The names of all random numbers needed."""
        return self.first.random | self.second.random

    @property
    def of_numbers(self) -> bool:
        """Whether both regularisers serve the Dirac-GAN."""
        return self.first.of_numbers and self.second.of_numbers

    @property
    def of_networks(self) -> bool:
        """Whether both regularisers serve torch GANs."""
        return self.first.of_networks and self.second.of_networks

    def penalty_x(self, play: Any) -> Any:
        """Return the sum."""
        return self.first.penalty_x(play) + self.second.penalty_x(play)

    def penalty_y(self, play: Any) -> Any:
        """Return the sum."""
        return self.first.penalty_y(play) + self.second.penalty_y(play)

    def project(self, x: Any, y: Any) -> Any:
        """Return the allowed parameters next to (x, y)."""
        a, b = self.first.project(x, y)
        return self.second.project(a, b)

    def energy_x(self, x: Any) -> Any:
        """Return the sum."""
        return self.first.energy_x(x) + self.second.energy_x(x)

    def force_x(self, x: Any) -> Any:
        """Return the sum."""
        return self.first.force_x(x) + self.second.force_x(x)

    def stiffness_x(self, x: Any) -> Any:
        """Return the sum."""
        return self.first.stiffness_x(x) + self.second.stiffness_x(x)

    def energy_y(self, y: Any) -> Any:
        """Return the sum."""
        return self.first.energy_y(y) + self.second.energy_y(y)

    def force_y(self, y: Any) -> Any:
        """Return the sum."""
        return self.first.force_y(y) + self.second.force_y(y)

    def stiffness_y(self, y: Any) -> Any:
        """Return the sum."""
        return self.first.stiffness_y(y) + self.second.stiffness_y(y)


def _has(cls: type[Any], names: tuple[str, ...]) -> bool:
    return any(getattr(cls, name) is not getattr(Regulariser, name) for name in names)
