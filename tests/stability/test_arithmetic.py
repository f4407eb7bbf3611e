"""The rings agree on what they share, and each decides comparisons in its own way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from flint import arb, fmpq

from gandyn import elementary
from gandyn.stability.arithmetic.balls import Ball
from gandyn.stability.arithmetic.duals import Dual
from gandyn.stability.arithmetic.jets import Jet
from gandyn.stability.arithmetic.rational_functions import generators
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.arithmetic.series import Series

RINGS: dict[str, Callable[[float], Any]] = {
    "Jet": lambda t: Jet([t, 1.0]),
    "Series": lambda t: Series([t, 1.0]),
    "Dual": lambda t: Dual(fmpq(*t.as_integer_ratio()), fmpq(1)),
    "Ball": lambda t: Ball(arb(t), [arb(1)]),
}
FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus")


def derivative(element: Any) -> tuple[float, float]:
    """Return an element's value and its first derivative."""
    value, slope = element.parts
    if isinstance(element, Dual | Ball):
        return float(arb(value)), float(arb(slope))
    return float(value), float(slope)


def grown(rng: random.Random, t: Any, depth: int) -> Any:
    """Return a random expression in t."""
    if depth == 0:
        return t
    a = grown(rng, t, depth - 1)
    b = rng.choice([grown(rng, t, depth - 1), rng.choice([0.5, -1.5, 3])])
    kind = rng.choice(["sum", "difference", "product", "quotient", "power", "function"])
    if kind == "sum":
        return rng.choice([a + b, b + a])
    if kind == "difference":
        return rng.choice([a - b, b - a])
    if kind == "product":
        return rng.choice([a * b, b * a])
    if kind == "quotient":
        return a / (2 + elementary.tanh(b)) if rng.random() < 0.5 else 1 / (1 + a * a)
    if kind == "power":
        return (1 + a * a) ** rng.choice([0, 1, 2, 3, -1, -2])
    name = rng.choice(FUNCTIONS)
    inner = 0.5 + elementary.sigmoid(a) if name in ("log", "sqrt") else a
    return getattr(elementary, name)(inner)


@pytest.mark.parametrize("seed", range(60))
def test_the_rings_have_one_derivative(seed: int) -> None:
    place = random.Random(seed).uniform(-1, 1)
    depth = 1 + seed % 4
    found = {}
    for name, ring in RINGS.items():
        expression = grown(random.Random(seed), ring(place), depth)
        found[name] = derivative(ring(place) * 0 + expression)
    exact = found.pop("Ball")
    for name, pair in found.items():
        assert pair == pytest.approx(exact, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("name", RINGS)
def test_branches_of_one_element(name: str) -> None:
    up, down = RINGS[name](0.3), RINGS[name](-0.3)
    assert elementary.heaviside(up) == 1.0
    assert elementary.heaviside(down) == 0.0
    assert elementary.sign(down) == -1.0
    assert elementary.select(up, 1, 2) == 1
    assert elementary.select(down, 1, 2) == 2
    assert elementary.clip(up, 0.2) == 0.2
    assert elementary.clip(down, 0.2) == -0.2
    assert derivative(elementary.clip(up, 0.5)) == (0.3, 1.0)


@pytest.mark.parametrize("name", ["Jet", "Series", "Dual"])
def test_a_tie_has_no_derivative(name: str) -> None:
    for branch in (elementary.heaviside, elementary.sign, abs):
        with pytest.raises(NonSmooth):
            branch(RINGS[name](0.0))


def test_a_ball_on_the_edge_takes_both_branches() -> None:
    t = Ball(arb(-0.25).union(arb(0.5)), [arb(1)])
    for hull, ends in (
        (elementary.heaviside(t), (0, 1)),
        (elementary.sign(t), (-1, 1)),
        (elementary.clip(t, 0.25), (-0.25, 0.25)),
    ):
        assert all(hull.value.contains(arb(end)) for end in ends)
        assert not hull.slopes[0].is_finite()
    with pytest.raises(TypeError):
        abs(t)


def test_rational_functions_have_no_order() -> None:
    _, made = generators({"a": {"real": True}})
    for branch in (elementary.heaviside, elementary.sign, abs, elementary.exp):
        with pytest.raises(TypeError):
            branch(made["a"])
    assert made["a"] - made["a"] == fmpq(0)
    assert (made["a"] ** 2 / made["a"] - made["a"]) == fmpq(0)


def test_functions_at_their_singularity() -> None:
    for name, what in (("log", "logarithm"), ("sqrt", "square root")):
        for ring in (RINGS["Jet"], RINGS["Series"]):
            with pytest.raises(NonSmooth, match=f"a {what} at 0"):
                getattr(elementary, name)(ring(0.0))
    with pytest.raises(NonSmooth, match="square root has no derivative"):
        elementary.sqrt(RINGS["Dual"](0.0))
    with pytest.raises(ZeroDivisionError):
        1 / RINGS["Dual"](0.0)
    assert not (1 / RINGS["Ball"](0.0)).value.is_finite()


class Node:
    """What a recording ring would have for its coefficient."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __add__(self, other: Any) -> Node:
        return Node(f"({self.text} + {getattr(other, 'text', other)})")

    def __mul__(self, other: Any) -> Node:
        return Node(f"({self.text} * {getattr(other, 'text', other)})")


def test_numbers_that_record_are_one_more_ring() -> None:
    from gandyn.stability.arithmetic.ring import RingElement

    class Recorded(RingElement):
        __slots__ = ()

        def _constant(self, number: Any) -> Any:
            return Node(str(number)) if isinstance(number, float) else None

        def _plain(self, name: str) -> Any:
            return Node(f"{name}({self.parts[0].text})")

    x, y = Recorded([Node("x")]), Recorded([Node("y")])
    assert elementary.tanh(x * y + 0.5).parts[0].text == "tanh(((x * y) + 0.5))"


def test_a_jet_in_a_series_differentiates_it() -> None:
    series = elementary.exp(Series([Jet([0.2, 1.0]), 1.0, 0.0]))
    want = math.exp(0.2)
    assert series.parts[2].parts == pytest.approx((want / 2, want / 2))
