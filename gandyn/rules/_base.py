"""What every update rule is: a map on (x, y, memory), written once as arithmetic."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from gandyn._node import Node
from gandyn.errors import FieldError


class Rule(Node):
    r"""An update rule of two players.

    ``init(game, x, y)`` returns the memory before the first step, a (nested) tuple of
    values shaped like the players or scalars; ``step(game, x, y, memory)`` returns the
    next ``(x, y, memory)``. Both see the game as an oracle (``game.gx``, ``game.gy``,
    ``game.jvp``, ``game.vjp``, ``game.solve``), so a rule may ask for gradients
    wherever it likes. A rule with the fields ``lr_x`` and ``lr_y`` takes ``lr=`` too.

    In kernels a method may call other methods of the rule and the functions of
    `gandyn.elementary`, nothing else; one method name has one number of arguments in
    the whole package.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    linear: ClassVar[bool] = True
    """Whether the step is an affine map of (x, y, memory) whenever v is affine."""
    autonomous: ClassVar[bool] = True
    """Whether the step is the same map at every time."""
    orthogonal: ClassVar[bool] = True
    """Whether turning each player's coordinates turns the orbit: decouples by SVD."""
    second_order: ClassVar[bool] = False
    """Whether the step asks for second derivatives (``jvp``, ``vjp`` or ``solve``)."""
    symmetric: ClassVar[bool] = True
    """Whether exchanging the players, and who is first, exchanges their orbits."""
    inverts: ClassVar[str] = ""
    """The matrix that the step inverts, if any; a singular one leaves no next state."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names = cls.__dataclass_fields__  # type: ignore[attr-defined]
        if {"lr_x", "lr_y"} <= names.keys():
            cls.__init__ = _with_common_lr(cls.__init__)  # type: ignore[method-assign]

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return the memory before the first step."""
        return ()

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        raise NotImplementedError


def _with_common_lr(init: Any) -> Any:
    if hasattr(init, "__wrapped__"):
        return init

    @functools.wraps(init)
    def __init__(self: Rule, *args: Any, lr: Any = None, **kwargs: Any) -> None:
        if lr is not None:
            if {"lr_x", "lr_y"} & kwargs.keys() or args:
                raise FieldError(
                    f"{type(self).__name__}: give lr, or lr_x and lr_y, not both"
                )
            kwargs.update(lr_x=lr, lr_y=lr)
        init(self, *args, **kwargs)

    return __init__
