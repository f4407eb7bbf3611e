"""Recorded windows: the states of `advance`, and exact tangents beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from gandyn import games, rules
from gandyn._node import Real
from gandyn._trees import flatten, map_leaves
from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import TINY, generic_tangents
from gandyn.dynamics.engines.choice import ArrayEngine, KernelEngine, make_engine
from gandyn.dynamics.engines.linearising import linearised
from gandyn.dynamics.recognition.limits import limits
from gandyn.elementary import (
    clip,
    cos,
    exp,
    heaviside,
    log,
    select,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    tanh,
)
from gandyn.games import Bilinear, DiracGAN
from gandyn.games.dirac import R1
from gandyn.rules import Rule

GAME = DiracGAN(regulariser=R1(0.2))
CELLS = 5
STEPS = 3
"""Fewer than a pass: the tangents come back as the steps have left them."""
EXACT = 1e-12
"""Differences over the largest tangent: both ways are exact to rounding."""
QUICK_RULES = ("Alternating", "OptimisticAdam", "FollowTheRidge", "Lookahead")
QUICK_GAMES = ("GaussianHills",)
"""One of each kind of arithmetic; compiling for all of them takes minutes."""
SCALAR_GAMES = [
    name for name, cls in games.CATALOGUE.items() if cls().shape == ((), ())
]
PROBES = ("Simultaneous", "OptimisticGradient", "Consensus")
"""Rules that between them ask for every derivative of a game, with memory."""


class Everything(Rule):
    """Every operation that a step may use, at values where none is degenerate."""

    a: Real = 0.3

    def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
        u = exp(-x * x) + log(2 + y * y) - sqrt(1.5 + x * y)
        w = sin(x) / (2 + cos(y)) + tanh(x - y) + softplus(y) * sigmoid(-x)
        u += select(x, x * y, 3.0) + heaviside(y) * x - sign(x) * y
        w -= clip(3 * x, self.a) + 1 / (3 + x) - (+y) / 2
        total = 0.0
        for factor in (1.0, 2.5):
            total = total + factor * (-u) * w
        size = x if x.real > y.real else 2 - y
        (moved,) = memory
        u += x**2 + x**y + 1.5**x + (2 + x) ** self.a + (1 + y) ** -2
        return 0.1 * u, 0.1 * w * total + y**3, (moved * 0.5 + size + True,)

    def init(self, game: Any, x: Any, y: Any) -> Any:
        return (0.5 * x + 1,)


def sampled(names: Iterable[str], quick: tuple[str, ...]) -> list[Any]:
    """Return all names as parameters, those marked slow that are not quick."""
    assert set(quick) <= set(names)
    return [
        pytest.param(name, marks=[] if name in quick else pytest.mark.slow)
        for name in names
    ]


def small(cls: type[Rule]) -> Rule:
    """Return a rule that stays near the start for a few steps."""
    names = cls.__dataclass_fields__
    return cls(lr=0.05) if {"lr_x", "lr_y"} <= names.keys() else cls()


def starts() -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(0.2, 0.7, CELLS), np.linspace(0.6, 0.1, CELLS)


def moved_tangents(rule: Rule, game: Any, x: float, y: float) -> np.ndarray:
    """Carry the generic tangents along by complex steps of the plain step."""
    state = (x, y, rule.init(game, x, y))
    pair = generic_tangents(len(flatten(state)), 1)[..., 0]
    for _ in range(STEPS):
        rows = []
        for vector in pair:
            parts = iter(vector)
            moved = map_leaves(lambda v, p=parts: complex(v, TINY * next(p)), state)
            rows.append([np.imag(v) / TINY for v in flatten(rule.step(game, *moved))])
        pair = np.array(rows)
        state = rule.step(game, *state)
    return pair


def check(rule: Rule, game: Any) -> None:
    """Compare a window with `advance`, bit by bit, and with complex steps."""
    engine = make_engine(rule, game, [])
    alone, seen = (engine.start({}, *starts()) for _ in range(2))
    orbit = []
    for _ in range(STEPS):
        engine.advance(alone, 1)
        orbit.append(engine.players(alone).copy())
    window = engine.observe(seen, STEPS)
    recorded = np.stack([window.xs, window.ys], axis=1)[..., :CELLS]
    assert np.array_equal(recorded, orbit, equal_nan=True)
    assert np.array_equal(alone[1], seen[1], equal_nan=True)
    for cell, (x, y) in enumerate(zip(*starts(), strict=True)):
        try:
            want = moved_tangents(rule, game, float(x), float(y))
        except ZeroDivisionError:
            continue
        got = window.tangents[..., cell]
        scale = np.max(np.abs(want))
        np.testing.assert_allclose(got / scale, want / scale, rtol=0, atol=EXACT)


@pytest.mark.parametrize("name", sampled(rules.CATALOGUE, QUICK_RULES))
def test_every_rule_has_exact_tangents_beside_the_same_states(name: str) -> None:
    check(small(rules.CATALOGUE[name]), GAME)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("name", sampled(SCALAR_GAMES, QUICK_GAMES))
def test_every_game_has_exact_tangents_beside_the_same_states(
    name: str, probe: str
) -> None:
    check(rules.CATALOGUE[probe](lr=0.01), games.CATALOGUE[name]())


def test_every_operation_has_its_exact_derivative() -> None:
    check(Everything(), GAME)


@pytest.mark.parametrize("name", ["Adam", "Lookahead", "Extragradient"])
def test_long_windows_have_the_states_of_advance(name: str) -> None:
    rule = rules.CATALOGUE[name]()
    engine = make_engine(rule, GAME, [])
    alone, seen = (engine.start({}, *starts()) for _ in range(2))
    engine.advance(alone, 1000)
    engine.observe(seen, 1000)
    assert np.array_equal(alone[1], seen[1])


@pytest.mark.parametrize("name", ["Extragradient", "Adam", "Halpern"])
def test_unit_tangents_give_the_linearised_step(name: str) -> None:
    engine = KernelEngine(small(rules.CATALOGUE[name]), GAME, [])
    cells = engine.start({}, *starts())
    engine.advance(cells, 3)
    before = cells[1].copy()
    move = 0.01 * before
    residual, maps = engine.linearise(cells, move)
    assert np.array_equal(cells[1], before)
    wanted = linearised(engine, cells, move)
    np.testing.assert_allclose(residual, wanted[0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(maps, wanted[1], rtol=1e-12, atol=1e-15)


def test_a_gradient_that_has_vanished_is_no_equilibrium_of_tangents() -> None:
    """At x y = 966 the field is 1e-420: zero to floats, and to their derivatives."""
    engine = KernelEngine(rules.Nesterov(lr=1.0), DiracGAN(), [])
    cells = engine.start({}, np.array([-18.1]), np.array([-53.4]))
    found = limits(engine, cells)
    assert not found.attracts[0]
    assert not found.holds[0]


@pytest.mark.parametrize("engine_class", [KernelEngine, ArrayEngine])
def test_windows_go_on_where_they_ended(engine_class: Any) -> None:
    engine = engine_class(rules.OptimisticGradient(lr=0.3), GAME, [])
    at_once, in_two = (engine.start({}, *starts()) for _ in range(2))
    whole = engine.observe(at_once, 4 * REORTHOGONALISE)
    first = engine.observe(in_two, 2 * REORTHOGONALISE)
    second = engine.observe(in_two, 2 * REORTHOGONALISE, first.tangents[..., :CELLS])
    assert np.array_equal(whole.xs, np.concatenate([first.xs, second.xs]))
    assert np.array_equal(
        whole.growth, np.concatenate([first.growth, second.growth], axis=1)
    )


@pytest.mark.parametrize("engine_class", [KernelEngine, ArrayEngine])
def test_a_step_that_forgets_shrinks_without_end(engine_class: Any) -> None:
    """The step of Newton's kind lands at once: the derivative is 0, not NaN."""

    class Forgets(Rule):
        def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
            return 0 * x + 0.25, 2 * y, memory

    engine = engine_class(Forgets(), GAME, [])
    window = engine.observe(engine.start({}, *starts()), 2 * REORTHOGONALISE)
    np.testing.assert_allclose(window.growth[0, 1, :CELLS], np.log(2), rtol=1e-12)
    assert np.all(np.isneginf(window.growth[1, :, :CELLS]))


