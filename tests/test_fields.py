"""What fields of rules and games take as numbers, and what they refuse."""

import datetime
import decimal
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from gandyn.errors import FieldError, UnknownName
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Adam, Alternating

NONSENSE = [
    {}, [], (), set(), lambda: 1, math, Alternating, Alternating(), object(), "0.1",
    b"1", None, 1j, decimal.Decimal("0.1"), decimal.Decimal("NaN"), float,
    datetime.timedelta(1), 10**400, math.nan, math.inf, np.array([]),
    np.array(["a"]), np.array([1j]), np.array([True]), np.array([{}]), np.array([None]),
    np.datetime64("2020-01-01"), slice(1), range(3), ..., NotImplemented,
]  # fmt: skip


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize(
    "make",
    [
        lambda value: Alternating(lr=[] if value is None else value),
        lambda value: Alternating(lr_x=value),
        lambda value: Adam(beta1=value),
        lambda value: DiracGAN(regulariser=R1(value)),
        Bilinear,
        lambda value: Alternating(k_y=value),
        lambda value: Alternating(y_first=value),
        lambda value: DiracGAN(loss=value),
    ],
)
def test_nonsense_is_refused_with_the_fields_name(make, value):
    with pytest.raises((FieldError, UnknownName)) as caught:
        make(value)
    assert len(str(caught.value)) <= 500


@pytest.mark.parametrize(
    "value",
    [0.1, 1, Fraction(1, 3), np.float32(0.1), np.int64(1), sympy.Symbol("h"),
     sympy.Rational(1, 3), np.array([0.1, 0.2]), np.array([Fraction(1, 3)])],
)  # fmt: skip
def test_numbers_of_all_kinds_are_taken(value):
    assert Alternating(lr_x=value).lr_x is value
