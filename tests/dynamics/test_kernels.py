"""Compiled kernels against the plain steps they were compiled from."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from gandyn import games, rules, sweep
from gandyn._lane_blocks import BLOCK
from gandyn._node import leaves
from gandyn._trees import flatten
from gandyn.dynamics import Axis
from gandyn.dynamics.engines._kernels import REORTHOGONALISE
from gandyn.dynamics.engines.cells import generic_tangents
from gandyn.dynamics.engines.choice import ArrayEngine, KernelEngine
from gandyn.dynamics.exact.linear import linear_maps
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Alternating, Extragradient, Simultaneous

STEPS = 50
GAME = DiracGAN(regulariser=R1(0.2))
SCALAR_GAMES = [
    name for name, cls in games.CATALOGUE.items() if cls().shape == ((), ())
]
PROBES = ("Simultaneous", "OptimisticGradient", "Consensus")
"""Rules that between them ask for every derivative of a game, with memory."""


def naive(rule, game, x, y, steps):
    """Run the plain Python step, one number at a time."""
    memory = rule.init(game, x, y)
    orbit = []
    for _ in range(steps):
        x, y, memory = rule.step(game, x, y, memory)
        orbit.append((x, y))
    return np.array(orbit), memory


def compiled(rule, game, x, y, steps):
    engine = KernelEngine(rule, game, [])
    cells = engine.start({}, np.array([x]), np.array([y]))
    orbit = []
    for _ in range(steps):
        engine.advance(cells, 1)
        orbit.append(engine.players(cells)[:, 0].copy())
    return np.array(orbit), cells[1][2:, 0]


def assert_close(got, want):
    scale = np.max(np.abs(want), initial=1.0)
    np.testing.assert_allclose(got / scale, want / scale, rtol=1e-12, atol=1e-12)


def small(cls):
    """Return a rule that stays near the start for 50 steps."""
    names = cls.__dataclass_fields__
    return cls(lr=0.05) if {"lr_x", "lr_y"} <= names.keys() else cls()


@pytest.mark.parametrize("name", list(rules.CATALOGUE))
def test_every_rule_compiles_to_its_plain_step(name):
    rule = small(rules.CATALOGUE[name])
    game = GAME if playable(rule, GAME) else games.Bilinear(1.0)
    if not playable(rule, game):
        game = games.Quadratic()
    want, memory = naive(rule, game, 0.5, 0.4, STEPS)
    got, slots = compiled(rule, game, 0.5, 0.4, STEPS)
    assert_close(got, want)
    assert_close(slots, np.array(flatten(memory), dtype=float))


def playable(rule, game):
    try:
        x, y, _ = rule.step(game, 0.5, 0.4, rule.init(game, 0.5, 0.4))
    except (ValueError, ZeroDivisionError):
        return False
    return bool(np.isfinite(x) and np.isfinite(y))


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("name", SCALAR_GAMES)
def test_every_scalar_game_compiles_to_its_plain_methods(name, probe):
    rule, game = rules.CATALOGUE[probe](lr=0.01), games.CATALOGUE[name]()
    want, _ = naive(rule, game, 0.3, 0.2, STEPS)
    got, _ = compiled(rule, game, 0.3, 0.2, STEPS)
    assert_close(got, want)


def test_swept_fields_are_the_lane_s_own():
    paths = [("rule", "lr_x"), ("game", "regulariser.gamma")]
    rates = np.linspace(0.1, 0.9, 70)
    gammas = np.linspace(0.0, 1.0, 70)
    engine = KernelEngine(Alternating(), GAME, paths)
    swept = dict(zip(paths, (rates, gammas), strict=True))
    cells = engine.start(swept, np.full(70, 0.5), np.full(70, 0.4))
    engine.advance(cells, STEPS)
    for i in (0, 33, 63, 64, 69):
        rule, game = Alternating(lr_x=rates[i]), DiracGAN(regulariser=R1(gammas[i]))
        want, _ = naive(rule, game, 0.5, 0.4, STEPS)
        assert_close(engine.players(cells)[:, i], want[-1])


@pytest.mark.parametrize("name", ["Extragradient", "OptimisticGradient", "Lookahead"])
def test_the_array_engine_takes_the_same_steps(name):
    rule = rules.CATALOGUE[name]()
    scalar, array = KernelEngine(rule, GAME, []), ArrayEngine(rule, GAME, [])
    start = np.linspace(-1, 1, 7), np.linspace(0.5, 1, 7)
    ends = []
    for engine in (scalar, array):
        cells = engine.start({}, *start)
        engine.advance(cells, STEPS)
        ends.append(engine.players(cells))
    assert_close(ends[0], ends[1])


@pytest.mark.parametrize("engine_class", [KernelEngine, ArrayEngine])
def test_tangents_follow_the_exact_linear_map(engine_class):
    rule = rules.OptimisticGradient(lr=0.3)
    matrix = linear_maps(rule, GAME, (0.0, 0.0), {}, 1)[0]
    engine = engine_class(rule, GAME, [])
    cells = engine.start({}, np.zeros(1), np.zeros(1))
    window = engine.observe(cells, REORTHOGONALISE)
    pair = generic_tangents(len(matrix), 1)[..., 0].T
    moved = np.linalg.matrix_power(matrix, REORTHOGONALISE) @ pair
    q, r = np.linalg.qr(moved)
    logs = np.log(np.abs(np.diag(r))) / REORTHOGONALISE
    np.testing.assert_allclose(window.growth[:, 0, 0], logs, rtol=1e-9)
    along = np.abs(np.sum(q * window.tangents[..., 0].T, axis=0))
    np.testing.assert_allclose(along, 1.0, rtol=1e-9)


def test_padding_and_position_do_not_change_bits():
    paths = [("rule", "lr_x")]
    rates = np.geomspace(0.01, 3, 3 * BLOCK)
    engine = KernelEngine(Simultaneous(), GAME, paths)
    half = np.full(rates.size, 0.5)
    whole = engine.start({paths[0]: rates}, half, half)
    engine.advance(whole, 777)
    part = engine.start({paths[0]: rates[37:90]}, half[37:90], half[37:90])
    engine.advance(part, 777)
    assert np.array_equal(engine.players(whole)[:, 37:90], engine.players(part))


def test_kernels_have_no_subnormal_numbers_and_their_callers_do():
    game = games.Quadratic(f_xx=1.0, f_xy=0.0)
    engine = KernelEngine(Simultaneous(lr=0.5), game, [])
    ends = []
    for run in (engine.advance, engine.observe):
        cells = engine.start({}, np.full(1, 2.0**-800), np.zeros(1))
        run(cells, 400)
        ends.append(engine.players(cells))
        assert np.float64(2.0**-1060) * 0.5 == 2.0**-1061
    assert np.array_equal(ends[0], ends[1])
    assert ends[0][0] in (0.0, np.finfo(float).tiny)


def test_overflow_in_one_lane_touches_no_other():
    paths = [("rule", "lr_x")]
    rates = np.full(BLOCK, 0.1)
    engine = KernelEngine(Extragradient(), games.Bilinear(1.0), paths)
    alone = engine.start({paths[0]: rates}, np.ones(BLOCK), np.ones(BLOCK))
    engine.advance(alone, 2000)
    wild = rates.copy()
    wild[5] = 1e9
    mixed = engine.start({paths[0]: wild}, np.ones(BLOCK), np.ones(BLOCK))
    engine.advance(mixed, 2000)
    others = np.arange(BLOCK) != 5
    assert not np.isfinite(engine.players(mixed)[:, 5]).any()
    assert np.array_equal(
        engine.players(mixed)[:, others], engine.players(alone)[:, others]
    )


def test_inner_loops_are_vectorised():
    engine = KernelEngine(Alternating(), GAME, [("rule", "lr_x"), ("rule", "lr_y")])
    cells = engine.start(
        {("rule", "lr_x"): np.ones(64), ("rule", "lr_y"): np.ones(64)},
        np.ones(64),
        np.ones(64),
    )
    engine.advance(cells, 1)
    dispatcher = engine._advance
    dispatcher._cache.disable()
    fresh = dispatcher.py_func
    from numba import njit

    from gandyn._lowering import FAST_MATH

    plain = njit(nogil=True, error_model="numpy", fastmath=FAST_MATH)(fresh)
    nodes = engine._low_rule, engine._low_game, engine._memory
    before = np.empty((0, 64))
    plain(*nodes, cells[0], cells[1].copy(), 1, before, before)
    text = "\n".join(plain.inspect_asm().values())
    packed = sum(text.count(name) for name in ("vfmadd", "fmadd", "fmla"))
    assert packed > 0
    assert "pd\t" in text or "fmla" in text


def test_an_edited_rule_is_compiled_anew(tmp_path: Path):
    """A method that the kernel calls is edited between two processes."""
    script = textwrap.dedent(
        """
        from gandyn import sweep
        from gandyn.games import Bilinear
        from gandyn.spec import parse_rule
        rule = parse_rule("mine.py:Mine")
        axes = {"lr_x": [0.1, 0.2], "lr_y": [0.1, 0.2]}
        found = sweep(rule, Bilinear(1.0), axes, method="simulate", steps=64)
        print(float(found.rate.values[0, 0]))
        """
    )
    source = textwrap.dedent(
        """
        from gandyn import Rule

        class Mine(Rule):
            lr_x: float = 0.1
            lr_y: float = 0.1

            def step(self, game, x, y, memory):
                return 0.5 * x, 0.5 * y, memory
        """
    )
    env = {**os.environ, "GANDYN_CACHE": str(tmp_path / "cache")}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    rates = []
    for factor in ("0.5", "0.25"):
        (tmp_path / "mine.py").write_text(source.replace("0.5", factor))
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        rates.append(float(done.stdout))
    np.testing.assert_allclose(rates, np.log([0.5, 0.25]), rtol=1e-6)


def test_a_second_process_finds_the_kernel_on_disk(tmp_path: Path):
    script = (
        "from gandyn.dynamics.engines.choice import KernelEngine\n"
        "from gandyn.games import Bilinear\n"
        "from gandyn.rules import Simultaneous\n"
        "import numpy as np\n"
        "e = KernelEngine(Simultaneous(), Bilinear(1.0), [])\n"
        "e.advance(e.start({}, np.ones(1), np.ones(1)), 1)\n"
        "print(sum(e._advance.stats.cache_hits.values()))\n"
    )
    env = {**os.environ, "GANDYN_CACHE": str(tmp_path)}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    hits = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=env, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for _ in range(2)
    ]  # fmt: skip
    assert hits == ["0", "1"]


def test_threads_and_tiles_do_not_change_bits(monkeypatch):
    axes = {"lr_x": Axis(0.1, 6, 24, "log"), "lr_y": Axis(0.1, 6, 24, "log")}
    one = sweep(Simultaneous(), GAME, axes, threads=1, steps=4096)
    monkeypatch.setattr("gandyn.dynamics.tiles.TILE", 100)
    other = sweep(Simultaneous(), GAME, axes, threads=3, steps=4096)
    for name in one.data_vars:
        assert np.array_equal(one[name].values, other[name].values, equal_nan=True), (
            name
        )


def test_every_numeric_field_of_every_rule_can_be_swept():
    for name, cls in rules.CATALOGUE.items():
        rule = cls()
        numbers = [p for p, v in leaves(rule).items() if isinstance(v, float)]
        assert numbers, name


def test_kernels_of_two_structures_share_no_index(tmp_path: Path):
    """An entry of one structure cannot be read where only the other one was made."""
    script = (
        "import sys\n"
        "from gandyn.dynamics.engines.choice import KernelEngine\n"
        "from gandyn.games import Bilinear\n"
        "from gandyn.rules import Alternating\n"
        "import numpy as np\n"
        "e = KernelEngine(Alternating(k_y=int(sys.argv[1])), Bilinear(1.0), [])\n"
        "e.advance(e.start({}, np.ones(1), np.ones(1)), 1)\n"
    )
    env = {**os.environ, "GANDYN_CACHE": str(tmp_path)}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    for count in ("2", "1"):
        done = subprocess.run(
            [sys.executable, "-c", script, count],
            env=env, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
