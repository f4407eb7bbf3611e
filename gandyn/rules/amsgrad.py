"""AMSGrad, and its alternating, optimistic and extragradient forms."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Decay, NonNegative
from gandyn.elementary import sqrt
from gandyn.rules._adaptive import _Adaptive, _Extra, _Optimistic, _Plain
from gandyn.rules._directions import _AMSGradDirection
from gandyn.rules._orders import _GaussSeidel, _Jacobi


class _AMSGradMoments(_AMSGradDirection, _Adaptive):
    autonomous: ClassVar[bool] = False

    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: g/(|g| + ε)."""
        gx, gy = game.gx(x, y), game.gy(x, y)
        size_x, size_y = sqrt(gx * gx), sqrt(gy * gy)
        return gx / (size_x + self.eps), gy / (size_y + self.eps)


class AMSGrad(_Jacobi, _Plain, _AMSGradMoments):
    r"""Simultaneous AMSGrad: Adam with the largest second moment so far.

    .. math::
        \hat v_t = \max(\hat v_{t-1}, v_t), \qquad
        z_{t+1} = z_t - \eta\,
        \frac{m_t / (1-β_1^t)}{\sqrt{\hat v_t / (1-β_2^t)} + ε}

    with the moments of `Adam`. The step per gradient never grows, so at an equilibrium
    it is a heavy ball with the learning rate that its largest gradients have left.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, in units of the state, > 0; ``lr`` sets both.
    beta1, beta2 : float
        Decay of the first and second moment, of both players.
    eps : float
        Added to the root, outside of it.

    Notes
    -----
    The conventions are those of ``torch.optim.Adam(amsgrad=True)``: the maximum is of
    the uncorrected v, and both moments are bias-corrected, which the paper leaves out.

    References
    ----------
    Reddi, Kale, Kumar, *On the Convergence of Adam and Beyond*, ICLR 2018, Algorithm 2.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AMSGrad(lr=0.5, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (0.5, 2.5)
    """


class AlternatingAMSGrad(_GaussSeidel, _Plain, _AMSGradMoments):
    r"""Alternating AMSGrad: y's gradient is taken at the new x.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `AMSGrad`.
    y_first : bool
        Whether y moves first.

    References
    ----------
    Reddi, Kale, Kumar, *On the Convergence of Adam and Beyond*, ICLR 2018, Algorithm 2.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = AlternatingAMSGrad(lr=2.0, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (-1.0, 0.0)
    """

    aliases: ClassVar[tuple[str, ...]] = ("AltAMSGrad",)


class OptimisticAMSGrad(_Jacobi, _Optimistic, _AMSGradMoments):
    r"""An optimistic step along AMSGrad's directions.

    With :math:`u_t` the direction of `AMSGrad`,
    :math:`z_{t+1} = z_t - 2\eta u_t + \eta u_{t-1}`, where :math:`u_{-1}` is the
    direction of the first gradient.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `AMSGrad`.

    References
    ----------
    Daskalakis, Ilyas, Syrgkanis, Zeng, *Training GANs with Optimism*, ICLR 2018 (for
    Adam).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = OptimisticAMSGrad(lr=0.5, eps=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 2.0, rule.init(game, 1.0, 2.0))
    >>> round(x, 12), round(y, 12)
    (0.5, 2.5)
    """


class ExtraAMSGrad(_Extra, _AMSGradMoments):
    r"""Extragradient with AMSGrad's directions in both half steps.

    The moments take in the gradients of both half steps, as in `ExtraAdam`.

    Parameters
    ----------
    lr_x, lr_y, beta1, beta2, eps
        As in `AMSGrad`.

    References
    ----------
    Gidel, Berard, Vignoud, Vincent, Lacoste-Julien, *A Variational Inequality
    Perspective on Generative Adversarial Networks*, ICLR 2019 (for Adam).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ExtraAMSGrad(lr=0.5, eps=0.0, beta1=0.0), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    >>> round(x, 3), round(y, 3)
    (0.412, 1.316)
    """
