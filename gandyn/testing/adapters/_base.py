"""What adapters share: traits on loan, and optimizers found by name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

from gandyn._node import Node, Positive
from gandyn.errors import FieldError, GandynError, MissingExtra, UnknownName


def _with_lr(init: Any) -> Any:
    """Let ``lr=`` set both learning rates."""
    if hasattr(init, "__wrapped__"):
        return init

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, lr: Any = None, **kwargs: Any) -> None:
        if lr is not None:
            if {"lr_x", "lr_y"} & kwargs.keys() or len(args) > 2:
                raise FieldError(
                    f"{type(self).__name__}: give lr, or lr_x and lr_y, not both"
                )
            kwargs.update(lr_x=lr, lr_y=lr)
        init(self, *args, **kwargs)

    return __init__


class _Claimed:
    """A trait that an adapter has if the rule that it claims to implement has it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        rule = None if instance is None else instance.implements
        return None if rule is None else getattr(rule, self.name, None) or None


class Adapter(Node):
    """An optimizer of another package, with what a rule has.

    Attributes
    ----------
    package, extra : str
        What must be installed, and the extra of gandyn that brings it.
    implements : Rule, Adapter or None
        What the optimizer is said to be, a field of most adapters: the law
        ``implements`` compares orbits at the adapter's learning rates, and the rule's
        symmetries must hold. With None all traits are left open.
    """

    package: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    implements = None  # not annotated: the fields of an adapter come first
    orthogonal = _Claimed()
    symmetric = _Claimed()
    translates = _Claimed()
    permutes = _Claimed()
    scales = _Claimed()
    rate_times_loss = _Claimed()
    separable = _Claimed()
    freezes = _Claimed()
    joint = _Claimed()
    batched = _Claimed()
    any_precision = _Claimed()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "lr_x" in cls.__dataclass_fields__:  # type: ignore[attr-defined]
            cls.__init__ = _with_lr(cls.__init__)  # type: ignore[method-assign]

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step."""
        raise NotImplementedError

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        raise NotImplementedError


class _Optimizer(Adapter):
    """An adapter of something that is found by name and takes options."""

    optimizer: Any = ""
    options: Any = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        options = self.options
        pairs = options.items() if isinstance(options, Mapping) else options
        object.__setattr__(self, "options", tuple(sorted(map(tuple, pairs))))
        self.factory()

    def factory(self) -> Any:
        """Return what makes the optimizer.

        Raises
        ------
        MissingExtra
            If the package is not installed.
        UnknownName
            If it has nothing of that name.
        """
        if callable(self.optimizer):
            return self.optimizer
        if not isinstance(self.optimizer, str):
            raise FieldError(
                f"{type(self).__name__}: optimizer must be a dotted name or a "
                f"callable, got {self.optimizer!r}"
            )
        home, _, name = self.optimizer.rpartition(".")
        module = imported(home or self.package, self.package, self.extra)
        if not callable(getattr(module, name, None)):
            raise UnknownName(f"optimizer of {module.__name__}", name, dir(module))
        return getattr(module, name)

    def made(self, *arguments: Any, **more: Any) -> Any:
        """Return a new optimizer."""
        return self.factory()(*arguments, **more, **dict(self.options))


class _Pair(_Optimizer):
    """Two optimizers that know gradients only, one for each player."""

    lr_x: Positive = 0.1
    lr_y: Positive = 0.1
    alternating: bool = False
    y_first: bool = False
    implements: Any = None

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step: (x's, y's)."""
        return self._fresh(x, self.lr_x), self._fresh(y, self.lr_y)

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        memory_x, memory_y = memory
        if not self.alternating:
            gx, gy = game.gx(x, y), game.gy(x, y)
            x, memory_x = self._moved(x, gx, self.lr_x, memory_x)
            y, memory_y = self._moved(y, gy, self.lr_y, memory_y)
            return x, y, (memory_x, memory_y)
        if self.y_first:
            y, memory_y = self._moved(y, game.gy(x, y), self.lr_y, memory_y)
        x, memory_x = self._moved(x, game.gx(x, y), self.lr_x, memory_x)
        if not self.y_first:
            y, memory_y = self._moved(y, game.gy(x, y), self.lr_y, memory_y)
        return x, y, (memory_x, memory_y)

    def _fresh(self, value: Any, lr: Any) -> Any:
        """Return a player's memory before the first step."""
        raise NotImplementedError

    def _moved(self, value: Any, g: Any, lr: Any, memory: Any) -> Any:
        """Return a player and its memory after a move."""
        raise NotImplementedError


def imported(module: str, package: str, extra: str) -> Any:
    """Import a module of a package, or name the pip command.

    Raises
    ------
    MissingExtra
        If the package is not installed.
    GandynError
        If the package has no such module.
    """
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # something that the package needs
            raise
        raise MissingExtra(package, extra) from error
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise GandynError(f"cannot import {module}: {error}") from error
