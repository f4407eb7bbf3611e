"""Certificates at equilibria that floats do not hit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gandyn.errors import GandynError
from gandyn.games import Bilinear, from_losses
from gandyn.rules import Alternating, Extragradient, Simultaneous
from gandyn.stability import certify, certify_interval


def test_an_equilibrium_that_floats_miss_is_enclosed():
    """At x = √2 the multiplier of x is 1 - 2 √2 lr: stable for 2 lr² < 1 alone.

    The points given are off by more than the rates are from 1/√2.
    """
    game = from_losses("x**3/3 - 2*x", "y**2/2")
    edge = Fraction(1 / np.sqrt(2))
    for point in (1.41421356245, 1.4142135623, 2**0.5):
        for away in (-1e-13, -1e-15, 1e-15, 1e-13):
            lr = float(edge * (1 + Fraction(away)))
            found = certify(Simultaneous(lr=lr), game, (point, 0.0))
            stable = 2 * Fraction(lr) ** 2 < 1
            assert found.status == ("proved_stable" if stable else "proved_unstable")
            assert found.coefficients == ()


def test_an_equilibrium_that_cannot_be_enclosed_proves_nothing():
    """x² has a double zero: J is singular there, and the point given is off by 1e-6."""
    game = from_losses("x**3/3", "y**2/2", equilibria=[(0.0, 0.0)])
    found = certify(Simultaneous(lr=0.5), game, (1e-6, 0.0))
    assert (found.status, found.reason) == (
        "unproved", "the fixed point is known to rounding only"
    )  # fmt: skip
    with pytest.raises(GandynError, match="fixed point to rounding only"):
        certify_interval(Simultaneous(), game, "lr", 0.1, 0.2, point=(1e-6, 0.0))


def test_a_linear_map_is_the_same_wherever_it_is_taken():
    """The equilibrium -1/3 of a bilinear game is no float: its map is exact even so."""
    game = Bilinear(3.0, b=1.0, c=1.0)
    found = certify(Alternating(lr=0.5), game)
    assert (found.status, found.on, found.reason) == ("proved_on_circle", 2, "")
    pieces = certify_interval(Extragradient(), game, "lr", 0.01, 0.3)
    assert pieces.proved_stable
