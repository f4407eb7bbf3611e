"""One player's optimizer, by torch's arithmetic: its fields, moments and update."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Decay, Node, NonNegative, replace
from gandyn.elementary import inner, select, sqrt
from gandyn.rules._directions import (
    _AdamDirection,
    _AMSGradDirection,
    _RMSPropDirection,
)

_CLIP_FLOOR = 1e-6
"""What torch's ``clip_grad_norm_`` adds to the norm that it divides by."""


class Optimizer(Node):
    r"""What one player's optimizer makes of a gradient.

    Numbers are those of the first parameter group. A later group that differs from it
    keeps its own, and learning rates keep their ratios: see `Groups`.

    Parameters
    ----------
    weight_decay : float
        Added times the parameters to the gradient; with ``decoupled`` the parameters
        shrink by it times the learning rate instead, as in AdamW.
    max_norm : float
        Norm that the player's whole gradient is clipped to; 0 clips nothing.
    decoupled, maximize : bool
    groups : Groups, optional
        Where parameter groups differ.
    """

    linear: ClassVar[bool] = False
    autonomous: ClassVar[bool] = True

    weight_decay: NonNegative = 0.0
    max_norm: NonNegative = 0.0
    decoupled: bool = False
    maximize: bool = False
    groups: Any = None

    def fresh_moments(self, g: Any) -> Any:
        """Return the moments before the first gradient."""
        raise NotImplementedError

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the direction to descend, and the moments updated by g."""
        raise NotImplementedError

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the same with all held that makes the step change with time."""
        raise NotImplementedError

    def update(self, game: Any, value: Any, g: Any, moments: Any, lr: Any) -> Any:
        """Return a player and its moments after a step along a gradient."""
        own = self if self.groups is None else self.groups.spread(self, value)
        lr = lr if self.groups is None else self.groups.rates(lr, value)
        if not _is_zero(self.max_norm):
            g = g * _clip_factor(game, g, self.max_norm)
        if self.maximize:
            g = -g
        if self.decoupled:
            value = value * (1 - lr * own.weight_decay)
        elif not _is_zero(own.weight_decay):
            g = g + own.weight_decay * value
        u, moments = own.direction(g, moments)
        return value - lr * u, moments


def _is_zero(value: Any) -> bool:
    """Tell whether a number is 0 for good; a tensor may be swept."""
    return isinstance(value, numbers.Real) and value == 0


def _clip_factor(game: Any, g: Any, bound: Any) -> Any:
    """Return min(1, bound / (|g| + 10⁻⁶)), and 1 where the bound is 0."""
    square = inner(game, g, g)
    positive = select(-square, 1.0 + 0 * square, square)
    norm = select(-square, 0 * square, sqrt(positive))
    factor = bound / (norm + _CLIP_FLOOR)
    none = 1.0 + 0 * factor
    return select(factor - 1, none, select(0 * factor - bound, none, factor))


