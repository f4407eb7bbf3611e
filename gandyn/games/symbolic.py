"""Games given by the text of their losses."""

from __future__ import annotations

import contextlib
import hashlib
import json
import keyword
import random
import sys
import types
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from gandyn import elementary
from gandyn._arguments import checked
from gandyn._node import Real, fields, members, methods
from gandyn.errors import FieldError
from gandyn.games._base import Game, ScalarGame

_RESERVED = {
    "self",
    "cross",
    "x",
    "y",
    "name",
    "equilibria",
    "lr",
    "lr_x",
    "lr_y",
    "cls",
}
"""Names that a parameter can't have beside those of methods and functions."""

_DEFAULT_NAME = "LossGame"
"""The name of a game that is given none."""

_SIZES = (0.01, 0.1, 0.3, 1.0, 2.0)
"""Of the points at which derivatives are compared, to see that they aren't linear."""

_EQUILIBRIUM_TOLERANCE = 1e-8
"""Largest |v| that a given equilibrium may have, relative to 1 + |z|."""


class _LossGame(ScalarGame):
    """Base of the generated games; a subclass's methods come from its losses."""

    losses: ClassVar[tuple[str, str | None]]
    hints: ClassVar[tuple[tuple[float, float], ...]] = ()
    zero_sum: ClassVar[bool] = False
    __source__: ClassVar[str]

    def __repr__(self) -> str:
        return self.specification()

    def specification(self) -> str:
        """Return the call that makes the game, which `gandyn.spec` reads back."""
        given = [repr(text) for text in self.losses if text is not None]
        if type(self).__name__ != _DEFAULT_NAME:
            given.append(f"name={type(self).__name__!r}")
        if self.hints:
            given.append(f"equilibria={list(self.hints)!r}")
        given += [f"{key}={value!r}" for key, value in fields(self).items()]
        return f"from_losses({', '.join(given)})"

    def __reduce__(self) -> Any:
        return _rebuild, (*self.losses, type(self).__name__, self.hints, fields(self))

    def equilibria(self) -> list[tuple[Any, Any]]:
        """Return points with v = 0, the nearest to the origin first.

        Found by Newton's method, from the points given with the losses or else from a
        grid on [-4, 4]²: the list may miss some.
        """
        from gandyn.games._roots import find_roots, refined_root

        if self.hints:
            return [refined_root(self, x, y) for x, y in self.hints]
        return find_roots(self)


@checked
def from_losses(
    loss_x: str,
    loss_y: str | None = None,
    *,
    name: str = _DEFAULT_NAME,
    equilibria: Sequence[tuple[float, float]] | None = None,
    **parameters: Any,
) -> Game:
    """Return a game of two numbers from the text of its losses.

    Parameters
    ----------
    loss_x, loss_y : str
        Expressions in x, y and the parameters, of numbers, ``+ - * / **``, ``pi``,
        exp, log, sqrt, sin, cos, tan, sinh, cosh, tanh, sigmoid and softplus.
        Without ``loss_y`` the game is zero-sum. Powers that aren't whole or half
        numbers are exp(p log(base)), of a positive base.
    name : str
        The class's name.
    equilibria : sequence of pairs, optional
        Known points with v = 0; otherwise they are searched for.
    **parameters : float
        The other names of the losses and their values; they become fields, and can
        be swept.

    Raises
    ------
    FieldError
        For losses that are too long or hold anything else, and for parameters whose
        name is taken.
    UnknownName
        For a name that is no parameter, with the nearest ones.

    Notes
    -----
    The text is parsed, never evaluated; the derivatives are sympy's. The same
    losses always give the same class, so kernels compile once.

    Examples
    --------
    >>> game = from_losses("x*y + a*x**2/2 - y**4", a=0.5)
    >>> game.gx(1.0, 2.0), game.gy(1.0, 2.0)
    (2.5, 31.0)
    """
    hints = tuple((float(x), float(y)) for x, y in equilibria or ())
    game = _loss_class(loss_x, loss_y, name, hints, tuple(parameters))(**parameters)
    for x, y in hints:
        v = abs(game.gx(x, y)) + abs(game.gy(x, y))
        if not v <= _EQUILIBRIUM_TOLERANCE * (1 + abs(x) + abs(y)):
            raise FieldError(
                f"{name}: ({x}, {y}) is no equilibrium, |v| = {v:.3g} there"
            )
    return game


