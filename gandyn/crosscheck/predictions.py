"""What the exact linearisation at an equilibrium says about one field."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gandyn._arguments import checked
from gandyn._node import find_field, replace
from gandyn._records import Record
from gandyn.errors import GandynError
from gandyn.games.linear import LinearGame
from gandyn.gans import TorchGame
from gandyn.gans.spectra.linearisation import Linearisation, linearise
from gandyn.rules import Rule
from gandyn.stability import RuleMap
from gandyn.stability.crossings.crossing_records import eigenvector, others
from gandyn.stability.crossings.exact_scan import exact_scan
from gandyn.stability.crossings.neutral_directions import quotient
from gandyn.stability.crossings.scalar_spectra import ScalarSpectra
from gandyn.stability.crossings.scan import Scan, nodes, scan
from gandyn.stability.crossings.spectra import Spectra
from gandyn.stability.crossings.thresholds import check_interval

_BESIDE = (0.9, 1.0, 1.1)
"""Shares of a value at which neutral directions are looked for beside a crossing."""
_REAL = 1e-7
"""A multiplier at this angle to the real axis, or less, is real."""


class Prediction(Record):
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
    _rates: Callable[[np.ndarray], np.ndarray]

    omitted = ("direction",)

    @property
    def sign(self) -> int:
        """1 where stability is lost as the field grows, -1 where it is gained."""
        return 1 if self.slope > 0 else -1

    def rate(self, values: Any) -> np.ndarray:
        """Return the predicted growth rate per step, log(radius), at other values."""
        return self._rates(np.atleast_1d(np.asarray(values, dtype=float)))


class _Linearised:
    """A rule on a GAN's linearisation as a function of one field of either.

    Parameters
    ----------
    rule : Rule
    game : TorchGame
        One GAN.
    point : pair of Tensor
    field : str
        Of the rule (``lr``, ``beta_x``) or of the GAN's losses (``gamma``).
    """

    def __init__(
        self, rule: Rule, game: TorchGame, point: tuple[Tensor, Tensor], field: str
    ) -> None:
        self.rule, self.game, self.point, self.field = rule, game, point, field
        nodes = {"rule": rule, "gan": game.losses}
        self.owner, self.paths = find_field(nodes, field)
        self._known: dict[float, Linearisation] = {}
        self.spectra: Spectra | ScalarSpectra

    def linear(self, value: float) -> Linearisation:
        """Return the linearisation of the GAN with the field at a value."""
        key = 0.0 if self.owner == "rule" else float(value)
        if key not in self._known:
            game = self.game
            if self.owner == "gan":
                one = torch.tensor([float(value)], dtype=torch.float64)
                own = dict.fromkeys(self.paths, one.to(self.point[0]))
                game = game.with_settings(own).select(0)
            self._known[key] = linearise(game, *self.point)
        return self._known[key]

    def rates(self, values: np.ndarray) -> np.ndarray:
        """Return log(radius), neutral directions set aside."""
        moduli = [np.abs(self.spectra.at(value).values) for value in values]
        return np.log([np.max(one, initial=0.0) for one in moduli])

    def map_at(self, value: float, whole: bool = True) -> np.ndarray:
        """Return the linear map of the rule, of all parameters or of fewer."""
        found, rule = self.linear(value), self.rule
        if self.owner == "rule":
            rule = replace(rule, dict.fromkeys(self.paths, float(value)))
        step = RuleMap(rule, found.game() if whole else seen(rule, found), ())
        nothing: Any = ()
        return step.jacobian(step.state(None, nothing), nothing)

    def scanned(self, low: float, high: float) -> Scan:
        """Return where multipliers cross the circle on an interval."""
        places = nodes(low, high).tolist()
        fewer = self.owner == "rule"  # J is the same, and so is what is left of it
        if fewer:
            step = RuleMap(self.rule, seen(self.rule, self.linear(low)), self.field)
            found = exact_scan(step, step.state(None, low), places)
            if found is not None:
                self.spectra = found.spectra
                return found
        self.spectra = Spectra(lambda v: self.map_at(v, not fewer), places)
        return scan(self.spectra, places)

    def direction(self, value: float, multiplier: complex) -> np.ndarray:
        """Return the players' part of a multiplier's eigenvector, of norm 1."""
        maps = [self.map_at(value * share) for share in _BESIDE]
        q = eigenvector(maps[1], multiplier, quotient(maps))
        own = q[: len(self.linear(value).J)]
        own = own.real if np.linalg.norm(own.real) else own.imag
        return np.asarray(own / np.linalg.norm(own))


def seen(rule: Rule, found: Linearisation) -> LinearGame:
    """Return the smallest linear game that a rule does the same on."""
    return found.reduced() if rule.orthogonal else found.game()


@checked
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
        Of the rule or of the GAN's losses.
    low, high : float
        The interval, both ends positive.

    Raises
    ------
    GandynError
        If the interval is empty, or the radius passes through 1 nowhere on it.

    Examples
    --------
    >>> from gandyn.gans import DiracGAN
    >>> from gandyn.games import R1
    >>> from gandyn.rules import Simultaneous
    >>> zero = torch.zeros(1, dtype=torch.float64)
    >>> game = DiracGAN(regulariser=R1(0.3)).game()
    >>> found = predict(Simultaneous(), game, (zero, zero))
    >>> round(found.value, 12), found.kind, round(found.angle, 6)
    (1.2, 'neimark-sacker', 0.609385)
    """
    check_interval(field, low, high)
    line = _Linearised(rule, game, point, field)
    found = line.scanned(low, high)
    passing = (one for one in found.crossings if others(found, one) < 1)
    first = next(passing, None)
    if first is None:
        where = "unstable or neutral" if found.spectra.count(high) else "stable"
        where = f"{where}, if {found.remark} hides none," if found.remark else where
        raise GandynError(
            f"no stability is lost in {field} between {low:g} and {high:g}: the point "
            f"is {where} all along"
        )
    if found.known_to <= first.value:
        warnings.warn(
            f"{field}: a change of stability may be missing: {found.remark}",
            RuntimeWarning,
            stacklevel=2,
        )
    angle = abs(np.angle(first.multiplier))
    kind = "flip" if math.pi - angle < _REAL else "neimark-sacker"
    # from the unstable side: on the other the radius may be a slower mode's
    steps = np.sign(first.change) * first.value * np.array([1e-4, 2e-4])
    once, twice = line.rates(first.value + steps) / steps
    linear = line.linear(first.value)
    return Prediction(
        field, first.value, kind if angle > _REAL else "real", float(angle),
        float(2 * once - twice), linear.neutral, linear.residual,
        line.direction(first.value, first.multiplier), line.rates,
    )  # fmt: skip
