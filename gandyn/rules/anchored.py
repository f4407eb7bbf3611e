"""Anchored rules: every step is drawn back towards the initial state, less and less."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive
from gandyn.rules._base import Rule
from gandyn.rules._wrapper import _Wrapper


class Halpern(_Wrapper):
    r"""Halpern iteration of another rule's step T.

    .. math:: z_{t+1} = \frac{1}{t+2} z_0 + \Bigl(1 - \frac{1}{t+2}\Bigr) T(z_t)

    Where T(z) = M z is linear, :math:`z_t = \frac{1}{t+1}\sum_{s=0}^t M^s z_0`. For any
    nonexpansive T with fixed point z*,
    :math:`‖z_t - T(z_t)‖ \le \frac{2}{t+1}‖z_0 - z^*‖`, and this is tight.

    Parameters
    ----------
    inner : Rule
        The rule whose step is T. `ProximalPoint` is nonexpansive on every monotone
        game, `Simultaneous` is not on a bilinear one. Its memory, if it has one, is
        carried along and not anchored.

    References
    ----------
    Halpern, *Fixed points of nonexpanding maps*, Bulletin of the AMS 73, 1967.
    Lieder, *On the convergence rate of the Halpern-iteration*, Optimization Letters 15,
    2021.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule, game = Halpern(Simultaneous(lr=0.5)), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.75, 1.25, (1.0, 1.0, 1.0, ()))
    """

    linear: ClassVar[bool] = False
    autonomous: ClassVar[bool] = False

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the anchor, the steps taken and the inner memory."""
        return x, y, 0.0, self.inner.init(game, x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        anchor_x, anchor_y, steps, inner_memory = memory
        p, q, inner_memory = self.inner.step(game, x, y, inner_memory)
        next_x = p + (anchor_x - p) / (steps + 2)
        next_y = q + (anchor_y - q) / (steps + 2)
        return next_x, next_y, (anchor_x, anchor_y, steps + 1.0, inner_memory)

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that small steps follow: half of the inner rule's."""
        inner = self.inner.drift(game, x, y)
        return None if inner is None else (inner[0] / 2, inner[1] / 2)


class _AnchoredExtragradient(Rule):
    linear: ClassVar[bool] = False
    autonomous: ClassVar[bool] = False
    joint: ClassVar[bool | None] = True

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1

    def calls(self) -> Any:
        """Return how often a step asks each oracle."""
        return {"gx": 2, "gy": 2}


class ExtraAnchoredGradientC(_AnchoredExtragradient):
    r"""Extra anchored gradient with a constant step (EAG-C).

    .. math::
        \tilde z_t &= z_t + β_t (z_0 - z_t) - \eta\,v(z_t), \qquad β_t = 1/(t+2), \\
        z_{t+1} &= z_t + β_t (z_0 - z_t) - \eta\,v(\tilde z_t)

    On a convex-concave game with R-Lipschitz v and ηR <= 1/8 (last iterate):
    :math:`‖v(z_t)‖^2 \le 260 R^2‖z_0 - z^*‖^2/(t+1)^2`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. The rate is proved for
        equal ones.

    References
    ----------
    Yoon, Ryu, *Accelerated Algorithms for Smooth Convex-Concave Minimax Problems with
    O(1/k²) Rate on Squared Gradient Norm*, ICML 2021.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ExtraAnchoredGradientC(lr=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.25, 1.25, (1.0, 1.0, 1.0))
    """

    aliases: ClassVar[tuple[str, ...]] = ("EAGC", "EAG")

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the anchor and the steps taken."""
        return x, y, 0.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        anchor_x, anchor_y, steps = memory
        p, q = x + (anchor_x - x) / (steps + 2), y + (anchor_y - y) / (steps + 2)
        half_x, half_y = p - self.lr_x * game.gx(x, y), q - self.lr_y * game.gy(x, y)
        next_x = p - self.lr_x * game.gx(half_x, half_y)
        next_y = q - self.lr_y * game.gy(half_x, half_y)
        return next_x, next_y, (anchor_x, anchor_y, steps + 1.0)


class ExtraAnchoredGradientV(_AnchoredExtragradient):
    r"""Extra anchored gradient with varying steps (EAG-V).

    As `ExtraAnchoredGradientC` with :math:`\eta = α_t`, α_0 the learning rate,

    .. math::
        α_{t+1} = α_t\Bigl(1 - \frac{(α_tR)^2}{(1 - (α_tR)^2)(t+1)(t+3)}\Bigr),

    which decreases to a positive limit (0.4365/R from 0.618/R). On a convex-concave
    game with R-Lipschitz v and α_0 R = 0.618:
    :math:`‖v(z_t)‖^2 \le 27 R^2‖z_0 - z^*‖^2/((t+1)(t+2))`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates of the first step, below 1/R; ``lr`` sets both.
    lipschitz : float
        The Lipschitz constant R of the field.

    Notes
    -----
    The memory holds each player's step as a multiple of its learning rate.

    References
    ----------
    Yoon, Ryu, *Accelerated Algorithms for Smooth Convex-Concave Minimax Problems with
    O(1/k²) Rate on Squared Gradient Norm*, ICML 2021.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = ExtraAnchoredGradientV(lr=0.5), Bilinear(1.0)
    >>> x, y, memory = rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    >>> x, y, round(memory[3], 6)
    (0.25, 1.25, 0.888889)
    """

    aliases: ClassVar[tuple[str, ...]] = ("EAGV",)
    rate_times_loss: ClassVar[bool | None] = False

    lipschitz: Positive = 1.0

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the anchor, the steps taken and the players' relative step sizes."""
        return x, y, 0.0, 1.0, 1.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        anchor_x, anchor_y, steps, scale_x, scale_y = memory
        rate_x, rate_y = scale_x * self.lr_x, scale_y * self.lr_y
        p, q = x + (anchor_x - x) / (steps + 2), y + (anchor_y - y) / (steps + 2)
        half_x, half_y = p - rate_x * game.gx(x, y), q - rate_y * game.gy(x, y)
        next_x = p - rate_x * game.gx(half_x, half_y)
        next_y = q - rate_y * game.gy(half_x, half_y)
        scale_x = scale_x * self.shrink(rate_x, steps)
        scale_y = scale_y * self.shrink(rate_y, steps)
        return next_x, next_y, (anchor_x, anchor_y, steps + 1.0, scale_x, scale_y)

    def shrink(self, rate: Any, steps: Any) -> Any:
        """Return the factor by which a step size decreases."""
        s = (rate * self.lipschitz) ** 2
        return 1 - s / ((1 - s) * (steps + 1) * (steps + 3))


class FastExtragradient(_AnchoredExtragradient):
    r"""Fast extragradient (FEG), for the monotone case.

    .. math::
        \tilde z_t &= z_t + β_t (z_0 - z_t) - (1 - β_t)\,\eta\,v(z_t), \qquad
            β_t = 1/(t+1), \\
        z_{t+1} &= z_t + β_t (z_0 - z_t) - \eta\,v(\tilde z_t)

    The first step is a plain gradient step. On a convex-concave game with R-Lipschitz v
    and η = 1/R: :math:`‖v(z_t)‖^2 \le 4R^2‖z_0 - z^*‖^2/t^2`.

    Parameters
    ----------
    lr_x, lr_y : float
        Learning rates, dimensionless, > 0; ``lr`` sets both. The rate is proved for
        equal ones.

    Notes
    -----
    The comonotonicity parameter ρ of the paper is 0 here.

    References
    ----------
    Lee, Kim, *Fast Extra Gradient Methods for Smooth Structured Nonconvex-Nonconcave
    Minimax Problems*, NeurIPS 2021.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule, game = FastExtragradient(lr=0.5), Bilinear(1.0)
    >>> rule.step(game, 1.0, 1.0, rule.init(game, 1.0, 1.0))
    (0.5, 1.5, (1.0, 1.0, 1.0))
    """

    aliases: ClassVar[tuple[str, ...]] = ("FEG",)

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the anchor and the steps taken."""
        return x, y, 0.0

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        anchor_x, anchor_y, steps = memory
        p, q = x + (anchor_x - x) / (steps + 1), y + (anchor_y - y) / (steps + 1)
        keep = steps / (steps + 1)
        half_x = p - keep * self.lr_x * game.gx(x, y)
        half_y = q - keep * self.lr_y * game.gy(x, y)
        next_x = p - self.lr_x * game.gx(half_x, half_y)
        next_y = q - self.lr_y * game.gy(half_x, half_y)
        return next_x, next_y, (anchor_x, anchor_y, steps + 1.0)
