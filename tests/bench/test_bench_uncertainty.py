"""Intervals of stochastic problems: against simulation, scipy, and closed forms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, rankdata

pytest.importorskip("pyarrow")

from gandyn import bench
from gandyn.bench.ranking import rank_tables
from gandyn.bench.uncertainty import (
    mean_intervals,
    pairs_won,
    resampled_weights,
    samples,
)
from gandyn.errors import GandynError, UnknownName

NAMES = ["Extragradient", "OptimisticGradient", "Simultaneous"]
PROBLEMS = ["noisy-monotone", "finite-sum-interpolating", "monotone-0.5"]
SMALL = {"settings": 12, "budget": 600, "starts": 4, "seeds": 4}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> bench.Result:
    folder = tmp_path_factory.mktemp("bench") / "noisy"
    return bench.load(bench.run(bench.make_plan(PROBLEMS, NAMES, **SMALL), folder))


def test_pairs_are_those_of_mann_and_whitney() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.integers(1, 6, size=(1, 7)).astype(float)  # many ties
        y = rng.integers(1, 6, size=(1, 1, 5)).astype(float)
        x[rng.random(x.shape) < 0.2] = np.inf
        y[rng.random(y.shape) < 0.2] = np.inf
        statistic = mannwhitneyu(
            np.nan_to_num(y[0, 0], posinf=99), np.nan_to_num(x[0], posinf=99)
        ).statistic
        assert pairs_won(x, y).mean() == pytest.approx(statistic / 35, abs=1e-14)


def test_variance_over_resamples_is_unbiased() -> None:
    """That of the mean in strata, Σ (size/n)² s²/size, s² with size - 1."""
    rng = np.random.default_rng(1)
    start = np.repeat([0, 1], [3, 5])
    values = rng.normal(size=8)
    drawn = resampled_weights(start, rng, 200_000) @ values
    known = sum(
        (own.size / 8) ** 2 * own.var(ddof=1) / own.size
        for own in (values[:3], values[3:])
    )
    assert drawn.mean() == pytest.approx(values.mean(), abs=5e-3)
    assert drawn.var() == pytest.approx(known, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("problems", "seeds", "least"), [(1, 5, 0.80), (4, 5, 0.92), (1, 20, 0.925)]
)
def test_intervals_of_mean_ranks_cover(problems: int, seeds: int, least: float) -> None:
    """Starts stay as they are: their effect is drawn once, the noise every time."""
    rng = np.random.default_rng(2)
    levels = rng.normal(0.0, 0.5, (problems, 5, 1))
    levels = levels + rng.normal(0.0, 0.3, (problems, 5, 2))

    def ranks(level: np.ndarray, seeds: int) -> np.ndarray:
        logs = np.repeat(level, seeds, axis=1)
        return rankdata(logs + rng.normal(0.0, 0.5, logs.shape), axis=0)

    truth = np.mean([ranks(own, 100_000).mean(axis=1) for own in levels], axis=0)
    starts, trials = [np.repeat([0, 1], seeds)] * problems, 400
    covered = 0
    for _ in range(trials):
        found = mean_intervals([ranks(own, seeds) for own in levels], starts)
        covered += sum(
            own.low <= known <= own.high
            for own, known in zip(found, truth, strict=True)
        )
    assert least < covered / (5 * trials) < 0.965


@pytest.mark.slow
def test_intervals_of_improvement_cover() -> None:
    """Of independent normal calls the probability is known."""
    rng = np.random.default_rng(3)
    start, trials, shift = np.repeat([0, 1], 8), 500, 0.5
    truth = 0.6381631950841185  # P(N(0, 1) < N(shift, 1)): the normal law at 1/(2√2)
    covered = 0
    for _ in range(trials):
        x, y = rng.normal(size=(1, 16)), rng.normal(shift, size=(1, 1, 16))
        weight = resampled_weights(start, rng)
        drawn = np.sum((weight @ pairs_won(x, y)[0]) * weight, axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        covered += low <= truth <= high
    assert 0.91 < covered / trials < 0.98


def test_samples_are_the_reported_runs(result: bench.Result) -> None:
    found = samples(result)
    assert [one.problem for one in found] == PROBLEMS[:2]
    for one in found:
        assert one.start.tolist() == [0] * 4 + [1] * 4
        for name, calls in zip(result.solvers, one.calls, strict=True):
            np.testing.assert_array_equal(calls, result.reported(one.problem, name))


def test_improvement(result: bench.Result) -> None:
    found = bench.improvement(result)
    assert found.solvers == tuple(NAMES)
    np.testing.assert_allclose(found.probability + found.probability.T, 1.0)
    assert (np.diag(found.probability) == 0.5).all()
    assert (found.low <= found.probability).all()
    assert (found.probability <= found.high).all()
    known = np.mean(
        [
            mannwhitneyu(*np.nan_to_num(one.calls[[1, 0], t], posinf=1e9)).statistic
            / one.start.size**2
            for one in samples(result)
            for t in range(8)
        ]
    )
    assert found.probability[0, 1] == pytest.approx(known, abs=1e-14)
    again = bench.improvement(result, NAMES[:2])
    np.testing.assert_array_equal(again.low, found.low[:2, :2])  # seeds are fixed
    with pytest.raises(UnknownName, match="did you mean Extragradient"):
        bench.improvement(result, ["Extragradiant"])


def test_deterministic_problems_get_no_intervals(result: bench.Result) -> None:
    plain, noisy = rank_tables(result)
    assert (plain.kind, plain.problems) == ("deterministic", ("monotone-0.5",))
    assert not plain.intervals
    assert noisy.problems == tuple(PROBLEMS[:2])
    for row in noisy.rows:
        assert row.rank_interval is not None
        assert row.solved_interval is not None
        assert row.rank_interval.low <= row.rank <= row.rank_interval.high
        assert row.solved_interval.low <= row.solved <= row.solved_interval.high
    assert any(row.rank_interval.low < row.rank_interval.high for row in noisy.rows)
    assert np.mean([row.rank for row in noisy.rows]) == pytest.approx(2.0)


def test_one_seed_has_no_intervals_and_says_so(tmp_path: Path) -> None:
    plan = bench.make_plan(PROBLEMS[:1], NAMES, **{**SMALL, "seeds": 1})
    result = bench.load(bench.run(plan, tmp_path / "one"))
    (table,) = rank_tables(result)
    assert not table.intervals
    assert "no intervals" in table.describe()
    with pytest.raises(GandynError, match="several seeds"):
        bench.improvement(result)


def test_problems_that_not_all_have_run_are_left_out(result: bench.Result) -> None:
    missing = (PROBLEMS[0], NAMES[1])
    runs = {pair: one for pair, one in result.runs.items() if pair != missing}
    partial = replace(result, runs=runs)
    _, noisy = rank_tables(partial)
    assert noisy.problems == (PROBLEMS[1],)
    assert "1 of 2" in noisy.describe()
    assert bench.improvement(partial).problems == (PROBLEMS[1],)
