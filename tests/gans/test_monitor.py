"""The monitor: what it reads equals a naive twin, and what it says was seen."""

from __future__ import annotations

import csv
import itertools
import json
import math
import statistics

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gandyn.errors import GandynError, UnknownName
from gandyn.gans import StabilityMonitor, write_csv, write_scalars
from gandyn.gans.loops._signals import BLOCK, SIGNALS, read, score
from gandyn.gans.loops._watched import EVERY


def pair(lr=0.1, kind=torch.optim.SGD, size=3):
    weights = [nn.Parameter(torch.ones(size, dtype=torch.double)) for _ in range(2)]
    return weights, [kind([w], lr=lr) for w in weights]


def play(monitor, weights, optimizers, steps, gradients, losses=None):
    """Step both players on given gradients, and return what was seen."""
    seen = []
    for t in range(steps):
        for weight, optimizer in zip(weights, optimizers, strict=True):
            weight.grad = gradients(t, weight)
            optimizer.step()
        seen += monitor.step(**(losses(t) if losses else {}))
    return seen


def noisy(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda t, w: torch.randn(w.shape, generator=generator, dtype=w.dtype)


def test_numbers_of_a_block_equal_a_naive_twin():
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    draw, path, sizes, losses = noisy(0), [], [], []

    def gradients(t, weight):
        grad = draw(t, weight)
        if weight is weights[0]:
            sizes.append(float(grad.norm()))
        return grad

    for t in range(BLOCK):
        losses.append(math.sin(t))
        play(
            monitor, weights, optimizers, 1, gradients,
            lambda _, t=t: {"G": torch.tensor(losses[t])},
        )  # fmt: skip
        path.append(weights[0].detach().clone())
    moves = [b - a for a, b in itertools.pairwise(path)]
    cosines = [
        float(torch.cosine_similarity(moves[t], moves[t + 1], dim=0))
        for t in range(0, BLOCK, EVERY)
    ]
    found = monitor.latest
    norms = [sizes[t] for t in range(1, BLOCK, EVERY)]
    assert found["G/cosine"] == pytest.approx(statistics.fmean(cosines), rel=1e-6)
    assert found["G/gradient"] == pytest.approx(statistics.geometric_mean(norms))
    assert found["G/loss"] == pytest.approx(statistics.fmean(losses), rel=1e-6)
    assert found["G/spread"] == pytest.approx(statistics.stdev(losses), rel=1e-6)
    assert "D/loss" not in found


@pytest.mark.parametrize("shapes", [[(400_000,)], [(70_000,), (3,)], [(2, 2)]])
def test_a_sample_of_coordinates_keeps_the_sign_of_the_cosine(shapes):
    weights = [nn.Parameter(torch.zeros(shape)) for shape in shapes]
    optimizer = torch.optim.SGD(weights, lr=1.0)
    monitor = StabilityMonitor({"only": optimizer})
    signs = [torch.randn(shape) for shape in shapes]
    for t in range(BLOCK):
        for weight, sign in zip(weights, signs, strict=True):
            weight.grad = (-1) ** t * sign
        optimizer.step()
        monitor.step()
    assert monitor.latest["only/cosine"] == pytest.approx(-1, abs=1e-5)
    assert monitor.remarks == ()
    for t in range(4 * BLOCK):
        for weight, sign in zip(weights, signs, strict=True):
            weight.grad = (-1) ** t * sign
        optimizer.step()
        monitor.step()
    words = "only: updates zigzag: cosine of consecutive ones -1.00 for 100 steps"
    assert monitor.remarks == (words,)


def quiet(seed=1):
    draw = torch.Generator().manual_seed(seed)
    return lambda t: {
        name: 1 + 0.1 * float(torch.randn((), generator=draw)) for name in "GD"
    }


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_seen_where_nothing_changes(seed):
    weights, optimizers = pair(kind=torch.optim.Adam, lr=1e-3)
    metric = torch.Generator().manual_seed(seed)
    monitor = StabilityMonitor(
        dict(zip("GD", optimizers, strict=True)),
        metric=lambda: 1 + 0.1 * float(torch.randn((), generator=metric)),
    )
    assert play(monitor, weights, optimizers, 1600, noisy(seed), quiet(seed)) == []
    assert "which is not health" in monitor.status


def after(start, change):
    """Return quiet losses that change after some steps."""
    steps, calm = iter(range(10_000)), quiet()
    return lambda _: {
        name: change(v) if t >= start else v
        for t in [next(steps)]
        for name, v in calm(t).items()
    }


def watched(metric, steps=800, **settings):
    """Return what is seen of a metric, looked at in turn, and nothing else."""
    weights, optimizers = pair()
    looks = iter(metric)
    monitor = StabilityMonitor(
        dict(zip("GD", optimizers, strict=True)), metric=lambda: next(looks), **settings
    )
    return play(monitor, weights, optimizers, steps, noisy(0))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_metric_that_gets_worse_is_seen_within_two_hundred_steps(sign):
    calm = [sign * (1 + 0.1 * math.sin(t)) for t in range(30)]
    (seen,) = watched([*calm, *[9.0 * sign] * 10], higher_is_better=sign < 0)
    assert seen.signal == "metric"
    assert 0 < seen.step - 30 * BLOCK <= 200
    assert seen.recent == pytest.approx(9 * sign)
    assert seen.baseline * sign == pytest.approx(1, abs=0.1)


def test_a_metric_that_is_bad_for_eighty_steps_or_by_less_than_half_is_no_alarm():
    calm, bad = [1.0, 1.1] * 15, [9.0] * (80 // BLOCK)
    assert watched([*calm, *bad, *calm], 60 * BLOCK) == []
    assert watched([*calm, *[1.4] * 40], 60 * BLOCK) == []
    assert len(watched([*calm, *[1.8] * 40], 60 * BLOCK)) == 1


def test_a_metric_in_zero_is_judged_by_its_scatter():
    calm = [math.sin(t) for t in range(30)]
    assert watched([*calm, *calm], 60 * BLOCK) == []
    assert len(watched([*calm, *[5.0] * 30], 60 * BLOCK)) == 1


def test_a_metric_that_is_seldom_looked_at_alarms_once():
    looks = [1.0, 1.1] * 5 + [9.0] * 6
    (seen,) = watched(looks, 1600, metric_every=100)
    assert 1000 < seen.step <= 1200


@pytest.mark.parametrize("change", [lambda v: v + 50, lambda v: 1 + 8 * (v - 1)])
def test_losses_that_change_together_are_seen_once_while_it_lasts(change):
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    seen = play(monitor, weights, optimizers, 1000, noisy(0), after(800, change))
    assert sorted(alarm.player for alarm in seen) == ["D", "G"]
    assert len({alarm.signal for alarm in seen}) == 1
    assert all(800 < alarm.step <= 880 for alarm in seen)
    assert seen[0].words in monitor.status
    assert set(monitor.active) == set(seen) == set(monitor.alarms)
    assert monitor.remarks == ()


def test_a_loss_that_changes_alone_is_a_remark():
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    losses = after(800, lambda v: v + 50)
    calm = quiet(2)
    seen = play(
        monitor, weights, optimizers, 1000, noisy(0),
        lambda t: {"G": losses(t)["G"], "D": calm(t)["D"]},
    )  # fmt: skip
    assert seen == []
    (remark,) = monitor.remarks
    assert remark.startswith("G: mean loss 51")
    assert remark in monitor.status


def test_a_metric_decides_alone_where_there_is_one():
    weights, optimizers = pair()
    monitor = StabilityMonitor(
        dict(zip("GD", optimizers, strict=True)), metric=lambda: 1.0
    )
    losses = after(800, lambda v: v + 50)
    assert play(monitor, weights, optimizers, 1000, noisy(0), losses) == []
    assert len(monitor.remarks) == 2


def test_there_is_no_verdict_without_a_baseline():
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    losses = after(280, lambda v: 100 * v)
    assert play(monitor, weights, optimizers, 380, noisy(0), losses) == []
    assert "no verdict before" in monitor.status


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_is_seen_at_once(value):
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    losses = after(0, lambda v: value)
    seen = play(monitor, weights, optimizers, BLOCK, noisy(0), losses)
    assert {alarm.signal for alarm in seen} == {"not finite"}
    assert "G: loss is not finite" in monitor.status
    json.dumps(monitor.as_dict(), allow_nan=False)


def test_a_changed_hyperparameter_begins_the_baseline_anew():
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    play(monitor, weights, optimizers, 600, noisy(0), quiet())
    assert "no verdict" not in monitor.status
    for _ in range(40):  # a schedule that glides by a fifth
        optimizers[0].param_groups[0]["lr"] *= 0.995
        play(monitor, weights, optimizers, BLOCK, noisy(0), quiet())
    assert monitor.changes == []
    optimizers[1].param_groups[0]["lr"] *= 2
    play(monitor, weights, optimizers, BLOCK, noisy(0), quiet())
    assert [words for _, words in monitor.changes] == ["D: lr 0.1 → 0.2"]
    assert "no verdict before" in monitor.status
    optimizers[1].add_param_group({"params": [nn.Parameter(torch.ones(1))]})
    play(monitor, weights, optimizers, BLOCK, noisy(0), quiet())
    assert monitor.changes[-1][1] == "D: 2 parameter groups, before 1"


def test_a_replaced_optimizer_and_one_without_gradients_are_named():
    weights, optimizers = pair()
    monitor = StabilityMonitor(dict(zip("GD", optimizers, strict=True)))
    other = [optimizers[0], torch.optim.SGD([weights[1]], lr=0.1)]
    (seen,) = play(monitor, weights, other, BLOCK, noisy(0))
    assert seen.words.startswith("D: its optimizer made no step in the last 20")
    (seen,) = play(monitor, weights, optimizers, BLOCK, lambda t, w: None)[:1]
    assert seen.signal == "no gradient"


def test_updates_are_those_of_an_unwatched_loop_and_hooks_go():
    ends = []
    for watched in (False, True):
        weights, optimizers = pair(kind=torch.optim.Adam)
        players = dict(zip("GD", optimizers, strict=True))
        monitor = StabilityMonitor(players) if watched else None
        draw = noisy(3)
        for t in range(30):
            for weight, optimizer in zip(weights, optimizers, strict=True):
                weight.grad = draw(t, weight)
                optimizer.step()
            if monitor:
                monitor.step()
        ends.append(torch.cat([w.detach() for w in weights]))
        if monitor:
            monitor.close()
            assert not optimizers[0]._optimizer_step_pre_hooks
            assert not optimizers[0]._optimizer_step_post_hooks
    assert torch.equal(*ends)


def test_numbers_go_to_a_table_and_to_any_function(tmp_path):
    rows, scalars = [], []

    class Writer:
        def add_scalar(self, name, value, step):
            scalars.append((name, value, step))

    weights, optimizers = pair()
    path = tmp_path / "run.csv"
    monitor = StabilityMonitor(
        {"G": optimizers[0], "D": optimizers[1]}, metric=lambda: 2.0, metric_every=40,
        log=[rows.append, write_csv(path), write_scalars(Writer())],
    )  # fmt: skip
    play(monitor, weights, optimizers, 100, noisy(0), quiet())
    assert rows == monitor.rows
    assert [row.get("metric") for row in rows] == [None, 2.0, None, 2.0, None]
    with path.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [float(row["G/loss"]) for row in table] == pytest.approx(
        [row["G/loss"] for row in rows]
    )
    assert [row["metric"] for row in table] == ["", "2", "", "2", ""]
    assert ("D/loss", rows[-1]["D/loss"], 100) in scalars
    with pytest.raises(GandynError, match="exists"):
        write_csv(path)


def test_bad_input_is_named():
    _, (optimizer, _) = pair()
    with pytest.raises(GandynError, match="players: give the optimizers by name"):
        StabilityMonitor([optimizer])
    with pytest.raises(GandynError, match="player G: Linear is not a torch optimizer"):
        StabilityMonitor({"G": nn.Linear(1, 1)})
    empty = torch.optim.SGD([nn.Parameter(torch.ones(0))], lr=0.1)
    with pytest.raises(GandynError, match="player D: its optimizer has no parameters"):
        StabilityMonitor({"D": empty})
    monitor = StabilityMonitor({"G": optimizer})
    with pytest.raises(UnknownName, match="unknown player 'D'"):
        monitor.step(D=1.0)
    with pytest.raises(GandynError, match="loss G: shape"):
        monitor.step(G=torch.ones(3))
    with pytest.raises(GandynError, match="loss G: str is no number"):
        monitor.step(G="0.5")


def test_complex_and_sparse_parameters_are_read():
    whole = nn.Parameter(torch.ones(4, dtype=torch.complex64))
    table = nn.Embedding(10, 2, sparse=True)
    first = torch.optim.SGD([whole], lr=0.1)
    second = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    monitor = StabilityMonitor({"G": first, "D": second})
    for _ in range(BLOCK):
        whole.grad = torch.full((4,), 1j)
        first.step()
        second.zero_grad()
        table(torch.tensor([1, 1, 2])).sum().backward()
        second.step()
        monitor.step()
    assert monitor.latest["G/cosine"] == pytest.approx(1, abs=1e-6)
    assert monitor.latest["G/gradient"] == pytest.approx(2)
    assert monitor.latest["D/gradient"] == pytest.approx(math.sqrt(10))


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=22, max_size=40),
    st.floats(0.1, 10),
    st.floats(-5, 5),
)
def test_scores_do_not_depend_on_origin_nor_much_on_scale(values, scale, shift):
    signal = SIGNALS["loss"]
    one = score(signal, read(values))
    two = score(signal, read([v + shift for v in values]))
    assert two == pytest.approx(one, rel=1e-6, abs=1e-6)
    reading = read([scale * v for v in values])
    if min(reading.scatter, read(values).scatter) > signal.floor:
        assert score(signal, reading) == pytest.approx(one, rel=1e-9)
