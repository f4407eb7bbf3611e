"""Steps as programs: what a rule does on a game, run once on recorded numbers."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any, NamedTuple

from gandyn._node import Node, is_structural, leaves, replace
from gandyn._trees import flatten, refill
from gandyn.errors import GandynError
from gandyn.explore.recorded import Operation, Recorded, made
from gandyn.games import Game
from gandyn.rules import Rule


class Program(NamedTuple):
    """What a function computes: outputs, as operations that end at named inputs."""

    inputs: list[str]
    outputs: list[Operation]


class Programs(NamedTuple):
    """The functions that a rule on a game consists of, and its numbers.

    Attributes
    ----------
    start : Program
        The memory before the first step, of x and y.
    step : Program
        The next x, y and memory.
    tangent : Program
        The derivative of the step along a direction.
    """

    start: Program
    step: Program
    tangent: Program


def free_fields(node: Node) -> list[str]:
    """Return the paths of the fields that a trace leaves open: its numbers.

    Counts and switches are structure, traced at the values they have.
    """
    return [path for path, value in leaves(node).items() if _is_free(node, path, value)]


def _is_free(node: Node, path: str, value: Any) -> bool:
    *parents, name = path.split(".")
    for parent in parents:
        node = getattr(node, parent)
    return isinstance(value, numbers.Real) and not is_structural(type(node), name)


def opened(node: Node, prefix: str, make: Callable[[str], Recorded]) -> Node:
    """Return a node with recorded numbers in its free fields."""
    return replace(node, {path: make(prefix + path) for path in free_fields(node)})


def trace_game(game: Game) -> tuple[Program, Program]:
    """Return the field v and its derivative along a direction.

    Inputs are named ``"x"``, ``"y"``, ``"dx"``, ``"dy"`` and ``"game.field"``.
    """

    def field(game: Any, x: Any, y: Any) -> tuple[Any, ...]:
        return game.gx(x, y), game.gy(x, y)

    plain, along = (_record(field, ["x", "y"], (game,), d) for d in (False, True))
    return plain, along


def trace_pair(rule: Rule, game: Game) -> Programs:
    """Return what a rule does on a game of two numbers.

    Inputs are named ``"x"``, ``"y"``, ``"m0"`` and so on for the memory, ``"dx"`` and
    so on for a direction, ``"rule.lr_x"`` and ``"game.A"`` for fields.

    Raises
    ------
    BranchError
        If the step decides by a value.
    GandynError
        If the rule cannot play the game, or the game is of vectors.
    """
    memory: Any = ()

    def start(rule: Any, game: Any, x: Any, y: Any) -> list[Any]:
        nonlocal memory
        memory = rule.init(game, x, y)
        return flatten(memory)

    def step(rule: Any, game: Any, x: Any, y: Any, *kept: Any) -> list[Any]:
        x, y, after = rule.step(game, x, y, refill(memory, kept))
        return [x, y, *flatten(after)]

    first = _record(start, ["x", "y"], (rule, game), False)
    names = ["x", "y", *(f"m{i}" for i in range(len(first.outputs)))]
    one, along = (_record(step, names, (rule, game), d) for d in (False, True))
    return Programs(first, one, along)


def _record(
    function: Callable[..., Any],
    names: list[str],
    nodes: tuple[Node, ...],
    derivative: bool,
) -> Program:
    """Run a function once on recorded numbers; return its values or derivatives."""
    known: dict[Any, Operation] = {}

    def make(name: str, moves: bool = False) -> Recorded:
        value = made(known, "input", name)
        if not derivative:
            return Recorded([value])
        return Recorded([value, made(known, "input", f"d{name}") if moves else 0])

    fields = [
        opened(node, "rule." if isinstance(node, Rule) else "game.", make)
        for node in nodes
    ]
    states = [make(name, True) for name in names]
    try:
        found = function(*fields, *states)
    except (AttributeError, TypeError, ValueError, NotImplementedError) as error:
        if isinstance(error, GandynError):
            raise
        title = " on ".join(type(node).__name__ for node in nodes)
        raise GandynError(f"{title} cannot be traced: {error}") from error
    like = states[0]
    outputs = [like.like(one).parts[-1] for one in found]
    return Program(
        [str(key[1]) for key in known if key[0] == "input"],
        [like.parts[0].operand(one) for one in outputs],
    )
