"""Lookahead: k fast steps forward, one step back, of both players together."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gandyn._node import Count, Positive
from gandyn._trees import flatten
from gandyn.rules._wrapper import _Wrapper


class Lookahead(_Wrapper):
    r"""Lookahead (LA) around any rule, joint over the players.

    From the slow weights z, k steps of the inner rule lead to :math:`\tilde z`; then

    .. math:: z^+ = z + α (\tilde z - z).

    A multiplier μ of a memoryless inner rule becomes :math:`1 - α + αμ^k`. Around
    `Simultaneous` on the bilinear game with x = ησ: for k = 2 stable iff
    :math:`x^2 < (2 - 4α)/α`, so never for α >= ½.

    Parameters
    ----------
    inner : Rule
        The fast rule.
    k : int
        Inner steps per step.
    alpha : float
        Step of the slow weights, > 0; 1 is the inner rule k times.

    Notes
    -----
    One step of this rule is an outer step: the state is recorded after moving back, and
    costs k inner steps. Both players move back together: moving back one player at a
    time is another, worse rule. The inner memory is carried over as it is, neither
    reset nor moved back: `HeavyBall` keeps its velocity, `OptimisticGradient` the last
    fast gradient.

    References
    ----------
    Zhang, Lucas, Hinton, Ba, *Lookahead Optimizer: k steps forward, 1 step back*,
    NeurIPS 2019.
    Chavdarova, Pagliardini, Stich, Fleuret, Jaggi, *Taming GANs with Lookahead-Minmax*,
    ICLR 2021, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule = Lookahead(Simultaneous(lr=0.5), k=2, alpha=0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, ())
    (0.375, 1.375, ())
    """

    aliases: ClassVar[tuple[str, ...]] = ("LA", "LookaheadMinmax")
    reduces: ClassVar[tuple[Any, ...]] = (({"k": 1, "alpha": 1.0}, "inner"),)

    k: Count = 5
    alpha: Positive = 0.5

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after k inner steps and the step back."""
        fast_x, fast_y = x, y
        for _ in range(self.k):
            fast_x, fast_y, memory = self.inner.step(game, fast_x, fast_y, memory)
        return x + self.alpha * (fast_x - x), y + self.alpha * (fast_y - y), memory

    def calls(self) -> Any:
        """Return the inner rule's calls, k times."""
        inner = self.inner.calls()
        return None if inner is None else {n: self.k * c for n, c in inner.items()}

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return αk times the inner rule's drift, if that has no memory."""
        inner = self.inner.drift(game, x, y)
        if inner is None or flatten(self.inner.init(game, x, y)):
            return None
        return self.alpha * self.k * inner[0], self.alpha * self.k * inner[1]

    def characteristic(self, sigma: Any) -> Any:
        """Return the polynomial of 1 - α + αμᵏ, if the inner rule has no memory."""
        inner = self.inner.characteristic(sigma)
        if inner is None or len(inner) != 3:
            return None
        outer = 1 - self.alpha + self.alpha * np.roots(inner) ** self.k
        return tuple(np.real(np.poly(outer)))
