"""Linear maps of a rule: in floats, many at once, in rationals and in symbols."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from gandyn._arguments import checked
from gandyn._parameters import find_parameter
from gandyn._records import Record
from gandyn._trees import flatten
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.dynamics.exact.null_spaces import null_directions
from gandyn.dynamics.spectra import leading_multipliers
from gandyn.errors import FieldError, GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.jets import lift
from gandyn.stability.maps.derivatives import linearised
from gandyn.stability.maps.exact_maps import rational_map, structural_at
from gandyn.stability.maps.maps import RuleMap
from gandyn.stability.maps.points import checked_point

if TYPE_CHECKING:
    import sympy

_MOVED = 1e-9
"""A step that moves a point by more, relative to its size, does not fix it."""


class MapBatch(Record):
    """Linear maps of many cells, ``shape`` the broadcast shape of the fields given.

    Attributes
    ----------
    maps : ndarray, shape (..., S, S)
    neutral : ndarray of int, shape ``shape``
        Directions along a manifold of equilibria, whose multiplier 1 is set aside.
    radius : ndarray, shape ``shape``
        The spectral radius of the rest; NaN where the map is not finite.
    leading : ndarray of complex, shape ``shape``
        The multiplier of that modulus.
    """

    maps: np.ndarray
    neutral: np.ndarray
    radius: np.ndarray
    leading: np.ndarray

    pairs = ("leading",)

    @property
    def multipliers(self) -> np.ndarray:
        """All eigenvalues, shape (..., S), largest modulus first."""
        finite = np.isfinite(self.maps).all((-2, -1))[..., None, None]
        values = np.linalg.eigvals(np.where(finite, self.maps, 0.0)).astype(complex)
        values = np.where(finite[..., 0], values, complex(math.nan, math.nan))
        order = np.argsort(-np.abs(values), axis=-1, kind="stable")
        return np.take_along_axis(values, order, axis=-1)


@overload
def linear_maps(
    rule: Rule,
    game: Game,
    fields: Mapping[str, Any] | None = None,
    point: tuple[Any, Any] | None = None,
    *,
    numbers: Literal["float"] = "float",
) -> MapBatch: ...


@overload
def linear_maps(
    rule: Rule,
    game: Game,
    fields: None = None,
    point: tuple[Any, Any] | None = None,
    *,
    numbers: Literal["rational"],
) -> np.ndarray: ...


@overload
def linear_maps(
    rule: Rule,
    game: Game,
    fields: str | Sequence[str] | None = None,
    point: tuple[Any, Any] | None = None,
    *,
    numbers: Literal["symbolic"],
) -> sympy.Matrix: ...


@checked
def linear_maps(
    rule: Rule,
    game: Game,
    fields: Any = None,
    point: tuple[Any, Any] | None = None,
    *,
    numbers: str = "float",
) -> Any:
    r"""Return the linear map of a rule on (x, y, memory), or many, in any numbers.

    Parameters
    ----------
    rule : Rule
        An autonomous rule.
    game : Game
    fields : mapping of name to array_like, or names
        Fields of the rule or the game, named as in `sweep`. Floats: their values; the
        arrays broadcast against each other, so ``{"lr_x": a[:, None], "lr_y": b}`` is
        a grid, and counts and switches may vary. Symbols: the names of the numeric
        fields that are one each, ``"lr"`` by default.
    point : pair, optional
        A fixed point for all cells; by default each cell's first equilibrium.
    numbers : {"float", "rational", "symbolic"}
        ``"float"``: derivatives by complex steps, exact to rounding. ``"rational"``:
        the step runs on rationals, without any rounding; the fields' binary64 numbers
        are the rationals that they are, and a field given as a ``Fraction`` is itself.
        ``"symbolic"``: the step runs on rational functions of the symbols; nothing is
        fitted or simplified by pattern. Other fields are the simplest fractions that
        round to their floats: 0.3 is 3/10. Symbols are called like the fields, and are
        positive, nonnegative or real as the fields are. The rule must be linear, and
        the game's Jacobian at the point rational in the fields, as it is at the
        equilibrium of a Dirac-GAN.

    Returns
    -------
    MapBatch
        Of floats.
    ndarray of Fraction, shape (S, S)
        Of rationals, in the order of `one_step_map`.
    sympy.Matrix, shape (S, S)
        Of symbols.

    Raises
    ------
    FieldError
        If the arrays do not broadcast, a value is outside its field's domain, a symbol
        stands for a count or a switch, or ``numbers`` or ``fields`` is something else.
    NonSmooth
        If the step has no derivative at the point.
    GandynError
        If the rule changes with time, the game has no known equilibrium, or a step
        moves the point (with the residual). If in rationals an entry is irrational,
        the step needs floats or divides by zero. If with symbols the rule is not
        linear, the map is not rational in the fields, or the point is not fixed for
        all their values.

    Notes
    -----
    Fields of the rule, and of games of two numbers, are one batch; cells that differ in
    a count, a switch, or a field of a game of vectors are batches of their own.

    References
    ----------
    Zhang, Yu, *Convergence of Gradient Methods on Bilinear Zero-Sum Games*, ICLR 2020,
    Section 3 (characteristic polynomials).

    Examples
    --------
    >>> from fractions import Fraction
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Alternating, Extragradient
    >>> found = linear_maps(
    ...     Extragradient(), Bilinear(), {"lr": [[0.5], [1.0]], "A": [0.5, 1.0, 2.0]})
    >>> found.maps.shape
    (2, 3, 2, 2)
    >>> found.radius.round(6)
    array([[0.970261, 0.901388, 1.      ],
           [0.901388, 1.      , 3.605551]])
    >>> rule = Extragradient(lr=Fraction(1, 3))
    >>> found = linear_maps(rule, Bilinear(1.0), numbers="rational")
    >>> [[str(entry) for entry in row] for row in found]
    [['8/9', '-1/3'], ['1/3', '8/9']]
    >>> names = ("lr_x", "lr_y", "A")
    >>> linear_maps(Alternating(), Bilinear(), names, numbers="symbolic")
    Matrix([
    [     1,          -A*lr_x],
    [A*lr_y, -A**2*lr_x*lr_y + 1]])
    """
    if numbers == "float":
        return _batch(rule, game, _mapping(fields), point)
    if numbers == "rational":
        if fields:
            raise FieldError(
                "fields of a rational map are the rule's and the game's own: replace "
                "them there, by a Fraction where a float is not meant"
            )
        return rational_map(rule, game, point)
    if numbers == "symbolic":
        from gandyn.stability.linear.symbolic_maps import symbolic_map

        return symbolic_map(rule, game, ("lr",) if fields is None else fields, point)
    raise FieldError(f"numbers is one of float, rational, symbolic; got {numbers!r}")


def _mapping(fields: Any) -> Mapping[str, Any]:
    fields = {} if fields is None else fields
    if not isinstance(fields, Mapping):
        raise FieldError(f"fields: give a mapping of names to values, got {fields!r}")
    return fields


def _batch(
    rule: Rule, game: Game, fields: Mapping[str, Any], point: tuple[Any, Any] | None
) -> MapBatch:
    shape, columns = _columns(fields)
    point = None if point is None else checked_point(game, point)
    count = math.prod(shape)
    found: dict[str, np.ndarray] = {}
    for own, cells, values in _groups(rule, game, columns, count):
        part = _of_group(*own, values, cells.size, point)
        for name, array in part.items():
            whole = found.setdefault(
                name, np.empty((count, *array.shape[1:]), array.dtype)
            )
            if whole.shape[1:] != array.shape[1:]:
                raise FieldError(
                    f"the fields {', '.join(fields)} change the size of the map: "
                    "give them in batches of one size"
                )
            whole[cells] = array
    return MapBatch(**{k: v.reshape((*shape, *v.shape[1:])) for k, v in found.items()})


def _columns(
    fields: Mapping[str, Any],
) -> tuple[tuple[int, ...], dict[str, np.ndarray]]:
    arrays = {name: np.asarray(values) for name, values in fields.items()}
    for name, array in arrays.items():
        if array.size == 0:
            raise FieldError(f"{name} is an array without values")
        if array.dtype.kind not in "biuf":
            raise FieldError(f"{name} must be an array of numbers, got {array.dtype}")
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise FieldError(f"the fields' shapes do not broadcast: {shapes}") from None
    return shape, {
        name: np.broadcast_to(array, shape).ravel() for name, array in arrays.items()
    }


def _groups(
    rule: Rule, game: Game, columns: Mapping[str, np.ndarray], count: int
) -> Iterator[tuple[tuple[Rule, Game], np.ndarray, dict[str, np.ndarray]]]:
    """Yield what is one batch: rule and game, the cells, and the fields that vary."""
    nodes: dict[str, Any] = {"rule": rule, "game": game}
    apart, numeric = {}, {}
    for name, column in columns.items():
        one = find_parameter(nodes, name)
        structural = structural_at(nodes[one.owner], one.paths[0])
        theirs = any(owner == "game" for owner, _ in one.targets)
        if structural or (theirs and game.shape != ((), ())):
            apart[name] = (one, structural)
        else:
            numeric[name] = column.astype(float)
    if not apart:
        yield (rule, game), np.arange(count), numeric
        return
    table = np.stack([columns[name].astype(float) for name in apart], axis=1)
    distinct, which = np.unique(table, axis=0, return_inverse=True)
    for i, values in enumerate(distinct):
        own = dict(nodes)
        for (one, whole), value in zip(apart.values(), values, strict=True):
            setting = int(value) if whole and value == int(value) else float(value)
            own = one.set_in(own, setting)
        cells = np.flatnonzero(which.ravel() == i)
        chosen = {name: column[cells] for name, column in numeric.items()}
        yield (own["rule"], own["game"]), cells, chosen


def _of_group(
    rule: Rule, game: Game, fields: dict[str, np.ndarray], count: int, point: Any
) -> dict[str, np.ndarray]:
    map = RuleMap(rule, game, tuple(fields))
    values = tuple(fields.values())
    points = _points(map, values, count) if point is None else point
    state = _states(*map.at(values), points, count)
    image, maps = linearised(map, state, values)
    moved = np.abs(image - state).max(axis=0)
    if not (rule.linear and game.linear):  # else the same map at every point
        check_smooth(map, state[:, 0], tuple(float(column[0]) for column in values))
        _check_residual(map, moved / (1 + np.abs(state).max(axis=0)))
    neutral = null_directions(game, points) if game.shape != ((), ()) else 0
    leading, finite = leading_multipliers(maps, neutral)
    return {
        "maps": maps,
        "neutral": np.full(count, neutral),
        "radius": np.where(finite, np.abs(leading), np.nan),
        "leading": leading,
    }


def check_smooth(map: RuleMap, state: np.ndarray, parameter: Any) -> None:
    """Raise NonSmooth if a step has no Taylor series at a state."""
    map(lift(state, np.cos(np.arange(1.0, len(state) + 1))), parameter)


def _check_residual(map: RuleMap, moved: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        bad = moved > _MOVED
    if bad.any():
        raise GandynError(
            f"{type(map.rule).__name__} does not rest at the point given, or at the "
            f"equilibrium, in {int(bad.sum())} of {bad.size} cells: a step moves it by "
            f"{np.max(moved[bad]):.3g} of its size; give a fixed point"
        )


def _points(map: RuleMap, values: tuple[np.ndarray, ...], count: int) -> Any:
    """Return each cell's first equilibrium, one for all where they agree."""
    _, game = map.at(values)
    if game is map.game or game == map.game:
        return reference_equilibrium(map.game)
    point = _at_once(game, count)
    if point is not None:
        return point
    found = [
        reference_equilibrium(map.at(cell)[1]) for cell in zip(*values, strict=True)
    ]
    return tuple(np.array(column, dtype=float) for column in zip(*found, strict=True))


def _at_once(game: Game, count: int) -> Any:
    """Return the equilibria of a game whose fields are arrays, if it can give them."""
    try:
        x, y = (np.broadcast_to(part, count) for part in game.equilibria()[0])
        with np.errstate(all="ignore"):
            left = np.abs(game.gx(x, y)) + np.abs(game.gy(x, y))
    except Exception:  # it wants numbers, in whatever words
        return None
    return (x, y) if np.all(left <= _MOVED * (1 + np.abs(x) + np.abs(y))) else None


def _states(rule: Rule, game: Game, point: Any, count: int) -> np.ndarray:
    """Return (x, y, memory) of every cell, shape (S, count)."""
    batch = (count,)
    parts = [np.asarray(part, dtype=float) for part in point]
    if game.shape != ((), ()):
        parts = [part[..., None] for part in parts]
    x, y = (
        np.broadcast_to(part, (*shape, *batch))
        for part, shape in zip(parts, game.shape, strict=True)
    )
    rows = []
    for leaf in flatten((x, y, rule.init(game, x, y))):
        whole = np.broadcast_to(leaf, (*np.shape(leaf)[:-1], *batch))
        rows.append(whole.reshape(-1, count))
    return np.concatenate(rows).astype(float)
