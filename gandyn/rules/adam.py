"""Adam, and its alternating, optimistic and extragradient forms."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Decay, NonNegative
from gandyn.elementary import sqrt
from gandyn.rules._adaptive import _Adaptive, _Extra, _Optimistic, _Plain
from gandyn.rules._directions import _AdamDirection
from gandyn.rules._orders import _GaussSeidel, _Jacobi


class _AdamMoments(_AdamDirection, _Adaptive):
    autonomous: ClassVar[bool] = False

    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: g/(|g| + ε)."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        size_x, size_y = sqrt(gx * gx), sqrt(gy * gy)
        return gx / (size_x + self.eps), gy / (size_y + self.eps)


class Adam(_Jacobi, _Plain, _AdamMoments):
    r"""Simultaneous Adam, with moments of its own for each player.

    .. math::
        m_t = β_1 m_{t-1} + (1-β_1) g_t, \quad v_t = β_2 v_{t-1} + (1-β_2) g_t^2, \quad
        z_{t+1} = z_t - \eta\,
        \frac{m_t / (1-β_1^t)}{\sqrt{v_t / (1-β_2^t)} + ε}

    The first step is the sign of the gradient times η. Near an equilibrium, with
    :math:`v \ll ε^2`, it is a heavy ball of momentum :math:`β_1` and learning rate
    :math:`\eta(1-β_1)/ε`: not stable for any usual ε, so it ends on a small cycle.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, in units of the state, > 0; ``lr`` sets both.
    beta1, beta2 : float
        Decay of the first and second moment, of both players. GANs often use
        ``beta1=0.5`` or 0.
    eps : float
        Added to the root, outside of it. With 0 an equilibrium is 0/0.

    Notes
    -----
    The conventions are those of ``torch.optim.Adam``. The memory holds, beside the
    moments, the averages of a constant 1, which are :math:`1 - β^t`; so the step has no
    clock, but its coefficients depend on time.

    References
    ----------
    Kingma, Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = Adam(lr=0.5, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (0.5, 2.5)
    """


class AlternatingAdam(_GaussSeidel, _Plain, _AdamMoments):
    r"""Alternating Adam: y's gradient is taken at the new x.

    The usual training loop of a GAN with two ``torch.optim.Adam``; with ``y_first`` the
    discriminator moves first.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `Adam`.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Kingma, Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlternatingAdam(lr=2.0, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (-1.0, 0.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltAdam",)


class OptimisticAdam(_Jacobi, _Optimistic, _AdamMoments):
    r"""Optimistic Adam: an optimistic step along Adam's directions.

    With :math:`u_t` the direction of `Adam`,

    .. math:: z_{t+1} = z_t - 2\eta u_t + \eta u_{t-1}.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `Adam`.

    Notes
    -----
    :math:`u_{-1}` is the direction of the first gradient, so that the first step equals
    Adam's; codes that start it at 0 make the first step twice as long.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018,
    Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = OptimisticAdam(lr=0.5, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (0.5, 2.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("OAdam",)


class ExtraAdam(_Extra, _AdamMoments):
    r"""Extragradient with Adam's directions in both half steps.

    .. math::
        \tilde z_t = z_t - \eta\,u(v(z_t)), \qquad
        z_{t+1} = z_t - \eta\,u(v(\tilde z_t)),

    where u takes each gradient into the moments in turn: two updates of the moments and
    of the bias correction per step.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `Adam`.

    References
    ----------
    Gidel, Berard, Vignoud, Vincent, Lacoste-Julien, *A Variational Inequality
    Perspective on Generative Adversarial Networks*, ICLR 2019, Algorithm 4.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ExtraAdam(lr=0.5, eps=0.0, beta1=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    >>> round(x, 3), round(y, 3)
    (0.412, 1.316)
    """
