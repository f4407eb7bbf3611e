"""The frozen step of an adaptive rule: what makes it change with time is held."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from gandyn._node import Node, fields
from gandyn.errors import GandynError
from gandyn.gans.optimizers.adaptive import Optimizer
from gandyn.rules import Rule
from gandyn.rules._adaptive import _Adaptive


class _Held:
    """An adaptive rule or optimizer whose directions hold their second moments."""

    autonomous: ClassVar[bool] = True

    def direction(self, g: Any, moments: Any) -> Any:
        """Return the direction, and only the first moment updated."""
        return self.held_direction(g, moments)  # type: ignore[attr-defined]


def frozen(rule: Rule) -> Rule:
    r"""Return a rule with second moments and bias corrections held.

    Of Adam, with v and the averages :math:`c_1, c_2` of a constant 1 as the memory has
    them,

    .. math::
        m_{t+1} = β_1 m_t + (1 - β_1) g, \qquad
        z_{t+1} = z_t - \eta\,\frac{m_{t+1}/c_1}{\sqrt{v/c_2} + ε}:

    an autonomous map, a heavy ball with a learning rate for each parameter. Rules
    without such moments, and fields of rules that hold other rules, stay as they are.

    Parameters
    ----------
    rule : Rule

    Raises
    ------
    GandynError
        For an adaptive rule that overrides ``direction`` without ``held_direction``.

    Examples
    --------
    >>> from gandyn.rules import Adam
    >>> from gandyn.games import Bilinear
    >>> held = frozen(Adam(lr=0.5, beta1=0.0, eps=0.0))
    >>> memory = (0.0, 4.0, 1.0, 1.0), (0.0, 1.0, 1.0, 1.0)
    >>> held.step(Bilinear(1.0), 1.0, 1.0, memory)[:2]
    (0.75, 1.5)
    """
    return _frozen(rule)


def _frozen(node: Any) -> Any:
    own = {
        name: _frozen(value) if isinstance(value, Node) else value
        for name, value in fields(node).items()
    }
    if not isinstance(node, _Adaptive | Optimizer):
        return type(node)(**own)
    cls: Any = type(node)
    owners = [_owner(cls, name) for name in ("direction", "held_direction")]
    if owners[0] is not owners[1]:
        raise GandynError(
            f"{cls.__name__} has a direction of its own: to be frozen it needs a "
            "held_direction, the same with what makes it change with time held"
        )
    return _twin(cls)(**own)


def _owner(cls: Any, name: str) -> Any:
    return next(base for base in cls.__mro__ if name in vars(base))


@functools.cache
def _twin(cls: Any) -> Any:
    return type(f"_Frozen{cls.__name__}", (_Held, cls), {"__module__": __name__})
