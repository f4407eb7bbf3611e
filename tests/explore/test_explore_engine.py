"""The page's engine: multipliers, equilibria, colours and boundaries."""

import itertools
import random

import numpy as np
from scipy.optimize import linear_sum_assignment

from gandyn import games, rules, sweep
from gandyn._node import replace
from gandyn.explore.contents import choices_of, fields_of
from gandyn.explore.page import engine
from gandyn.games import Bilinear, GeneralQuadratic, Quadratic
from gandyn.games.dirac import R1, DiracGAN
from gandyn.rules import Adam, Alternating, HeavyBall, Lookahead, Simultaneous
from gandyn.stability import boundary
from tests.explore.node import evaluate, needs_node, number

pytestmark = needs_node
KINDS = (
    "undecided", "converges", "diverges_spiral", "diverges_flip", "diverges_monotone",
    "neutral", "moving", "left", "stopped",
)  # fmt: skip
PLANES = """
const FOUND = GIVEN.map((job) => {
  const kind = new Array(job.nx * job.ny), radius = new Array(job.nx * job.ny);
  const times = new Array(job.nx * job.ny).fill(0), strides = [];
  let lines = [];
  for (const part of Engine.planeOf(job)) {
    if (part.lines) { lines = part.lines; continue; }
    strides.push(part.stride);
    part.at.forEach((cell, i) => {
      kind[cell] = part.kind[i];
      radius[cell] = Math.hypot(part.re[i], part.im[i]);
      times[cell] += 1;
    });
  }
  const value = (axis, t) => Engine.valueAt(axis, t);
  const numbers = (n) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);
  const x = numbers(job.nx).map((t) => value(job.x, t));
  const y = numbers(job.ny).map((t) => value(job.y, t));
  lines = lines.map(({ kind, points }) => ({ kind, points: points.map(
    (t, k) => value(k % 2 ? job.y : job.x, t)) }));
  return { kind, radius, times, strides, lines, x, y };
});
"""


def job(rules, games, r, g, x, y, n=32, **more):
    """Return what a page asks for: axes are (name, low, high, log)."""
    rule, game = rules[r], games[g]
    fields = [(f"game.{f['path']}", f["value"]) for f in fields_of(game)]
    fields += [(f"rule.{f['path']}", f["value"]) for f in fields_of(rule)]
    names = [name for name, _ in fields]

    def axis(name, low, high, log):
        targets = [k for k, one in enumerate(names) if one.endswith(name)]
        if name == "lr":
            targets = [k for k, one in enumerate(names) if one[:-2].endswith(".lr")]
        return {"low": low, "high": high, "log": log, "targets": targets}

    of = {"rule": r, "game": g, "equilibrium": 0}
    for key, node in (("ruleChoices", rule), ("gameChoices", game)):
        of[key] = [choice["value"] for choice in choices_of(node)]
    return {
        "of": of, "values": [value for _, value in fields], "x": axis(*x),
        "y": axis(*y), "nx": n, "ny": n, "mode": "multipliers", "start": [0.5, 0.4],
        "steps": 300, **more,
    }  # fmt: skip


def planes(folder, rules, games, jobs):
    return evaluate(folder, engine(rules, games) + PLANES, jobs)


def test_eigenvalues_are_those_of_lapack(tmp_path):
    rng = np.random.default_rng(0)
    matrices = [np.roll(np.eye(5), 1, axis=0), np.zeros((3, 3)), np.eye(4)]
    matrices += [np.eye(4) + np.eye(4, k=1), np.diag([1e8, 1.0, 1e-8])]
    for n, k in itertools.product(range(1, 13), range(20)):
        matrix = rng.normal(size=(n, n))
        if k % 4 == 1:
            matrix *= 10.0 ** rng.integers(-6, 7, size=(n, 1))
        if k % 4 == 2:
            matrix = np.round(matrix)
        if k % 4 == 3 and n > 2:
            matrix[2:, 2:] = 0
        matrices.append(matrix)
    script = """
    const FOUND = GIVEN.map(([n, entries]) => {
      const re = new Float64Array(n), im = new Float64Array(n);
      Engine.eigenvalues(Float64Array.from(entries), n, re, im);
      return [re, im];
    });"""
    given = [[len(m), m.ravel().tolist()] for m in matrices]
    script = engine([Simultaneous()], [Bilinear(1.0)]) + script
    found = evaluate(tmp_path, script, given)
    for matrix, (re, im) in zip(matrices, found, strict=True):
        values, vectors = np.linalg.eig(matrix)
        gaps = abs(values[:, None] - (np.array(re) + 1j * np.array(im)))
        pairs = linear_sum_assignment(gaps)
        worst = min(float(np.linalg.cond(vectors)), 1e8)
        size = max(1.0, float(np.linalg.norm(matrix)))
        assert gaps[pairs].max() <= 2e-15 * size * worst


