"""Linear maps, characteristic polynomials and thresholds in closed form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy
from flint import fmpq
from sympy.polys.matrices import DomainMatrix

from gandyn._arguments import checked
from gandyn._node import Domain, Node, domains, find_field, leaves
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.duals import Dual
from gandyn.stability.arithmetic.rational_functions import (
    RationalFunction,
    expression,
    generators,
    simplest,
)
from gandyn.stability.maps.exact_maps import (
    LEAVES_THE_FIELD,
    dual_map,
    structural_at,
    with_duals,
)
from gandyn.stability.maps.points import checked_point

MULTIPLIER = sympy.Symbol("λ")
"""The variable of characteristic polynomials."""


def symbolic_map(
    rule: Rule,
    game: Game,
    free: str | Sequence[str] = ("lr",),
    point: tuple[Any, Any] | None = None,
) -> sympy.Matrix:
    """Return the linear map on (x, y, memory) with fields as symbols.

    The rule's own step runs on rational functions of the symbols, with derivatives
    carried along; arguments, results and errors are those of `linear_maps`.
    """
    _check_rule(rule)
    names = (free,) if isinstance(free, str) else tuple(free)
    targets = _targets(rule, game, names)
    _, functions = generators({name: _assumptions(*targets[name]) for name in names})
    changes: dict[str, dict[str, Any]] = {
        "rule": _fractions(rule), "game": _fractions(game),
    }  # fmt: skip
    for name, (owner, paths, _) in targets.items():
        changes[owner].update(dict.fromkeys(paths, Dual(functions[name])))
    if point is None:
        point = (0.0, 0.0) if _anywhere(rule, game) else reference_equilibrium(game)
    point = checked_point(game, point)
    duals = with_duals(rule, changes["rule"]), with_duals(game, changes["game"])
    try:
        found = dual_map(*duals, point)
    except ZeroDivisionError:
        raise GandynError(
            f"a step of {type(rule).__name__} on {type(game).__name__} divides by zero "
            f"at {point!r}, or mixes irrational numbers with symbols: it has no map"
        ) from None
    except LEAVES_THE_FIELD as error:
        raise GandynError(
            f"{type(rule).__name__} on {type(game).__name__} is not rational in "
            f"{', '.join(names)}: {error}"
        ) from error
    _check_rational(rule, game, found, names, point)
    return sympy.Matrix([[expression(entry) for entry in row] for row in found.rows])


def _check_rule(rule: Rule) -> None:
    if not rule.autonomous:
        raise GandynError(
            f"{type(rule).__name__} changes with time: it has no one-step map"
        )
    if not rule.linear:
        raise GandynError(
            f"{type(rule).__name__} is not a linear rule: its map at a fixed point has "
            "no closed form here; use linear_stability for numbers"
        )


def _anywhere(rule: Rule, game: Game) -> bool:
    """Tell whether the linear map is the same at every point of a game of numbers."""
    return rule.linear and game.linear and game.shape == ((), ())


def _targets(rule: Rule, game: Game, names: tuple[str, ...]) -> dict[str, Any]:
    nodes: dict[str, Any] = {"rule": rule, "game": game}
    found: dict[str, Any] = {}
    taken: dict[tuple[str, str], str] = {}
    for name in names:
        owner, paths = find_field(nodes, name)
        for path in paths:
            other = taken.setdefault((owner, path), name)
            if other != name:
                raise FieldError(f"{other} and {name} both set {path}")
        if any(structural_at(nodes[owner], path) for path in paths):
            raise FieldError(f"{name} is a count or a switch: it can't be a symbol")
        found[name] = (owner, paths, _domain(nodes[owner], paths[0]))
    return found


def _domain(node: Node, path: str) -> Domain:
    *heads, name = path.split(".")
    for head in heads:
        node = getattr(node, head)
    return domains(type(node))[name]


def _assumptions(owner: str, paths: tuple[str, ...], domain: Domain) -> dict[str, bool]:
    if domain.low < 0:
        return {"real": True}
    return {"positive": True} if domain.open_low else {"nonnegative": True}


def _fractions(node: Node) -> dict[str, Any]:
    return {
        path: simplest(value)
        for path, value in leaves(node).items()
        if isinstance(value, float)
    }


def _check_rational(
    rule: Rule, game: Game, found: Any, names: Iterable[str], point: tuple[Any, Any]
) -> None:
    kinds = (fmpq, RationalFunction)
    if not all(isinstance(entry, kinds) for row in found.rows for entry in row):
        raise GandynError(
            f"{type(rule).__name__} on {type(game).__name__} has irrational entries at "
            f"{point!r}, whatever {', '.join(names)}: there is no closed form"
        )
    if not (rule.linear and game.linear) and any(move != 0 for move in found.moved):
        moves = [
            str(sympy.N(expression(m), 3)) for m in found.moved if isinstance(m, kinds)
        ]
        raise GandynError(
            f"{point!r} is not fixed for all values of {', '.join(names)}: a step "
            f"moves it by ({', '.join(moves)}); give a fixed point"
        )


@checked
def characteristic_polynomial(
    rule: Rule,
    game: Game,
    free: str | Sequence[str] = ("lr",),
    point: tuple[Any, Any] | None = None,
) -> sympy.Poly:
    r"""Return :math:`\det(λI - F)` of the linear map F, with fields as symbols.

    Parameters
    ----------
    rule : Rule
        A linear, autonomous rule.
    game : Game
    free : str or sequence of str
        The fields that are symbols, as for `linear_maps`, whose errors are raised.
    point : pair, optional
        A fixed point; the game's first equilibrium by default.

    Returns
    -------
    sympy.Poly
        In λ (`MULTIPLIER`), of leading coefficient 1, with coefficients in the symbols.

    Examples
    --------
    >>> from gandyn.games.dirac import R1, DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> game = DiracGAN(regulariser=R1(0.3))
    >>> p = characteristic_polynomial(Simultaneous(), game, ("lr", "gamma"))
    >>> p.all_coeffs()
    [1, gamma*lr - 2, -gamma*lr + lr**2/4 + 1]
    """
    matrix = symbolic_map(rule, game, free, point)
    return _characteristic(matrix)


def _characteristic(matrix: sympy.Matrix) -> sympy.Poly:
    coefficients = DomainMatrix.from_Matrix(matrix, field=True).charpoly()
    domain = DomainMatrix.from_Matrix(matrix, field=True).domain
    return sympy.Poly([domain.to_sympy(c) for c in coefficients], MULTIPLIER)
