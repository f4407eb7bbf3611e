"""Rules of the catalogue with drawn hyperparameters."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gandyn import rules as rule_room
from gandyn._node import Count, domains, node_fields, switches
from gandyn.rules import Rule
from gandyn.rules.gradient import Simultaneous
from gandyn.rules.momentum import HeavyBall
from gandyn.testing.strategies.values import STEEP, positive_numbers


def rules(name: str | None = None) -> SearchStrategy[Rule]:
    """Return rules of the catalogue with drawn learning rates and hyperparameters.

    Parameters
    ----------
    name : str, optional
        One rule's name; by default any rule of the catalogue.
    """
    if name is None:
        return st.sampled_from(sorted(rule_room.CATALOGUE)).flatmap(rules)
    return _fields(rule_room.CATALOGUE[name])


def _fields(cls: type[Any]) -> SearchStrategy[Any]:
    drawn: dict[str, Any] = {name: st.booleans() for name in switches(cls)}
    for name, family in node_fields(cls).items():
        if family is Rule:
            drawn[name] = st.sampled_from([Simultaneous(), HeavyBall()])
    for name, domain in domains(cls).items():
        if name in ("tol", "eps", "epsilon"):
            continue
        if domain == domains_of(Count):
            drawn[name] = st.integers(1, 3)
        elif domain.high == 1:
            drawn[name] = st.integers(0, 7).map(lambda n: n / 8)
        elif name.startswith("lr_"):
            drawn[name] = st.sampled_from(STEEP)
        else:
            drawn[name] = positive_numbers(1)
    return st.builds(cls, **drawn)


def domains_of(annotation: Any) -> Any:
    """Return the domain that an annotation such as ``Positive`` carries."""
    return annotation.__metadata__[0]
