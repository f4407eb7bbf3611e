"""What a page holds: rules, games, their fields, and the programs of every pair."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gandyn._node import Domain, Node, domains, is_structural, leaves, replace, switches
from gandyn._specification import specify
from gandyn.dynamics.engines.first_step import default_start
from gandyn.dynamics.engines.traits import check_traits
from gandyn.dynamics.exact.null_spaces import null_directions
from gandyn.errors import GandynError
from gandyn.explore.javascript import function, places_of
from gandyn.explore.recorded import Operation
from gandyn.explore.trace import free_fields, trace_game, trace_pair
from gandyn.games import Game
from gandyn.rules import Rule

COUNTS = (1, 2, 5)
"""Values at which a count is traced, beside its own; straight lines have no loops."""
MOST = 24
"""Combinations of counts and switches traced for a node; the later ones are fixed."""
_REACH = 2.0
"""How far a slider goes from 0, where the field's own value is no guide."""
SEEDS = 33
"""Values of a game's one field at which its equilibria are looked up."""
_HALVINGS, _JUMP = 24, 0.3
"""A jump is located to so many halvings; a move by so much of the state is one."""
_SMALL = 1e-4
"""A default below which a field is measured in decades."""


def choices_of(node: Node) -> list[dict[str, Any]]:
    """Return the counts and switches of a node with the values that are traced."""
    found, combinations = [], 1
    for path, value in leaves(node).items():
        owner, name = _owner(node, path)
        if not is_structural(type(owner), name):
            continue
        values = [False, True] if name in switches(type(owner)) else _counts(value)
        if combinations * len(values) > MOST:
            continue
        combinations *= len(values)
        found.append({"path": path, "values": values, "value": value})
    return found


def _counts(value: int) -> list[int]:
    return sorted({*COUNTS, int(value)})


def _owner(node: Any, path: str) -> tuple[Node, str]:
    *parents, name = path.split(".")
    for parent in parents:
        node = getattr(node, parent)
    return node, name


def fields_of(node: Node) -> list[dict[str, Any]]:
    """Return the free fields of a node: value, domain and the range of a slider."""
    found = []
    for path in free_fields(node):
        owner, name = _owner(node, path)
        value = float(leaves(node)[path])
        domain = domains(type(owner)).get(name, Domain("a number"))
        low, high, log = _slider(name, value, domain)
        found.append(
            {
                "path": path, "value": value, "from": low, "to": high, "log": log,
                "low": _finite(domain.low), "high": _finite(domain.high),
                "open": [domain.open_low, domain.open_high], "domain": domain.text,
            }
        )  # fmt: skip
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _slider(name: str, value: float, domain: Domain) -> tuple[float, float, bool]:
    """Return the ends of a field's slider, and whether it goes by decades."""
    if name.startswith("lr") and value > 0:
        return value / 100, value * 300, True
    if 0 < value < _SMALL and domain.low >= 0:
        return value / 1e4, min(1.0, value * 1e6), True
    if math.isfinite(domain.high):
        high = domain.high - 1e-3 * domain.open_high
        return domain.low + 1e-3 * domain.open_low, high, False
    if domain.low >= 0:
        high = max(_REACH, 4 * value)
        return domain.low + 1e-2 * high * domain.open_low, high, False
    reach = max(_REACH, 2 * abs(value))
    return value - reach, value + reach, False


class Functions:
    """The texts of a page's functions, each of them once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Return the place of a function's text, a new one if it is new."""
        return self.texts.setdefault(text, len(self.texts))


def contents(
    rules: Sequence[Rule], games: Sequence[Game]
) -> tuple[dict[str, Any], list[str]]:
    """Return what a page knows of rules and games, and its functions' texts.

    Raises
    ------
    GandynError
        If a game is of vectors, a step decides by a value, or no rule plays a game.
    """
    for game in games:
        _check_scalar(game)
    functions = Functions()
    refusals: list[str] = []
    pairs = [[_pair(r, g, functions, refusals) for g in games] for r in rules]
    rows: list[tuple[Node, list[Any]]] = [*zip(rules, pairs, strict=True)]
    rows += zip(games, map(list, zip(*pairs, strict=True)), strict=True)
    for node, row in rows:
        if not any(row):
            raise GandynError(f"{type(node).__name__}: {refusals[0]}")
    found = {
        "rules": [_rule(rule) for rule in rules],
        "games": [_game(game, functions) for game in games],
        "pairs": pairs,
    }
    return found, list(functions.texts)


def _check_scalar(game: Game) -> None:
    if game.shape != ((), ()):
        raise GandynError(
            f"{type(game).__name__} is a game of vectors, and the page plays games of "
            "two numbers: write its sweep with gandyn phase -o FILE.nc and give "
            "gandyn explore FILE.nc"
        )


