"""The multipliers of a rule: of one number's step, or of a whole game's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import numpy as np
from flint import acb, acb_mat, ctx, fmpq, fmpq_mat

from tests.threshold_judge.fields import Number, Plain, Precise, filled, leaves_of

BITS = 800
"""Of eigenvalues of J: the fourth root of this rounding is below 1e-60, and that of a
badly conditioned chain of four far below 1e-25, where real and complex are told."""
ITERATIONS = 20_000
"""Of the QR algorithm: by default there are so few that it stops at wrong numbers."""
DIGITS = 50


def eigenvalues(matrix: np.ndarray, neutral: int) -> list[Any]:
    """Return the eigenvalues on or above the real axis, as mpmath numbers.

    Without the ``neutral`` ones nearest to 0.
    """
    before = ctx.prec
    ctx.prec = BITS
    try:
        exact = acb_mat([[acb(entry) for entry in row] for row in matrix.tolist()])
        found = exact.eig(algorithm="approx", maxiter=ITERATIONS)
        with mpmath.workdps(110):
            values = [
                mpmath.mpc(*(mpmath.mpf(_exactly(part)) for part in (z.real, z.imag)))
                for z in found
            ]
            values.sort(key=abs)
            kept = values[neutral:]
            kept = [
                mpmath.mpc(z.real, 0) if abs(z.imag) < 1e-25 * abs(z) else z
                for z in kept
            ]
    finally:
        ctx.prec = before
    return [z for z in kept if z.imag >= 0]


def _exactly(ball: Any) -> Any:
    mantissa, exponent = ball.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


def count_of_map(matrix: Any, neutral: int) -> int:
    """Return how many eigenvalues are outside the circle, those nearest to 1 left out.

    They are the roots of the entries' rational polynomial, with their multiplicities:
    of the entries only there is rounding, if they are floats and not rational.
    """
    rows = matrix.tolist()
    exact = fmpq_mat([[_rational(entry) for entry in row] for row in rows])
    before = ctx.prec
    ctx.prec = BITS
    try:
        found = exact.charpoly().complex_roots()
        moduli = [(abs(z - 1).mid(), abs(z).mid() > 1, times) for z, times in found]
        moduli.sort(key=lambda one: float(one[0]))
        outside = [above for _, above, times in moduli for _ in range(times)]
        return sum(outside[neutral:])
    finally:
        ctx.prec = before


def _rational(entry: Any) -> fmpq:
    if isinstance(entry, mpmath.mpf):
        sign, digits, exponent, _ = entry._mpf_
        return fmpq(int(-digits if sign else digits)) * fmpq(2) ** int(exponent)
    return entry if isinstance(entry, fmpq) else fmpq(*float(entry).as_integer_ratio())


class OneNumber:
    """The multipliers of a rule's step on one number with the field s z.

    Parameters
    ----------
    make : callable
        Returns the rule at a learning rate.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        rows = self._rows(0.37, 0.7 + 0.4j)
        linked = np.array([[abs(entry) > 0 for entry in row] for row in rows])
        linked |= linked.T
        own = [0]
        for j in own:
            own += [int(i) for i in np.flatnonzero(linked[j]) if i not in own]
        assert 1 not in own, "the players see each other's numbers"
        self.own = sorted(own)

    def _rows(self, rate: Any, s: Any) -> list[list[Any]]:
        rule, game = self.make(rate), Number(s)
        base = (0.0, 0.0, rule.init(game, 0.0, 0.0))
        size = len(leaves_of(base))
        columns = []
        for j in range(size):
            unit = iter([1.0 if i == j else 0.0 for i in range(size)])
            columns.append(leaves_of(tuple(rule.step(game, *filled(base, unit)))))
        return [[column[i] for column in columns] for i in range(size)]

    def _own(self, rate: Any, s: Any) -> list[list[Any]]:
        rows = self._rows(rate, s)
        return [[rows[i][j] for j in self.own] for i in self.own]

    def moduli(self, rates: np.ndarray, s: complex) -> np.ndarray:
        """Return the moduli at many rates, shape (rates, m)."""
        with np.errstate(all="ignore"):
            rows = self._own(rates, s)
            if len(rows) == 1:
                return np.abs(np.broadcast_to(rows[0][0], rates.shape))[:, None]
            whole = np.empty((len(rates), len(rows), len(rows)), complex)
            for i, row in enumerate(rows):
                for j, entry in enumerate(row):
                    whole[:, i, j] = entry
            if len(rows) == 2:
                return _of_pairs(whole)
            return np.abs(np.linalg.eigvals(whole))

    def outside(self, rate: float, s: Any) -> int:
        """Return how many are outside the circle, in `DIGITS` digits."""
        with mpmath.workdps(DIGITS):
            rows = self._own(mpmath.mpf(rate), s)
            if len(rows) == 1:
                return int(abs(rows[0][0]) > 1)
            if len(rows) == 2:
                (a, b), (c, d) = rows
                root = mpmath.sqrt((a - d) ** 2 / 4 + b * c)
                return sum(int(abs((a + d) / 2 + r) > 1) for r in (root, -root))
            values = mpmath.eig(mpmath.matrix(rows), left=False, right=False)
            return sum(int(abs(value) > 1) for value in values)


