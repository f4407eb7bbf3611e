"""Playing a rule under watch: what its own code does wrong is told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gandyn._node import Node, replace, resolve
from gandyn._trees import flatten, map_leaves
from gandyn.errors import FieldError, GandynError, UnknownName

_State = tuple[Any, Any, Any]
"""x, y and memory."""
HUGE = 1e12
"""Orbits that leave this box are no longer compared: rounding decides there."""


class Unsuitable(Exception):
    """A case that says nothing about a law: overflow, or a game the rule refuses."""


class StepRaised(Exception):
    """The rule's own ``init`` or ``step`` raised an error, or returned no state."""


def play(
    rule: Any, game: Any, x: Any, y: Any, steps: int, state: _State | None = None
) -> list[_State]:
    """Return the states after 0, 1, ..., ``steps`` steps.

    The rule is given copies, so a step that writes into its arguments does not change
    the states before it.

    Raises
    ------
    StepRaised, Unsuitable
        As `advance` does; `Unsuitable` also where a rule that solves an equation has
        returned no number at all.
    """
    with np.errstate(all="ignore"):
        if state is None:
            state = (x, y, call(rule, "init", game, *copied((x, y))))
        states = [state]
        for _ in range(steps):
            states.append(advance(rule, game, copied(states[-1])))
            if getattr(rule, "inverts", "") and _is_lost(states[-1]):
                raise Unsuitable(f"{rule.inverts} leaves no next state")
    return states


def _is_lost(state: _State) -> bool:
    """Tell whether nothing of the players is finite: an equation was not solved."""
    return not np.isfinite(vector(state[:2])).any()


def advance(rule: Any, game: Any, state: _State) -> _State:
    """Return the state after one step.

    Raises
    ------
    StepRaised
        If the step raises, or returns anything but ``(x, y, memory)``.
    Unsuitable
        If the rule refuses the game or meets a singular matrix.
    """
    after = call(rule, "step", game, *state)
    if not isinstance(after, tuple) or len(after) != 3:
        raise StepRaised(f"step must return (x, y, memory), got {after!r}")
    return after


def call(rule: Any, method: str, game: Any, *arguments: Any) -> Any:
    """Call ``init`` or ``step``; sort what it raises."""
    try:
        return getattr(rule, method)(game, *arguments)
    except GandynError as error:
        raise Unsuitable(str(error)) from error
    except OverflowError as error:
        raise Unsuitable(f"{method} overflows") from error
    except (ZeroDivisionError, np.linalg.LinAlgError) as error:
        if getattr(rule, "inverts", ""):
            raise Unsuitable(f"{rule.inverts} is singular") from error
        raise StepRaised(f"{method} raised {_named(error)}") from error
    except Exception as error:
        raise StepRaised(f"{method} raised {_named(error)}") from error


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def copied(value: Any) -> Any:
    """Return nested tuples with every array in them copied."""
    return map_leaves(_copy, value)


def _copy(leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray):
        return leaf.copy()
    return leaf.clone() if hasattr(leaf, "clone") else leaf


def structure(value: Any) -> Any:
    """Return the nesting of tuples and the shape of every leaf."""
    return map_leaves(np.shape, value)


def vector(value: Any) -> np.ndarray:
    """Return every number in nested tuples as one vector."""
    parts = [np.ravel(np.asarray(leaf)) for leaf in flatten(value)]
    return np.concatenate(parts) if parts else np.zeros(0)


def players(states: list[_State]) -> np.ndarray:
    """Return x and y of every state, shape (states, coordinates)."""
    return np.array([vector(state[:2]) for state in states])


def rate_paths(rule: Any) -> tuple[str, str] | None:
    """Return where a rule keeps its learning rates, None if it has none of its own."""
    if not isinstance(rule, Node):
        return None
    try:
        paths = resolve(rule, "lr_x")[0], resolve(rule, "lr_y")[0]
    except UnknownName:
        return None
    claimed = any(path.startswith("implements.") for path in paths)
    return None if claimed else paths


def with_rates(rule: Any, rates: tuple[float, float] | None) -> Any:
    """Return the rule with other learning rates; as it is for None."""
    paths = rate_paths(rule)
    if rates is None or paths is None:
        return rule
    return replace(rule, dict(zip(paths, rates, strict=True)))


def with_settings(rule: Any, settings: Mapping[str, Any] | None) -> Any:
    """Return the rule with the fields at some paths changed.

    Raises
    ------
    Unsuitable
        If the rule refuses them.
    """
    if not settings:
        return rule
    try:
        return replace(rule, settings)
    except FieldError as refusal:
        raise Unsuitable(str(refusal)) from refusal


def current_rates(rule: Any) -> tuple[float, float] | None:
    """Return the learning rates of x and y, None if the rule has none of its own."""
    paths = rate_paths(rule)
    if paths is None:
        return None
    found = []
    for path in paths:
        node = rule
        for name in path.split("."):
            node = getattr(node, name)
        found.append(node)
    return found[0], found[1]