def test_colours_are_the_verdicts_of_exact_sweeps(tmp_path):
    """Ten thousand cells and more, every one of them told as the sweep tells it."""
    own = [r() for r in rules.CATALOGUE.values() if r().autonomous and r.linear]
    theirs = [
        Bilinear(1.3), Quadratic(0.3, 1.0, -0.5), Quadratic(1.0, 1.0, 1.0),
        GeneralQuadratic(), Quadratic(0.5, 0.0, -0.5),
    ]  # fmt: skip
    rng = random.Random(0)
    jobs, asked = [], []
    for r, rule in enumerate(own):
        g = rng.randrange(len(theirs))
        if rule.inverts == "J_yy" or (rule.second_order and not theirs[g].zero_sum):
            g = 1
        low, high = 10 ** rng.uniform(-1.5, -0.5), 10 ** rng.uniform(0.5, 1.5)
        inner = "inner." if hasattr(rule, "inner") else ""
        axes = [(f"{inner}lr_x", low, high, True), (f"{inner}lr_y", low, high, True)]
        jobs.append(job(own, theirs, r, g, *axes, n=18))
        asked.append((rule, theirs[g], inner))
    cells = 0
    for (rule, game, inner), back in zip(
        asked, planes(tmp_path, own, theirs, jobs), strict=True
    ):
        axes = {f"{inner}lr_x": back["x"], f"{inner}lr_y": back["y"]}
        dataset = sweep(rule, game, axes, method="exact")
        meanings = dataset.verdict.attrs["flag_meanings"].split()
        verdicts = [meanings[v] for v in dataset.verdict.values.T.ravel()]
        assert [KINDS[k] for k in back["kind"]] == verdicts, f"{rule!r} on {game!r}"
        cells += len(verdicts)
    assert cells >= 10_000


def test_colours_of_a_curved_game_are_its_radius(tmp_path):
    own, theirs = [Alternating(), HeavyBall()], [DiracGAN(regulariser=R1(0.3))]
    axes = ("lr_x", 0.05, 20.0, True), ("gamma", 0.0, 2.0, False)
    jobs = [job(own, theirs, r, 0, *axes, n=20) for r in (0, 1)]
    for rule, back in zip(own, planes(tmp_path, own, theirs, jobs), strict=True):
        found = sweep(rule, theirs[0], {"lr_x": back["x"], "gamma": back["y"]}, steps=8)
        radius = np.reshape(back["radius"], (20, 20)).T
        assert np.allclose(found.radius.values, radius, rtol=1e-12)
        settles = KINDS.index("converges") == np.reshape(back["kind"], (20, 20)).T
        assert (settles == (found.radius.values < 1)).all()


def test_a_boundary_is_solved_to_rounding(tmp_path):
    own, theirs = [Simultaneous(), Lookahead()], [DiracGAN(regulariser=R1(0.3))]
    axes = ("lr", 0.05, 20.0, True), ("gamma", 0.02, 2.0, False)
    jobs = [job(own, theirs, r, 0, *axes, n=64) for r in (0, 1)]
    first, second = planes(tmp_path, own, theirs, jobs)
    for line in first["lines"]:
        lr, gamma = np.reshape(line["points"], (-1, 2)).T
        if line["kind"] == "pair":  # the known threshold of the Neimark-Sacker line
            assert np.max(abs(lr - 4 * gamma) / lr) < 1e-12
    assert {line["kind"] for line in first["lines"]} == {"pair", "flip"}
    curves = boundary(own[1], theirs[0], ("lr", "gamma"), [(0.05, 20.0), (0.02, 2.0)])
    known = np.concatenate([curve.values for curve in curves if curve.stable.any()])
    points = np.concatenate([np.reshape(o["points"], (-1, 2)) for o in second["lines"]])
    scaled = np.log(known[:, :1]), np.log(points[:, :1])
    gaps = (scaled[1] - scaled[0].T) ** 2 + (points[:, 1:] - known[:, 1]) ** 2
    assert np.sqrt(gaps.min(axis=1)).max() < 0.03  # the distance of known points


def test_cells_come_from_coarse_to_fine_each_once(tmp_path):
    own, theirs = [Simultaneous(), Adam()], [DiracGAN(regulariser=R1(0.3))]
    axes = ("lr_x", 0.001, 1.0, True), ("lr_y", 0.001, 1.0, True)
    jobs = [job(own, theirs, r, 0, *axes, n=21, steps=40) for r in (0, 1)]
    for back in planes(tmp_path, own, theirs, jobs):
        assert set(back["times"]) == {1}
        assert back["strides"] == sorted(back["strides"], reverse=True)
        assert set(back["strides"]) == {8, 4, 2, 1}
    assert {KINDS[k] for k in back["kind"]} <= {"moving", "left", "stopped"}


EQUILIBRIA = """
const FOUND = GIVEN.map(([game, choices, values]) => {
  const of = { rule: 0, game, equilibrium: 0, ruleChoices: [], gameChoices: choices };
  return new Engine.Pair(of).equilibrium(Float64Array.from(values));
});
"""


def test_equilibria_are_followed_in_the_games_fields(tmp_path):
    rng, given, expected = random.Random(2), [], []
    theirs = [game() for game in games.CATALOGUE.values() if game().shape == ((), ())]
    for g, game in enumerate(theirs):
        fields = fields_of(game)
        for _ in range(6 if fields and game.equilibria() else 0):
            near = {
                f["path"]: max(f["value"] + rng.uniform(-0.3, 0.3), f["from"])
                for f in fields
            }
            choices = [choice["value"] for choice in choices_of(game)]
            given.append([g, choices, [*near.values(), 0.1, 0.1]])
            expected.append(replace(game, near).equilibria()[0])
    script = engine([Simultaneous()], theirs) + EQUILIBRIA
    found = evaluate(tmp_path, script, given)
    assert len(found) > 50
    for asked, point, known in zip(given, found, expected, strict=True):
        gap = np.hypot(*(number(a) - b for a, b in zip(point, known, strict=True)))
        assert gap <= 1e-9 * (1 + np.hypot(*known)), (theirs[asked[0]], asked, known)
