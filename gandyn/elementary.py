"""Elementary functions that pick their implementation by the type they are given.

The same source of a rule or a game runs on floats, complex numbers, numpy arrays,
torch tensors, `fractions.Fraction` and sympy symbols, and inside the compiled kernels,
where each of these names has an implementation that LLVM can vectorise.
"""

from __future__ import annotations

import cmath
import math
import sys
from typing import Any

import numpy as np

from gandyn.errors import GandynError


def _library(value: Any) -> Any:
    """Return the module whose functions fit a value that is not a plain number."""
    if isinstance(value, np.ndarray | np.generic):
        return np
    package = type(value).__module__.partition(".")[0]
    if package in ("torch", "sympy"):
        return sys.modules[package]
    return None


def _apply(name: str, value: Any) -> Any:
    library = _library(value)
    if library is not None:
        return getattr(library, name)(value)
    if isinstance(value, complex):
        return getattr(cmath, name)(value)
    if hasattr(value, name):  # a Taylor number has its own
        return getattr(value, name)()
    return getattr(math, name)(value)


def exp(t: Any) -> Any:
    """Return e to the power t; overflows to infinity, as IEEE 754 does."""
    try:
        with np.errstate(over="ignore"):
            return _apply("exp", t)
    except OverflowError:
        return math.inf


def log(t: Any) -> Any:
    """Return the natural logarithm."""
    return _apply("log", t)


def sqrt(t: Any) -> Any:
    """Return the square root."""
    return _apply("sqrt", t)


def sin(t: Any) -> Any:
    """Return the sine."""
    return _apply("sin", t)


def cos(t: Any) -> Any:
    """Return the cosine."""
    return _apply("cos", t)


def tanh(t: Any) -> Any:
    """Return the hyperbolic tangent."""
    return _apply("tanh", t)


def sigmoid(t: Any) -> Any:
    """Return 1 / (1 + e^-t), the derivative of `softplus`."""
    return 1 / (1 + exp(-t))


def softplus(t: Any) -> Any:
    """Return log(1 + e^t) without overflow for real t."""
    if isinstance(t, np.ndarray) and t.dtype.kind == "f":
        return np.logaddexp(0.0, t)
    if isinstance(t, float | int):
        return max(t, 0.0) + math.log1p(math.exp(-abs(t)))
    library = _library(t)
    if library is not None and library.__name__ == "torch" and not t.is_complex():
        return library.nn.functional.softplus(t, threshold=40.0)
    return log(1 + exp(t))


def heaviside(t: Any) -> Any:
    """Return 1 where the real part of t is positive, else 0."""
    library = _library(t)
    if library is None:
        return _heaviside_one(t)
    if library.__name__ == "sympy":
        return library.Heaviside(t, 0)
    if library is np:
        if t.dtype == object:
            return _heaviside_each(t)
        return np.asarray(t.real > 0, dtype=float)
    return (t.real > 0).to(t.real.dtype)


def sign(t: Any) -> Any:
    """Return the sign of the real part of t; 0 at 0."""
    return heaviside(t) - heaviside(-t)


def clip(t: Any, bound: Any) -> Any:
    """Return t limited to [-bound, bound], decided by the real part."""
    return select(t - bound, bound, select(-t - bound, -bound, t))


def dot(a: Any, b: Any) -> Any:
    """Return a·b: matrix times vector(s), or the product of two numbers.

    Vectors of shape ``(n, batch...)`` may have any number of trailing axes. A numpy
    matrix is converted to the device and type of a torch vector.
    """
    if not _is_matrix(a):
        return a * b
    a = _like(a, b)
    if b.ndim <= 2:
        return a @ b
    return (a @ b.reshape(b.shape[0], -1)).reshape(a.shape[0], *b.shape[1:])


def transpose(a: Any) -> Any:
    """Return the transpose of a matrix; a number is its own."""
    return a.T if _is_matrix(a) else a


def aligned(b: Any, x: Any, a: Any) -> Any:
    """Return b so that it adds to the player x: a vector beside a matrix a.

    A vector of shape ``(n,)`` gets trailing axes like x of shape ``(n, batch...)``;
    beside a number a, or as a number itself, b stays as it is.
    """
    if not _is_matrix(a) or getattr(b, "ndim", 0) != 1:
        return b
    b = _like(b, x)
    return b.reshape(b.shape[0], *(1,) * (x.ndim - 1))


def summed(values: Any, a: Any) -> Any:
    """Return the sum over the leading axis, beside a matrix a; else the values."""
    return values.sum(0) if _is_matrix(a) else values


