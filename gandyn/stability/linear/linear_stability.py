"""What the linear map of a rule at a fixed point says, in one record."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from gandyn._arguments import checked
from gandyn._records import Record
from gandyn.dynamics import oracle_calls
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.dynamics.exact.null_spaces import NullSpace, null_space
from gandyn.dynamics.spectra import DEFECTIVE, ROUNDING
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.crossings.branches import set_neutral_aside
from gandyn.stability.linear.centres import decide_on_centre
from gandyn.stability.linear.linear_maps import check_smooth
from gandyn.stability.maps.exact_maps import (
    EXACT_SIZE,
    LEAVES_THE_FIELD,
    check_rest,
    neutral_directions,
    step_map,
    with_duals,
)
from gandyn.stability.maps.maps import RuleMap

_UNDECIDED = "not decided by the linearisation"
_ORDERS = {0: "", 2: "second order", 3: "third order"}
_TOGETHER = 1e-6
"""Multipliers relatively nearer than this count as one, if they are defective: a
defective multiplier of order two is found to the root of rounding."""


class LinearStability(Record):
    r"""A fixed point as its linear map sees it.

    Attributes
    ----------
    verdict : str
        ``"stable"``, ``"unstable"``, ``"within rounding"`` of the circle, where
        `certify` decides, or ``"not decided by the linearisation"``: J of a nonlinear
        game is singular, no manifold of equilibria is found, and no term up to the
        third order decides.
    decided_by : str
        ``"multipliers"``, or the term along the direction of a multiplier 1,
        ``"second order"`` or ``"third order"``; ``""`` where nothing decides.
    radius : float
        The spectral radius, neutral directions set aside.
    uncertainty : float
        Rounding of ``radius``: by the condition number of the leading multiplier, or
        by the root of rounding where that is defective.
    leading : complex
        The multiplier of that modulus; of a pair the one with positive imaginary part.
    condition : float
        Its condition number: infinite for a defective one.
    multipliers : ndarray, shape (S,)
        All, the largest modulus first, neutral ones among them.
    neutral : int
        Directions along a manifold of equilibria, whose multipliers are 1.
    neutral_by : str
        ``"exact"``, by the rank of a linear game's J over the rationals, or
        ``"equilibria"``, found at finite distances along the null space of another's;
        ``""`` where there are none.
    defective : bool
        Whether the map lacks eigenvectors.
    defective_by : str
        ``"exact"``, by the minimal polynomial over the rationals, or ``"condition"``
        of the eigenvectors.
    linear : bool
        Whether the rule is linear, as it says of itself.
    calls : dict of str to int
        Oracle calls of one step, counted.
    matrix : ndarray, shape (S, S)
    """

    verdict: str
    decided_by: str
    radius: float
    uncertainty: float
    leading: complex
    condition: float
    multipliers: np.ndarray
    neutral: int
    neutral_by: str
    defective: bool
    defective_by: str
    linear: bool
    calls: dict[str, int]
    matrix: np.ndarray = dataclasses.field(repr=False)

    derived = (
        "rate",
        "angle",
        "period",
        "remark",
    )
    pairs = (
        "leading",
        "multipliers",
    )

    @property
    def rate(self) -> float:
        """The log growth per step, log(radius); -inf for a radius of 0."""
        return math.log(self.radius) if self.radius > 0 else -math.inf

    @property
    def angle(self) -> float:
        """The leading multiplier's angle in [0, π]."""
        return abs(math.atan2(self.leading.imag, self.leading.real))

    @property
    def period(self) -> float:
        """Steps per turn, 2π/angle; infinite for a positive multiplier."""
        return 2 * math.pi / self.angle if self.angle else math.inf

    @property
    def remark(self) -> str:
        """What the numbers can't be trusted to say; empty if nothing."""
        if self.verdict == _UNDECIDED:
            return (
                "J is singular and equilibria do not go on along its null space: "
                "neither the multiplier 1 nor terms up to the third order decide"
            )
        if self.decided_by.endswith("order"):
            return f"a multiplier is 1: the term of {self.decided_by} decides"
        if self.verdict == "within rounding":
            return (
                f"the radius is within its uncertainty of {self.uncertainty:.2g} of 1; "
                "certify decides"
            )
        if not math.isfinite(self.condition):
            return (
                "the leading multiplier is defective: growth has a factor that is a "
                "power of the step, and the radius is known to the root of rounding"
            )
        if self.condition > DEFECTIVE:
            return (
                "the leading multiplier is nearer to another than its condition "
                f"number {self.condition:.2g} lets tell"
            )
        return ""


