"""Gradient transformations of optax."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gandyn.testing.adapters._base import (
    Fields,
    _Pair,
    imported,
    makes_from_rate,
)


class OptaxPair(_Pair):
    """Two ``optax.GradientTransformation``, one for each player.

    Parameters
    ----------
    optimizer : str or callable
        ``"optax.adam"``, or what makes a transformation from a learning rate.
    options : mapping
        More keyword arguments, of both players.
    lr_x, lr_y : float
        Learning rates, > 0; ``lr`` sets both.
    alternating : bool
        Whether the second player's gradient is taken after the first one's move.
    y_first : bool
        Whether y is the first to move, where they alternate.
    implements : Rule, optional
        The rule that this is.

    Notes
    -----
    The memory is the leaves of each state. Double precision is switched on for the
    time of a step where the players have it.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = OptaxPair("optax.sgd", {"momentum": 0.5}, lr=0.5)
    >>> memory = rule.init(Bilinear(1.0), 1.0, 1.0)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, memory)[:2]
    (0.5, 1.5)
    """

    package: ClassVar[str] = "optax"
    extra: ClassVar[str] = "bench"
    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "optax.sgd": {"momentum": "beta"},
        "optax.adam": {"b1": "beta1", "b2": "beta2"},
        "optax.amsgrad": {"b1": "beta1", "b2": "beta2"},
        "optax.rmsprop": {"decay": "beta2"},
        "optax.optimistic_gradient_descent": {"beta": "ratio"},
        "optax.optimistic_adam_v2": {"b1": "beta1", "b2": "beta2"},
    }

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether it is a function of a rate that returns a transformation."""
        return makes_from_rate(value, cls.package)

    def _fresh(self, value: Any, lr: Any) -> Any:
        jax = imported("jax", self.extra)
        with jax.enable_x64(_is_double(value)):
            state = self.made(lr).init(jax.numpy.asarray(value))
            return tuple(map(_number, jax.tree.leaves(state)))

    def _moved(self, value: Any, g: Any, lr: Any, memory: Any) -> Any:
        jax = imported("jax", self.extra)
        update = _update(self.factory(), self.options)
        with jax.enable_x64(_is_double(value)):
            after, state = update(
                np.asarray(value), np.asarray(g), memory, lr, self.drawn()
            )
        after, memory = np.array(after), tuple(map(_number, state))
        return after if isinstance(value, np.ndarray) else float(after), memory


@functools.lru_cache(64)
def _update(factory: Any, options: tuple[tuple[str, Any], ...]) -> Any:
    """Return a compiled step, for all learning rates and options that are fields."""
    import jax

    def update(parameter: Any, g: Any, memory: Any, lr: Any, drawn: Any) -> Any:
        transform = factory(lr, **dict(options), **drawn)
        leaves, structure = jax.tree.flatten(transform.init(parameter))
        kept = [
            jax.numpy.asarray(new, dtype=old.dtype)
            for new, old in zip(memory, leaves, strict=True)
        ]
        state = jax.tree.unflatten(structure, kept)
        move, state = transform.update(g, state, parameter)
        return parameter + move.astype(parameter.dtype), jax.tree.leaves(state)

    return jax.jit(update)


def _is_double(value: Any) -> bool:
    return np.asarray(value).dtype.itemsize > 4


def _number(leaf: Any) -> Any:
    array = np.array(leaf)
    return array if array.dtype.kind == "f" else float(array)
