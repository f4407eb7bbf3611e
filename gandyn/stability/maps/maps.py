"""Maps and flows with a parameter: a rule on a game, or a user's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gandyn._node import replace
from gandyn._parameters import find_parameter
from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.engines.traits import check_traits
from gandyn.dynamics.exact.linear import reference_equilibrium
from gandyn.errors import GandynError
from gandyn.games import Game
from gandyn.rules import Rule
from gandyn.stability.arithmetic.jets import Jet, lift
from gandyn.stability.arithmetic.ring import coefficients
from gandyn.stability.maps.derivatives import (
    jacobians,
    parameter_derivatives,
    pushed,
)
from gandyn.stability.maps.points import check_apart, checked_point
from gandyn.stability.maps.units import shortest

NEWTON = 40
"""Newton's steps towards a fixed point; quadratic convergence needs six or so."""
STILL = 1e-14
"""A relative Newton step at the level of rounding."""
_SOLVED = 1e-3
"""A step that explains the residual but for this part leaves no gap like a fold's."""
SETTLED = 1e-10
"""A relative residual that rounding leaves at an ill-conditioned fixed point."""


class _Parametrised:
    """A function of a state and a parameter, and its exact derivatives."""

    def __init__(self, function: Callable[[Any, Any], Any], name: str = "p") -> None:
        self.function, self.name = function, name

    def __call__(self, state: Any, parameter: Any) -> np.ndarray:
        """Return the image of states of shape (S, batch), of the same shape."""
        state = np.asarray(state)
        with np.errstate(all="ignore"):
            parts = [np.asarray(part) for part in self.function(state, parameter)]
        batch = state.shape[1:]
        if any(part.shape != batch for part in parts):
            parts = [np.broadcast_to(part, batch) for part in parts]
        return np.stack(parts)

    def value(self, state: Any, parameter: float) -> np.ndarray:
        """Return the image of one real state of shape (S,).

        Raises
        ------
        GandynError
            If the function does not take it, or returns another number of coordinates.
        """
        try:
            state = np.asarray(state, dtype=float)
            image = self(state[:, None], parameter)[:, 0]
        except GandynError:
            raise
        except (IndexError, TypeError, ValueError) as error:
            raise GandynError(
                f"a state of {np.size(state)} coordinates does not fit the function "
                f"of {self.name}: {error}"
            ) from error
        if image.shape != state.shape:
            raise GandynError(
                f"a state of {state.size} coordinates does not fit the function of "
                f"{self.name}, which makes one of shape {image.shape}"
            )
        return np.asarray(image, dtype=float)

    def jacobian(self, state: Any, parameter: float) -> np.ndarray:
        """Return the derivative in the state, shape (S, S), by complex steps."""
        return self.jacobians(np.asarray(state, dtype=float)[:, None], parameter)[0]

    def jacobians(self, states: np.ndarray, parameter: float) -> np.ndarray:
        """Return the derivatives at states (S, N), shape (N, S, S).

        Raises
        ------
        GandynError
            If one is not finite.
        """
        found = jacobians(self, states, parameter)
        if not np.isfinite(found).all():
            raise GandynError(
                f"the derivatives are not finite at {self.name} = {parameter:.6g}"
            )
        return np.ascontiguousarray(found)

    def push(self, state: np.ndarray, parameter: Any, way: np.ndarray) -> np.ndarray:
        """Return the derivative at a state times a vector, shape (S,)."""
        pair = np.asarray(state, dtype=float)[:, None], way[:, None, None]
        return pushed(self, pair[0], parameter, pair[1])[1][:, 0, 0]

    def slope(self, state: Any, parameter: float) -> np.ndarray:
        """Return the derivative in the parameter, shape (S,)."""
        states = np.asarray(state, dtype=float)[:, None]
        return parameter_derivatives(self, states, parameter)[:, 0]

    def bends(self, state: Any, parameter: float, u: Any, moved: Any) -> np.ndarray:
        """Return d/dp (A u) along a branch of states moving at the rate ``moved``."""
        image = self(lift(state, u, moved), Jet([parameter, 0.0, 1.0, 0.0]))
        return coefficients(image, 3)


