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
    batches: ClassVar[int] = 1
    """How many batches of a GAN's data a step takes, one after the other."""
    inverts: ClassVar[str] = ""
    """The matrix that the step inverts, if any; a singular one leaves no next state."""
    translates: ClassVar[bool | None] = True
    """Whether moving the origin, but not a game's bounds, moves the orbit."""
    permutes: ClassVar[bool | None] = True
    """Whether exchanging coordinates of a player, and signs, does so to the orbit."""
    scales: ClassVar[bool | None] = True
    """Whether the unit of the state does not matter (learning rates kept)."""
    rate_times_loss: ClassVar[bool | None] = True
    """Whether only the product of learning rate and loss matters."""
    separable: ClassVar[bool | None] = True
    """Whether players who do not matter to each other have orbits of their own."""
    freezes: ClassVar[bool | None] = True
    """Whether a player with a learning rate of 0 would stay where it is."""
    joint: ClassVar[bool | None] = None
    """Whether on a potential game, with one rate, it is an optimizer of all of z."""
    preserves_volume: ClassVar[bool | None] = None
    """Whether the step's determinant is ±1 on games without own curvature."""
    batched: ClassVar[bool | None] = True
    """Whether the step takes arrays, a batch of states."""
    any_precision: ClassVar[bool | None] = True
    """Whether float32 states stay float32, and near their float64 orbit."""
    analytic: ClassVar[bool | None] = True
    """Whether the step takes complex numbers: its derivatives are exact."""
    order: ClassVar[int] = 1
    """Order of consistency with the flow -v; looked at from 2 on."""
    implements: ClassVar[Any] = None
    """The rule whose orbits this one has at the same rates, if it is to have them."""
    reduces: ClassVar[tuple[Any, ...]] = ()
    """Simpler rules: (fields, name) or (fields, name, that rule's own fields)."""

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

    def calls(self) -> Any:
        """Return how often a step asks each oracle, by name; None leaves it open."""
        return None

    def drift(self, game: Any, x: Any, y: Any) -> Any:
        """Return the field that the first of small steps follows; None leaves it open.

        Each player's part is in units of its learning rate; by default v itself.
        """
        return game.gx(x, y), game.gy(x, y)

    def characteristic(self, sigma: Any) -> Any:
        """Return the multipliers' polynomial on the bilinear game, if it is declared.

        Coefficients for a singular value sigma, the highest power first; multipliers of
        0 may be left out.
        """
        return None

    def energy(self, sigma: Any, x: Any, y: Any) -> Any:
        """Return what play on the bilinear game conserves; None if nothing is known."""
        return None

    def residual(self, game: Any, x: Any, y: Any, p: Any, q: Any) -> Any:
        """Return what the equation that a step solves leaves at the next state (p, q).

        A pair that is 0 where it is solved, to the rule's ``tol``; None if the step is
        explicit.
        """
        return None

    def contraction(self, mu: Any, lipschitz: Any) -> Any:
        """Return a certified factor of one step towards the equilibrium, or None.

        For every game whose field is strongly monotone with modulus mu, and Lipschitz.
        """
        return None


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
