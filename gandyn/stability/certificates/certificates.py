"""Certificates: where the multipliers of a map lie, proved."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import Any, overload

import numpy as np
from flint import acb_mat, arb, fmpq, fmpq_mat, fmpq_poly

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.ring import NonSmooth
from gandyn.stability.certificates.balls import ball_counts, large_counts
from gandyn.stability.certificates.enclosed_points import enclose_equilibrium
from gandyn.stability.certificates.schur_cohn import (
    Counts,
    circle_counts,
    is_defective_on_circle,
)
from gandyn.stability.maps.exact_maps import (
    EXACT_SIZE,
    LEAVES_THE_FIELD,
    check_rest,
    neutral_directions,
    rational_matrix,
    step_map,
    with_duals,
)

STATUSES = ("unproved", "proved_stable", "proved_unstable", "proved_on_circle")


class Certificate(Record, eq=True):
    r"""What is proved of a linear map's multipliers.

    Attributes
    ----------
    status : str
        ``proved_stable``: every multiplier that counts is inside the unit circle.
        ``proved_unstable``: one is outside, or the map is linear and one on the circle
        lacks eigenvectors, so that its powers grow. ``proved_on_circle``: none is
        outside, one is on the circle, and the powers of a linear map stay bounded; of
        a nonlinear map it says nothing about its stability. ``unproved``: nothing.
    inside, on, outside : int
        Numbers of multipliers, repeated ones counted as often as they are, neutral
        directions left out.
    neutral : int
        Directions along a manifold of equilibria, whose multiplier is exactly 1.
    defective : bool
        Whether a multiplier on the circle lacks eigenvectors.
    subject : str
        What the proof is about: the ``exact map``, with the fields' binary64 numbers as
        the rationals they are, at the fixed point itself. Where the step moves the
        point given by rounding, the equilibrium is enclosed in balls.
    reason : str
        Why nothing was proved.
    """

    status: str
    inside: int = 0
    on: int = 0
    outside: int = 0
    neutral: int = 0
    defective: bool = False
    subject: str = "exact map"
    reason: str = ""
    polynomial: fmpq_poly | None = field(default=None, repr=False, hash=False)

    @property
    def coefficients(self) -> tuple[Fraction, ...]:
        """The exact characteristic polynomial from the constant term up; or ().

        Empty where the multipliers were enclosed in balls.
        """
        found = [] if self.polynomial is None else self.polynomial.coeffs()
        return tuple(Fraction(int(c.p), int(c.q)) for c in found)


@overload
def certify(
    subject: Rule, game: Game, point: tuple[Any, Any] | None = None
) -> Certificate: ...


@overload
def certify(subject: Any, *, neutral: int = 0, linear: bool = True) -> Certificate: ...


@checked
def certify(
    subject: Any,
    game: Game | None = None,
    point: tuple[Any, Any] | None = None,
    *,
    neutral: int = 0,
    linear: bool = True,
) -> Certificate:
    r"""Prove where the multipliers of a rule at a fixed point, or of a matrix, lie.

    The rule's own step runs on rational numbers, which gives its linear map without
    rounding; its characteristic polynomial decides, by Schur's and Cohn's recursion.
    Maps of more than `EXACT_SIZE` numbers, and maps with irrational entries, are
    decided by balls around the multipliers, which never prove one to lie on the circle.
    A step that needs floats proves nothing: rounding moves a multiplier across.

    Parameters
    ----------
    subject : Rule, or fmpq_mat or array of shape (S, S)
        An autonomous rule; or a linear map of rationals, or of floats, which stand for
        the rationals that they are.
    game : Game
        That a rule plays.
    point : pair, optional
        A fixed point of the rule; the game's first equilibrium by default.
    neutral : int
        Multipliers 1 of a matrix to leave out, as many as have eigenvectors. A rule's
        are found.
    linear : bool
        Whether a matrix is a linear map, or a linearisation.

    Returns
    -------
    Certificate

    Raises
    ------
    GandynError
        If the rule changes with time, the game has no known equilibrium, or a step
        moves the point; with the residual.
    FieldError
        If the matrix is not square, real and finite, or ``neutral`` no whole number.

    References
    ----------
    Marden, *Geometry of Polynomials*, 1966, Chapter X; Johansson, *Arb: efficient
    arbitrary-precision midpoint-radius interval arithmetic*, IEEE Trans. Comput. 2017.

    Examples
    --------
    A singular value of 1e-12 leaves the radius within 1e-24 of the circle, and inside:

    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating, Extragradient
    >>> certify(Extragradient(lr=0.1), Bilinear(1e-12)).status
    'proved_stable'
    >>> found = certify(Alternating(lr=2.0), Bilinear(1.0))  # a double multiplier -1
    >>> found.status, found.on, found.defective
    ('proved_unstable', 2, True)
    >>> [str(c) for c in found.coefficients]
    ['1', '2', '1']

    A matrix of multipliers i and -i, and one of 1 and 1/2:

    >>> certify([[0.0, -1.0], [1.0, 0.0]]).status
    'proved_on_circle'
    >>> certify([[1.0, 0.0], [0.0, 0.5]], neutral=1).status
    'proved_stable'
    """
    if not isinstance(subject, Rule):
        return _of_matrix(subject, neutral, linear)
    if game is None:
        raise GandynError(f"{type(subject).__name__} needs a game: certify(rule, game)")
    return _of_rule(subject, game, point)


def _of_rule(rule: Rule, game: Game, point: tuple[Any, Any] | None) -> Certificate:
    if point is None:
        point = reference_equilibrium(game)
    check_rest(rule, game, point)
    linear = rule.linear and game.linear
    try:
        return _of_step(rule, game, point, linear)
    except NonSmooth as error:
        return Certificate("unproved", reason=str(error))
    except ZeroDivisionError:
        reason = "the step divides by zero, or its derivative is infinite"
        return Certificate("unproved", reason=reason)
    except LEAVES_THE_FIELD as error:
        reason = f"the step needs floats, which round: {error}"
        return Certificate("unproved", reason=reason)


def _of_step(
    rule: Rule, game: Game, point: tuple[Any, Any], linear: bool
) -> Certificate:
    found = step_map(with_duals(rule), game, point)
    if not linear and any(move != 0 for move in found.moved):
        return _at_enclosed(rule, game, enclose_equilibrium(game, point))
    if all(isinstance(entry, fmpq) for row in found.rows for entry in row):
        neutral = neutral_directions(game, point)
        return _of_matrix(fmpq_mat(found.rows), neutral, linear)
    return _from_balls(ball_counts(lambda: _ball_matrix(rule, game, point)), 0)


def _at_enclosed(rule: Rule, game: Game, box: tuple[Any, Any] | None) -> Certificate:
    """Decide at an equilibrium that a box of balls holds."""
    if box is None:
        reason = "the fixed point is known to rounding only"
        return Certificate("unproved", reason=reason)
    return _from_balls(ball_counts(lambda: _ball_matrix(rule, game, box)), 0)


def _ball_matrix(rule: Rule, game: Game, point: tuple[Any, Any]) -> acb_mat:
    rows = step_map(with_duals(rule), game, point).rows
    return acb_mat([[arb(entry) for entry in row] for row in rows])


def _of_matrix(matrix: Any, neutral: int, linear: bool) -> Certificate:
    matrix = matrix if isinstance(matrix, fmpq_mat) else rational_matrix(matrix)
    size = matrix.nrows()
    if not isinstance(neutral, int | np.integer) or neutral < 0:
        raise FieldError(f"neutral is a whole number from 0 on, got {neutral!r}")
    if neutral:
        shifted = matrix - fmpq_mat(np.eye(size, dtype=int).tolist())
        neutral = min(neutral, size - shifted.rank())
    if size > EXACT_SIZE:
        return _from_balls(large_counts(matrix), neutral)
    polynomial = matrix.charpoly()
    whole = polynomial.numer()
    counts = circle_counts(whole)
    counts = counts._replace(on=counts.on - neutral)
    defective = counts.on > 0 and is_defective_on_circle(matrix, whole)
    status = _status(counts, defective and linear)
    return Certificate(status, *counts, neutral, defective, polynomial=polynomial)


def _status(counts: Counts, grows: bool) -> str:
    if counts.outside or grows:
        return "proved_unstable"
    return "proved_on_circle" if counts.on else "proved_stable"


def _from_balls(counts: Counts | None, neutral: int) -> Certificate:
    if counts is None:
        reason = "a multiplier can't be told from the circle by balls"
        return Certificate("unproved", reason=reason)
    counts = counts._replace(on=counts.on - neutral)
    return Certificate(_status(counts, False), *counts, neutral)
