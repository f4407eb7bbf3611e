"""What a claim is: quantities that are predicted one way and measured another."""

from __future__ import annotations

import dataclasses
import inspect
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gandyn._records import Record
from gandyn.errors import GandynError, UnknownName

KINDS = {
    "exact": "measured = predicted",
    "asymptotic": "measured → predicted as a parameter goes to its limit",
    "statistical": "measured = predicted but for sampling",
    "upper bound": "measured ≤ predicted",
    "lower bound": "measured ≥ predicted",
}
"""Kinds of quantities, and what holds but for the tolerance."""


class Check(Record):
    """One quantity at one point: predicted beside measured.

    Attributes
    ----------
    quantity : str
    point : dict
        The parameters.
    kind : str
        Of ``"exact"``, ``"asymptotic"``, ``"statistical"``, ``"upper bound"`` and
        ``"lower bound"``.
    predicted, measured : float
    allowed : float
        By how much they may differ; of a bound, to its wrong side.
    """

    quantity: str
    point: dict[str, Any]
    kind: str
    predicted: float
    measured: float
    allowed: float

    derived = ("holds",)

    @property
    def holds(self) -> bool:
        """Whether the measurement is what the kind says, but for what is allowed."""
        excess = self.measured - self.predicted
        if not math.isfinite(excess):
            return False
        if self.kind == "upper bound":
            return excess <= self.allowed
        if self.kind == "lower bound":
            return -excess <= self.allowed
        return abs(excess) <= self.allowed


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A number that a claim is about.

    Parameters
    ----------
    name : str
        What it is, in words.
    predict, measure : callable
        ``(**point) -> float``, two ways that share no computation: a formula and the
        game as it is played.
    kind : str
        As in `Check`: it picks the assertion.
    tolerance : float
        By how much the two may differ, relative to the prediction; of a predicted 0,
        absolute.
    reason : str
        What the tolerance is for.
    points : tuple of dict
        Default parameters.
    slow : bool
        Whether a point takes more than a few seconds.
    """

    name: str
    predict: Callable[..., float]
    measure: Callable[..., float]
    kind: str
    tolerance: float
    reason: str
    points: tuple[dict[str, Any], ...]
    slow: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("kind of quantity", self.kind, KINDS)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that a point gives."""
        return tuple(inspect.signature(self.predict).parameters)

    def allowed(self, predicted: float) -> float:
        """Return by how much a measurement may differ from a prediction."""
        return self.tolerance * (abs(predicted) or 1.0)

    def check(self, **point: Any) -> Check:
        """Return prediction and measurement at a point.

        Raises
        ------
        GandynError
            If the point lacks a parameter, or has one that the quantity does not take.
        """
        try:
            inspect.signature(self.predict).bind(**point)
        except TypeError as error:
            raise GandynError(
                f"{self.name}: {error}; it takes {', '.join(self.parameters)}"
            ) from None
        predicted = float(self.predict(**point))
        measured = float(self.measure(**point))
        allowed = self.allowed(predicted)
        return Check(self.name, point, self.kind, predicted, measured, allowed)


@dataclasses.dataclass(frozen=True)
class Claim:
    """A sentence about learning players, and the numbers that settle it.

    Parameters
    ----------
    title : str
        The sentence, short.
    statement : str
        What holds, and where it stops holding.
    reference : str
        Where it is said, or derived.
    quantities : tuple of Quantity
    figure : callable
        ``figure(ax)`` draws the claim on matplotlib's axes.

    Notes
    -----
    The derivation is the docstring of the module that defines the figure.

    Examples
    --------
    >>> from gandyn.claims import CLAIMS
    >>> claim = CLAIMS["bilinear_spiral"]
    >>> found = claim.check(
    ...     "alternating: angle per step", sigma=1.5, lr=1.2, x0=1.0, y0=0.3, steps=200
    ... )
    >>> found.holds, round(found.predicted, 6)
    (True, 2.239539)
    """

    title: str
    statement: str
    reference: str
    quantities: tuple[Quantity, ...]
    figure: Callable[[Any], None]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its quantities, each once, in the order of `KINDS`."""
        own = {quantity.kind for quantity in self.quantities}
        return tuple(kind for kind in KINDS if kind in own)

    @property
    def derivation(self) -> str:
        """The docstring of the module that holds the claim."""
        return inspect.cleandoc(sys.modules[self.figure.__module__].__doc__ or "")

    def quantity(self, name: str) -> Quantity:
        """Return the quantity of a name.

        Raises
        ------
        UnknownName
            If there is none.
        """
        known = {one.name: one for one in self.quantities}
        if name not in known:
            raise UnknownName("quantity", name, known)
        return known[name]

    def predict(self, quantity: str, **point: Any) -> float:
        """Return what the derivation says a quantity is at a point."""
        return float(self.quantity(quantity).predict(**point))

    def measure(self, quantity: str, **point: Any) -> float:
        """Return what the game as it is played says a quantity is at a point."""
        return float(self.quantity(quantity).measure(**point))

    def check(self, quantity: str, **point: Any) -> Check:
        """Return both, and whether they agree: see `Quantity.check`."""
        return self.quantity(quantity).check(**point)

    def checks(self, slow: bool = True) -> Iterator[Check]:
        """Yield the checks of all default points, one by one.

        Parameters
        ----------
        slow : bool
            Whether slow quantities are among them.
        """
        for quantity in self.quantities:
            if slow or not quantity.slow:
                for point in quantity.points:
                    yield quantity.check(**point)