def _node(node: Node) -> dict[str, Any]:
    name = type(node).__name__
    summary = (inspect.getdoc(type(node)) or name).partition("\n")[0]
    return {
        "name": name, "text": specify(node), "summary": summary,
        "fields": fields_of(node), "choices": choices_of(node),
    }  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return _node(rule) | {"autonomous": bool(rule.autonomous)}


def _game(game: Game, functions: Functions) -> dict[str, Any]:
    programs = {}
    for choice, variant in _variants(game):
        places = _places(0, variant)
        plain, along = trace_game(variant)
        made = function(plain, places, "S0"), function(along, places, "T0")
        programs[choice] = [functions.place(text) for text in made]
    known = _points(game)
    return _node(game) | {
        "programs": programs, "equilibria": known, "start": default_start(game),
        "seeds": seeds_of(game, known),
        "linear": game.linear,
        "neutral": null_directions(game, game.equilibria()[0]) if known else 0,
    }  # fmt: skip


def _points(game: Game) -> list[tuple[float, ...]]:
    return [tuple(map(float, point)) for point in game.equilibria()]


def seeds_of(game: Game, known: list[tuple[float, ...]]) -> list[tuple[float, Any]]:
    """Return values of a game's field with the equilibria there, where they move.

    A game of one field may search for its equilibria, and Newton's method from far away
    finds another one than that search does. Where its first one jumps, values are on
    either side of the jump.
    """
    fields = fields_of(game)
    if len(fields) != 1 or not known:
        return []
    (field,) = fields

    def at(value: float) -> tuple[float, list[tuple[float, ...]]]:
        return value, _points(replace(game, {field["path"]: value}))

    ends = field["from"], field["to"]
    found = [at(float(value)) for value in np.linspace(*ends, SEEDS)]
    if all(points == known for _, points in found):
        return []
    for low, high in itertools.pairwise(list(found)):
        for _ in range(_HALVINGS if _jumps(low, high) else 0):
            middle = at((low[0] + high[0]) / 2)
            low, high = (middle, high) if _jumps(middle, high) else (low, middle)
        found += [low, high]
    return sorted(dict(found).items())


def _jumps(low: Any, high: Any) -> bool:
    """Tell whether the first equilibrium at one value is another one at the next."""
    (one, *_), (other, *_) = low[1] or [None], high[1] or [None]
    if one is None or other is None:
        return one is not other
    return math.dist(one, other) > _JUMP * (1 + math.hypot(*one))


def _variants(node: Any) -> Iterable[tuple[str, Any]]:
    """Yield a node with every combination of its choices, and the name of that."""
    choices = choices_of(node)
    for values in itertools.product(*(choice["values"] for choice in choices)):
        paths = (choice["path"] for choice in choices)
        name = ",".join(str(int(value)) for value in values)
        yield name, replace(node, dict(zip(paths, values, strict=True)))


def _places(memory: int, game: Game, rule: Rule | None = None) -> Mapping[str, str]:
    fields = [f"game.{path}" for path in free_fields(game)]
    if rule is not None:
        fields += [f"rule.{path}" for path in free_fields(rule)]
    return places_of(memory, fields)


def _pair(
    rule: Rule, game: Game, functions: Functions, refusals: list[str]
) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for (theirs, variant), (own, played) in itertools.product(
        _variants(game), list(_variants(rule))
    ):
        try:
            programs = trace_pair(played, variant)
        except GandynError as error:
            refusals.append(str(error))
            return None
        if not found:
            check_traits(rule, game)  # multipliers are those of one map, not of a clock
        places = _places(len(programs.start.outputs), variant, played)
        texts = [
            function(programs.start, places, "S2"),
            function(programs.step, places, "S0"),
            function(programs.tangent, places, "T0"),
        ]
        slots = len(programs.step.outputs)
        name = ",".join(part for part in (theirs, own) if part)
        found[name] = [*map(functions.place, texts), slots, order_of(programs)]
    return found


def order_of(programs: Any) -> str:
    """Return who moves when: ``"both"`` at once, ``"x"`` or ``"y"`` first.

    The second player's move is computed from the first one's next state.
    """
    next_x, next_y = programs.step.outputs[:2]
    if _reaches(next_y, next_x):
        return "x"
    return "y" if _reaches(next_x, next_y) else "both"


def _reaches(one: Operation, other: Operation) -> bool:
    """Tell whether an operation is computed from another."""
    if other.name == "input":
        return False
    waiting, seen = [one], set()
    while waiting:
        made = waiting.pop()
        if made is other:
            return True
        if id(made) not in seen and made.name not in ("input", "number"):
            seen.add(id(made))
            waiting += made.operands
    return False
