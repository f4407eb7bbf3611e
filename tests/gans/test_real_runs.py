"""The judge of the real trainings is right, and what is counted can be otherwise."""

from __future__ import annotations

import dataclasses
import json
import math
import sys

import pytest

torch = pytest.importorskip("torch")

from benchmarks.real_runs import (  # noqa: E402
    CATALOGUE,
    __main__,
    detections,
    rehearsals,
    report,
    truths,
)
from benchmarks.real_runs.judge import Copies, fresh  # noqa: E402
from benchmarks.real_runs.loop import Loop  # noqa: E402
from benchmarks.real_runs.units import kept  # noqa: E402

DRAWN = ("ring_plain", "ring_r1", "grid_wasserstein", "domain_moons")
ONE = torch.ones(1)


@pytest.fixture(autouse=True)
def denormal_numbers():
    """Have them again after a test: the command leaves them out of its processes."""
    yield
    torch.set_flush_denormal(False)


def test_there_are_enough_of_enough_kinds():
    assert len(CATALOGUE) >= 12
    assert len({kind.domain for kind in CATALOGUE.values()}) >= 4
    for kind in CATALOGUE.values():
        assert kind.changes


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_copy_of_the_judge_is_a_plain_loop(name):
    if name not in DRAWN:
        pytest.importorskip("sklearn")
    training = CATALOGUE[name]()
    training = type(training)(**training.warm_up)
    loop, start = Loop(training, 3, "cpu"), fresh(training, [3])
    copies = Copies(training, *start, torch.zeros(1, dtype=int), (ONE, ONE), 3)
    first = copies.x.values[0]
    for _ in loop.steps(5):
        copies.step()
    for module, player in ((loop.G, copies.x), (loop.D, copies.y)):
        own = torch.nn.utils.parameters_to_vector(module.parameters())
        torch.testing.assert_close(player.values[0], own, rtol=1e-3, atol=2e-5)
    assert not torch.equal(copies.x.values[0], first)
    assert math.isclose(float(copies.measure()[0]), loop.measure(), rel_tol=1e-3)


def test_copies_hear_their_own_noise_and_have_their_own_rates():
    training = CATALOGUE["ring_plain"]()
    x, y = (player.take(torch.zeros(3, dtype=int)) for player in fresh(training, [0]))
    factors = torch.tensor([1.0, 1.0, 2.0])
    copies = Copies(training, x, y, torch.tensor([0, 1, 0]), (factors, factors), 0)
    start = copies.x.values
    copies.step()
    moved = copies.x.values - start
    assert not torch.equal(moved[0], moved[1])
    first = copies.y.values[0] - y.values[0], copies.y.values[2] - y.values[2]
    torch.testing.assert_close(2 * first[0], first[1], rtol=1e-3, atol=1e-6)


def test_a_change_reaches_the_rates_and_the_fields():
    training = CATALOGUE["ring_r1"]()
    loop = Loop(training, 0, "cpu")
    loop.change(training, {"lr_y": 4.0, "gamma": 0.0})
    rates = [loop.optimizers[p].param_groups[0]["lr"] for p in "xy"]
    assert rates == [training.lr_x, 4 * training.lr_y]
    assert loop.training.gamma == 0


def looks(before, after):
    each = detections.BEFORE // detections.EVERY
    return [before] * each + [after] * each


def test_an_event_is_where_the_metric_stays_bad():
    assert detections.event(looks(1.0, 1.4)) is None
    assert detections.event(looks(1.0, math.nan)) is not None
    metric = looks(1.0, 1.0)
    metric[50:54] = [math.inf, 5.0, None, 100.0]
    assert detections.event(metric) is None  # a spike
    metric[60:] = [5.0] * len(metric[60:])
    assert abs(detections.event(metric) - 60 * detections.EVERY) <= 180


