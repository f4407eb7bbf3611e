"""The Dirac-GAN: one real point, one fake point, a linear discriminator."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Node, NonNegative
from gandyn.elementary import sigmoid, softplus
from gandyn.games._base import ScalarGame


class DiracLoss(Node):
    """A GAN loss as functions of the fake logit t = xy.

    ``pull_x`` and ``pull_y`` are the derivatives of the players' losses in t (of y's
    with the sign turned), ``slope_x`` and ``slope_y`` those of the pulls.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    def value_x(self, t: Any) -> Any:
        """Return the generator's loss."""
        raise NotImplementedError

    def value_y(self, t: Any) -> Any:
        """Return the discriminator's loss."""
        raise NotImplementedError

    def pull_x(self, t: Any) -> Any:
        """Return dL_x/dt."""
        raise NotImplementedError

    def slope_x(self, t: Any) -> Any:
        """Return d²L_x/dt²."""
        raise NotImplementedError

    def pull_y(self, t: Any) -> Any:
        """Return -dL_y/dt."""
        raise NotImplementedError

    def slope_y(self, t: Any) -> Any:
        """Return -d²L_y/dt²."""
        raise NotImplementedError


class Minimax(DiracLoss):
    """The logistic minimax loss L_x = f(t), L_y = -f(t) with f(t) = -log(1 + e^-t)."""

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
    """Goodfellow's non-saturating loss: L_x = -f(-t), L_y = -f(t)."""

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


class Wasserstein(DiracLoss):
    """The Wasserstein loss L_x = t, L_y = -t; the critic is not constrained."""

    aliases: ClassVar[tuple[str, ...]] = ("WGAN",)

    def value_x(self, t: Any) -> Any:
        """Return t."""
        return t

    def value_y(self, t: Any) -> Any:
        """Return -t."""
        return -t

    def pull_x(self, t: Any) -> Any:
        """Return 1."""
        return 1 + 0 * t

    def slope_x(self, t: Any) -> Any:
        """Return 0."""
        return 0 * t

    def pull_y(self, t: Any) -> Any:
        """Return 1."""
        return 1 + 0 * t

    def slope_y(self, t: Any) -> Any:
        """Return 0."""
        return 0 * t


class DiracRegulariser(Node):
    """A quadratic penalty ½ weight_x() x² + ½ weight_y() y² on the two players."""

    aliases: ClassVar[tuple[str, ...]] = ()

    def weight_x(self) -> Any:
        """Return the weight on the generator's ½ x²."""
        return 0.0

    def weight_y(self) -> Any:
        """Return the weight on the discriminator's ½ y²."""
        return 0.0


class Unregularised(DiracRegulariser):
    """No penalty."""

    aliases: ClassVar[tuple[str, ...]] = ("none",)


class L2(DiracRegulariser):
    """Weight decay on the discriminator: L_y gains (γ/2) y²."""

    gamma: NonNegative = 0.1

    def weight_y(self) -> Any:
        """Return γ."""
        return self.gamma


class R1(L2):
    """The gradient penalty on real data, (γ/2) E|∇D|²: here equal to `L2`."""


class L2Both(L2):
    """Weight decay on both players: L_x gains (γ/2) x², L_y gains (γ/2) y²."""

    def weight_x(self) -> Any:
        """Return γ."""
        return self.gamma


class DiracGAN(ScalarGame):
    r"""The Dirac-GAN: data at 0, a generator at x = θ, a discriminator D(s) = y s.

    With t = xy the fake logit, f the loss's function and γ the regulariser's weight,

    .. math::
        L_x = f_x(xy), \qquad L_y = -f_y(xy) + \tfrac{γ}{2} y^2,

    so that for the minimax loss
    :math:`v = (y f'(xy),\; -x f'(xy) + γ y)` with :math:`f'(t) = 1/(1 + e^t)`. The
    equilibrium is (0, 0), where

    .. math::
        J = \begin{pmatrix} 0 & f'(0) \\ -f'(0) & γ \end{pmatrix},
        \qquad λ = γ/2 \pm \sqrt{γ^2/4 - f'(0)^2},

    with f'(0) = ½ (minimax, non-saturating) or 1 (Wasserstein).

    Parameters
    ----------
    loss : DiracLoss or str
        ``"minimax"`` (logistic), ``"non-saturating"`` or ``"wasserstein"``.
    regulariser : DiracRegulariser or str
        ``"none"``, ``L2(gamma)`` on y, ``R1(gamma)`` (the same here), or
        ``L2Both(gamma)``.

    Notes
    -----
    Mescheder et al. write the field with the opposite sign, as the direction of motion.

    References
    ----------
    Mescheder, Geiger, Nowozin, *Which Training Methods for GANs do actually
    Converge?*, ICML 2018, Definition 2.1 and Lemmas 2.2 to 3.4.

    Examples
    --------
    >>> game = DiracGAN(regulariser=R1(gamma=0.5))
    >>> game.gx(1.0, 0.0), game.gy(1.0, 0.0)
    (0.0, -0.5)
    >>> game.jacobian(0.0, 0.0)
    (0.0, 0.5, -0.5, 0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("dirac",)
    zero_sum: ClassVar[bool] = False

    loss: DiracLoss = Minimax()
    regulariser: DiracRegulariser = Unregularised()

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return the generator's loss."""
        return self.loss.value_x(x * y) + self.regulariser.weight_x() * x * x / 2

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return the discriminator's loss."""
        return self.loss.value_y(x * y) + self.regulariser.weight_y() * y * y / 2

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        return y * self.loss.pull_x(x * y) + self.regulariser.weight_x() * x

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        return self.regulariser.weight_y() * y - x * self.loss.pull_y(x * y)

    def jacobian(self, x: Any, y: Any) -> Any:
        """Return (∂gx/∂x, ∂gx/∂y, ∂gy/∂x, ∂gy/∂y)."""
        t = x * y
        slope_x, slope_y = self.loss.slope_x(t), self.loss.slope_y(t)
        return (
            y * y * slope_x + self.regulariser.weight_x(),
            self.loss.pull_x(t) + t * slope_x,
            -self.loss.pull_y(t) - t * slope_y,
            self.regulariser.weight_y() - x * x * slope_y,
        )

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, 0), the only one."""
        return [(0.0, 0.0)]
