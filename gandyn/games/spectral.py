"""The Dirac-GAN whose discriminator is spectrally normalised."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, NonNegative
from gandyn.elementary import sqrt, stack
from gandyn.games._logits import LogitGame
from gandyn.games.losses import Loss, Wasserstein


class SpectralDiracGAN(LogitGame):
    r"""The Dirac-GAN of vectors with the critic D(s) = a w·s/|w|.

    The data are at 0, the fake at x in n dimensions, w is a spectrally normalised layer
    and a a last layer that is not: y = (w, a). Without it, ``last_layer=False``, a = 1
    and y = w. With t = a w·x/|w|,

    .. math::
        L_x = f_x(t), \qquad L_y = -f_y(t) + \tfrac{γ}{2} a^2.

    With the last layer every (0, (w, 0)) is an equilibrium, where the critic's slope a
    is 0, and (x·w/|w|, a) plays the Dirac-GAN with R1 of weight γ. Without it the slope
    is 1 everywhere: there is no equilibrium, and from x ⟂ w with |x| = |w| = r
    simultaneous play of the Wasserstein loss has :math:`|x_t|^2 = r^2 + lr^2 t`.

    Parameters
    ----------
    loss : Loss or str
    dimension : int
        n, of the data.
    last_layer : bool
        Whether the critic has the scale a.
    gamma : float
        The weight γ >= 0 of the penalty on the slope a; nothing without it.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida, *Spectral Normalization for Generative Adversarial
    Networks*, ICLR 2018, Section 2.1.

    Examples
    --------
    >>> game = SpectralDiracGAN(last_layer=False)
    >>> game.gx(np.array([0.0, 1.0]), np.array([2.0, 0.0]))
    array([1., 0.])
    >>> game.gy(np.array([0.0, 1.0]), np.array([2.0, 0.0]))[1]
    np.float64(-0.5)
    """

    aliases: ClassVar[tuple[str, ...]] = ("SN-Dirac-GAN",)

    loss: Loss = Wasserstein()
    dimension: Count = 2
    last_layer: bool = True
    gamma: NonNegative = 0.0

    @property
    def shape(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of the players, ``((n,), (n + 1,))``, or n twice without a."""
        n = self.dimension
        return (n,), (n + self.last_layer,)

    def _parts(self, y: Any) -> Any:
        """Return w/|w|, |w| and a."""
        w = y[: self.dimension]
        size = sqrt((w * w).sum(0))
        scale = y[self.dimension] if self.last_layer else 0 * size + 1
        return w / size, size, scale

    def _joined(self, w: Any, a: Any) -> Any:
        return stack(*w, a) if self.last_layer else w

    def _split(self, w: Any) -> Any:
        n = self.dimension
        return w[:n], w[n] if self.last_layer else 0 * w[0]

    def logits(self, x: Any, y: Any) -> Any:
        """Return a w·x/|w|, shape (1, batch...)."""
        way, _, scale = self._parts(y)
        return (scale * (way * x).sum(0))[None]

    def logit_slopes(self, x: Any, y: Any, h: Any) -> Any:
        """Return the gradients of h t in x and in y."""
        way, size, scale = self._parts(y)
        along = (way * x).sum(0)
        turn = scale / size * (x - along * way)
        return h[0] * scale * way, self._joined(h[0] * turn, h[0] * along)

    def logit_change(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return the derivative of t along (u, w)."""
        of_x, of_y = self.logit_slopes(x, y, 0 * self.logits(x, y) + 1)
        return ((of_x * u).sum(0) + (of_y * w).sum(0))[None]

    def logit_bends(self, x: Any, y: Any, h: Any, u: Any, w: Any) -> Any:
        """Return the derivative of h times the gradients along (u, w)."""
        way, size, scale = self._parts(y)
        step, grown = self._split(w)
        along, stretch = (way * x).sum(0), (way * step).sum(0)
        turned = (step - stretch * way) / size
        beside = x - along * way
        moved = (way * u).sum(0) + (turned * x).sum(0)
        bent = grown * beside - scale * stretch / size * beside
        bent = bent + scale * (u - moved * way - along * turned)
        of_x = h[0] * (grown * way + scale * turned)
        return of_x, self._joined(h[0] * bent / size, h[0] * moved)

    def damped(self, y: Any) -> Any:
        """Return γ a in the place of a."""
        w, scale = self._split(y)
        return self._joined(0 * w, self.gamma * scale)

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return (0, (w, 0)) for one w; without the last layer there is none."""
        if not self.last_layer:
            return []
        x, y = (np.zeros(size) for (size,) in self.shape)
        y[0] = 1.0
        return [(x, y)]