class Map(_Parametrised):
    """A map z ↦ F(z, p) with a parameter.

    Parameters
    ----------
    function : callable
        ``function(z, p)`` returns the next state's coordinates; z has the shape
        (S, batch), so ``z[0]`` is the first coordinate. It is called with real, complex
        and Taylor numbers: only arithmetic and `gandyn.elementary`.
    name : str
        What the parameter is called.

    Examples
    --------
    >>> henon = Map(lambda z, a: (1 - a * z[0] * z[0] + z[1], 0.3 * z[0]), "a")
    >>> state = henon.fixed_point([0.5, 0.2], 0.3)
    >>> henon.jacobian(state, 0.3)
    array([[-0.6,  1. ],
           [ 0.3,  0. ]])
    """

    observed: int | None = None
    """The leading coordinates whose spread an amplitude measures; None for all."""

    def residual(self, state: np.ndarray, parameter: float) -> float:
        """Return ‖F(z) - z‖."""
        return float(np.linalg.norm(self.value(state, parameter) - state))

    def fixed_point(self, start: Any, parameter: float) -> np.ndarray:
        """Return the fixed point that Newton's method finds from a start.

        On a manifold of fixed points each step is the shortest one.

        Raises
        ------
        GandynError
            If it finds none; with the residual.
        """
        state, solved = np.asarray(start, dtype=float), False
        for _ in range(NEWTON):
            gap = self.value(state, parameter) - state
            if not np.isfinite(gap).all():
                raise GandynError(
                    f"the step is not finite at {self.name} = {parameter:.6g}"
                )
            if not gap.any():
                return state
            inner = self.jacobian(state, parameter) - np.eye(len(state))
            move = shortest(inner, gap)
            state = state - move
            if np.linalg.norm(move) <= STILL * (1 + np.linalg.norm(state)):
                missed = np.linalg.norm(inner @ move - gap)
                solved = bool(missed <= _SOLVED * np.linalg.norm(gap))
                break
        left = self.residual(state, parameter)
        if not solved and not left <= SETTLED * (1 + np.linalg.norm(state)):
            raise GandynError(
                f"no fixed point found at {self.name} = {parameter:.6g}: "
                f"the residual is {left:.3g}"
            )
        return state


class MeasuredMap(Map):
    """A map of states that are measured in units: powers of 2, so that no bit is lost.

    Parameters
    ----------
    step : Map
    units : ndarray, shape (S,)
    """

    def __init__(self, step: Map, units: np.ndarray) -> None:
        self._step, self._units = step, units
        super().__init__(step.function if np.all(units == 1) else self._in, step.name)
        self.observed = step.observed

    def _in(self, state: Any, parameter: Any) -> Any:
        units = self._units.reshape(-1, *[1] * (np.ndim(state) - 1))
        return self._step(np.asarray(state) * units, parameter) / units


class Flow(_Parametrised):
    """A flow dz/dt = f(z, p) with a parameter; the function is as for `Map`.

    Examples
    --------
    >>> flow = Flow(lambda z, p: (z[1], -z[0] + p * z[1]))
    >>> flow.jacobian([0.0, 0.0], 0.5)
    array([[ 0. ,  1. ],
           [-1. ,  0.5]])
    """

    def equilibrium(self, start: Any, parameter: float) -> np.ndarray:
        """Return the zero of f that Newton's method finds from a start.

        Raises
        ------
        GandynError
            If it finds none; with the residual.
        """
        shifted = Map(
            lambda z, p: [a + b for a, b in zip(z, self(z, p), strict=True)], self.name
        )
        return shifted.fixed_point(start, parameter)