def _rebuild(
    loss_x: str, loss_y: str | None, name: str, hints: Any, parameters: dict[str, Any]
) -> Game:
    return _loss_class(loss_x, loss_y, name, hints, tuple(parameters))(**parameters)


def _loss_class(
    loss_x: str,
    loss_y: str | None,
    name: str,
    hints: tuple[tuple[float, float], ...],
    parameters: tuple[str, ...],
) -> type[_LossGame]:
    """Return the class of a game, the same one whenever the losses are the same."""
    identity = json.dumps([loss_x, loss_y, name, hints, parameters])
    key = "Losses_" + hashlib.sha256(identity.encode()).hexdigest()[:16]
    module = sys.modules[__name__]
    if not hasattr(module, key):
        _check_names(name, parameters)
        from gandyn.games._expressions import parse_loss

        fx = parse_loss(loss_x, parameters)
        fy = -fx if loss_y is None else parse_loss(loss_y, parameters)
        made = _make_class(key, name, fx, fy, parameters)
        made.losses, made.hints = (loss_x, loss_y), hints
        setattr(module, key, made)
    return getattr(module, key)


def _make_class(
    key: str, name: str, fx: Any, fy: Any, parameters: tuple[str, ...]
) -> type[_LossGame]:
    from gandyn.games._expressions import FUNCTIONS, derivatives, method_source

    methods = derivatives(fx, fy)
    sources = {
        method: method_source(method, parts, parameters)
        for method, parts in methods.items()
    }
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": key,
        "__doc__": f"The game with the losses {fx} and {fy}.",
        "__annotations__": dict.fromkeys(parameters, Real),
        "__source__": "\n".join(sources.values()),
    }
    for method, source in sources.items():
        names = {f: getattr(elementary, f) for f in FUNCTIONS if hasattr(elementary, f)}
        names["__name__"] = __name__
        code = compile(source, f"<{name}.{method}>", "exec")
        exec(code, names)  # noqa: S102 - the text is our printer's, not the user's
        namespace[method] = names[method]
    namespace |= _traits(namespace, parameters, fx + fy, methods["jacobian"])
    return type(name, (_LossGame,), namespace)


def _traits(
    methods: dict[str, Any], parameters: tuple[str, ...], total: Any, jacobian: Any
) -> dict[str, bool]:
    """Return whether the losses add up to zero, and the gradients are linear.

    Where numbers say no they are right; multiplying out is for what they leave open.
    """
    from gandyn.games._expressions import X, Y, vanishes

    rng = random.Random(0)
    seen: list[tuple[float, ...]] = []
    game = types.SimpleNamespace(**{name: rng.uniform(0.5, 1) for name in parameters})
    for size in _SIZES:
        x, y = rng.uniform(0.5, 1) * size, rng.uniform(0.5, 1) * size
        with (
            contextlib.suppress(ArithmeticError, ValueError),
            np.errstate(all="ignore"),
        ):
            seen.append(methods["jacobian"](game, x, y))
    constant = all(np.allclose(seen[0], one, 1e-6, 1e-6) for one in seen[1:])
    return {
        "zero_sum": vanishes(total),
        "linear": constant
        and all(vanishes(entry.diff(z)) for entry in jacobian for z in (X, Y)),
    }


def _check_names(name: str, parameters: tuple[str, ...]) -> None:
    from gandyn.games._expressions import FUNCTIONS, NAMED_NUMBERS

    taken_by_games = {
        known for known, cls in members(Game).items() if not issubclass(cls, _LossGame)
    }
    if not name.isidentifier() or name.startswith("_") or name in taken_by_games:
        raise FieldError(f"the game's name must be new and an identifier, got {name!r}")
    taken = _RESERVED | set(FUNCTIONS) | set(NAMED_NUMBERS) | set(dir(_LossGame))
    taken |= methods(Game)
    for parameter in parameters:
        if not parameter.isidentifier() or keyword.iskeyword(parameter):
            raise FieldError(f"a parameter can't be called {parameter!r}")
        if parameter in taken or parameter.startswith("_"):
            raise FieldError(
                f"a parameter can't be called {parameter!r}, which has another meaning "
                "in a game; rename it"
            )


__all__ = ["from_losses"]
