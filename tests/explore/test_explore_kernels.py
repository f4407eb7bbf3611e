"""Traced steps as JavaScript: orbits and maps of every rule on every scalar game."""

import itertools
import math
import random

import numpy as np
import pytest

from gandyn import games, rules
from gandyn._node import leaves, replace
from gandyn._trees import flatten, refill
from gandyn.dynamics.exact.linear import linear_maps, reference_equilibrium
from gandyn.errors import GandynError
from gandyn.explore import BranchError
from gandyn.explore.contents import choices_of, fields_of, order_of
from gandyn.explore.javascript import BLOCK, function, places_of
from gandyn.explore.recorded import Operation
from gandyn.explore.trace import free_fields, trace_game, trace_pair
from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import Alternating, Rule, Simultaneous
from tests.explore.node import evaluate, needs_node, number

STEPS = 40
GAMES = [game() for game in games.CATALOGUE.values() if game().shape == ((), ())]
RULES = [rule() for rule in rules.CATALOGUE.values()]
PAIRS = list(itertools.product(range(len(RULES)), range(len(GAMES))))
SOME = [pair for pair in PAIRS if sum(pair) % 8 == 0]
INEXACT = {"exp", "log", "sin", "cos", "tanh"}

PLAY = """
const { exp, log, sqrt, sin, cos, tanh } = Math;
const B = %d, FUNCTIONS = [%s];
const FOUND = GIVEN.map(({ slots, values, states, point }, k) => {
  const [start, step, tangent] = FUNCTIONS[k], lane = 3;
  const S = new Float64Array(B * (slots + 2)), T = new Float64Array(B * (slots + 2));
  const F = new Float64Array(B * (values.length + 1));
  values.forEach((value, j) => { F[lane + B * j] = value; });
  const put = (state) => state.forEach((v, j) => { S[lane + B * j] = v; });
  const get = (A, n = slots) => Array.from({ length: n }, (_, j) => A[lane + B * j]);
  const orbit = [], next = [];
  put(states[0].slice(0, 2));
  start(S, T, F, lane + 1);
  for (const state of states) { orbit.push(get(S)); step(S, T, F, lane + 1); }
  for (const state of states) {
    put(state);
    step(S, T, F, lane + 1);
    next.push(get(S));
  }
  const columns = [];
  if (point) {
    put(point);
    start(S, T, F, lane + 1);
    for (let j = 0; j < slots; j++) {
      T.fill(0);
      T[lane + B * j] = 1;
      tangent(S, T, F, lane + 1);
      columns.push(get(T));
    }
  }
  return { orbit, next, columns };
});
"""


def varied(node, rng):
    """Return a node with other numbers and other structure than its defaults."""
    changes = {one["path"]: rng.choice(one["values"]) for one in choices_of(node)}
    for field in fields_of(node):
        low, high = field["from"], field["to"]
        if field["path"].split(".")[-1].startswith("lr"):
            low, high = field["value"] / 5, field["value"] * 5
        value = rng.uniform(low, high)
        changes[field["path"]] = float(f"{value:.6g}") if rng.random() < 0.7 else value
    return replace(node, changes)


def played(rule, game, start):
    """Return states of an orbit in plain Python, up to what Python refuses."""
    x, y = start
    memory = rule.init(game, x, y)
    states = []
    try:
        for _ in range(STEPS):
            states.append([float(v) for v in (x, y, *flatten(memory))])
            x, y, memory = rule.step(game, x, y, memory)
            if not all(math.isfinite(v) and abs(v) < 1e100 for v in (x, y)):
                break
    except (OverflowError, ZeroDivisionError):
        pass
    return states


def names_in(program):
    seen, waiting = {}, list(program.outputs)
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and isinstance(one, Operation):
            seen[id(one)] = one.name
            waiting += one.operands if one.name not in ("input", "number") else ()
    return set(seen.values())


def check(pairs, folder, seed):
    """Play pairs in Python and on Node, and compare."""
    texts, given, asked = [], [], []
    for r, g in pairs:
        rng = random.Random(f"{seed} {r} {g}")
        rule, game = varied(RULES[r], rng), varied(GAMES[g], rng)
        programs = trace_pair(rule, game)
        fields = [f"game.{path}" for path in free_fields(game)]
        fields += [f"rule.{path}" for path in free_fields(rule)]
        places = places_of(len(programs.start.outputs), fields)
        made = zip(programs, ("S2", "S0", "T0"), strict=True)
        texts.append(f"[{','.join(function(p, places, into) for p, into in made)}]")
        known = {f"game.{k}": v for k, v in leaves(game).items()}
        known |= {f"rule.{k}": v for k, v in leaves(rule).items()}
        states = played(rule, game, (rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 0.8)))
        point = None
        if rule.autonomous and game.equilibria():
            point = [float(v) for v in reference_equilibrium(game)]
        given.append(
            {
                "slots": len(programs.step.outputs), "states": states, "point": point,
                "values": [float(known[name]) for name in fields],
            }
        )  # fmt: skip
        exact = not INEXACT & (names_in(programs.step) | names_in(programs.start))
        asked.append((rule, game, exact))
    found = evaluate(folder, PLAY % (BLOCK, ",".join(texts)), given)
    counts = {"bitwise": 0, "to rounding": 0, "maps": 0}
    for (rule, game, exact), sent, back in zip(asked, given, found, strict=True):
        where = f"{rule!r} on {game!r}"
        states = np.array(sent["states"])
        if exact:
            found_states = [list(map(number, state)) for state in back["orbit"]]
            assert found_states == sent["states"], where
            counts["bitwise"] += 1
        else:
            nearly_next(rule, game, sent["states"], back["next"], where)
            first = np.array([number(v) for v in back["orbit"][0]])
            assert np.allclose(first, states[0], rtol=1e-13, atol=1e-13), where
            counts["to rounding"] += 1
        if sent["point"]:
            map_of(rule, game, sent["point"], back["columns"], where)
            counts["maps"] += 1
    return counts