@checked
def linear_stability(
    rule: Rule, game: Game, point: tuple[Any, Any] | None = None
) -> LinearStability:
    r"""Return what the linear map of a rule at a fixed point says.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    point : pair, optional
        A fixed point; the game's first equilibrium by default.

    Returns
    -------
    LinearStability

    Raises
    ------
    NonSmooth
        If the step has no derivative at the point.
    GandynError
        If the rule changes with time, a step moves the point (with the residual), the
        game has no known equilibrium, or the derivatives are not finite.

    Notes
    -----
    A linear game's manifold of equilibria has the dimension of the null space of J,
    found exactly. Where J of a nonlinear game is singular, equilibria are looked for at
    finite distances along the null space. If there are none, a multiplier 1 counts, and
    the second and third order terms on its centre manifold decide if they can.

    References
    ----------
    Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th edition, Springer 2023,
    Theorem 5.2 (the centre manifold decides).
    Golub, Van Loan, *Matrix Computations*, 4th edition, 2013, Section 7.2.2 (condition
    numbers of eigenvalues).

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating, Extragradient
    >>> found = linear_stability(Extragradient(lr=0.5), Bilinear(1.0))
    >>> found.verdict, round(found.radius, 6), round(found.period, 4), found.calls
    ('stable', 0.901388, 10.6856, {'gx': 2, 'gy': 2})
    >>> found = linear_stability(Alternating(lr=2.0), Bilinear(1.0))  # -1 twice
    >>> found.verdict, found.defective, found.defective_by
    ('within rounding', True, 'exact')
    """
    point = reference_equilibrium(game) if point is None else point
    with np.errstate(all="ignore"):
        check_rest(rule, game, point)
    map = RuleMap(rule, game, ())
    state = map.state(point, ())
    exact = _exact_map(rule, game, point) if len(state) <= EXACT_SIZE else None
    if exact is None:  # jets refuse what has no derivative; balls may
        check_smooth(map, state, ())
    nothing: Any = ()  # no field is free
    matrix = map.jacobian(state, nothing)
    null, neutral_by = _null_space(game, point)
    defective = None if exact is None else _is_defective(exact)
    values, conditions = _conditions(matrix)
    kept = rest = set_neutral_aside(values, null.dimension)
    beside = float(np.max(np.abs(rest), initial=0.0))
    if not null.established and beside < 1:  # then a multiplier 1 counts
        kept = values
    leading = complex(max(kept, key=lambda v: (abs(v), v.imag), default=0.0))
    near = np.abs(values - leading) <= _TOGETHER * max(1.0, abs(leading))
    condition = float(np.max(conditions[near], initial=1.0))
    by = "condition" if defective is None else "exact"
    if defective is None:
        defective = bool(conditions.max(initial=1.0) > DEFECTIVE)
    if defective and condition > DEFECTIVE:
        condition = math.inf
        leading = complex(values[near].mean())  # known better than each
    uncertainty = _uncertainty(matrix, condition, int(near.sum()))
    radius, neutral = abs(leading), null.dimension if null.established else 0
    verdict, decided_by = _verdict(radius, uncertainty)
    if not null.established and beside < 1 - uncertainty:
        centre = decide_on_centre(map, state)
        verdict, decided_by = centre.verdict or _UNDECIDED, _ORDERS[centre.order]
    return LinearStability(
        verdict, decided_by, radius, uncertainty, leading, condition,
        values[np.argsort(-np.abs(values), kind="stable")], neutral, neutral_by,
        defective, by, rule.linear, oracle_calls(rule, game), matrix,
    )  # fmt: skip


def _verdict(radius: float, uncertainty: float) -> tuple[str, str]:
    if abs(radius - 1) <= uncertainty:
        return "within rounding", ""
    return "stable" if radius < 1 else "unstable", "multipliers"


def _uncertainty(matrix: np.ndarray, condition: float, together: int) -> float:
    """Return the rounding of a multiplier; a defective one's is a root of it."""
    rounding = ROUNDING * max(1.0, float(np.linalg.norm(matrix)))
    if math.isfinite(condition):
        return min(rounding * condition, math.sqrt(rounding))
    return float(rounding ** (1 / max(together, 2)))


def _conditions(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues with their condition numbers."""
    values, right = np.linalg.eig(matrix)
    try:
        left = np.linalg.inv(right)
    except np.linalg.LinAlgError:  # defective to the bit
        return values, np.full(len(values), math.inf)
    return values, np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=0)


def _null_space(game: Game, point: tuple[Any, Any]) -> tuple[NullSpace, str]:
    if game.linear:
        found = NullSpace(neutral_directions(game, point), True)
    else:
        found = null_space(game, point)
    by = "exact" if game.linear else "equilibria"
    return found, by if found.dimension and found.established else ""


def _exact_map(rule: Rule, game: Game, point: tuple[Any, Any]) -> fmpq_mat | None:
    """Return the map over the rationals; None where it isn't rational.

    Raises
    ------
    NonSmooth
        If the step may change its branch at the point.
    """
    try:
        rows = step_map(with_duals(rule), game, point).rows
    except ZeroDivisionError:
        raise GandynError(
            f"a step of {type(rule).__name__} on {type(game).__name__} divides by zero "
            f"at {point!r}"
        ) from None
    except LEAVES_THE_FIELD:
        return None
    rational = all(isinstance(entry, fmpq) for row in rows for entry in row)
    return fmpq_mat(rows) if rational else None


def _is_defective(matrix: fmpq_mat) -> bool:
    """Tell whether a map lacks eigenvectors: a root of its minimal polynomial repeats.

    >>> _is_defective(fmpq_mat(2, 2, [1, 1, 0, 1])), _is_defective(fmpq_mat(2, 2))
    (True, False)
    """
    minimal = matrix.minpoly()
    return bool(minimal.gcd(minimal.derivative()).degree() > 0)
