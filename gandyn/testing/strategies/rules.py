"""Rules with drawn settings: learning rates and hyperparameters."""

from __future__ import annotations

import numbers
from typing import Any, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn import rules as rule_room
from gandyn._node import Domain, Node, domains, leaves, node_fields, switches
from gandyn.rules import Rule
from gandyn.rules.gradient import Simultaneous
from gandyn.rules.momentum import HeavyBall
from gandyn.testing._play import rate_paths, with_settings
from gandyn.testing.strategies.values import STEEP

_SHARES = [0.5, 0.25, 0.75]
"""Parts of its own value that a setting is drawn from where nothing more is known."""
_SIZES = [0.5, 2.0, 0.25, 1.5]
"""Values of a positive setting that make a mistake show within a few steps."""
_SOLVER = ("tol", "iterations")
"""Fields that say how exactly an equation is solved: what solves it is the same."""

_Settings = dict[str, Any]
"""Values of a rule's fields by their paths, those that differ from the rule's own."""


def rules(name: str | None = None) -> SearchStrategy[Rule]:
    """Return rules of the catalogue with drawn learning rates and hyperparameters.

    Parameters
    ----------
    name : str, optional
        One rule's name; by default any rule of the catalogue.
    """
    if name is None:
        return st.sampled_from(sorted(rule_room.CATALOGUE)).flatmap(rules)
    cls = rule_room.CATALOGUE[name]
    inner = {
        k: st.sampled_from([Simultaneous(), HeavyBall()]) for k in node_fields(cls)
    }
    return st.builds(cls, **inner).flatmap(_varied)


def _varied(rule: Rule) -> SearchStrategy[Rule]:
    return settings(rule).map(lambda drawn: with_settings(rule, drawn))


def settings(
    rule: Any, rates: bool = True, tied: bool = False, solver: bool = False
) -> SearchStrategy[_Settings]:
    """Return settings of a rule's fields, of the nested rules too; none at first.

    Each field is drawn from its domain, the two players' apart from each other. A bare
    ``float`` says nothing of its domain, so it gets parts of the rule's own value, and
    a bare ``int`` stays. What is no `Rule`, and a rule that ``implements`` another one,
    gets learning rates only: its other fields mean what the other one's do.

    Parameters
    ----------
    rule : Rule
    rates : bool
        Whether learning rates are drawn.
    tied : bool
        Whether both players have the same settings.
    solver : bool
        Whether fields are drawn that say how exactly an equation is solved.

    Examples
    --------
    >>> from hypothesis import find
    >>> from gandyn.rules import HeavyBall
    >>> find(settings(HeavyBall()), lambda drawn: "beta_y" in drawn)
    {'beta_y': 0.25}
    """
    values = _values(rule, rates, solver)
    if not values:
        return st.just({})
    own = leaves(rule)
    if tied:
        seconds = {_partner(path) for path in values}
        values = {path: v for path, v in values.items() if path not in seconds}

    def changed(drawn: _Settings) -> _Settings:
        if tied:
            drawn |= {p: v for k, v in drawn.items() if (p := _partner(k)) in own}
        return {path: v for path, v in drawn.items() if v != own[path]}

    free = {path: st.sampled_from(choices) for path, choices in values.items()}
    return st.one_of(st.just({}), st.fixed_dictionaries(free).map(changed))


def _partner(path: str) -> str:
    """Return y's field beside x's, and a path of nothing for any other."""
    return f"{path[:-2]}_y" if path.endswith("_x") else ""


def _values(rule: Any, rates: bool, solver: bool) -> dict[str, list[Any]]:
    """Return what each field is drawn from, the rule's own value first."""
    paths = rate_paths(rule) or ()
    found = dict.fromkeys(paths, STEEP) if rates else {}
    if isinstance(rule, Rule) and rule.implements is None:
        more = _choices(rule)
        names = {path: path.rpartition(".")[2] for path in more}
        found |= {
            path: choices
            for path, choices in more.items()
            if path not in paths and (solver or names[path] not in _SOLVER)
        }
    own = leaves(rule) if found else {}
    return {
        path: [own[path], *(v for v in choices if v != own[path])]
        for path, choices in found.items()
    }


def _choices(node: Node, prefix: str = "") -> dict[str, list[Any]]:
    """Return values of a node's fields by their paths."""
    cls = type(node)
    hints = get_type_hints(cls, include_extras=True)
    bare = {name for name, hint in hints.items() if hint in (float, int)}
    found: dict[str, list[Any]] = {prefix + k: [False, True] for k in switches(cls)}
    for name, domain in domains(cls).items():
        value = getattr(node, name)
        if isinstance(value, numbers.Real):
            choices = _of_domain(domain, value, name in bare)
            found[prefix + name] = choices
    for name, family in node_fields(cls).items():
        if issubclass(family, Rule):
            found |= _choices(getattr(node, name), f"{prefix}{name}.")
    return found


def _of_domain(domain: Domain, own: Any, bare: bool) -> list[Any]:
    if domain.structural:
        return [] if bare else [1, 2, 3]
    if bare:
        return [own * share for share in _SHARES] if own else []
    if domain.high == 1:
        return [n / 8 for n in range(8)]
    if domain.low == 0:
        return _SIZES
    return [own * share for share in _SHARES] + [0.25, -0.25, 0.75, -0.5]