def test_a_division_by_zero_stays_in_its_cell() -> None:
    class Inverse(Rule):
        def step(self, game: Any, x: Any, y: Any, memory: Any) -> Any:
            return 1 / x, 0.5 * y, memory

    engine = KernelEngine(Inverse(), GAME, [])
    x, y = starts()
    x[2] = 0.0
    cells = engine.start({}, x, y)
    window = engine.observe(cells, 16)
    others = np.arange(CELLS) != 2
    assert np.isfinite(window.growth[:, :, :CELLS][..., others]).all()
    assert np.isfinite(window.xs[:, :CELLS][:, others]).all()


@pytest.mark.parametrize("name", ["OptimisticGradient", "Adam"])
def test_vectors_are_recorded_with_the_bits_of_advance(name: str) -> None:
    rule, game = rules.CATALOGUE[name](lr=0.1), Bilinear(np.array([[1.0, 2], [0.5, 1]]))
    engine = ArrayEngine(rule, game, [])
    rng = np.random.default_rng(4)
    x, y = (rng.normal(size=(*shape, CELLS)) for shape in game.shape)
    alone, seen = (engine.start({}, x, y) for _ in range(2))
    engine.advance(alone, 40)
    window = engine.observe(seen, 40)
    for a, b in zip(flatten(tuple(alone[1:])), flatten(tuple(seen[1:])), strict=True):
        assert np.array_equal(a, b)
    part = engine.start({}, x[..., 1:3], y[..., 1:3])
    own = engine.observe(part, 40)
    assert np.array_equal(own.growth[..., :2], window.growth[..., 1:3])
