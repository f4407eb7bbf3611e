"""Thresholds in closed form: conditions for a multiplier on the unit circle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import sympy
from sympy.polys.matrices import DomainMatrix

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.linear.symbolic_maps import characteristic_polynomial


class SymbolicThresholds(Record, eq=True):
    """Polynomials in the free fields whose zeros contain the stability boundary.

    Attributes
    ----------
    one, minus_one, pair : tuple of sympy.Expr
        Irreducible factors: where one vanishes a multiplier is at 1 (`one`) or at -1,
        or two multipliers have the product 1 (`pair`), as a pair on the unit circle
        has, and a real λ with 1/λ too. Factors that can't vanish for positive symbols
        are left out.
    always : tuple of str
        Of the three those that hold for all values: a rule that conserves area has a
        `pair` always.
    """

    one: tuple[sympy.Expr, ...]
    minus_one: tuple[sympy.Expr, ...]
    pair: tuple[sympy.Expr, ...]
    always: tuple[str, ...] = ()

    def solve(self, name: str) -> list[tuple[str, sympy.Expr]]:
        """Return the conditions solved for a field, as (condition, value).

        Solutions that contradict the field's sign are left out.
        """
        found: list[tuple[str, sympy.Expr]] = []
        for kind in ("one", "minus_one", "pair"):
            for factor in getattr(self, kind):
                symbols = [s for s in factor.free_symbols if s.name == name]
                for symbol in symbols:
                    roots = sympy.solve(factor, symbol)
                    found.extend((kind, root) for root in roots)
        return found


@checked
def symbolic_thresholds(
    rule: Rule,
    game: Game,
    free: str | Sequence[str] = ("lr",),
    point: tuple[Any, Any] | None = None,
) -> SymbolicThresholds:
    r"""Return the conditions for a multiplier on the unit circle, factored.

    With :math:`p(λ) = \prod (λ - λ_i)` they are p(1) = 0, p(-1) = 0 and

    .. math:: \prod_{i<j} (1 - λ_i λ_j) = \det(X - Y) = 0

    with Jury's matrices X and Y of the coefficients. Every threshold is among their
    zeros; not every zero is one.

    Parameters and errors are those of `characteristic_polynomial`.

    References
    ----------
    Jury, *Theory and Application of the z-Transform Method*, Wiley 1964, Section 3.4;
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Section 10.2 (the bialternate product).

    Examples
    --------
    The Dirac-GAN with R1 loses stability at lr = 4γ, alternating play on the bilinear
    game at lr = 2/σ:

    >>> from gandyn.games import Bilinear
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Alternating, Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> found = symbolic_thresholds(Simultaneous(), game, ("lr", "gamma"))
    >>> found.pair
    (4*gamma - lr,)
    >>> found.solve("lr")[-1]
    ('pair', 4*gamma)
    >>> found = symbolic_thresholds(Alternating(), Bilinear(), ("lr", "A"))
    >>> found.minus_one, found.always
    ((A*lr - 2, A*lr + 2), ('pair',))
    """
    polynomial = characteristic_polynomial(rule, game, free, point)
    conditions = {
        "one": polynomial.eval(1),
        "minus_one": polynomial.eval(-1),
        "pair": pair_determinant(polynomial),
    }
    factors, always = {}, []
    for name, value in conditions.items():
        found = _factors(value)
        if found is None:
            always.append(name)
        factors[name] = found or ()
    return SymbolicThresholds(**factors, always=tuple(always))


def pair_determinant(polynomial: sympy.Poly) -> sympy.Expr:
    """Return the product of 1 - λ_i λ_j over the pairs of roots of a monic polynomial.

    >>> λ = sympy.Symbol("λ")
    >>> pair_determinant(sympy.Poly((λ - 2) * (λ - 3)))
    -5
    """
    a = polynomial.all_coeffs()
    n = len(a) - 1
    if n < 2:
        return sympy.Integer(1)
    rows = []
    for i, j in itertools.product(range(n - 1), repeat=2):
        upper = a[j - i] if j >= i else 0
        lower = a[n - (i + j - (n - 2))] if i + j >= n - 2 else 0
        rows.append(upper - lower)
    matrix = DomainMatrix.from_Matrix(sympy.Matrix(n - 1, n - 1, rows), field=True)
    coefficients = matrix.charpoly()
    return matrix.domain.to_sympy(coefficients[-1]) * (-1) ** (n - 1)


def _factors(value: Any) -> tuple[sympy.Expr, ...] | None:
    """Return the factors that can vanish; None if the value is 0."""
    top, _ = sympy.fraction(sympy.cancel(value))
    if top == 0:
        return None
    _, factors = sympy.factor_list(top)
    return tuple(factor for factor, _ in factors if not factor.is_nonzero)
