"""What rules around another rule share."""

from __future__ import annotations

from typing import Any

from gandyn.rules._base import Rule
from gandyn.rules.gradient import Simultaneous


class _FromInner:
    """A trait that a wrapper has if its inner rule has it, and the wrapping allows."""

    def __init__(self, allowed: bool = True) -> None:
        self.allowed = allowed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        inner = Simultaneous if instance is None else instance.inner
        return self.allowed and getattr(inner, self.name)


class _Wrapper(Rule):
    """A rule around the rule ``inner``."""

    linear = _FromInner()  # type: ignore[assignment]
    autonomous = _FromInner()  # type: ignore[assignment]
    orthogonal = _FromInner()  # type: ignore[assignment]
    second_order = _FromInner()  # type: ignore[assignment]
    symmetric = _FromInner()  # type: ignore[assignment]
    batches = _FromInner()  # type: ignore[assignment]
    inverts = _FromInner()  # type: ignore[assignment]
    translates = _FromInner()  # type: ignore[assignment]
    permutes = _FromInner()  # type: ignore[assignment]
    scales = _FromInner()  # type: ignore[assignment]
    rate_times_loss = _FromInner()  # type: ignore[assignment]
    separable = _FromInner()  # type: ignore[assignment]
    freezes = _FromInner()  # type: ignore[assignment]
    joint = _FromInner()  # type: ignore[assignment]
    any_precision = _FromInner()  # type: ignore[assignment]
    batched = _FromInner()  # type: ignore[assignment]
    analytic = _FromInner()  # type: ignore[assignment]

    inner: Rule = Simultaneous()

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's memory."""
        return self.inner.init(game, x, y)

    def calls(self) -> Any:
        """Return the inner rule's calls."""
        return self.inner.calls()

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the inner rule's drift."""
        return self.inner.drift(game, x, y)

    def characteristic(self, sigma: Any) -> Any:
        """Return the inner rule's polynomial."""
        return self.inner.characteristic(sigma)
