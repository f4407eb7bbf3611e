"""Who takes part: update rules, adapters of other packages, a user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gandyn import spec
from gandyn._arguments import checked
from gandyn._node import Node
from gandyn._specification import digest_of, specify
from gandyn._userfile import file_spec
from gandyn.bench.peers import peers
from gandyn.bench.ranges import Range, declared
from gandyn.dynamics import oracle_calls
from gandyn.errors import GandynError, UnknownName
from gandyn.games import Game
from gandyn.rules import CATALOGUE, Rule
from gandyn.rules._wrapper import _Wrapper

_GROUPS = ("built-in", "wrappers", "peers")
"""What a name may stand for besides one rule."""


@dataclass(frozen=True)
class Solver:
    """An update rule and the ranges that its fields are tuned over.

    Attributes
    ----------
    name : str
        What it was asked for by.
    rule : Rule or Adapter
    ranges : dict of str to (Range, tuple of str)
        By field or pair of fields, with the paths that a value sets.
    """

    name: str
    rule: Any
    ranges: dict[str, tuple[Range, tuple[str, ...]]]

    @property
    def batched(self) -> bool:
        """Whether a step takes many settings and states at once: gandyn's own rules."""
        return isinstance(self.rule, Rule)

    def calls(self, game: Game) -> dict[str, int]:
        """Return the oracle calls of one step.

        Raises
        ------
        GandynError
            If the rule is not defined on the game.
        """
        try:
            return oracle_calls(self.rule, game)
        except ZeroDivisionError as error:
            raise self.undefined(game) from error

    def undefined(self, game: Game) -> GandynError:
        """Return the error that the rule divides by zero on the game."""
        inverts = getattr(self.rule, "inverts", "")
        reason = f": {inverts} is singular" if inverts else ""
        return GandynError(
            f"{self.name} is not defined on {type(game).__name__}{reason}"
        )

    def record(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        found: dict[str, Any] = {
            "rule": repr(self.rule),
            "ranges": {name: list(pair[0]) for name, pair in self.ranges.items()},
        }
        file = file_spec(self.name)
        if file is not None:  # the repr of a file's function holds an address
            found["rule"] = specify(self.rule)
            found["sha256"] = digest_of(file.path.read_bytes())
        return found


@checked
def find_solvers(names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return solvers by name, and why others cannot take part.

    Parameters
    ----------
    names : sequence of str
        ``"built-in"`` for every rule that wraps no other, ``"wrappers"``, ``"peers"``
        for those of `gandyn.bench.peers.peers`, or what `gandyn.spec.parse_rule` reads:
        fields and options that are given are fixed (``"HeavyBall(beta_x=0.0)"``,
        ``"torch.optim.SGD(momentum=0.5)"``), the others are tuned.

    Returns
    -------
    found : dict of str to Solver
    missing : dict of str to str
        Those that cannot be imported; the pip command, if it is their package that is
        missing.

    Raises
    ------
    UnknownName
        With the nearest names.
    GandynError
        If a specification cannot be read.

    Examples
    --------
    >>> found, _ = find_solvers(["Extragradient(ratio_x=1.5)"])
    >>> found["Extragradient(ratio_x=1.5)"].ranges.keys()
    dict_keys(['lr', 'ratio_y'])
    """
    found: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for asked in names:
        try:
            expanded = _expanded(asked)
        except ImportError as error:
            missing[asked] = str(error)
            continue
        for name in expanded:
            try:
                rule = _rule(name)
            except ImportError as error:
                missing[name] = str(error)
            else:
                fixed = spec.given(name, rule) if isinstance(rule, Rule) else ()
                found[name] = Solver(name, rule, declared(rule, fixed))
    return found, missing


def _expanded(name: str) -> list[str]:
    if name == "peers":
        return peers()
    if name not in _GROUPS:
        return [name]
    wrap = name == "wrappers"
    return [key for key, cls in CATALOGUE.items() if issubclass(cls, _Wrapper) == wrap]


def _rule(name: str) -> Any:
    try:
        found = spec.parse_rule(name)
    except UnknownName as error:
        if not re.fullmatch(r"[\w\s-]+", name):  # of a field or a nested rule
            raise
        raise UnknownName("solver", name, {*_GROUPS, *CATALOGUE}) from error
    if not isinstance(found, Node) or not hasattr(found, "step"):
        raise GandynError(
            f"{name} is no solver: write a class that inherits gandyn.Rule or "
            "torch.optim.Optimizer, or give an adapter of gandyn.testing.adapters"
        )
    return found