class RuleMap(Map):
    """An autonomous rule on a game as a map of (x, y, memory), with a field free.

    Parameters
    ----------
    rule : Rule
    game : Game
    field : str or tuple of str
        A numeric field of either, named as in `sweep`: ``"lr"``, ``"inner.lr"``,
        ``"gamma"``, or with ``"rule."`` or ``"game."`` before it, and others tied to
        it: ``"lr_x, lr_y=10*lr_x"``. Of several fields the parameter is a tuple of
        values.

    Raises
    ------
    GandynError
        If the rule changes with time, the field does not exist, or fields overlap.

    Examples
    --------
    >>> from gandyn.games import DiracGAN
    >>> from gandyn.rules import Simultaneous
    >>> RuleMap(Simultaneous(), DiracGAN()).jacobian([0.0, 0.0], 0.1)
    array([[ 1.  , -0.05],
           [ 0.05,  1.  ]])
    """

    def __init__(
        self, rule: Rule, game: Game, field: str | tuple[str, ...] = "lr"
    ) -> None:
        if not rule.autonomous:
            raise GandynError(
                f"{type(rule).__name__} changes with time: it has no fixed map"
            )
        check_traits(rule, game)
        texts = (field,) if isinstance(field, str) else field
        self._nodes = {"rule": rule, "game": game}
        self.parameters = [find_parameter(self._nodes, text) for text in texts]
        check_apart(self.parameters)
        self.fields = tuple(one.name for one in self.parameters)
        super().__init__(self._step, ", ".join(self.fields))
        self.rule, self.game = rule, game
        known = game.equilibria()
        inside = known[0] if known else [np.zeros(shape) for shape in game.shape]
        self._template = self._start(inside, rule, game)
        self.observed = sum(np.size(player) for player in self._template[:2])

    def current(self) -> float:
        """Return the first field's value in the rule or the game as given."""
        first = self.parameters[0]
        node: Any = self._nodes[first.owner]
        for name in first.paths[0].split("."):
            node = getattr(node, name)
        return float(node)

    def at(self, parameter: Any) -> tuple[Rule, Game]:
        """Return the rule and the game with the field or fields set."""
        values = parameter if isinstance(parameter, tuple) else (parameter,)
        changes: dict[str, dict[str, Any]] = {"rule": {}, "game": {}}
        for one, value in zip(self.parameters, values, strict=True):
            for owner, own in one.changes(value).items():
                changes[owner].update(own)
        own, theirs = changes["rule"], changes["game"]
        rule = replace(self.rule, own) if own else self.rule
        return rule, replace(self.game, theirs) if theirs else self.game

    def state(self, point: tuple[Any, Any] | None, parameter: Any) -> np.ndarray:
        """Return (x, y) and the memory that ``init`` gives there, shape (S,).

        Without a point it is the game's first equilibrium.
        """
        rule, game = self.at(parameter)
        point = reference_equilibrium(game) if point is None else point
        start = self._start(checked_point(game, point), rule, game)
        return np.concatenate([np.ravel(leaf).astype(float) for leaf in flatten(start)])

    def _start(self, point: Any, rule: Rule, game: Game) -> Any:
        x, y = (np.asarray(part, dtype=float)[..., None] for part in point)
        return x, y, rule.init(game, x, y)

    def _step(self, state: Any, parameter: Any) -> Any:
        rule, game = self.at(parameter)
        batch, rest = state.shape[1:], state

        def take(leaf: Any) -> Any:
            nonlocal rest
            shape = leaf.shape[:-1] if np.ndim(leaf) else ()
            size = math.prod(shape)
            own, rest = rest[:size], rest[size:]
            return own.reshape(*shape, *batch)

        x, y, memory = map_leaves(take, self._template)
        after = flatten(tuple(rule.step(game, x, y, memory)))
        rows: list[Any] = []
        for leaf, known in zip(after, flatten(self._template), strict=True):
            shape = (*np.shape(known)[:-1], *batch)
            whole = leaf if np.shape(leaf) == shape else np.broadcast_to(leaf, shape)
            rows.extend(whole.reshape(-1, *batch))
        return rows