def test_alarms_are_judged_by_the_event():
    change, later = detections.BEFORE, detections.BEFORE + 300
    metric = looks(1.0, 1.0)
    metric[later // detections.EVERY :] = [5.0] * 25
    at = detections.event(metric)
    assert abs(at - later) <= 100

    def judged(*alarms, metric=metric, by_metric=True):
        key = detections.KEYS[by_metric]
        run = {"alarms": [], "alarms_without": [], "metric": metric, key: alarms}
        return detections.judged(run, by_metric)

    assert judged([at + 200, "", "metric"]) == {
        "event": at, "seen": True, "false": False
    }  # fmt: skip
    assert not judged(by_metric=False)["seen"]
    assert judged([at, "x", "spread"], by_metric=False)["seen"]
    late = judged([change - 20, "x", "loss"], [at + 220, "x", "loss"])
    assert late == {"event": at, "seen": False, "false": True}
    quiet = judged([change + 20, "x", "loss"], metric=looks(1.0, 1.2))
    assert quiet == {"event": None, "seen": False, "false": True}


def test_breaking_factors_lie_between_what_holds_and_what_does_not():
    first, second = truths.FACTORS[:2]
    broken = [False, True] + [True] * (len(truths.FACTORS) - 2)
    assert first < truths.breaking(broken) < second
    assert truths.breaking([False] * len(truths.FACTORS)) is None
    assert report.ratio(None, 30.0, report.END) == 1
    assert report.ratio(2.0, 3.0, report.END) == 1.5
    assert report.ratio(None, 2.0, report.END) == report.END / 2


def test_forecasts_are_counted_against_the_first_truth():
    def row(told, tried_well, *true):
        rehearsal = {
            "breaking": told, "breaking_without_metric": None, "acceptable": tried_well
        }  # fmt: skip
        return {"rehearsal": rehearsal, "truths": [{"breaking": t} for t in true]}

    rows = [
        row(4.0, True, 5.0, 9.0),
        row(4.0, False, 7.0, 7.0),
        row(None, True, None, 40),
    ]
    found = report.advice(rows, "command")
    assert [found[k] for k in ("checkpoints", "within_1.5", "within_2")] == [3, 2, 3]
    assert [found[k] for k in ("ceiling_within_1.5", "ceiling_within_2")] == [2, 3]
    assert [found["acceptable"], found["recommended"]] == [1, 2]
    assert found["acceptable_at_the_grid_end"] == found["tried_at_the_grid_end"] == 1
    assert found["with_metric"]["where_it_breaks"]["pairs"] == 2
    assert found["without_metric"]["within_2"] == 1


def test_work_that_is_done_is_kept_and_other_settings_do_it_again(tmp_path, capsys):
    calls = []

    def work():
        calls.append(1)
        return {"a": math.inf}

    path = tmp_path / "part" / "one.json"
    assert kept(path, {"n": (1, 2)}, work) == {"a": None}
    assert kept(path, {"n": (1, 2)}, work) == {"a": None}
    assert len(calls) == 1
    kept(path, {"n": (1, 3)}, work)
    assert len(calls) == 2


@dataclasses.dataclass(frozen=True)
class Short(CATALOGUE["ring_plain"]):
    steps: int = 4


def test_the_command_keeps_a_truth(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(truths, "STEPS", 8)
    monkeypatch.setattr(truths, "EVERY", 2)
    monkeypatch.setitem(CATALOGUE, "ring_plain", Short)
    line = ["-", "ring_plain", "--parts", "truths", "--seeds", "1"]
    monkeypatch.setattr(sys, "argv", [*line, "--folder", str(tmp_path)])
    assert __main__.main() == 0
    held = json.loads((tmp_path / "truths" / "ring_plain-0.json").read_text("utf-8"))
    assert len(held["found"]) == 2
    rows = report.summary(tmp_path, "command")
    assert rows["ceiling"]["pairs"] == 2
    assert rows["advice"] is None


@pytest.mark.parametrize("name", ["ring_r1", "grid_wasserstein", "domain_moons"])
@pytest.mark.parametrize("order", ["y first", "x first", "simultaneous"])
def test_what_is_rehearsed_is_what_is_judged(name, order):
    training = CATALOGUE[name](order=order)
    x, y = fresh(training, [0])
    copies = Copies(training, x, y, torch.zeros(1, dtype=int), (ONE, ONE), 0)
    for _ in range(3):
        copies.step()
    start = truths.Checkpoint(3, *(player.take([0]) for player in (x, y)))
    game, rule, state = rehearsals.lifted(training, start, "cpu")
    x, y, memory, *_ = state
    assert torch.equal(x, copies.x.values[0])
    for step in range(3, 6):
        oracle = game.for_step(step, x, y)
        batch = {key: part[None] for key, part in oracle.given.batch.items()}
        copies.batch = lambda batch=batch: batch
        x, y, memory = rule.step(oracle, x, y, memory)
        copies.step()
    torch.testing.assert_close(x, copies.x.values[0], rtol=1e-4, atol=2e-6)
    torch.testing.assert_close(y, copies.y.values[0], rtol=1e-4, atol=2e-6)