def _of_pairs(whole: np.ndarray) -> np.ndarray:
    a, b, c, d = (whole[:, i, j] for i in (0, 1) for j in (0, 1))
    half, last = (a + d) / 2, a * d - b * c
    root = np.sqrt(((a - d) / 2) ** 2 + b * c)
    root = np.where(np.real(np.conj(half) * root) < 0, -root, root)
    large = half + root
    small = np.where(large == 0, 0, last / np.where(large == 0, 1, large))
    return np.abs(np.stack([large, small], axis=1))


def precise_map(make: Callable[[Any], Any], game: Precise, rate: float) -> np.ndarray:
    """Return the matrix of a rule's step at a learning rate, in `DIGITS` digits twice.

    Its settings are the numbers that their floats are.
    """
    with mpmath.workdps(2 * DIGITS):
        rule = make(mpmath.mpf(rate))
        x, y = (np.full((size[0], 1), mpmath.mpf(0)) for size in game.shape)
        base = (x, y, rule.init(game, x, y))
        sizes = [len(leaf) for leaf in leaves_of(base)]
        unit = np.vectorize(mpmath.mpf, otypes=[object])(np.eye(sum(sizes)))
        start = filled(base, iter(np.split(unit, np.cumsum(sizes)[:-1])))
        with np.errstate(invalid="ignore"):  # of the branch that is not selected
            after = leaves_of(tuple(rule.step(game, *start)))
        return np.concatenate(
            [
                np.broadcast_to(leaf, (size, len(unit)))
                for leaf, size in zip(after, sizes, strict=True)
            ]
        )


def whole_maps(
    make: Callable[[Any], Any], game: Plain, rates: np.ndarray
) -> np.ndarray:
    """Return the matrices of a rule's step on a game at many rates."""
    x, y = (np.zeros((size[0], 1)) for size in game.shape)
    base = (x, y, make(rates[:1]).init(game, x, y))
    sizes = [np.shape(leaf)[0] if np.ndim(leaf) > 1 else 1 for leaf in leaves_of(base)]
    total, many = sum(sizes), len(rates)
    parts = np.split(np.eye(total), np.cumsum(sizes)[:-1])
    spread = [np.repeat(part, many, axis=1) for part in parts]
    start = filled(base, iter(spread))
    with np.errstate(all="ignore"):
        after = leaves_of(tuple(make(np.tile(rates, total)).step(game, *start)))
    rows = [
        np.broadcast_to(leaf, (size, total * many))
        for leaf, size in zip(after, sizes, strict=True)
    ]
    return np.moveaxis(np.concatenate(rows).reshape(total, total, many), -1, 0)


def both_maps(
    make: Callable[[Any], Any], matrix: np.ndarray, n: int
) -> tuple[Callable[[np.ndarray], Any], Callable[[float], Any]]:
    """Return a rule's maps on a matrix, at many rates in floats, precisely at one."""
    plain, precise = Plain(matrix, n), Precise(matrix, n)
    return partial(whole_maps, make, plain), partial(precise_map, make, precise)
