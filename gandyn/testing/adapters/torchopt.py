"""Functional optimizers of TorchOpt."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gandyn.testing.adapters._base import Fields, imported, makes_from_rate
from gandyn.testing.adapters._state import frozen, thawed
from gandyn.testing.adapters._tensors import back, gradient, peers_own_words, tensor
from gandyn.testing.adapters.torch_optim import TorchPair


class TorchOptPair(TorchPair):
    """Two functional optimizers of TorchOpt, one for each player.

    Parameters
    ----------
    optimizer : str or callable
        ``"torchopt.adam"``, or what makes a transformation from ``lr=...``.
    options, lr_x, lr_y, alternating, y_first, implements
        As in `TorchPair`.

    Examples
    --------
    >>> rule = TorchOptPair("torchopt.adam", lr=0.5)  # doctest: +SKIP
    """

    package: ClassVar[str] = "torchopt"
    extra: ClassVar[str] = "peers"
    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "torchopt.sgd": {},  # momentum is not all in its state: see docs/peers.md
        "torchopt.adam": {"betas": ("beta1", "beta2")},
        "torchopt.rmsprop": {"alpha": "beta2"},
    }

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether it is a function ``f(lr)`` that returns a transformation."""
        return makes_from_rate(value, cls.package)

    def _fresh(self, value: Any, lr: Any) -> Any:
        return frozen(_initial(self, tensor(value).dtype, np.shape(value)))

    def _moved(self, value: Any, g: Any, lr: Any, memory: Any) -> Any:
        torchopt = imported(self.package, self.extra)
        parameter = tensor(value)
        initial = _initial(self, parameter.dtype, tuple(parameter.shape))
        with peers_own_words():
            transform = self.made(lr=lr)
            state = thawed(initial, iter(memory))
            moves, state = transform.update(
                (gradient(g, parameter),), state, params=(parameter,), inplace=False
            )
            (after,) = torchopt.apply_updates((parameter,), moves, inplace=False)
        return back(after, value), frozen(state)


@functools.lru_cache(64)
def _initial(rule: TorchOptPair, dtype: Any, shape: tuple[int, ...]) -> Any:
    """Return the state before the first step."""
    import torch

    with peers_own_words():
        return rule.made(lr=rule.lr_x).init((torch.zeros(shape, dtype=dtype),))
