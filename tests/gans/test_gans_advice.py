"""Advice: rehearsals judged by a metric, by signals, and by exact multipliers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import R1
from gandyn.rules import Alternating, AlternatingAdam, Simultaneous

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from gandyn import plot  # noqa: E402
from gandyn.gans import (  # noqa: E402
    DiracGAN,
    Minibatch,
    TeacherStudent,
    TorchGame,
    Training,
    advance,
    advise,
    begin,
)
from gandyn.gans.advising.advice import breaking, limits_of  # noqa: E402
from gandyn.gans.advising.advise import _trials  # noqa: E402
from gandyn.gans.advising.evidence import MetricEvidence  # noqa: E402

ZERO = torch.zeros(1, dtype=torch.float64)
NEAR = (ZERO + 1e-3, ZERO)


def distance(generator: nn.Module, discriminator: nn.Module) -> float:
    parts = [*generator.parameters(), *discriminator.parameters()]
    return math.sqrt(sum(float(p.square().sum()) for p in parts))


def ring(**more: Any) -> TorchGame:
    """Return a game with minibatches: a Gaussian's scale learned by one number."""

    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(batch["latents"])
        pull = sum(p.square().sum() for p in D.parameters())
        return -D(fake).mean(), D(fake).mean() - D(batch["real"]).mean() + pull / 2

    torch.manual_seed(0)
    pools = {"real": torch.randn(200, 2) + 1, "latents": torch.randn(300, 2)}
    linear = nn.Linear(2, 2), nn.Linear(2, 1, bias=False)
    return TorchGame(*linear, losses, pools, sampling=Minibatch(16), **more)


def gap(generator: nn.Module, discriminator: nn.Module) -> float:
    return float((generator(torch.zeros(1, 2)) - 1).norm().detach())


@pytest.mark.parametrize(
    ("rule", "gamma"),
    [(Simultaneous(lr=0.05), 0.1), (Alternating(lr=0.3), 0.3)],
    ids=["simultaneous", "alternating"],
)
def test_a_rehearsal_agrees_with_exact_theory(rule: Any, gamma: float) -> None:
    game = DiracGAN(regulariser=R1(gamma)).game()
    factors = {"lr": [1.5**k for k in range(1, 11)]}
    (exact,) = advise(game, rule, start=(ZERO, ZERO), factors=factors).upwards
    found = advise(
        game, rule, distance, start=NEAR, factors=factors, steps=600, replicas=2,
        describe=False,
    )  # fmt: skip
    (seen,) = found.upwards
    assert found.kind == "rehearsal"
    assert found.steps == 600
    # near the edge 600 steps grow or decay too little to be told from no change
    assert exact.value / 1.5 < seen.value < exact.value * 1.5
    assert seen.recommended == pytest.approx(seen.value / 1.5)


def test_the_exact_answer_is_that_of_the_linear_game() -> None:
    gan = TeacherStudent(hidden=3, points=16, regulariser="R1")
    game, point = gan.game(), gan.equilibrium()
    from gandyn.gans import linearise
    from gandyn.stability import critical_learning_rates

    rule = Simultaneous(lr_x=0.01, lr_y=0.02)
    found = advise(game, rule, start=point, factors={"lr": [100.0]})
    linear = linearise(game, *point).game()
    line = "lr_x, lr_y=2*lr_x"
    first = critical_learning_rates(rule, linear, line, 0.01, 1.0)[0]
    assert found.kind == "exact"
    assert found.upwards[0].value == pytest.approx(first.value / 0.01, rel=1e-9)
    assert "exactly" in str(found)
    with pytest.raises(GandynError, match="no rehearsal to draw"):
        plot.rehearsal(found)


def test_an_unstable_equilibrium_is_told_the_factor_below() -> None:
    game = DiracGAN(regulariser=R1(0.1)).game()
    found = advise(
        game, Simultaneous(lr=0.8), start=(ZERO, ZERO), factors={"lr": [0.1]}
    )
    assert found.upwards[0].value == pytest.approx(0.5, rel=1e-9)


def test_members_are_trained_as_one_by_itself_is() -> None:
    """The naive twin: every copy by itself, with its own rates and its own seed."""
    game, rule = ring(), AlternatingAdam(lr=0.01, beta1=0.5)
    state = begin(rule, game, game.start())
    for _ in range(3):
        state = advance(rule, game, state)
    found = advise(
        game, rule, gap, start=state, factors={"lr": [4.0]}, replicas=2, steps=10,
        looks=2, seed=5, describe=False,
    )  # fmt: skip
    for place, factor in enumerate((1.0, 4.0)):
        for replica in range(2):
            own = AlternatingAdam(lr=0.01 * factor, beta1=0.5)
            alone, at = ring(seed=5 + 1 + replica), state
            seen = []
            for k in range(1, 11):
                at = advance(own, alone, at)
                if k in (6, 10):
                    seen.append(gap(*game.modules(at.x, at.y)))
            score = found.scores[place, replica]
            assert score == pytest.approx(np.mean(seen), rel=1e-4)
    assert found.usual.shape == (4,)
    assert found.usual[:2] == pytest.approx(found.scores[0])
    assert len(set(found.usual.round(6))) == 4  # the noise differs


