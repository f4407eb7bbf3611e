"""The catalogue as tables: what each rule costs and does, and what each game holds.

Everything is worked out from the classes at their default fields: calls are counted,
memory is looked at, stability is that of the exact one-step map.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, NamedTuple

import numpy as np

from gandyn._node import resolve
from gandyn._trees import flatten
from gandyn.dynamics import oracle_calls
from gandyn.dynamics.exact.linear import dense_jacobian, linear_maps
from gandyn.dynamics.spectra import spectra
from gandyn.dynamics.verdicts import Ending, Verdict
from gandyn.games import CATALOGUE as GAMES
from gandyn.games import Game
from gandyn.games.bilinear import Bilinear
from gandyn.games.quadratic import Quadratic
from gandyn.rules import CATALOGUE as RULES
from gandyn.rules import Rule

_SCAN = np.geomspace(0.05, 1000.0, 800)
"""Learning rates at which stability is looked at, in units of 1/σ.

Below, a rule of fourth order turns by so little that its radius is 1 to rounding.
"""
_BISECTIONS = 48
"""Halvings of an interval of the scan: to rounding."""
_ON_AXIS = 1e-9
"""Real part of an eigenvalue, relative to the largest, that counts as 0."""
_ORDERS = {"solve": "implicit", "jacobian": "second", "vjp": "second", "jvp": "second"}
"""What a step that asks for a product is called; the first that applies."""
_CITATION = re.compile(r"([^*]+?),\s+\*[^*]+\*[^*]*?((?:18|19|20)\d\d)")
_PROBE = Quadratic(f_xx=1.0, f_xy=np.ones((2, 3)), f_yy=-1.0)
"""A game of two vectors of different lengths."""


class _RuleRow(NamedTuple):
    """What the table says of an update rule."""

    name: str
    aliases: str
    summary: str
    calls: str
    memory: str
    order: str
    linear: str
    bilinear: str
    reference: str


class _GameRow(NamedTuple):
    """What the table says of a game."""

    name: str
    aliases: str
    summary: str
    dimension: str
    kind: str
    equilibria: str
    cycles: str
    reference: str


HEADINGS = {
    "name": "Name",
    "aliases": "Other names",
    "summary": "What it is",
    "calls": "Oracle calls per step",
    "memory": "Memory",
    "order": "Order",
    "linear": "Linear",
    "bilinear": "Bilinear games, by ησ",
    "reference": "Reference",
    "dimension": "Dimensions",
    "kind": "Class",
    "equilibria": "Equilibria",
    "cycles": "Cycles of the flow",
}
"""Column headings, by field of a row."""


def rule_table() -> list[_RuleRow]:
    """Return a row for every update rule, with its default fields.

    Returns
    -------
    list of RuleRow
        Strings only. `bilinear` is where the exact map on the bilinear game with
        singular value σ is stable, or neutral, for equal learning rates η, looked for
        from ησ = 0.05 to 1000: for a rule that isn't linear, at the equilibrium.

    Examples
    --------
    >>> rows = {row.name: row for row in rule_table()}
    >>> rows["Extragradient"].calls, rows["Extragradient"].bilinear
    ('2 gx, 2 gy', 'stable < 1')
    """
    return [rule_row(cls) for cls in RULES.values()]


def game_table() -> list[_GameRow]:
    """Return a row for every game, with its default fields.

    Examples
    --------
    >>> rows = {row.name: row for row in game_table()}
    >>> rows["Forsaken"].equilibria, rows["Forsaken"].cycles
    ('1 stable focus', '1 unstable inside 1 stable')
    """
    return [game_row(cls) for cls in GAMES.values()]


def rule_row(cls: type[Rule]) -> _RuleRow:
    """Return what the table says of one rule."""
    rule = cls()
    calls = oracle_calls(rule, _PROBE)
    return _RuleRow(
        cls.__name__,
        ", ".join(cls.aliases),
        summary(cls),
        ", ".join(f"{count} {name}" for name, count in calls.items()),
        _memory(rule),
        next((order for name, order in _ORDERS.items() if name in calls), "first"),
        "yes" if rule.linear else "no",
        bilinear_stability(rule),
        "; ".join(citations(cls)),
    )


def game_row(cls: type[Game]) -> _GameRow:
    """Return what the table says of one game."""
    game = cls()
    sizes = " + ".join(str(int(np.prod(shape, dtype=int))) for shape in game.shape)
    variable = cls.shape is not Game.shape
    kinds = [_kind_of_sum(game), *["linear"] * cls.linear]
    return _GameRow(
        cls.__name__,
        ", ".join(cls.aliases),
        summary(cls),
        f"any, default {sizes}" if variable else sizes,
        ", ".join(kinds),
        _equilibria(game),
        cls.cycles,
        "; ".join(citations(cls)),
    )


def summary(cls: type[Any]) -> str:
    """Return the first line of a class's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def citations(cls: type[Any]) -> list[str]:
    """Return the works that a docstring cites, as authors and year.

    Examples
    --------
    >>> from gandyn.rules import Extragradient
    >>> citations(Extragradient)[0]
    'Korpelevich 1976'
    """
    lines = (inspect.getdoc(cls) or "").splitlines()
    if "References" not in lines:
        return []
    text: list[str] = []
    for line in lines[lines.index("References") + 2 :]:
        if line.startswith("---"):
            text.pop()
            break
        text.append(line)
    found = _CITATION.findall(" ".join(text))
    return [f"{_shortened(names)} {year}" for names, year in found]


