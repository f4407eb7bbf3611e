"""Two optimizers of torch, one for each player."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gandyn.testing.adapters._base import Fields, _Pair
from gandyn.testing.adapters._state import frozen, thawed
from gandyn.testing.adapters._tensors import back, gradient, peers_own_words, tensor


class TorchPair(_Pair):
    """Two ``torch.optim.Optimizer``, one for each player, as in a GAN's training loop.

    Parameters
    ----------
    optimizer : str or callable
        ``"torch.optim.Adam"``, or what makes one from ``([parameter], lr=...)``.
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
    The memory of each player is ``(started, *state)``: 0 before the first step, where
    torch makes its state, and the numbers in ``optimizer.state``. What an optimizer
    keeps elsewhere is not kept.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = TorchPair("torch.optim.SGD", {"momentum": 0.5}, lr=0.5)
    >>> memory = rule.init(Bilinear(1.0), 1.0, 1.0)
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, memory)[:2]
    (0.5, 1.5)
    """

    package: ClassVar[str] = "torch"
    extra: ClassVar[str] = "torch"
    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "torch.optim.SGD": {"momentum": "momentum"},
        "torch.optim.Adam": {"betas": ("beta1", "beta2")},
        "torch.optim.RMSprop": {"alpha": "beta2"},
    }

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether it is a class of torch optimizers."""
        return is_torch(value) and not hasattr(value, "extrapolation")

    def _fresh(self, value: Any, lr: Any) -> Any:
        state = _template(self, tensor(value).dtype, np.shape(value))
        return (0.0, *(0 * leaf for leaf in frozen(state)))

    def _moved(self, value: Any, g: Any, lr: Any, memory: Any) -> Any:
        parameter, optimizer = self._restored(value, lr, memory)
        parameter.grad = gradient(g, parameter)
        with peers_own_words():
            optimizer.step()
        return back(parameter, value), self._kept(parameter, optimizer)

    def _restored(self, value: Any, lr: Any, memory: Any) -> Any:
        """Return the parameter, and its optimizer in the state of the memory."""
        parameter = tensor(value)
        optimizer = self.made([parameter], lr=lr)
        started, *leaves = memory
        state = _template(self, parameter.dtype, tuple(parameter.shape))
        if started and leaves:
            optimizer.state[parameter] = thawed(state, iter(leaves))
        return parameter, optimizer

    def _kept(self, parameter: Any, optimizer: Any) -> Any:
        return (1.0, *frozen(optimizer.state.get(parameter, {})))

    def _trial(self, parameter: Any, optimizer: Any) -> None:
        """Take a step, so that the optimizer makes its state."""
        optimizer.step()


def is_torch(value: Any) -> bool:
    """Tell whether a value is a class of torch optimizers, without importing torch."""
    base = getattr(sys.modules.get("torch.optim"), "Optimizer", None)
    return isinstance(value, type) and base is not None and issubclass(value, base)


@functools.lru_cache(64)
def _template(rule: TorchPair, dtype: Any, shape: tuple[int, ...]) -> Any:
    """Return the state after a first step, for its structure."""
    import torch

    parameter = torch.zeros(shape, dtype=dtype, requires_grad=True)
    optimizer = rule.made([parameter], lr=rule.lr_x)
    parameter.grad = torch.ones_like(parameter)
    with peers_own_words():
        rule._trial(parameter, optimizer)
    return dict(optimizer.state.get(parameter, {}))
