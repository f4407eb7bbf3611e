"""Public functions check what they are given against their own signatures."""

from __future__ import annotations

import decimal
import functools
import inspect
import math
import reprlib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from gandyn.errors import FieldError

P = ParamSpec("P")
T = TypeVar("T")

_NO_NUMBERS = str | bytes | complex | decimal.Decimal
"""What has or could have a float's value, and is none to compute with."""
_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    complex: "a complex number",
    str: "text",
    bool: "True or False",
    type(None): "None",
}
_EXAMPLES = {"Rule": " such as Alternating()", "Game": " such as DiracGAN()"}
_SWAPPED = {"Rule": "Game", "Game": "Rule"}
_READERS = {"Rule": "gandyn.parse_rule", "Game": "gandyn.parse_game"}
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function refuse what its signature doesn't allow, by a typed error.

    Numbers of every library pass as ``int`` and ``float``, of which the function itself
    knows the bounds; of sequences, pairs and mappings the items are looked at. What
    an annotation says otherwise, or what is known to type checkers only, is not.

    Raises
    ------
    FieldError
        From the decorated function, with the argument's name and the remedy.

    Examples
    --------
    >>> @checked
    ... def twice(steps: int) -> int:
    ...     return 2 * steps
    >>> twice("3")
    Traceback (most recent call last):
    ...
    gandyn.errors.FieldError: twice: steps must be a whole number, got '3'
    """
    signature = inspect.signature(function)
    wanted = functools.cache(lambda: _wanted(function, signature))

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:  # Python's own message names the function
            return function(*args, **kwargs)
        for name, kind in wanted().items():
            if name in given and not _fits(given[name], kind):
                raise FieldError(
                    f"{_named(function)}: {name} must be {_describe(kind)}, "
                    f"got {_shown(given[name], kind)}"
                )
        return function(*args, **kwargs)

    return call


def _named(function: Callable[..., Any]) -> str:
    return function.__qualname__.removesuffix(".__init__")


def _wanted(
    function: Callable[..., Any], signature: inspect.Signature
) -> dict[str, Any]:
    """Return the annotations of the parameters, of those that have one to be read."""
    found = {}
    known = vars(inspect.getmodule(function))
    for name, parameter in signature.parameters.items():
        alone = types.SimpleNamespace(__annotations__={name: parameter.annotation})
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        try:
            found[name] = typing.get_type_hints(alone, known)[name]
        except (NameError, AttributeError, TypeError):
            continue
    found.pop("self", None)
    return {name: kind for name, kind in found.items() if kind is not inspect._empty}


def _fits(value: Any, kind: Any) -> bool:
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, part) for part in parts)
    if origin in _COMPOUND:
        return _COMPOUND[origin](value, *parts)
    if origin is None and isinstance(kind, type):
        return isinstance(value, kind)
    return True


def is_number(value: Any) -> bool:
    """Tell whether something is one real number, of whatever library, or NaN."""
    if isinstance(value, _NO_NUMBERS) or not hasattr(value, "__float__"):
        return False
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):  # a symbol, a row, 10**400
        return False
    return True


def is_whole(value: Any) -> bool:
    """Tell whether something is one whole number, of whatever type."""
    return is_number(value) and math.isfinite(value) and value == int(value)


def _is_row(value: Any) -> bool:
    if isinstance(value, str | bytes | Mapping | type):
        return False
    return hasattr(value, "__len__") and hasattr(value, "__getitem__")


def _is_sequence(value: Any, item: Any = Any, *_: Any) -> bool:
    if isinstance(value, np.ndarray) and item is float:
        return value.dtype.kind in "iuf"
    return _is_row(value) and all(_fits(part, item) for part in value)


def _is_tuple(value: Any, *items: Any) -> bool:
    if items[-1:] == (...,):
        return _is_sequence(value, items[0])
    if not _is_row(value) or np.shape(len(value)) or len(value) != len(items):
        return False
    return all(_fits(part, item) for part, item in zip(value, items, strict=True))


def _is_mapping(value: Any, key: Any = Any, item: Any = Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(_fits(k, key) and _fits(v, item) for k, v in value.items())


_SCALARS: dict[Any, Callable[[Any], bool]] = {
    Any: lambda value: True,
    int: is_whole,
    float: is_number,
    complex: lambda value: (
        isinstance(value, complex | np.complexfloating) or is_number(value)
    ),
    bool: lambda value: isinstance(value, bool | np.bool) or value in (0, 1),
}
_COMPOUND: dict[Any, Callable[..., bool]] = {
    Sequence: _is_sequence,
    tuple: _is_tuple,
    Mapping: _is_mapping,
    Callable: lambda value, *_: callable(value),
    Iterable: lambda value, *_: hasattr(value, "__iter__"),
}


def _describe(kind: Any) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_describe(part) for part in parts)
    if origin is tuple and len(parts) == 2 and ... not in parts:
        if parts == (Any, Any):
            return "a pair (x, y)"
        return f"a pair ({_describe(parts[0])}, {_describe(parts[1])})"
    if origin in (Sequence, Iterable, tuple):
        return f"a sequence, each item {_describe(parts[0])}"
    if origin is Mapping:
        return f"a mapping of {_describe(parts[0])} to {_describe(parts[1])}"
    name = getattr(kind, "__name__", str(kind))
    return f"a {name}{_EXAMPLES.get(name, '')}"


def _shown(value: Any, kind: Any) -> str:
    """Return what was given, briefly, and where it can be told what was meant."""
    names = {getattr(k, "__name__", "") for k in (kind, *typing.get_args(kind))}
    families = names & _SWAPPED.keys()
    if isinstance(value, type):
        return f"the class {value.__name__}: call it, {value.__name__}()"
    if isinstance(value, str) and families:
        text = _SHORT.repr(value)
        return f"the text {text}: {_READERS[families.pop()]}({text}) reads it"
    if hasattr(value, "instead"):
        return f"a {type(value).__name__}: {value.instead}"
    parents = {cls.__name__ for cls in type(value).__mro__}
    if any(_SWAPPED[name] in parents for name in families):
        return f"{type(value).__name__}: rule and game are swapped"
    return _SHORT.repr(value)
