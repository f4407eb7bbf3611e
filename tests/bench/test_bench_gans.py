"""Network GANs as benchmark problems: ensembles, measures, rows, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import wasserstein_distance

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

import torch

from gandyn import bench
from gandyn._node import replace
from gandyn.bench.gan_engine import _TrainedGAN, run_gan_solver
from gandyn.bench.settings import settings
from gandyn.cli import main
from gandyn.errors import FieldError, GandynError
from gandyn.gans import parse_gan, train
from gandyn.gans.catalogue.distances import mode_coverage, sliced_wasserstein

TEACHER = "teacher(hidden=3, points=4, regulariser=R1(1.0))"
RING = "ring(hidden=4, depth=1, latent_size=2, points=16, std=0.1, regulariser=R1)"
SMALL = bench.GANProblem("small", TEACHER, every=8, measured_by="larger")
TERMS = bench.Protocol(settings=2, starts=2, budget=40)


def solver(name: str) -> Any:
    found, missing = bench.find_solvers([name])
    assert not missing
    return found[name]


def rates(*lr: float) -> dict[str, np.ndarray]:
    return {name: np.array(lr) for name in ("lr_x", "lr_y")}


def mean_distance(points: np.ndarray, others: np.ndarray) -> float:
    """Return the sliced distance by scipy, one projection after the other."""
    angles = np.pi * np.arange(16) / 16
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return float(np.mean([wasserstein_distance(points @ u, others @ u) for u in along]))


def test_the_suite_has_three() -> None:
    found = bench.find_problems(["network GAN"])
    assert list(found) == ["teacher-student", "ring", "grid"]
    for problem in found.values():
        assert _TrainedGAN(problem).game.shape[0] > (0,)
        assert problem.record()["noise"] is None


@pytest.mark.parametrize(
    "name", ["Alternating", "Extragradient", "Consensus", "Adam", "Lookahead"]
)
def test_an_ensemble_is_each_run_by_itself(name: str) -> None:
    one, arena = solver(name), _TrainedGAN(SMALL)
    values = settings(one, SMALL, TERMS)
    ended = run_gan_solver(one, SMALL, values, TERMS)
    start = arena.starts(ended.replicates, TERMS.seed)
    steps = TERMS.budget // sum(one.calls(SMALL.game).values())
    for i in range(TERMS.settings):
        rule = replace(one.rule, {path: float(v[i]) for path, v in values.items()})
        for k in range(TERMS.starts):
            own = start[0][:, k], start[1][:, k]
            alone = train(rule, arena.game, own, steps, record=())
            last = arena.wasserstein(alone.state.x[:, None])[0]
            assert ended.wasserstein is not None
            assert ended.wasserstein[i, k] == pytest.approx(last, rel=1e-9)


def test_hits_are_at_looks_of_the_residual() -> None:
    problem = SMALL.by("residual")
    one = solver("Alternating")
    terms = bench.Protocol(starts=2, budget=400)
    ended = run_gan_solver(one, problem, rates(0.3), terms)
    arena = _TrainedGAN(problem)
    run = train(one.rule.__class__(lr=0.3), arena.game, arena.starts(
        ended.replicates, 0), 200, every=4)  # fmt: skip
    norm = run.record["field_norm"].numpy()
    for k, target in enumerate((0.1, 0.01)):
        low = norm <= target
        first = np.where(low.any(0), run.steps.numpy()[low.argmax(0)], np.inf)
        np.testing.assert_array_equal(ended.steps[k, 0], first)
    assert np.isfinite(ended.steps[0]).any()


def test_the_larger_of_residual_and_distance() -> None:
    arenas = [_TrainedGAN(SMALL), _TrainedGAN(SMALL.by("residual"))]
    x, y = arenas[0].starts([(0, 0), (1, 0)], 0)
    both, norm = (arena.measure(x, y) for arena in arenas)
    np.testing.assert_array_equal(both, np.maximum(norm, arenas[0].wasserstein(x)))
    solution = [part[:, None] for part in parse_gan(TEACHER).equilibrium(0)]
    assert arenas[0].measure(*solution)[0] < 1e-14
    dead = 0 * y  # says nothing, and learns nothing, wherever the student is
    assert arenas[1].measure(x, dead).max() < 1e-14
    assert arenas[0].measure(x, dead).min() > 0.1


def test_distance_and_coverage_at_the_end() -> None:
    problem = bench.GANProblem("ring", RING)
    ended = run_gan_solver(solver("Alternating"), problem, rates(0.1, 0.2), TERMS)
    arena = _TrainedGAN(problem)
    x, y = arena.starts(ended.replicates, 0)
    rule = solver("Alternating").rule.__class__(lr=0.2)
    last = train(rule, arena.game, (x, y), TERMS.budget // 2).state.x
    fakes, real = arena.fakes(last), arena.game.pools["real"].numpy()
    apart = [mean_distance(points, real) for points in fakes]
    assert ended.wasserstein is not None
    assert ended.coverage is not None
    np.testing.assert_allclose(ended.wasserstein[1], apart, rtol=1e-9)
    angles = 2 * np.pi * np.arange(8) / 8
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for points, covered in zip(fakes, ended.coverage[1], strict=True):
        gap = np.abs((points @ [1, 1j])[:, None] - centres @ [1, 1j])
        assert covered == np.mean((gap <= 0.3).sum(axis=0) >= 1)  # half of 16/8


def test_sliced_distance_and_coverage() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30, 2))
    assert sliced_wasserstein(a, b) == pytest.approx(mean_distance(a, b))
    shift = sliced_wasserstein(a + np.array([2.0, 0.0]), a)
    assert shift == pytest.approx(2 * 2 / np.pi, rel=5e-3)  # the mean of |cos|
    assert sliced_wasserstein(a, a[::-1]) == 0
    space = rng.normal(size=(20, 3))
    assert 0 < sliced_wasserstein(space + np.eye(3)[0], space) < 1
    with pytest.raises(GandynError, match="equally large"):
        sliced_wasserstein(a, b[:-1])
    centres = parse_gan(RING).centres.numpy()  # type: ignore[attr-defined]
    assert mode_coverage(parse_gan(RING).data(torch.Generator())[0], centres, 0.3) == 1
    assert mode_coverage(np.tile(centres[:2], (8, 1)), centres, 0.3) == 0.25
    assert mode_coverage(np.full((16, 2), np.nan), centres, 0.3) == 0


def test_verdicts_of_runs_that_leave() -> None:
    problem = bench.GANProblem("linear", "lq(points=8)", measured_by="residual")
    terms = bench.Protocol(starts=2, budget=2000)
    ended = run_gan_solver(solver("Simultaneous"), problem, rates(0.01, 50.0), terms)
    assert (ended.verdict[0] == "undecided").all()
    assert set(ended.verdict[1]) <= {"diverges", "nan"}
    assert ended.wasserstein is not None
    assert np.isfinite(ended.wasserstein[0]).all()
    assert (ended.wasserstein[1] > 1e3).all()
    assert np.isinf(ended.steps[:, 1]).all()


def test_an_optimizer_of_torch_trains_one_network_after_the_other() -> None:
    names = ("torch.optim.SGD", "Simultaneous")
    terms = bench.Protocol(starts=2, budget=40)
    one, two = (run_gan_solver(solver(n), SMALL, rates(0.1, 0.3), terms) for n in names)
    np.testing.assert_array_equal(one.steps, two.steps)
    assert one.wasserstein is not None
    assert two.wasserstein is not None
    np.testing.assert_allclose(one.wasserstein, two.wasserstein, rtol=1e-10)


def test_what_is_refused() -> None:
    for measure in ("distance", "gap"):
        with pytest.raises(GandynError, match=f"has no {measure}"):
            SMALL.by(measure)
    with pytest.raises(FieldError, match="measured_by must be one of"):
        bench.GANProblem("wrong", TEACHER, measured_by="beauty")
    with pytest.raises(FieldError, match="budget must be at least 1"):
        bench.GANProblem("wrong", TEACHER, budget=0)
    for name in ("CompetitiveGradientDescent", "FollowTheRidge", "ProximalPoint"):
        with pytest.raises(GandynError, match=f"{name} needs (jacobian|solve)"):
            run_gan_solver(solver(name), SMALL, {}, TERMS)
    with pytest.raises(GandynError, match="theory has no optimal setting"):
        settings(solver("Simultaneous"), SMALL, bench.Protocol(tuning="theory"))


def test_the_budget_has_a_cap() -> None:
    capped = bench.GANProblem("capped", TEACHER, budget=40, measured_by="larger")
    long = bench.Protocol(starts=2, budget=10**6)
    one = run_gan_solver(solver("Alternating"), capped, rates(0.1), long)
    two = run_gan_solver(solver("Alternating"), SMALL, rates(0.1), TERMS)
    np.testing.assert_array_equal(one.wasserstein, two.wasserstein)


OWN = f"""
from gandyn.bench import GANProblem
PROBLEMS = (GANProblem("mine", "{RING}", every=8),)
"""


def command(*args: str) -> Any:
    result = CliRunner().invoke(main, ["bench", *args])
    assert result.exit_code == 0, result.output
    return result


def test_rows_from_the_command_line(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN, "utf-8")
    names = ("Alternating", "CompetitiveGradientDescent")
    args = ["run", "teacher-student", "bilinear-scalar", str(own)]
    args += ["--settings", "2", "--starts", "2", "--budget", "40"]
    args += [part for name in names for part in ("--rule", name)]
    printed = command(*args, "-o", str(tmp_path / "one"))
    command(*args, "-o", str(tmp_path / "two"))
    assert "failed: CompetitiveGradientDescent on mine: GandynError: Comp" in (
        printed.output
    )
    rows = [(tmp_path / n / "rows.parquet").read_bytes() for n in ("one", "two")]
    assert rows[0] == rows[1]
    result = bench.load(tmp_path / "one")
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text("utf-8"))
    assert manifest["problems"]["mine"]["gan"] == RING
    assert result.stochastic == []
    assert result.failures().keys() == {
        ("teacher-student", names[1]), ("mine", names[1]),
    }  # fmt: skip
    mine = result.runs["mine", "Alternating"]
    assert mine.coverage.shape == mine.wasserstein.shape == (2, 2)
    assert ((mine.coverage >= 0) & (mine.coverage <= 1)).all()
    assert (mine.wasserstein > 0).all()
    teacher = result.runs["teacher-student", "Alternating"]
    assert np.isnan(teacher.coverage).all()
    assert np.isfinite(teacher.wasserstein).all()
    assert np.isnan(result.runs["bilinear-scalar", "Alternating"].wasserstein).all()


def test_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [n for n in sys.modules if n.startswith("gandyn.gans")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "gandyn.bench.gan_engine")
    monkeypatch.setitem(sys.modules, "torch", None)
    args = ["run", "teacher-student", "bilinear-scalar", "--rule", "Alternating"]
    args += ["--settings", "2", "--starts", "2", "--budget", "40"]
    command(*args, "--dry-run")
    command(*args, "-o", str(tmp_path / "out"))
    result = bench.load(tmp_path / "out")
    (failure,) = result.failures().items()
    assert failure[0] == ("teacher-student", "Alternating")
    assert "pip install 'gandyn[torch]'" in failure[1]