def _shortened(names: str) -> str:
    authors = re.split(r"[.;:]\s+", names)[-1].strip().split(", ")
    return authors[0] + " et al." if len(authors) > 3 else ", ".join(authors)


def _memory(rule: Rule) -> str:
    x, y = (np.full(shape, 0.5) for shape in _PROBE.shape)
    shapes = [np.shape(leaf) for leaf in flatten(rule.init(_PROBE, x, y))]
    counts = [shapes.count(shape) for shape in (*_PROBE.shape, ())]
    both = min(counts[:2])
    named = zip(("x", "y"), counts, strict=False)
    parts = [f"{both} (x, y)"] * (both > 0)
    parts += [f"{count - both} {name}" for name, count in named if count > both]
    parts += [f"{counts[2]} number{'s' * (counts[2] > 1)}"] * (counts[2] > 0)
    return ", ".join(parts) or "none"


def bilinear_stability(rule: Rule) -> str:
    """Return where a rule is stable on the bilinear game, in words.

    Examples
    --------
    >>> from gandyn.rules import Alternating, HeavyBall, RungeKutta4
    >>> bilinear_stability(Alternating()), bilinear_stability(HeavyBall())
    ('neutral < 2', 'never')
    >>> bilinear_stability(RungeKutta4())
    'stable < 2.82843'
    """
    if not rule.autonomous:
        return "changes with time"
    found = _at(rule, _SCAN)
    if (found == Verdict.UNDECIDED).all():
        return f"not defined: {rule.inverts} is singular"
    edges = [_edge(rule, i, found) for i in map(int, np.flatnonzero(np.diff(found)))]
    pieces = zip([0.0, *edges], [*edges, np.inf], _distinct(found), strict=True)
    names = {Verdict.CONVERGES: "stable", Verdict.NEUTRAL: "neutral"}
    parts = [
        f"{names[Verdict(kind)]} {_interval(low, high)}"
        for low, high, kind in pieces
        if kind in names
    ]
    return ", ".join(parts) or "never"


def _at(rule: Rule, rates: np.ndarray) -> np.ndarray:
    """Return converges, neutral, diverges or undecided (without a map) of each rate."""
    swept = dict.fromkeys(resolve(rule, "lr"), rates)
    maps = linear_maps(rule, Bilinear(1.0), (0.0, 0.0), swept, rates.size)
    spectrum = spectra(maps)
    verdict = np.where(spectrum.radius > 1, Verdict.DIVERGES_SPIRAL, spectrum.verdict)
    neutral = (spectrum.verdict == Verdict.NEUTRAL) | (
        spectrum.ended == Ending.ROUNDING
    )
    return np.where(neutral, Verdict.NEUTRAL, verdict)


def _distinct(found: np.ndarray) -> list[int]:
    return [int(found[0]), *(int(v) for v in found[1:][np.diff(found) != 0])]


def _edge(rule: Rule, i: int, found: np.ndarray) -> float:
    low, high = _SCAN[i], _SCAN[i + 1]
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _at(rule, np.array([middle]))[0] == found[i]:
            low = middle
        else:
            high = middle
    return float(low + high) / 2


def _interval(low: float, high: float) -> str:
    if low == 0:
        return "always" if high == np.inf else f"< {high:.6g}"
    return f"> {low:.6g}" if high == np.inf else f"from {low:.6g} to {high:.6g}"


def _equilibria(game: Game) -> str:
    kinds = [_kind(game, *point) for point in game.equilibria()]
    counted = {kind: kinds.count(kind) for kind in kinds}
    return ", ".join(
        f"{count} × {kind}" if count > 1 else f"1 {kind}"
        for kind, count in counted.items()
    )


def _kind_of_sum(game: Game) -> str:
    if game.zero_sum:
        return "zero-sum"
    rng = np.random.default_rng(0)
    points = [[rng.normal(size=shape) for shape in game.shape] for _ in range(4)]
    try:
        sums = [float(game.loss_x(*z) + game.loss_y(*z)) for z in points]
    except NotImplementedError:
        return "general-sum"
    constant = np.ptp(sums) <= _ON_AXIS * (1 + np.abs(sums).max())
    return "zero-sum by default" if constant else "general-sum"


def _kind(game: Game, x: Any, y: Any) -> str:
    """Return what an equilibrium is for the flow -v."""
    values = np.linalg.eigvals(dense_jacobian(game, x, y))
    scale = np.abs(values).max(initial=0.0)
    zero = np.abs(values) <= _ON_AXIS * scale
    if zero.all():
        return "degenerate"
    moving = values[~zero]
    manifold = " on a manifold" if zero.any() else ""
    real = moving.real
    still = np.abs(real) <= _ON_AXIS * scale
    if still.any():
        return ("centre" if still.all() else "half a centre") + manifold
    if (real > 0).any() and (real < 0).any():
        return "saddle" + manifold
    shape = "focus" if np.abs(moving.imag).max() > _ON_AXIS * scale else "node"
    return f"{'stable' if (real > 0).all() else 'unstable'} {shape}{manifold}"
