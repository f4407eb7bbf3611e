"""What the exact linearisation at an equilibrium says about one field."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from gandyn._node import find_field, replace
from gandyn.errors import GandynError
from gandyn.games.linear import LinearGame
from gandyn.gans import TorchGame
from gandyn.gans.linearise import Linearisation, linearise
from gandyn.rules import Rule
from gandyn.stability import RuleMap, map_batch

NODES = 193
"""Values of the field at which the predicted radius is looked at first."""
REAL = 1e-7
"""A multiplier at this angle to the real axis, or less, is real."""


@dataclass(frozen=True)
class Prediction:
    """Where an equilibrium of a GAN loses its stability, and how.

    Attributes
    ----------
    field : str
    value : float
        The least value at which the spectral radius passes through 1, neutral
        directions set aside.
    kind : str
        ``"neimark-sacker"``, ``"flip"`` or ``"real"`` (a multiplier 1).
    angle : float
        Of the multiplier, radians per step.
    slope : float
        d log(radius)/d(value) there, from the unstable side: negative where
        stability is gained as the field grows.
    neutral : int
        Neutral directions of the game Jacobian.
    residual : float
        abs(v) at the point: 0 at an equilibrium.
    direction : ndarray, shape (P,)
        The players' part of the multiplier's eigenvector, the real part, of norm 1.
    """

    field: str
    value: float
    kind: str
    angle: float
    slope: float
    neutral: int
    residual: float
    direction: np.ndarray = dataclasses.field(repr=False)
    _rates: Callable[[np.ndarray], np.ndarray] = dataclasses.field(
        repr=False, compare=False
    )

    @property
    def sign(self) -> int:
        """1 where stability is lost as the field grows, -1 where it is gained."""
        return 1 if self.slope > 0 else -1

    def rate(self, values: Any) -> np.ndarray:
        """Return the predicted growth rate per step, log(radius), at other values."""
        return self._rates(np.atleast_1d(np.asarray(values, dtype=float)))

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain numbers and strings."""
        names = ("field", "value", "kind", "angle", "slope", "neutral", "residual")
        return {name: getattr(self, name) for name in names}


class Linearised:
    """A rule on a GAN's linearisation as a function of one field of either.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
        One GAN.
    point : pair of Tensor
    field : str
        Of the rule (``lr``, ``beta_x``) or of the GAN's objective (``gamma``).
    """

    def __init__(
        self, rule: Rule, game: TorchGame, point: tuple[Tensor, Tensor], field: str
    ) -> None:
        self.rule, self.game, self.point, self.field = rule, game, point, field
        nodes = {"rule": rule, "gan": game.objective}
        self.owner, self.paths = find_field(nodes, field)
        self._known: dict[float, Linearisation] = {}

    def linear(self, value: float) -> Linearisation:
        """Return the linearisation of the GAN with the field at a value."""
        key = 0.0 if self.owner == "rule" else float(value)
        if key not in self._known:
            game = self.game
            if self.owner == "gan":
                own = dict.fromkeys(self.paths, torch.tensor([value]).to(self.point[0]))
                game = game.with_settings(own).select(0)
            self._known[key] = linearise(game, *self.point)
        return self._known[key]

    def rates(self, values: np.ndarray) -> np.ndarray:
        """Return log(radius), neutral directions set aside."""
        if self.owner == "rule":
            game = seen(self.rule, self.linear(0.0))
            names = dict.fromkeys(self.paths, values)
            return np.log(map_batch(self.rule, game, names).radius)
        found = [map_of(self.rule, self.linear(v)).radius for v in values]
        return np.log(np.ravel(found))

    def at(self, value: float) -> tuple[complex, np.ndarray, Linearisation]:
        """Return the leading multiplier, the players' part of its vector, and J."""
        found = self.linear(value)
        rule = self.rule
        if self.owner == "rule":
            rule = replace(rule, dict.fromkeys(self.paths, value))
        leading = complex(map_of(rule, found).leading.ravel()[0])
        step = RuleMap(rule, found.game(), ())
        nothing: Any = ()
        matrix = step.jacobian(step.state(None, nothing), nothing)
        values, vectors = np.linalg.eig(matrix)
        own = vectors[: len(found.J), np.argmin(np.abs(values - leading))]
        direction = own.real if np.linalg.norm(own.real) else own.imag
        return leading, direction / np.linalg.norm(direction), found


def seen(rule: Rule, found: Linearisation) -> LinearGame:
    """Return the smallest linear game that a rule does the same on."""
    return found.reduced() if rule.orthogonal else found.game()


def map_of(rule: Rule, found: Linearisation) -> Any:
    """Return the linear map of a rule on a linearisation, a batch of one."""
    return map_batch(rule, seen(rule, found), {})


def predict(
    rule: Rule,
    game: TorchGame,
    point: tuple[Tensor, Tensor],
    field: str = "lr",
    low: float = 1e-3,
    high: float = 10.0,
) -> Prediction:
    """Return where an equilibrium of a GAN gains or loses its stability in one field.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : TorchGame
        One GAN, on the full batch.
    point : pair of Tensor
        The equilibrium; it is taken to be there for all values of the field.
    field : str
        Of the rule or of the GAN's objective.
    low, high : float
        The interval, both ends positive.

    Raises
    ------
    GandynError
        If the radius passes through 1 nowhere on the interval.

    Examples
    --------
    >>> from gandyn.gans import Dirac
    >>> from gandyn.gans.gradient_penalties import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game = Dirac(regulariser=R1(0.3)).game()
    >>> found = predict(Simultaneous(), game, (zero, zero))
    >>> round(found.value, 12), found.kind, round(found.angle, 6)
    (1.2, 'neimark-sacker', 0.609385)
    """
    line = Linearised(rule, game, point, field)
    coarse = line.owner == "gan"
    nodes = np.geomspace(low, high, 25 if coarse else NODES)
    rates = line.rates(nodes)
    changes = np.flatnonzero((rates[:-1] < 0) != (rates[1:] < 0))
    if not changes.size:
        where = "stable" if rates[-1] < 0 else "unstable or neutral"
        raise GandynError(
            f"no stability is lost in {field} between {low:g} and {high:g}: the point "
            f"is {where} all along"
        )
    first = int(changes[0])
    sign = 1 if rates[first] < 0 else -1
    ends = np.log(nodes[first]), np.log(nodes[first + 1])
    root = brentq(lambda u: line.rates(np.exp([u]))[0], *ends, xtol=1e-13)
    value = math.exp(root)
    leading, direction, found = line.at(value)
    angle = abs(np.angle(leading))
    kind = "flip" if math.pi - angle < REAL else "neimark-sacker"
    # from the unstable side: on the other the radius may be a slower mode's
    steps = sign * value * np.array([1e-4, 2e-4])
    once, twice = line.rates(value + steps) / steps
    slope = float(2 * once - twice)
    return Prediction(
        field, value, kind if angle > REAL else "real", float(angle), slope,
        found.neutral, found.residual, direction, line.rates,
    )  # fmt: skip