def nearly_next(rule, game, states, nexts, where):
    """Compare single steps, from Python's own states, to what rounding makes of them.

    A change of the state by a rounding shows how much of it a step makes.
    """
    tree = rule.init(game, states[0][0], states[0][1])
    for state, found in zip(states, nexts, strict=True):
        images = []
        for sign in (0, 1, -1):
            x, y, *kept = (v * (1 + sign * 2**-50) for v in state)
            try:
                x, y, after = rule.step(game, x, y, refill(tree, kept))
            except (OverflowError, ZeroDivisionError):
                return
            images.append(np.array([float(v) for v in (x, y, *flatten(after))]))
        plain, more, less = images
        noise = np.maximum(abs(more - plain), abs(less - plain))
        size = np.max(np.abs(plain), initial=1.0)
        with np.errstate(invalid="ignore"):
            gap = abs(np.array([number(v) for v in found]) - plain)
            bad = ~(gap <= 64 * noise + 1e-13 * size) & np.isfinite(plain)
        assert not bad.any(), f"{where}: {state} to {found}, not {plain}"


def map_of(rule, game, point, columns, where):
    """Compare a map; where an equilibrium is one to rounding only, so is its map.

    A field that is a rounding instead of 0 over a root of its square is anything.
    """
    expected, *beside = (
        linear_maps(rule, game, tuple(v * (1 + by * 2**-52) for v in point), {}, 1)[0]
        for by in (0, 1, -1)
    )
    found = np.array([[number(v) for v in column] for column in columns]).T
    if not np.isfinite(expected).all():
        assert not np.isfinite(found).all(), where
        return
    size = max(1.0, float(np.linalg.norm(expected)))
    noise = np.max([abs(one - expected) for one in beside], axis=0)
    assert (abs(found - expected) <= 1e-12 * size + 64 * noise).all(), where


@needs_node
def test_kernels_play_as_python_does(tmp_path):
    counts = check(SOME, tmp_path, 0)
    assert counts["bitwise"] > len(SOME) // 3
    assert counts["to rounding"] > len(SOME) // 8
    assert counts["maps"] > len(SOME) // 2


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_every_kernel_plays_as_python_does(part, tmp_path):
    check(PAIRS[part::6], tmp_path, part)


def test_every_rule_is_traced_on_every_scalar_game():
    assert len(PAIRS) >= 54 * 19
    for rule, game in ((RULES[r], GAMES[g]) for r, g in SOME):
        programs = trace_pair(rule, game)
        assert len(programs.step.outputs) == 2 + len(programs.start.outputs)
        assert len(programs.tangent.outputs) == len(programs.step.outputs)


def test_who_sees_whose_move():
    game = DiracGAN()
    assert order_of(trace_pair(Simultaneous(), game)) == "both"
    assert order_of(trace_pair(Alternating(), game)) == "x"
    assert order_of(trace_pair(Alternating(y_first=True), game)) == "y"


class Deciding(Rule):
    """A rule that branches on a value."""

    lr_x: float = 0.1
    lr_y: float = 0.1

    def step(self, game, x, y, memory):
        gx = game.gx(x, y)
        return (x - self.lr_x * gx if gx > 0 else x), y, memory


class Equating(Deciding):
    """A rule that asks whether a value is equal to another."""

    def step(self, game, x, y, memory):
        return (0.0 if x == 0 else x), y, memory


class Leaving(Deciding):
    """A rule that leaves the recorded numbers."""

    def step(self, game, x, y, memory):
        return x - self.lr_x * math.atan(game.gx(x, y)), y, memory


class Strange(Deciding):
    """A rule that does what recorded numbers cannot."""

    def step(self, game, x, y, memory):
        return x % 1.0, y, memory


@pytest.mark.parametrize("rule", [Deciding(), Equating(), Leaving()])
def test_a_branch_on_a_value_is_refused(rule):
    with pytest.raises(BranchError, match="select, clip or heaviside"):
        trace_pair(rule, Bilinear(1.0))


def test_what_cannot_be_recorded_is_refused():
    with pytest.raises(GandynError, match="Strange on Bilinear cannot be traced"):
        trace_pair(Strange(), Bilinear(1.0))


def test_vanishing_derivatives_are_left_out_and_values_are_not():
    plain, along = trace_game(Bilinear(1.0))
    assert "number" not in names_in(along)  # no product with a derivative 0
    assert names_in(plain) >= {"*", "+"}


def test_expressions_keep_the_order_of_operations(tmp_path):
    class Ordered(Deciding):
        def step(self, game, x, y, memory):
            return x - (y - x) - -x, x / (y / (x * y)) * -(x + (y + 0.1)), memory

    programs = trace_pair(Ordered(), Bilinear(1.0))
    text = function(programs.step, places_of(0, []), "S0")
    assert "--" not in text
    x, y = 0.1, 0.7
    expected = [x - (y - x) - -x, x / (y / (x * y)) * -(x + (y + 0.1))]
    run = "const S = new Float64Array(512); [S[0], S[256]] = GIVEN;"
    run += f"({text})(S, S, S, 1); const FOUND = [S[0], S[256]];"
    if evaluate.__globals__["NODE"]:
        assert evaluate(tmp_path, run, [x, y]) == expected