def _is_matrix(a: Any) -> bool:
    return getattr(a, "ndim", 0) == 2


def _like(a: Any, b: Any) -> Any:
    """Return an array as a tensor where b is one."""
    library = _library(b)
    if library is None or library.__name__ != "torch" or _library(a) is library:
        return a
    return library.tensor(a, dtype=b.dtype, device=b.device)


def solve_implicit(
    xx: Any, xy: Any, yx: Any, yy: Any, a: Any, b: Any, u: Any, w: Any
) -> Any:
    """Return (I + diag(a, b)·J)⁻¹ (u, w) for a game Jacobian J given by its blocks.

    Parameters
    ----------
    xx, xy, yx, yy
        The blocks of J, numbers (then elementwise) or matrices; beside matrices a
        number on the diagonal stands for that multiple of the identity.
    a, b
        The players' rates, numbers or arrays of the trailing axes' shape.
    u, w
        Vectors of shape ``(n, batch...)`` and ``(m, batch...)``.
    """
    if not _is_matrix(xy):
        return solve_blocks(1 + a * xx, a * xy, b * yx, 1 + b * yy, u, w)
    n, m = xy.shape
    xx = xx if _is_matrix(xx) else xx * np.eye(n)
    yy = yy if _is_matrix(yy) else yy * np.eye(m)
    return solve_dense(np.block([[xx, xy], [yx, yy]]), a, b, u, w)


def solve_dense(jacobian: Any, a: Any, b: Any, u: Any, w: Any) -> Any:
    """Return (I + diag(a, b)·J)⁻¹ (u, w) by elimination, one system for each state.

    J has the shape ``(n + m, n + m)`` or, one for each state, ``(batch, n + m, n + m)``
    with the trailing axes of u and w as one; the rest is as in `solve_implicit`. The
    solution of a singular system is NaN, and no other's.
    """
    n, m, library = u.shape[0], w.shape[0], _library(u)
    shared = _is_shared(jacobian, a, b, u)
    batch = (1,) if shared else u.shape[1:]
    columns = [library.broadcast_to(_tensor(r, u), batch) for r in (a, b)]
    rates = library.stack([columns[0]] * n + [columns[1]] * m).reshape(n + m, -1)
    right = library.concatenate([u.reshape(n, -1), w.reshape(m, -1)])
    matrices = _like(np.eye(n + m), u) + rates.T[:, :, None] * _like(jacobian, u)
    if shared:
        solved = _eliminate(matrices[0], right)
    else:
        solved = _solve_each(matrices, right.T[:, :, None])[:, :, 0].T
    return solved[:n].reshape(u.shape), solved[n:].reshape(w.shape)


def _is_shared(jacobian: Any, a: Any, b: Any, u: Any) -> bool:
    """Tell whether Taylor or exact numbers, dear to eliminate, have one matrix."""
    exact = isinstance(u, np.ndarray) and u.dtype == object
    return exact and jacobian.ndim == 2 and np.size(a) == np.size(b) == 1


def _solve_each(matrices: Any, right: Any) -> Any:
    """Solve stacked systems; a singular one gets NaN and does not stop the others."""
    library = _library(right)
    if library.__name__ == "torch":
        solved, info = library.linalg.solve_ex(matrices, right)
        return library.where((info != 0)[..., None, None], math.nan * right, solved)
    exact = object in (matrices.dtype, right.dtype)
    if exact and matrices.ndim == 2:
        return _eliminate(matrices, right)
    try:
        if not exact:
            return np.linalg.solve(matrices, right)
    except np.linalg.LinAlgError:
        if matrices.ndim == 2:
            return right * math.nan  # of complex numbers both parts
    return np.stack([_solve_each(*pair) for pair in zip(matrices, right, strict=True)])


def _eliminate(matrix: Any, right: Any) -> Any:
    """Solve a system of Taylor or exact numbers, by elimination with pivots."""
    size, rows = len(matrix), np.concatenate([matrix, right], axis=1).astype(object)
    for i in range(size):
        weights = [_weight(v) for v in rows[i:, i]]
        if not any(weights):
            return np.full(right.shape, math.nan)
        pivot = i + int(np.argmax(weights))
        rows[[i, pivot]] = rows[[pivot, i]]
        rows[i] = rows[i] / rows[i, i]
        for j in range(size):
            if j != i:
                rows[j] = rows[j] - rows[j, i] * rows[i]
    return rows[:, size:]


