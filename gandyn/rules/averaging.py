"""Averages of an orbit: the rule plays on, the average is what is looked at."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Fraction01
from gandyn.rules._wrapper import _Wrapper


class UniformAverage(_Wrapper):
    r"""The uniform average of another rule's orbit.

    With :math:`\tilde z_t` the orbit of the inner rule,

    .. math::
        z_t = \frac{1}{t+1}\sum_{s=0}^{t} \tilde z_s.

    On the bilinear game the average of `Alternating` play, whose orbit only circles,
    converges like 1/t, though not geometrically.

    Parameters
    ----------
    inner : Rule
        The rule that plays; it never sees the average.

    Notes
    -----
    The initial state counts. Yazıcı et al. leave it out.

    References
    ----------
    Yazıcı, Foo, Winkler, Yap, Piliouras, Chandrasekhar, *The Unusual Effectiveness of
    Averaging in GAN Training*, ICLR 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule, game = UniformAverage(Simultaneous(lr=0.5)), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.75, 1.25, (0.5, 1.5, 1.0, ()))
    """

    aliases: ClassVar[tuple[str, ...]] = ("Average", "PolyakAverage")
    linear: ClassVar[bool] = False
    autonomous: ClassVar[bool] = False

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's state, the steps taken and the inner memory."""
        return x, y, 0.0, self.inner.init(game, x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p, q, steps, inner_memory = memory
        p, q, inner_memory = self.inner.step(game, p, q, inner_memory)
        steps = steps + 1.0
        next_x, next_y = x + (p - x) / (steps + 1), y + (q - y) / (steps + 1)
        return next_x, next_y, (p, q, steps, inner_memory)

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: half of the inner rule's."""
        inner = self.inner.drift(game, x, y)
        return None if inner is None else (inner[0] / 2, inner[1] / 2)


class ExponentialAverage(_Wrapper):
    r"""The exponential moving average (EMA) of another rule's orbit.

    With :math:`\tilde z_t` the orbit of the inner rule,

    .. math:: z_{t+1} = β z_t + (1 - β) \tilde z_{t+1}, \qquad z_0 = \tilde z_0.

    The multipliers are those of the inner rule, and β once for each coordinate: an
    average can hide a cycle, not cure it.

    Parameters
    ----------
    inner : Rule
        The rule that plays; it never sees the average.
    beta : float
        Weight of the past, between 0 and 1.

    References
    ----------
    Yazıcı, Foo, Winkler, Yap, Piliouras, Chandrasekhar, *The Unusual Effectiveness of
    Averaging in GAN Training*, ICLR 2019.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule, game = ExponentialAverage(Simultaneous(lr=0.5), beta=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.75, 1.25, (0.5, 1.5, ()))
    """

    aliases: ClassVar[tuple[str, ...]] = ("EMA",)
    reduces: ClassVar[tuple[Any, ...]] = (({"beta": 0.0}, "inner"),)

    beta: Fraction01 = 0.999

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's state and memory."""
        return x, y, self.inner.init(game, x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p, q, inner_memory = memory
        p, q, inner_memory = self.inner.step(game, p, q, inner_memory)
        next_x = self.beta * x + (1 - self.beta) * p
        return next_x, self.beta * y + (1 - self.beta) * q, (p, q, inner_memory)

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: 1 - β of the inner rule's."""
        inner, rest = self.inner.drift(game, x, y), 1 - self.beta
        return None if inner is None else (rest * inner[0], rest * inner[1])

    def characteristic(self, sigma: Any) -> Any:
        """Return the inner rule's polynomial times (λ - β)²."""
        inner = self.inner.characteristic(sigma)
        if inner is None:
            return None
        return tuple(np.polymul(inner, np.poly([self.beta, self.beta])))
