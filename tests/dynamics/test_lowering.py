"""What the lowering of nodes to numba refuses, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gandyn._lowering import lower
from gandyn._node import Real
from gandyn.errors import GandynError
from gandyn.games import DiracGAN
from gandyn.games._base import ScalarGame
from gandyn.rules import Rule, Simultaneous


class _Shadow(Rule):
    project: Real = 0.5

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x, y, memory


class _Switch(Rule):
    gy: bool = False

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x, y, memory


class _Weighted(Rule):
    heaviness: Real = 0.5

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x, y, memory


class _Heavy(ScalarGame):
    def heaviness(self, x: Any) -> Any:
        return x


class _Renamed(Rule):
    weight: Real = 0.5

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        return x, y, memory


@pytest.mark.parametrize(("rule", "name"), [(_Shadow(), "project"), (_Switch(), "gy")])
def test_a_field_named_like_a_method_is_refused(rule: Rule, name: str) -> None:
    lower(DiracGAN(), {})
    owner = type(rule).__name__
    with pytest.raises(GandynError, match=rf"{owner} has a field '{name}'.*rename"):
        lower(rule, {})


def test_a_method_named_like_a_known_field_is_refused_too() -> None:
    lower(_Weighted(), {})
    with pytest.raises(GandynError, match=r"_Weighted has a field .*_Heavy"):
        lower(_Heavy(), {})


def test_a_refusal_leaves_nothing_behind() -> None:
    with pytest.raises(GandynError):
        lower(_Shadow(), {})
    assert lower(_Renamed(), {}).weight == 0.5
    assert lower(Simultaneous(lr=0.3), {}).lr_x == 0.3
