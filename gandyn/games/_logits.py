"""Games of vectors in which the players meet in the logits of fakes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn.elementary import contract
from gandyn.games._base import VectorGame
from gandyn.games.losses import Loss, Minimax


class LogitGame(VectorGame):
    r"""Fakes with logits t(x, y) of being fake, and reals whose logit is 0.

    With the loss's functions, as in `gandyn.games.DiracGAN`, shares s of the logits
    and a symmetric matrix M of the discriminator's own damping,

    .. math::
        L_x = \sum_k s_k f_x(t_k), \qquad
        L_y = -\sum_k s_k f_y(t_k) + \tfrac12 y^T M y.

    A game says what its logits are, with their derivatives.
    """

    zero_sum: ClassVar[bool] = False

    loss: Loss = Minimax()

    def logits(self, x: Any, y: Any) -> Any:
        """Return t(x, y), shape (k, batch...)."""
        raise NotImplementedError

    def logit_slopes(self, x: Any, y: Any, h: Any) -> Any:
        """Return the gradients of Σ hₖ tₖ in x and in y."""
        raise NotImplementedError

    def logit_change(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return the derivative of t along (u, w)."""
        raise NotImplementedError

    def logit_bends(self, x: Any, y: Any, h: Any, u: Any, w: Any) -> Any:
        """Return the derivative of `logit_slopes` along (u, w), of a fixed h."""
        raise NotImplementedError

    def logit_shares(self) -> Any:
        """Return s, shape (k,)."""
        return np.ones(1)

    def damped(self, y: Any) -> Any:
        """Return M y."""
        return 0 * y

    def _shared(self, values: Any, t: Any) -> Any:
        """Return s ∘ values; a loss may give one number for all logits."""
        return contract("i,i...->i...", self.logit_shares(), values + 0 * t)

    def loss_x(self, x: Any, y: Any) -> Any:
        """Return Σ sₖ f_x(tₖ)."""
        t = self.logits(x, y)
        return self._shared(self.loss.value_x(t), t).sum(0)

    def loss_y(self, x: Any, y: Any) -> Any:
        """Return -Σ sₖ f_y(tₖ) + ½ yᵀM y."""
        t = self.logits(x, y)
        fake = self._shared(self.loss.value_y(t), t).sum(0)
        return fake + (y * self.damped(y)).sum(0) / 2

    def gx(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_x in x."""
        t = self.logits(x, y)
        return self.logit_slopes(x, y, self._shared(self.loss.pull_x(t), t))[0]

    def gy(self, x: Any, y: Any) -> Any:
        """Return the gradient of L_y in y."""
        t = self.logits(x, y)
        pull = self.logit_slopes(x, y, self._shared(self.loss.pull_y(t), t))[1]
        return self.damped(y) - pull

    def cross(self, x: Any, y: Any) -> Any:
        """Return (∂L_x/∂y, ∂L_y/∂x)."""
        t = self.logits(x, y)
        _, across = self.logit_slopes(x, y, self._shared(self.loss.pull_x(t), t))
        back, _ = self.logit_slopes(x, y, self._shared(self.loss.pull_y(t), t))
        return across, -back

    def jvp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return J(x, y)·(u, w)."""
        t, change = self.logits(x, y), self.logit_change(x, y, u, w)
        pull_x = self._shared(self.loss.pull_x(t), t)
        pull_y = self._shared(self.loss.pull_y(t), t)
        slope_x = self._shared(self.loss.slope_x(t) * change, t)
        slope_y = self._shared(self.loss.slope_y(t) * change, t)
        own, _ = self.logit_bends(x, y, pull_x, u, w)
        _, theirs = self.logit_bends(x, y, pull_y, u, w)
        along_x = own + self.logit_slopes(x, y, slope_x)[0]
        along_y = theirs + self.logit_slopes(x, y, slope_y)[1]
        return along_x, self.damped(w) - along_y

    def vjp(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return Jᵀ(x, y)·(u, w)."""
        t = self.logits(x, y)
        pull_x = self._shared(self.loss.pull_x(t), t)
        pull_y = self._shared(self.loss.pull_y(t), t)
        only_x = self.logit_change(x, y, u, 0 * w)
        only_y = self.logit_change(x, y, 0 * u, w)
        slope_x = self._shared(self.loss.slope_x(t) * only_x, t)
        slope_y = self._shared(self.loss.slope_y(t) * only_y, t)
        parts = zip(
            self.logit_bends(x, y, pull_x, u, 0 * w),
            self.logit_bends(x, y, pull_y, 0 * u, w),
            self.logit_slopes(x, y, slope_x - slope_y),
            strict=True,
        )
        back_x, back_y = (own - theirs + bent for own, theirs, bent in parts)
        return back_x, back_y + self.damped(w)


class BilinearLogitGame(LogitGame):
    """Logits that are bilinear in the players; a game gives them and their adjoints."""

    def bilinear(self, x: Any, y: Any) -> Any:
        """Return B(x, y), shape (k, batch...)."""
        raise NotImplementedError

    def onto_x(self, y: Any, h: Any) -> Any:
        """Return the gradient of Σ hₖ Bₖ(x, y) in x."""
        raise NotImplementedError

    def onto_y(self, x: Any, h: Any) -> Any:
        """Return the gradient of Σ hₖ Bₖ(x, y) in y."""
        raise NotImplementedError

    def logits(self, x: Any, y: Any) -> Any:
        """Return B(x, y)."""
        return self.bilinear(x, y)

    def logit_slopes(self, x: Any, y: Any, h: Any) -> Any:
        """Return the gradients of Σ hₖ Bₖ(x, y) in x and in y."""
        return self.onto_x(y, h), self.onto_y(x, h)

    def logit_change(self, x: Any, y: Any, u: Any, w: Any) -> Any:
        """Return B(u, y) + B(x, w)."""
        return self.bilinear(u, y) + self.bilinear(x, w)

    def logit_bends(self, x: Any, y: Any, h: Any, u: Any, w: Any) -> Any:
        """Return the gradients with the players exchanged for their directions."""
        return self.onto_x(w, h), self.onto_y(u, h)