def test_a_plane_of_structure_and_values() -> None:
    game, rule = ring(), AlternatingAdam(lr=0.01)
    values = {"beta1": [0.0, 0.5], "y_first": [1]}
    found = advise(game, rule, gap, values=values, replicas=2, steps=8, describe=False)
    assert found.scores.shape == (3, 2, 2)
    assert [axis.values.tolist() for axis in found.axes] == [[0, 0.5, 0.9], [0, 1]]
    own = AlternatingAdam(lr=0.01, beta1=0.5, y_first=True)
    same = advise(game, own, gap, factors={"lr": [2.0]}, replicas=2, steps=8,
                  describe=False)  # fmt: skip
    assert found.scores[1, 1] == pytest.approx(same.scores[0], rel=1e-4)
    assert "beta1 (now 0.9)" in str(found)
    plot.rehearsal(found)


def test_what_it_says_and_keeps() -> None:
    game, rule = ring(), Alternating(lr=0.01)
    found = advise(game, rule, gap, factors={"lr": [2.0, 1e5]}, replicas=2, steps=20)
    text = str(found)
    assert "not measured yet" in text or "acceptable at" in text
    for piece in ("predicts nothing", "×1e+05", "/ 1.5"):
        assert piece in text, text
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["cost"] == 20 * 8 == found.cost
    assert plain["upwards"][0]["recommended"] == pytest.approx(
        found.upwards[0].value / 1.5
    )
    assert plain["description"]["multipliers"]["samples"] == 4
    assert "<table>" in found._repr_html_()
    plot.rehearsal(found)
    quiet = advise(game, rule, gap, factors={"lr": [1.01]}, replicas=2, steps=20)
    assert not quiet.upwards[0].broke
    assert "no break up to ×1.01" in str(quiet)


def test_without_a_metric_the_advice_is_weak() -> None:
    game = ring()
    found = advise(game, Alternating(lr=0.01), factors={"lr": [1e4]}, replicas=2,
                   steps=20, describe=False)  # fmt: skip
    assert found.weak
    assert found.upwards[0].broke
    assert "WEAK" in str(found)
    assert "no promise" in str(found)


def test_a_metric_that_fails_on_broken_copies_counts_against_them() -> None:
    def strict(generator: nn.Module, discriminator: nn.Module) -> float:
        found = gap(generator, discriminator)
        if not found < 1e3:
            raise ValueError("array must not contain infs or NaNs")
        return found

    found = advise(ring(), Alternating(lr=0.01), strict, factors={"lr": [1e4]},
                   replicas=2, steps=20, describe=False)  # fmt: skip
    assert found.worse[1].all()
    assert np.isinf(found.scores[1]).all()


def test_higher_may_be_better() -> None:
    options = {"factors": {"lr": [1e4]}, "replicas": 2, "steps": 20, "describe": False}
    low = advise(ring(), Alternating(lr=0.01), gap, **options)
    high = advise(ring(), Alternating(lr=0.01), lambda G, D: -gap(G, D),
                  better="higher", **options)  # fmt: skip
    assert np.array_equal(low.worse, high.worse)
    assert high.limit == pytest.approx(-low.limit)
    assert high.before == pytest.approx(-low.before)


