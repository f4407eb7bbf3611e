"""Symbolic and rational maps against published polynomials and float maps."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy

from gandyn import rules
from gandyn.dynamics import one_step_map
from gandyn.errors import FieldError, GandynError
from gandyn.games import Bilinear, GeneralQuadratic, Quadratic, from_losses
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import (
    Adam,
    Alternating,
    AlternatingHeavyBall,
    ClipNorm,
    ComplexMomentum,
    Extragradient,
    FollowTheRidge,
    HeavyBall,
    Lookahead,
    OptimisticGradient,
    RungeKutta4,
    Simultaneous,
)
from gandyn.stability import critical_learning_rates
from gandyn.stability.linear.linear_maps import linear_maps
from gandyn.stability.linear.symbolic_maps import (
    MULTIPLIER,
    characteristic_polynomial,
)
from gandyn.stability.linear.symbolic_thresholds import (
    pair_determinant,
    symbolic_thresholds,
)

IRRATIONAL = ("ComplexMomentum", "AlternatingComplexMomentum")
LINEAR = [
    name
    for name, cls in rules.CATALOGUE.items()
    if cls.linear and cls.autonomous and name not in IRRATIONAL
]
GAMES = (
    Quadratic(0.3, 1.1, -0.4),
    GeneralQuadratic(A=0.7, B=1.3, C=-0.9, D=0.2),
    DiracGAN(regulariser=R1(0.3)),
)


def symbols_of(expression):
    return {symbol.name: symbol for symbol in expression.free_symbols}


@pytest.mark.parametrize("game", GAMES, ids=lambda game: type(game).__name__)
@pytest.mark.parametrize("name", LINEAR)
def test_symbolic_maps_at_numbers_are_the_float_maps(name, game):
    try:
        rule = rules.CATALOGUE[name](lr_x=0.25, lr_y=0.125)
        free = ("lr_x", "lr_y")
    except TypeError:
        rule, free = rules.CATALOGUE[name](), ("inner.lr_x", "inner.lr_y")
        rule = type(rule)(Simultaneous(lr_x=0.25, lr_y=0.125))
    found = linear_maps(rule, game, free, numbers="symbolic")
    values = dict(zip(free, (0.25, 0.125), strict=True))
    numbers = found.subs({s: values[s.name] for s in found.free_symbols})
    want = one_step_map(rule, game)
    np.testing.assert_allclose(np.array(numbers, float), want, rtol=1e-13, atol=1e-15)


def test_published_characteristic_polynomials():
    """Zhang and Yu 2020, with e = lr² σ²: OGD, and momentum of both players."""
    lam = MULTIPLIER
    p = characteristic_polynomial(OptimisticGradient(), Bilinear(), ("lr", "A"))
    s = symbols_of(p.as_expr())
    e = s["lr"] ** 2 * s["A"] ** 2
    # (λ - 1)² λ² + e (2λ - 1)² with gradient step 2 lr and past step lr
    want = (lam - 1) ** 2 * lam**2 + e * (2 * lam - 1) ** 2
    assert sympy.expand(p.as_expr() - want) == 0
    free = ("lr_x", "lr_y", "A", "beta_x", "beta_y")
    for rule, coupling in ((HeavyBall(), lam**2), (AlternatingHeavyBall(), lam**3)):
        p = characteristic_polynomial(rule, Bilinear(), free)
        s = symbols_of(p.as_expr())
        own = [(lam - 1) * (lam - s[f"beta_{z}"]) for z in "xy"]
        want = own[0] * own[1] + s["lr_x"] * s["lr_y"] * s["A"] ** 2 * coupling
        assert sympy.expand(p.as_expr() - want) == 0


@pytest.mark.parametrize(
    ("rule", "condition", "threshold"),
    [
        (Extragradient(), "pair", "1/A"),
        (Alternating(), "minus_one", "2/A"),
        (OptimisticGradient(), "pair", "sqrt(3)/(3*A)"),
        (RungeKutta4(), "pair", "2*sqrt(2)/A"),
    ],
)
def test_thresholds_in_closed_form(rule, condition, threshold):
    found = symbolic_thresholds(rule, Bilinear(), ("lr", "A")).solve("lr")
    assert (condition, threshold) in [
        (kind, str(abs(root).subs({s: sympy.Symbol("A", positive=True)
                                   for s in root.free_symbols})))
        for kind, root in found
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [Simultaneous(), HeavyBall(), OptimisticGradient(), Lookahead(Simultaneous())],
    ids=lambda rule: type(rule).__name__,
)
def test_every_located_threshold_is_a_zero_of_a_condition(rule):
    """Brent's method on multipliers and the factored polynomials agree."""
    game = DiracGAN(regulariser=R1(0.3))
    factors = symbolic_thresholds(rule, game, "lr")
    roots = [
        float(root)
        for factor in (*factors.one, *factors.minus_one, *factors.pair)
        for root in sympy.Poly(factor).real_roots()
    ]
    found = critical_learning_rates(rule, game, "lr", 0.01, 20.0)
    assert found
    for one in found:
        assert min(abs(np.array(roots) - one.value)) < 1e-10 * one.value


def test_the_pair_determinant_is_the_product_over_pairs():
    rng = np.random.default_rng(0)
    for size in range(2, 7):
        roots = [Fraction(int(k), 7) for k in rng.integers(-12, 12, size)]
        p = sympy.Poly.from_list([1], MULTIPLIER)
        for root in roots:
            p = p * sympy.Poly(MULTIPLIER - sympy.Rational(root), MULTIPLIER)
        want = 1
        for a, b in itertools.combinations(roots, 2):
            want *= 1 - a * b
        assert Fraction(str(pair_determinant(p))) == want


def test_an_area_preserving_rule_has_a_pair_on_the_circle_always():
    found = symbolic_thresholds(Alternating(), Bilinear(), ("lr_x", "lr_y", "A"))
    assert found.always == ("pair",)
    assert found.pair == ()


@pytest.mark.parametrize(
    ("rule", "game", "free", "message"),
    [
        (Adam(), Bilinear(), "lr", "changes with time"),
        (ClipNorm(Simultaneous()), Bilinear(), "lr", "not a linear rule"),
        (ComplexMomentum(), Bilinear(), "lr", "irrational"),
        (FollowTheRidge(), Bilinear(), "lr", "divides by zero"),
        (Alternating(), Bilinear(), "k_x", "count or a switch"),
        (Alternating(), Bilinear(), ("lr", "lr_x"), "both set lr_x"),
    ],
)
def test_refusals(rule, game, free, message):
    with pytest.raises(GandynError, match=message):
        linear_maps(rule, game, free, numbers="symbolic")


def test_an_equilibrium_that_moves_with_a_symbol_is_refused_with_the_residual():
    game = from_losses("x*y + (x - a)**4", "-x*y + y**2", a=0.0, equilibria=[(0, 0)])
    with pytest.raises(GandynError, match=r"not fixed for all values of a.*a\*\*3"):
        linear_maps(Simultaneous(), game, "a", numbers="symbolic")
    assert issubclass(FieldError, GandynError)
