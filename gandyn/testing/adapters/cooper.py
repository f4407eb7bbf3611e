"""Optimizers of torch with an extrapolation step, as cooper has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from gandyn.errors import FieldError
from gandyn.testing.adapters._base import Fields
from gandyn.testing.adapters._tensors import back, gradient, peers_own_words
from gandyn.testing.adapters.torch_optim import TorchPair, is_torch


class ExtrapolationPair(TorchPair):
    """Two torch optimizers with ``extrapolation()`` beside ``step()``.

    Both players extrapolate, then both step from where they were, with the gradients
    found there: ``cooper.optim.ExtraSGD`` and ``cooper.optim.ExtraAdam``.

    Parameters
    ----------
    optimizer, options, lr_x, lr_y, implements
        As in `TorchPair`.
    alternating, y_first : bool
        No: extrapolation is simultaneous.

    Raises
    ------
    FieldError
        If they are to alternate, or the optimizer has no ``extrapolation()``.

    Examples
    --------
    >>> from gandyn.games import Bilinear  # doctest: +SKIP
    >>> rule = ExtrapolationPair("cooper.optim.ExtraSGD", lr=0.5)  # doctest: +SKIP
    """

    package: ClassVar[str] = "cooper"
    extra: ClassVar[str] = "peers"
    alternates: ClassVar[bool] = False
    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {
        "cooper.optim.ExtraSGD": {"momentum": "momentum"},
        "cooper.optim.ExtraAdam": {"betas": ("beta1", "beta2")},
    }

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether it is a class of torch optimizers that extrapolate."""
        return is_torch(value) and hasattr(value, "extrapolation")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alternating:
            raise FieldError("ExtrapolationPair: extrapolation is simultaneous")
        found = self.factory()
        if isinstance(found, type) and not hasattr(found, "extrapolation"):
            raise FieldError(f"{self.optimizer} has no extrapolation()")

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        p, first = self._restored(x, self.lr_x, memory[0])
        q, second = self._restored(y, self.lr_y, memory[1])
        self._load(game, x, y, p, q)
        with peers_own_words():
            first.extrapolation()
            second.extrapolation()
        self._load(game, back(p, x), back(q, y), p, q)
        with peers_own_words():
            first.step()
            second.step()
        return back(p, x), back(q, y), (self._kept(p, first), self._kept(q, second))

    def _load(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> None:
        p.grad, q.grad = gradient(game.gx(x, y), p), gradient(game.gy(x, y), q)

    def _trial(self, parameter: Any, optimizer: Any) -> None:
        optimizer.extrapolation()
        optimizer.step()
