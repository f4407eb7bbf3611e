"""Rules that act alike on all coordinates, as a field of them varies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import fmpq_mpoly

from gandyn._node import leaves, replace
from gandyn.dynamics.exact.matrix_entries import (
    GOLDEN,
    Alike,
    alike,
    rate_paths,
    stacked,
)
from gandyn.rules._alike import are_alike
from gandyn.stability.maps.maps import Map, RuleMap
from gandyn.stability.maps.ratios import characteristic, exactly, symbols

_RATES = (0.61, 0.83)
"""Learning rates in no special position: whether a rule decouples they don't tell."""


class Decoupling(NamedTuple):
    """A rule that acts alike on all coordinates, as one field of it varies.

    Attributes
    ----------
    together : Alike
    rates : pair of float
        Learning rates of both players, or factors of the field that they are.
    scales : bool
        Whether the field scales the learning rates.
    fields : mapping of path to float
        Factors of the field that the other fields are which it sets.
    """

    together: Alike
    rates: tuple[float, float]
    scales: bool
    fields: Mapping[str, float]

    def eigenvalues_at(self, values: np.ndarray, parameter: float) -> np.ndarray:
        """Return those of one number's field, for eigenvalues of diag(rates) J."""
        return values * parameter if self.scales else values

    def blocks(self, values: np.ndarray, parameter: float) -> np.ndarray:
        """Return the matrices of one number's step, shape (values, m, m)."""
        set_to = {path: factor * parameter for path, factor in self.fields.items()}
        mu = self.eigenvalues_at(values, parameter)
        return stacked(self.together.blocks(set_to, mu), values.shape)

    def polynomial(self) -> list[fmpq_mpoly]:
        """Return the characteristic polynomial of one number's step.

        Its symbols are the eigenvalue of diag(rates) J, s, and the field, p.

        Raises
        ------
        TypeError, ArithmeticError
            If it is none: the step is not rational in the field.
        """
        s, p = symbols()
        known = leaves(self.together.rule)
        values: dict[str, Any] = {
            path: exactly(value)
            for path, value in known.items()
            if isinstance(value, float) and path not in self.together.rates
        }
        values |= {path: p * factor for path, factor in self.fields.items()}
        return characteristic(self.together.blocks(values, s * p if self.scales else s))


def decoupling(step: Map, low: float, high: float) -> Decoupling | None:
    """Return how a map decouples as its parameter varies, None if it does not."""
    if not isinstance(step, RuleMap) or len(step.parameters) != 1:
        return None
    settings = step.parameters[0].settings(1.0)
    rates = rate_paths(step.rule)
    if rates is None or any(owner != "rule" for owner, _ in settings):
        return None
    moving = {path: float(factor) for (_, path), factor in settings.items()}
    tied = {path in moving for path in rates}
    if len(tied) > 1 or not are_alike(step.at(low)[0]):
        return None
    fields = {path: f for path, f in moving.items() if path not in rates}
    inside = low + GOLDEN * (high - low)
    places = {path: np.array([factor * inside]) for path, factor in fields.items()}
    together = alike(replace(step.rule, dict(zip(rates, _RATES, strict=True))), places)
    if together is None:
        return None
    known = leaves(step.rule) | moving
    lr_x, lr_y = (float(known[path]) for path in rates)
    return Decoupling(together, (lr_x, lr_y), tied == {True}, fields)
