"""Gradient clipping: the rule sees a game whose gradients are limited."""

from __future__ import annotations

from typing import Any, ClassVar

from gandyn._node import Positive
from gandyn.errors import FieldError
from gandyn.rules._alike import are_alike
from gandyn.rules._clipped import clipped_by_norm, clipped_by_value
from gandyn.rules._wrapper import _FromInner, _Wrapper


class _Clipping(_Wrapper):
    linear: ClassVar[bool] = False
    scales: ClassVar[bool | None] = False
    rate_times_loss: ClassVar[bool | None] = False
    preserves_volume = _FromInner()  # type: ignore[assignment]
    reduces: ClassVar[tuple[Any, ...]] = (({"bound_x": 1e9, "bound_y": 1e9}, "inner"),)

    bound_x: Positive = 1.0
    bound_y: Positive = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inner.second_order:
            raise FieldError(
                f"{type(self).__name__}: inner must be a rule of first order, got "
                f"{self.inner!r}: a clipped gradient has no game Jacobian to offer"
            )

    def clipped(self, game: Any) -> Any:
        """Return the oracle that the inner rule sees."""
        raise NotImplementedError

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's memory."""
        return self.inner.init(self.clipped(game), x, y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one inner step on the clipped game."""
        return self.inner.step(self.clipped(game), x, y, memory)

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's drift on clipped gradients."""
        return self.inner.drift(self.clipped(game), x, y)


class ClipValue(_Clipping):
    r"""Gradient clipping by value around a rule.

    The inner rule sees :math:`\max(-c, \min(c, g))` for every entry g of a gradient,
    wherever it asks for one. Near an equilibrium, where :math:`|g| \le c`, nothing is
    changed: clipping bounds an instability and moves no threshold.

    Parameters
    ----------
    inner : Rule
        A rule of first order.
    bound_x, bound_y : float
        The players' bounds c, > 0, in the units of the gradients.

    Notes
    -----
    Clipping comes before momentum and moments, as with ``clip_grad_value_`` before the
    optimizer's step. It is not the weight clipping of Wasserstein GANs.

    References
    ----------
    Pascanu, Mikolov, Bengio, *On the difficulty of training recurrent neural networks*,
    ICML 2013.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule = ClipValue(Simultaneous(lr=0.5), bound_x=0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 4.0, ())
    (0.75, 4.5, ())
    """

    orthogonal: ClassVar[bool] = False

    @property
    def joint(self) -> bool | None:  # type: ignore[override]
        """Whether it is an optimizer of all of z, as a trait: with the same bounds."""
        return are_alike(self) and self.inner.joint

    def clipped(self, game: Any) -> Any:
        """Return the game's oracle with every entry of a gradient limited."""
        return clipped_by_value(game, self.bound_x, self.bound_y)


class ClipNorm(_Clipping):
    r"""Gradient clipping by norm around a rule, each player by its own norm.

    The inner rule sees :math:`g \min(1, c/‖g‖)` for each player's gradient g, wherever
    it asks for one. In a game of two numbers it equals `ClipValue`.

    Parameters
    ----------
    inner : Rule
        A rule of first order.
    bound_x, bound_y : float
        The players' bounds c, > 0, in the units of the gradients.

    Notes
    -----
    As ``clip_grad_norm_`` on each player's parameters, without its 10⁻⁶ in the
    denominator.

    References
    ----------
    Pascanu, Mikolov, Bengio, *On the difficulty of training recurrent neural networks*,
    ICML 2013, Algorithm 1.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Simultaneous
    >>> rule = ClipNorm(Simultaneous(lr=0.5), bound_x=0.5)
    >>> rule.step(Bilinear(1.0), 1.0, 4.0, ())
    (0.75, 4.5, ())
    """

    joint: ClassVar[bool | None] = False

    def clipped(self, game: Any) -> Any:
        """Return the game's oracle with every player's gradient shortened."""
        return clipped_by_norm(game, self.bound_x, self.bound_y)