class SGDOptimizer(Optimizer):
    r"""``torch.optim.SGD``.

    .. math:: b_t = μ b_{t-1} + (1 - τ) g_t, \qquad z_{t+1} = z_t - \eta\,b_t,

    with :math:`b_1 = g_1`, and for ``nesterov`` :math:`g_t + μ b_t` in place of
    :math:`b_t`. For τ = 0 the orbits are those of `gandyn.rules.HeavyBall` and
    `gandyn.rules.Nesterov`, which keep -η b.

    Parameters
    ----------
    weight_decay, max_norm, decoupled, maximize, groups
        As in `Optimizer`.
    momentum, dampening : float
        μ and τ.
    nesterov : bool

    Examples
    --------
    >>> sgd = SGDOptimizer(momentum=0.5)
    >>> sgd.update(None, 1.0, 2.0, sgd.fresh_moments(1.0), 0.1)
    (0.8, (2.0,))
    """

    momentum: NonNegative = 0.0
    dampening: NonNegative = 0.0
    nesterov: bool = False

    @property
    def linear(self) -> bool:  # type: ignore[override]
        """Whether the update is affine in parameters, gradient and memory."""
        return _is_zero(self.max_norm)

    @property
    def autonomous(self) -> bool:  # type: ignore[override]
        """Whether the update is the same at every time: the first is not dampened."""
        return _is_zero(self.momentum) or _is_zero(self.dampening)

    def fresh_moments(self, g: Any) -> Any:
        """Return no buffer, or one of zeros; where it matters, that it is none yet."""
        if _is_zero(self.momentum):
            return ()
        return (0 * g,) if _is_zero(self.dampening) else (0 * g, 0.0)

    def direction(self, g: Any, moments: Any) -> Any:
        """Return b, or g + μ b, and the buffer."""
        if not moments:
            return g, ()
        b, *started = moments
        weight = 1 - self.dampening * started[0] if started else 1
        b = self.momentum * b + weight * g
        u = g + self.momentum * b if self.nesterov else b
        return u, (b, *(1 + 0 * one for one in started))

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the direction of every step but the first."""
        if len(moments) < 2:
            return SGDOptimizer.direction(self, g, moments)
        b, started = moments
        u, (b, _) = SGDOptimizer.direction(self, g, (b, 1.0))
        return u, (b, started)


class AdamOptimizer(_AdamDirection, Optimizer):
    """``torch.optim.Adam``, and AdamW with ``decoupled``; see `gandyn.rules.Adam`.

    Parameters
    ----------
    weight_decay, max_norm, decoupled, maximize, groups
        As in `Optimizer`.
    beta1, beta2, eps : float

    Examples
    --------
    >>> adam = AdamOptimizer(eps=0.0)
    >>> round(adam.update(None, 1.0, 2.0, adam.fresh_moments(1.0), 0.1)[0], 12)
    0.9
    """

    autonomous: ClassVar[bool] = False

    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8


class AMSGradOptimizer(_AMSGradDirection, Optimizer):
    """``torch.optim.Adam`` and AdamW with ``amsgrad``; see `gandyn.rules.AMSGrad`.

    Parameters
    ----------
    weight_decay, max_norm, decoupled, maximize, groups
        As in `Optimizer`.
    beta1, beta2, eps : float

    Examples
    --------
    >>> amsgrad = AMSGradOptimizer(eps=0.0)
    >>> round(amsgrad.update(None, 1.0, 2.0, amsgrad.fresh_moments(1.0), 0.1)[0], 12)
    0.9
    """

    autonomous: ClassVar[bool] = False

    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8


class RMSpropOptimizer(_RMSPropDirection, Optimizer):
    r"""``torch.optim.RMSprop``; see `gandyn.rules.RMSProp`.

    With ``centered`` the root is of :math:`v_t - a_t^2`, a the average of gradients;
    with momentum the step is along :math:`b_t = μ b_{t-1} + u_t`, u the direction
    without.

    Parameters
    ----------
    weight_decay, max_norm, decoupled, maximize, groups
        As in `Optimizer`.
    beta2, eps, momentum : float
        The first is torch's ``alpha``.
    centered : bool

    Examples
    --------
    >>> rmsprop = RMSpropOptimizer(beta2=0.75, eps=0.0)
    >>> rmsprop.update(None, 1.0, 2.0, rmsprop.fresh_moments(1.0), 0.1)
    (0.8, (1.0,))
    """

    beta2: Decay = 0.99
    eps: NonNegative = 1e-8
    momentum: NonNegative = 0.0
    centered: bool = False

    def fresh_moments(self, g: Any) -> Any:
        """Return zeros: the second moment, the first if centred, the buffer if any."""
        count = 1 + self.centered + (not _is_zero(self.momentum))
        return tuple(0 * g for _ in range(count))

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the direction, and the moments updated by g."""
        v, *rest = moments
        u, v = super().direction(g, v)
        if self.centered:
            a = self.beta2 * rest[0] + (1 - self.beta2) * g
            u, rest[0] = g / (sqrt(v - a * a) + self.eps), a
        return self._pushed(u, (v, *rest))

    def held_direction(self, g: Any, moments: Any) -> Any:
        """Return the direction with the averages as they are."""
        v, *rest = moments
        spread = v - rest[0] * rest[0] if self.centered else v
        u, _ = super().held_direction(g, spread)
        return self._pushed(u, (v, *rest))

    def _pushed(self, u: Any, moments: Any) -> Any:
        if len(moments) == 1 + self.centered:
            return u, moments
        b = self.momentum * moments[-1] + u
        return b, (*moments[:-1], b)


@dataclass(frozen=True, eq=False)
class Groups:
    """Where the parameter groups of one optimizer differ.

    Parameters
    ----------
    of : ndarray of int, shape (P,)
        The group of each entry of the player's vector.
    ratios : tuple of float
        Each group's learning rate over the largest.
    own : tuple of (str, tuple of float or None)
        For fields that differ each group's own value; None where it is the first's.

    Examples
    --------
    >>> groups = Groups(np.array([0, 0, 1]), (1.0, 0.5))
    >>> groups.rates(0.1, np.zeros(3))
    array([0.1 , 0.1 , 0.05])
    """

    of: np.ndarray = field(repr=False)
    ratios: tuple[float, ...] = ()
    own: tuple[tuple[str, tuple[float | None, ...]], ...] = ()

    def rates(self, lr: Any, value: Any) -> Any:
        """Return the learning rate of each entry."""
        return lr * self._column(np.array(self.ratios)[self.of], value)

    def spread(self, optimizer: Optimizer, value: Any) -> Any:
        """Return the optimizer with a value for each entry where groups differ."""
        changes = {}
        for name, values in self.own:
            common = getattr(optimizer, name)
            mine = [v is None for v in values]
            fixed = np.array([0.0 if v is None else v for v in values])[self.of]
            share = self._column(np.array(mine, float)[self.of], value)
            changes[name] = self._column(fixed, value) + share * common
        return replace(optimizer, changes)

    @staticmethod
    def _column(values: np.ndarray, like: Any) -> Any:
        """Return a value for each entry, in the type of a player's vector."""
        column = values.reshape(-1, *(1,) * (like.ndim - 1))
        if isinstance(like, np.ndarray):
            return column
        return like.new_tensor(column)
