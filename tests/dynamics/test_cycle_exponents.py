"""Exponents of periodic orbits, beside the multipliers of a whole period."""

from __future__ import annotations

import numpy as np
import pytest

from gandyn import simulate
from gandyn._node import replace
from gandyn.dynamics.engines.choice import ArrayEngine, KernelEngine
from gandyn.dynamics.engines.linearising import linearised
from gandyn.dynamics.recognition.cycle_exponents import cycle_exponents
from gandyn.games import GrimmerQuartic, TorusGame
from gandyn.rules import Alternating, HeavyBall
from tests.known_maps import Logistic

LONG = (
    Alternating(lr_x=0.03526458052659315, lr_y=0.030283541897410178),
    GrimmerQuartic(A=9.782971408655747),
    (4.237867037556143, 1.8035269181046343),
    414,
)
"""The window in which it is seen has two periods and a half."""
COMPLEX = (
    HeavyBall(
        lr_x=0.8170890756727187, lr_y=0.40906762766434607,
        beta_x=0.904179310151651, beta_y=-0.0793748605906277,
    ),
    TorusGame(a=-0.6068105269630635, b=-0.01066720761652773),
    (-0.8589403720061366, -2.2730871602694624),
    30,
)  # fmt: skip
"""Its leading multipliers are a complex pair."""
PAIR_BEHIND = (
    HeavyBall(
        lr_x=1.2228125403921013, lr_y=0.7184148237442929,
        beta_x=-0.6568386116438036, beta_y=-0.5250957567447165,
    ),
    TorusGame(a=-0.14172477206145018, b=0.3920440687421477),
    (-1.0901098637614255, 3.582528112563597),
    2,
)  # fmt: skip
"""Behind its leading multiplier are a complex pair: the second tangent turns."""


def multiplier_exponent(engine, cells, period):
    """Return the exponent of the product of complex steps' maps over a period."""
    _, _, state = engine.unpack(cells)
    slots = 2 + len(state[2])
    product, move = np.eye(slots), np.zeros((slots, 1))
    for _ in range(period):
        product = linearised(engine, cells, move)[1][0] @ product
        engine.advance(cells, 1)
    return np.log(np.abs(np.linalg.eigvals(product)).max()) / period


def on_the_cycle(engine, start, width):
    x, y = (np.full(width, part) for part in start)
    cells = engine.start({}, x, y)
    engine.advance(cells, 6000)
    tangents = engine.observe(cells, 2048).tangents[..., :width]
    return cells, tangents


@pytest.mark.parametrize(
    ("engine_class", "case"),
    [
        (KernelEngine, LONG),
        (KernelEngine, COMPLEX),
        (ArrayEngine, COMPLEX),
        (ArrayEngine, PAIR_BEHIND),
    ],
)
def test_exponents_of_cycles_are_those_of_their_multipliers(engine_class, case):
    rule, game, start, period = case
    engine = engine_class(rule, game, [])
    cells, tangents = on_the_cycle(engine, start, 3)
    found = cycle_exponents(engine, cells, tangents, np.full(3, period))
    truth = multiplier_exponent(engine, engine.take(cells, np.array([0])), period)
    np.testing.assert_allclose(found, truth, rtol=1e-6)


def test_a_simulated_cycle_has_the_exponent_of_its_multipliers():
    rule, game, start, period = LONG
    seen = simulate(rule, game, start, 32768)
    assert (seen.verdict, seen.period) == ("periodic", period)
    engine = KernelEngine(rule, game, [])
    cells, _ = on_the_cycle(engine, start, 1)
    truth = multiplier_exponent(engine, cells, period)
    assert seen.lyapunov == pytest.approx(truth, rel=1e-6)


def test_cells_of_other_periods_change_no_bits():
    rates, x = np.array([3.4, 3.5, 3.555, 3.4]), np.full(4, 0.3)
    path = [("rule", "r")]
    engine = KernelEngine(Logistic(), TorusGame(), path)
    cells = engine.start({path[0]: rates}, x, x)
    engine.advance(cells, 4096)
    tangents = engine.observe(cells, 1024).tangents[..., :4]
    period = np.array([2, 4, 8, 2])
    whole = cycle_exponents(engine, cells, tangents, period)
    assert whole[0] == whole[3]
    assert whole[0] == pytest.approx(np.log(abs(4 + 2 * 3.4 - 3.4**2)) / 2, rel=1e-9)
    for i in range(4):
        one = engine.take(cells, np.array([i]))
        alone = cycle_exponents(engine, one, tangents[..., [i]], period[[i]])
        assert alone[0] == whole[i]


def test_a_tangent_that_is_not_aligned_gives_no_exponent():
    rule, game, start, period = PAIR_BEHIND
    engine = ArrayEngine(rule, game, [])
    cells, tangents = on_the_cycle(engine, start, 1)
    first = cycle_exponents(engine, cells, tangents[::-1], np.array([period]))
    assert np.isnan(first[0])


def test_a_superstable_cycle_has_the_exponent_minus_infinity():
    rule = replace(Logistic(), {"r": 2.0})
    engine = ArrayEngine(rule, TorusGame(), [])
    cells = engine.start({}, np.array([0.5]), np.array([0.0]))
    pair = np.array([[[1.0], [0.0]], [[0.0], [0.0]]])
    assert np.isneginf(cycle_exponents(engine, cells, pair, np.array([2]))[0])


@pytest.mark.parametrize("r", [3.73817238170547, 3.73817238466997])
def test_a_cycle_that_is_yet_being_closed_in_on_has_its_own_exponent(r):
    """Beside a fold multipliers on the way are others than on the cycle of five."""
    seen = simulate(Logistic(r), TorusGame(), (0.2079, 0.3), 32768)
    assert (seen.verdict, seen.period) == ("periodic", 5)
    x, growth = 0.2079, 0.0
    for _ in range(200_000):
        x = r * x * (1.0 - x)
    for _ in range(5):
        growth += np.log(abs(r * (1.0 - 2.0 * x)))
        x = r * x * (1.0 - x)
    assert seen.lyapunov == pytest.approx(growth / 5, rel=1e-5)
