"""RMSProp, and its alternating, optimistic and extragradient forms."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Decay, NonNegative
from gandyn.elementary import sqrt
from gandyn.rules._adaptive import _Adaptive, _Extra, _Optimistic, _Plain
from gandyn.rules._directions import _RMSPropDirection
from gandyn.rules._orders import _GaussSeidel, _Jacobi


class _RMSPropMoments(_RMSPropDirection, _Adaptive):
    beta2: Decay = 0.99
    eps: NonNegative = 1e-8

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: g/(√(1 - β₂)|g| + ε)."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        rest = sqrt(1 - self.beta2)
        size_x, size_y = rest * sqrt(gx * gx), rest * sqrt(gy * gy)
        return gx / (size_x + self.eps), gy / (size_y + self.eps)


class RMSProp(_Jacobi, _Plain, _RMSPropMoments):
    r"""Simultaneous RMSProp, with a second moment of its own for each player.

    .. math::
        v_t = β_2 v_{t-1} + (1-β_2) g_t^2, \qquad
        z_{t+1} = z_t - \eta\,g_t / (\sqrt{v_t} + ε)

    The first step is the sign of the gradient times :math:`\eta/\sqrt{1-β_2}`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, in units of the state, > 0; ``lr`` sets both.
    beta2 : float
        Decay of the second moment, of both players (``alpha`` in torch).
    eps : float
        Added to the root, outside of it. With 0 an equilibrium is 0/0.

    Notes
    -----
    The conventions are those of ``torch.optim.RMSprop``: v starts at 0, without bias
    correction. TensorFlow puts ε inside the root, and Keras starts v elsewhere.

    References
    ----------
    Tieleman, Hinton, *Lecture 6.5: rmsprop*, Neural Networks for Machine Learning,
    2012.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = RMSProp(lr=0.5, beta2=0.75, eps=0.0), Bilinear(1.0)
    >>> rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    (0.0, 3.0, (1.0, 0.25))
    """


class AlternatingRMSProp(_GaussSeidel, _Plain, _RMSPropMoments):
    r"""Alternating RMSProp: y's gradient is taken at the new x.

    Parameters
    ----------
    lr_x, lr_y, beta2, eps
        As in `RMSProp`.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Tieleman, Hinton, *Lecture 6.5: rmsprop*, Neural Networks for Machine Learning,
    2012.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlternatingRMSProp(lr=1.0, beta2=0.75, eps=0.0), Bilinear(1.0)
    >>> rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    (-1.0, 0.0, (1.0, 0.25))
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltRMSProp",)


class OptimisticRMSProp(_Jacobi, _Optimistic, _RMSPropMoments):
    r"""An optimistic step along RMSProp's directions.

    With :math:`u_t` the direction of `RMSProp`,
    :math:`z_{t+1} = z_t - 2\eta u_t + \eta u_{t-1}`, where :math:`u_{-1}` is the
    direction of the first gradient.

    Parameters
    ----------
    lr_x, lr_y, beta2, eps
        As in `RMSProp`.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018 (for
    Adam).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = OptimisticRMSProp(lr=0.5, beta2=0.75, eps=0.0), Bilinear(1.0)
    >>> rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))[:2]
    (0.0, 3.0)
    """


class ExtraRMSProp(_Extra, _RMSPropMoments):
    r"""Extragradient with RMSProp's directions in both half steps.

    The second moment takes in the gradients of both half steps, as in `ExtraAdam`.

    Parameters
    ----------
    lr_x, lr_y, beta2, eps
        As in `RMSProp`.

    References
    ----------
    Gidel, Berard, Vignoud, Vincent, Lacoste-Julien, *A Variational Inequality
    Perspective on Generative Adversarial Networks*, ICLR 2019 (for Adam).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ExtraRMSProp(lr=0.5, beta2=0.0, eps=0.0), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.5, 1.5, (2.25, 0.25))
    """

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: g/(√(1 - β₂²)|g| + ε)."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        rest = sqrt(1 - self.beta2 * self.beta2)
        size_x, size_y = rest * sqrt(gx * gx), rest * sqrt(gy * gy)
        return gx / (size_x + self.eps), gy / (size_y + self.eps)