def test_a_metric_may_ask_for_the_step() -> None:
    seen = []

    def counted(generator: Any, discriminator: Any, step: int) -> float:
        seen.append(step)
        return gap(generator, discriminator)

    advise(ring(), Alternating(lr=0.01), counted, factors={"lr": [2.0]}, replicas=2,
           steps=10, looks=2, describe=False)  # fmt: skip
    assert set(seen) == {0, 6, 10}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"factors": {"lr": [-1.0]}}, FieldError, "factors of lr must be positive"),
        ({"factors": {"y_first": [2]}}, FieldError, "give values of it"),
        ({"factors": {"rate": [2]}}, UnknownName, "rate"),
        ({"factors": {"lr": [2], "lr_x": [2]}}, FieldError, "both set lr_x"),
        ({"values": {"beta1": [2]}}, FieldError, "beta1"),
        ({"replicas": 0}, FieldError, "replicas must be a whole number"),
        ({"slack": -1}, FieldError, "slack"),
        ({"better": "more"}, GandynError, "'lower' or 'higher'"),
        ({"factors": {"lr": [2], "beta1": [0.5]}, "values": {"y_first": [1]}},
         FieldError, "one or two fields"),
    ],
)  # fmt: skip
def test_bad_questions(options: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        advise(ring(), AlternatingAdam(), gap, steps=5, **options)


def test_bad_metrics_and_bad_trainings() -> None:
    with pytest.raises(GandynError, match="no number"):
        advise(ring(), Alternating(), lambda G, D: math.nan, steps=5)
    with pytest.raises(GandynError, match="function of"):
        advise(ring(), Alternating(), 3, steps=5)  # type: ignore[arg-type]
    with pytest.raises(GandynError, match="breaks down in 8 of 8 replicas"):
        advise(ring(), Alternating(lr=1e30), gap, steps=20)
    with pytest.raises(GandynError, match="needs a rule"):
        advise(ring())


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12),
    st.floats(0, 2),
)
def test_limits_are_beyond_the_mean_and_the_slack(runs: list, slack: float) -> None:
    found = limits_of(np.array(runs)[:, None], [False], slack)
    mean = np.mean(runs)
    assert found is not None
    assert found.allowance[0] >= slack * abs(mean) * (1 - 1e-12)
    assert found.excess(np.array([[np.inf]])) == np.inf
    assert found.excess(np.array([[mean]])) <= 1


def test_one_run_in_a_hundred_is_beyond_the_limit() -> None:
    rng, beyond = np.random.default_rng(0), 0
    for _ in range(4000):
        runs = rng.normal(size=(9, 1)) + 3
        beyond += limits_of(runs[:8], [False], 0.0).excess(runs[8:])[0] > 1
    assert 22 <= beyond <= 61  # 40 expected, three standard deviations


@given(st.data())
def test_breaking_factors_lie_on_the_grid(data: Any) -> None:
    size = data.draw(st.integers(2, 9))
    share = np.array(data.draw(
        st.lists(st.sampled_from([0, 0.25, 0.5, 0.75, 1]), min_size=size, max_size=size)
    ))  # fmt: skip
    share[0] = 0
    up = breaking("lr", 2.0 ** np.arange(size), share)
    down = breaking("lr", 0.5 ** np.arange(size), share)
    assert up is not None
    assert down is not None
    assert up.broke == down.broke
    assert up.low <= up.tried
    if up.broke:
        assert up.low <= up.value <= up.high
        assert down.value == pytest.approx(1 / up.value)
        assert up.recommended < up.value
    else:  # half or more only where the next factor is fine again
        over = np.append(share >= 0.5, False)
        assert not (over[:-2] & over[1:-1]).any()
        assert not over[-2]


def live() -> tuple[Any, ...]:
    game = ring()
    generator, critic = game.modules(*game.start())
    adam = [torch.optim.Adam(m.parameters(), lr=0.01) for m in (generator, critic)]

    def losses(G: Any, D: Any, batch: Any) -> Any:
        fake = G(torch.randn(16, 2))
        return -D(fake).mean(), D(fake.detach()).mean() - D(batch).mean()

    return generator, critic, losses, torch.randn(200, 2) + 1, *adam


def test_a_live_training_is_read_where_it_is_asked() -> None:
    parts = live()
    training = Training(*parts, metric=gap, sampling=Minibatch(16), alternating=False)
    generator, critic, losses, data, opt_g, opt_d = parts
    before = training.state
    for optimizer, which in ((opt_g, 0), (opt_d, 1)):
        optimizer.zero_grad()
        losses(generator, critic, data[:16])[which].backward()
        optimizer.step()
    after = training.state
    assert not torch.equal(before.x, after.x)
    assert float(after.memory[0][0].abs().sum()) > 0
    assert training.rule.alternating is False
    kept = [p.detach().clone() for p in generator.parameters()]
    found = advise(training, factors={"lr": [2.0]}, replicas=2, steps=6, describe=False)
    assert found.evidence == "metric"
    assert all(map(torch.equal, kept, generator.parameters()))  # only copies trained


def test_metrics_see_training_mode_and_the_same_latents() -> None:
    game = ring()
    drawn = []

    def metric(generator: nn.Module, discriminator: nn.Module) -> float:
        assert generator.training
        assert not torch.is_grad_enabled()
        drawn.append(float(torch.randn(())))
        return 1.0

    evidence = MetricEvidence(metric, "lower", 2)
    for step in (0, 7):
        evidence.value(game, *game.start(), step)
    assert drawn[0] == drawn[1]


def test_the_answer_has_what_the_committed_trials_found():
    found = Path(__file__).parents[2] / "docs" / "results" / "real_runs.json"
    assert _trials() == json.loads(found.read_text("utf-8"))["advice"]
    assert _trials()["recommended"] >= 14
