"""What adapters share: traits on loan, and optimizers found by name."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from gandyn._node import Node, Positive, Real, fields
from gandyn._specification import in_file, specify
from gandyn.errors import FieldError, MissingExtra, UnknownName


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


class _Elementwise(_Claimed):
    """That a step takes arrays of states: known optimizers move each number alone."""

    def __get__(self, instance: Any, owner: type) -> Any:
        known = instance is not None and instance.optimizer in instance.known
        return True if known else super().__get__(instance, owner)


Fields = str | tuple[str, ...]
"""What an option is as fields: a pair of numbers is two."""


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
    known : dict of str to (dict of str to Fields)
        Optimizers that games are played with, each with the options that are tuned and
        the fields that these become, named as those of gandyn's rules.
    alternates : bool
        Whether the players can move one after the other.
    """

    package: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    known: ClassVar[Mapping[str, Mapping[str, Fields]]] = {}
    alternates: ClassVar[bool] = False
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

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether a class or function is what the adapter takes for one."""
        return False

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step."""
        raise NotImplementedError

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        raise NotImplementedError


class _Optimizer(Adapter):
    """An adapter of something that is found by name and takes options."""

    tuned: ClassVar[Mapping[str, Fields]] = {}

    optimizer: Any = ""
    options: Any = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        options = self.options
        pairs = options.items() if isinstance(options, Mapping) else options
        object.__setattr__(self, "options", tuple(sorted(map(tuple, pairs))))
        accepted = _accepted(self.factory())
        for name, _ in self.options:
            if accepted and name not in accepted:
                raise UnknownName(f"option of {self.optimizer}", name, accepted)

    @classmethod
    def free(cls, optimizer: str, options: Mapping[str, Any], **fields: Any) -> Any:
        """Return an adapter whose options that are not given are fields.

        Parameters
        ----------
        optimizer : str
            With nothing in `known`, it is an adapter like any other.
        options : mapping
        **fields
            Of the adapter.

        Raises
        ------
        MissingExtra, UnknownName, FieldError
            As the adapter does.

        Examples
        --------
        >>> from gandyn.testing.adapters import TorchPair
        >>> peer = TorchPair.free("torch.optim.Adam", {"eps": 1e-6}, lr=0.5)
        >>> peer.beta1, peer.beta2
        (0.9, 0.999)
        """
        plain = cls(optimizer, options, **fields)
        found = cls.known.get(optimizer, {})
        left = tuple(option for option in found if option not in options)
        if not left:
            return plain
        own: Any = cls  # to mypy a class of nodes has no hash
        freed = _with_fields(own, optimizer, plain.factory(), left)
        return freed(optimizer, options, **fields)

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
                "callable that makes one from a learning rate, such as lambda lr: "
                f"{self.package}.sgd(lr), got a {type(self.optimizer).__name__}, whose "
                "rate is inside"
            )
        package = imported(self.package, self.extra)
        home, _, name = self.optimizer.rpartition(".")
        try:
            module = importlib.import_module(home) if home else package
        except ModuleNotFoundError as error:
            if not f"{home}.".startswith(f"{error.name}."):  # what the module needs
                raise
            module = None
        if callable(getattr(module, name, None)):
            return getattr(module, name)
        near = {f"{home}.{other}" for other in dir(module)} if module else set()
        raise UnknownName(
            f"optimizer of {self.package}", self.optimizer, near | {*self.known}
        )

    def drawn(self) -> dict[str, Any]:
        """Return the options that are fields."""
        found: dict[str, Any] = {}
        for option, names in self.tuned.items():
            values = [getattr(self, name) for name in _names(names)]
            found[option] = values[0] if isinstance(names, str) else tuple(values)
        return found

    def specification(self) -> str:
        """Return the text that `gandyn.spec.parse_rule` reads back."""
        own = {k: v for k, v in fields(self).items() if k not in _APART}
        own = {k: v for k, v in own.items() if v != getattr(type(self), k, None)}
        drawn = {
            option: value
            for option, value in self.drawn().items()
            if {*_names(self.tuned[option])} & own.keys()
        }
        tuned = {name for names in self.tuned.values() for name in _names(names)}
        own = {k: v for k, v in own.items() if k not in tuned}
        pairs = {**own, **dict(self.options), **drawn}.items()
        parts = [f"{key}={value!r}" for key, value in pairs]
        claim: Any = self.implements
        if claim is not None:
            parts.append(f"implements={specify(claim)}")
        call = ", ".join(parts)
        found = self.optimizer
        name = found if isinstance(found, str) else in_file(found, found.__name__)
        return f"{name}({call})" if call else name

    def made(self, *arguments: Any, **more: Any) -> Any:
        """Return a new optimizer."""
        return self.factory()(*arguments, **more, **dict(self.options), **self.drawn())


_APART = ("optimizer", "options", "implements")
"""Fields that a specification spells otherwise."""

_RATES = {"lr", "lr_x", "lr_y", "lr_max", "lr_min", "learning_rate"}
"""What packages call learning rates: fields of an adapter, no options."""


def _accepted(factory: Any) -> set[str]:
    """Return the options that an optimizer takes, none if it does not say."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return set()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return set()
    return {p.name for p in parameters if p.default is not p.empty} - _RATES


@functools.cache
def _with_fields(
    adapter: type[_Optimizer], optimizer: str, factory: Any, options: tuple[str, ...]
) -> type[_Optimizer]:
    """Return the adapter with options of an optimizer as numbers among its fields."""
    tuned = {option: adapter.known[optimizer][option] for option in options}
    parameters = inspect.signature(factory).parameters
    defaults: dict[str, float] = {}
    for option, names in tuned.items():
        values = np.ravel(parameters[option].default or 0.0).tolist()
        defaults.update(zip(_names(names), values, strict=True))
    body = {"__annotations__": dict.fromkeys(defaults, Real), "tuned": tuned}
    own = {"__doc__": adapter.__doc__, "__module__": adapter.__module__}
    return type(adapter.__name__, (adapter,), {**body, **defaults, **own})


def _names(fields: Fields) -> tuple[str, ...]:
    return (fields,) if isinstance(fields, str) else fields


class _Pair(_Optimizer):
    """Two optimizers that know gradients only, one for each player."""

    alternates: ClassVar[bool] = True
    batched = _Elementwise()

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


def makes_from_rate(value: Any, package: str) -> bool:
    """Tell whether a function makes something of a package from a learning rate."""
    if not inspect.isroutine(value):
        return False
    try:
        inspect.signature(value).bind(_RATE)
        found = value(_RATE)
    except Exception:  # any function of a user's: it is then no such one
        return False
    return type(found).__module__.partition(".")[0] == package


_RATE = 0.1
"""A learning rate, to see what a function makes of it."""


def imported(package: str, extra: str) -> Any:
    """Import a package, or name the pip command.

    Raises
    ------
    MissingExtra
        If it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # something that the package needs
            raise
        raise MissingExtra(package, extra) from error
