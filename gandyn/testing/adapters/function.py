"""A plain function of gradients."""

from __future__ import annotations

import inspect
from typing import Any

from gandyn._specification import in_file, specify
from gandyn.errors import FieldError
from gandyn.testing.adapters._base import Adapter


class FromGradients(Adapter):
    """A plain function ``step(x, y, gx, gy)`` that returns the next ``(x, y)``.

    Parameters
    ----------
    function : callable
        Given the state and both gradients there. It has no memory, and its learning
        rates are its own.
    implements : Rule, optional
        The rule that this is, at its own learning rates.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> rule = FromGradients(lambda x, y, gx, gy: (x - 0.5 * gx, y - 0.5 * gy))
    >>> rule.step(Bilinear(1.0), 1.0, 1.0, ())
    (0.5, 1.5, ())
    """

    function: Any = None
    implements: Any = None

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Tell whether it is a function of four values, none of them optional."""
        if not inspect.isroutine(value):
            return False
        kinds = inspect.signature(value).parameters.values()
        return [p.default for p in kinds] == [inspect.Parameter.empty] * 4

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            inspect.signature(self.function).bind("x", "y", "gx", "gy")
        except TypeError as error:
            raise FieldError(
                f"FromGradients: function must take (x, y, gx, gy): {error}"
            ) from None

    def specification(self) -> str:
        """Return the text that `gandyn.spec.parse_rule` reads back."""
        name = in_file(self.function, self.function.__name__)
        if self.implements is None:
            return name
        return f"{name}(implements={specify(self.implements)})"

    def init(self, game: Any, x: Any, y: Any) -> Any:
        """Return no memory."""
        return ()

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        """Return (x, y, memory) after one step."""
        x, y = self.function(x, y, game.gx(x, y), game.gy(x, y))
        return x, y, memory
