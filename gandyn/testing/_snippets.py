"""Counterexamples as Python that a person can paste and run."""

from __future__ import annotations

import inspect
import numbers
from typing import Any

import numpy as np

from gandyn import games, rules
from gandyn._node import Node, _same, fields
from gandyn.testing._law import Case
from gandyn.testing._play import with_settings

_OURS: dict[str, dict[str, Any]] = {
    "gandyn.games": games.CATALOGUE,
    "gandyn.rules": rules.CATALOGUE,
}


def snippet(law_id: str, rule: Any, case: Case) -> str:
    """Return code that checks the law on the case, and so raises `Broken`."""
    case = dict(case)
    rule = with_settings(rule, case.pop("settings", None))
    imports = {"from gandyn.testing import LAWS"}
    shown_rule = _spell(rule, imports)
    shown = [f"{name}={_spell(value, imports)}" for name, value in case.items()]
    call = f'LAWS["{law_id}"].check({", ".join(["rule", *shown])})'
    head = sorted(imports, key=lambda line: (not line.startswith("from "), line))
    return "\n".join([*head, "", f"rule = {shown_rule}", call])


def count_numbers(case: Case) -> int:
    """Return how many numbers a counterexample has: game, state, changed settings."""
    return sum(_count(value) for value in case.values())


def _count(value: Any) -> int:
    if isinstance(value, Node):
        return sum(_count(part) for part in _given(value).values())
    if isinstance(value, dict):
        return _count(list(value.values()))
    if isinstance(value, tuple | list):
        return sum(_count(part) for part in value)
    if isinstance(value, bool):
        return 0
    if isinstance(value, np.ndarray):
        return value.size
    return int(isinstance(value, numbers.Number))


def _given(node: Node) -> dict[str, Any]:
    """Return the fields that are not at their defaults."""
    plain = fields(type(node)())
    return {k: v for k, v in fields(node).items() if not _same(v, plain[k])}


def _spell(value: Any, imports: set[str]) -> str:
    if isinstance(value, Node):
        name = _name(type(value), imports)
        shown = fields(value) if hasattr(value, "step") else _given(value)
        parts = [f"{key}={_spell(v, imports)}" for key, v in shown.items()]
        return f"{name}({', '.join(parts)})"
    if isinstance(value, np.ndarray):
        return repr(value.tolist())
    if isinstance(value, np.generic):
        return repr(value.item())
    if inspect.isroutine(value):
        imports.add(f"# with the function {value.__name__} as you defined it")
        return value.__name__.replace("<lambda>", "function")
    if isinstance(value, tuple | list):
        inside = ", ".join(_spell(part, imports) for part in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if value else "()"
    return repr(value)


def _name(cls: type[Any], imports: set[str]) -> str:
    """Return a class's name, and note how it is imported."""
    module = cls.__module__
    for package, catalogue in _OURS.items():
        if catalogue.get(cls.__name__) is cls:
            module = package
    if module.startswith("gandyn_user_"):  # a file that was loaded by its path
        path = inspect.getsourcefile(cls)
        reader = "parse_game" if issubclass(cls, games.Game) else "parse_rule"
        imports.add(f"from gandyn.spec import {reader}")
        spec = f"{path}:{cls.__name__}"
        imports.add(f"{cls.__name__} = type({reader}({spec!r}))")
    elif module == "__main__" or "<locals>" in cls.__qualname__:
        imports.add(f"# with the class {cls.__name__} as you defined it")
    else:
        public = module.partition("._")[0]
        imports.add(f"from {public} import {cls.__name__}")
    return cls.__name__