def _weight(number: Any) -> float:
    """Return how good a pivot a number is; 0 if it may be 0."""
    if hasattr(number, "weight"):
        return float(number.weight())
    return abs(complex(number))


def stack(*parts: Any) -> Any:
    """Return a vector player from its coordinates."""
    library = _library(parts[0])
    return (np if library is None else library).stack(parts)


def contract(subscripts: str, *operands: Any) -> Any:
    """Return the Einstein sum of arrays or tensors."""
    library = _library(operands[-1])
    return library.einsum(subscripts, *(_like(a, operands[-1]) for a in operands))


def _tensor(value: Any, like: Any) -> Any:
    if _library(like) is np:
        return np.asarray(value)
    return _library(like).as_tensor(value, dtype=like.dtype, device=like.device)


def solve_blocks(xx: Any, xy: Any, yx: Any, yy: Any, u: Any, w: Any) -> Any:
    """Return (p, q) with [[xx, xy], [yx, yy]]·(p, q) = (u, w), elementwise (Cramer)."""
    determinant = xx * yy - xy * yx
    p, q = yy * u - xy * w, xx * w - yx * u
    return divide(p, determinant), divide(q, determinant)


def divide(a: Any, b: Any) -> Any:
    """Return a / b; in kernels, where an error would end all lanes, NaN for b = 0."""
    return a / b


def select(t: Any, a: Any, b: Any) -> Any:
    """Return a where the real part of t is >= 0, else b (so b where t is NaN)."""
    library = _library(t)
    if library is None:
        return _select_one(t, a, b)
    if library is np:
        if np.asarray(t).dtype == object:
            return _select_each(t, a, b)
        chosen = np.where(t.real >= 0, a, b)
        plain = isinstance(a, float) and isinstance(b, float)
        return chosen.astype(t.real.dtype) if plain else chosen
    if library.__name__ == "sympy":
        return library.Piecewise((a, t >= 0), (b, True))
    return library.where(t.real >= 0, _as_tensor(a, t), _as_tensor(b, t))


def rounding(t: Any) -> float:
    """Return the rounding unit of a value's floating-point type, ``2**-52`` of double.

    >>> rounding(np.float32(3.0)) == 2.0**-23
    True
    """
    library = _library(t)
    if library is np and t.dtype.kind in "fc":
        return float(np.finfo(t.dtype).eps)
    if library is not None and library.__name__ == "torch":
        return float(library.finfo(t.dtype).eps)
    return 2.0**-52


def _heaviside_one(t: Any) -> Any:
    """Compare a number, or let an interval that holds 0 give the hull of both."""
    return t.heaviside() if hasattr(t, "heaviside") else float(t.real > 0)


def _select_one(t: Any, a: Any, b: Any) -> Any:
    if hasattr(t, "select"):
        return t.select(a, b)
    return a if t.real >= 0 else b


_heaviside_each = np.frompyfunc(_heaviside_one, 1, 1)
_select_each = np.frompyfunc(_select_one, 3, 1)


def _as_tensor(value: Any, like: Any) -> Any:
    torch = _library(like)
    if isinstance(value, torch.Tensor):
        return value
    return torch.as_tensor(value, dtype=like.dtype, device=like.device)


def inner(game: Any, a: Any, b: Any) -> Any:
    """Return the inner product of two values shaped like a player of the game.

    A sum over the leading axis, one number per batch entry; in a game of two numbers
    the elementwise product. No conjugation.
    """
    return a * b if game.shape == ((), ()) else (a * b).sum(0)


def cross_gradients(game: Any, x: Any, y: Any) -> Any:
    """Return (∂L_x/∂y, ∂L_y/∂x): each loss's gradient in the opponent's variable.

    A zero-sum game has them from its field, (-gy, -gx); any other must have a method
    ``cross(x, y)``.

    Raises
    ------
    GandynError
        If the game is neither.
    """
    if hasattr(game, "cross"):
        return game.cross(x, y)
    if not game.zero_sum:
        raise GandynError(
            f"{type(game).__name__} is not zero-sum and has no cross(x, y): this rule "
            "needs each loss's gradient in the opponent's variable"
        )
    return -game.gy(x, y), -game.gx(x, y)


def solve_matrix(a: Any, w: Any) -> Any:
    """Return a⁻¹ w for a matrix and vectors ``(n, batch...)``, or the quotient.

    NaN, where a matrix is singular.
    """
    if not _is_matrix(a):
        return divide(w, a)
    solved = _solve_each(_like(a, w), w.reshape(w.shape[0], -1))
    return solved.reshape(w.shape)
