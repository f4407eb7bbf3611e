"""Optimizers of other packages, checked as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gandyn.errors import FieldError, GandynError, UnknownName
from gandyn.games import Bilinear, DiracGAN
from gandyn.rules import (
    Adam,
    Alternating,
    CompetitiveGradientDescent,
    Extragradient,
    HeavyBall,
    OptimisticGradient,
    Simultaneous,
)
from gandyn.testing import LAWS, Broken, StepRaised, check_update_rule
from gandyn.testing.adapters import (
    ADAPTERS,
    ExtrapolationPair,
    FromGradients,
    GeneralSumCGD,
    MinimaxCGD,
    OptaxPair,
    TorchOptPair,
    TorchPair,
)

ROOT = Path(__file__).parents[2]
HALF = {"momentum": 0.5}
GAME = DiracGAN()
STEPS = 5


def plain(x: Any, y: Any, gx: Any, gy: Any) -> Any:
    return x - gx / 2, y - gy / 2


def state_after(rule: Any, x: Any, y: Any, game: Any = GAME) -> Any:
    memory = rule.init(game, x, y)
    for _ in range(STEPS):
        x, y, memory = rule.step(game, x, y, memory)
    return x, y


@pytest.mark.parametrize(
    ("adapter", "package", "options", "rule"),
    [
        (TorchPair, "torch.optim.SGD", {}, Simultaneous()),
        (TorchPair, "torch.optim.SGD", HALF, HeavyBall()),
        (TorchPair, "torch.optim.Adam", {}, Adam()),
        (OptaxPair, "optax.adam", {}, Adam()),
        (OptaxPair, "optax.optimistic_gradient_descent", {}, OptimisticGradient()),
    ],
)
def test_optimizers_are_the_rules_that_they_are_said_to_be(
    adapter: Any, package: str, options: Any, rule: Any
) -> None:
    pytest.importorskip(package.partition(".")[0])
    peer = adapter(package, options, lr=0.25, implements=rule)
    laws = ["implements", "shapes", "inputs", "split", "swap", "freeze", "memory"]
    report = check_update_rule(peer, laws=laws, max_examples=10)
    assert report.ok, str(report)
    assert report.count("passed") == len(laws)


@pytest.mark.parametrize("y_first", [False, True])
@pytest.mark.parametrize(
    ("adapter", "package"), [(TorchPair, "torch.optim.SGD"), (OptaxPair, "optax.sgd")]
)
def test_players_alternate_in_either_order(
    adapter: Any, package: str, y_first: bool
) -> None:
    pytest.importorskip(package.partition(".")[0])
    peer = adapter(package, lr_x=0.5, lr_y=0.25, alternating=True, y_first=y_first)
    rule = Alternating(lr_x=0.5, lr_y=0.25, y_first=y_first)
    got, due = state_after(peer, 1.0, 0.5), state_after(rule, 1.0, 0.5)
    np.testing.assert_allclose(got, due, rtol=1e-15)


def test_a_function_of_gradients_is_a_rule() -> None:
    report = check_update_rule(
        FromGradients(plain, implements=Simultaneous(lr=0.5)), max_examples=10
    )
    assert report.ok, str(report)
    assert report["identity"].outcome == "not applicable"
    assert check_update_rule(FromGradients(plain), laws=["swap"], max_examples=5).ok
    with pytest.raises(FieldError, match=r"\(x, y, gx, gy\)"):
        FromGradients(lambda x, y: (x, y))


def test_a_wrong_claim_is_broken_by_a_snippet_that_runs() -> None:
    pytest.importorskip("torch")
    peer = TorchPair("torch.optim.SGD", HALF, lr=0.25, implements=Simultaneous())
    result = check_update_rule(peer, laws=["implements"])["implements"]
    assert result.outcome == "failed"
    done = subprocess.run(
        [sys.executable, "-c", result.snippet], cwd=ROOT, capture_output=True, text=True
    )
    assert result.message in done.stderr


def test_learning_rates_are_fields_and_names_are_looked_up() -> None:
    pytest.importorskip("torch")
    peer = TorchPair("torch.optim.SGD", lr_x=0.5)
    assert (peer.lr_x, peer.lr_y) == (0.5, 0.1)
    assert peer == TorchPair("torch.optim.SGD", {}, lr_x=0.5)
    with pytest.raises(FieldError, match="not both"):
        TorchPair("torch.optim.SGD", lr=0.5, lr_x=0.5)
    with pytest.raises(UnknownName, match="Adam"):
        TorchPair("torch.optim.Adan")
    with pytest.raises(FieldError, match="dotted name or a callable"):
        TorchPair(3)


def test_a_peer_that_is_not_installed_is_named_with_the_command() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'optax', 'CGDs', 'cooper', 'torchopt'):\n"
        "    sys.modules[name] = None\n"
        "from gandyn.testing.adapters import ADAPTERS\n"
        "peers = {'TorchPair': 'torch.optim.SGD', 'OptaxPair': 'optax.sgd',\n"
        "    'ExtrapolationPair': 'cooper.optim.ExtraSGD',\n"
        "    'TorchOptPair': 'torchopt.sgd', 'MinimaxCGD': 'CGDs.BCGD',\n"
        "    'GeneralSumCGD': 'CGDs.GACGD'}\n"
        "for name, peer in peers.items():\n"
        "    try: ADAPTERS[name](peer)\n"
        "    except ImportError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    extras = {"torch": "torch", "optax": "bench", "cooper": "peers"}
    extras |= {"torchopt": "peers", "CGDs": "peers"}
    said = [
        f"{package} is not installed: pip install 'gandyn[{extra}]', or in a copy of "
        f"the repository pip install -c constraints.txt '.[{extra}]'"
        for package, extra in extras.items()
    ]
    assert done.stdout.splitlines() == [*said, said[-1]]
    assert len(ADAPTERS) == 7


def test_extragradient_of_cooper() -> None:
    pytest.importorskip("cooper", reason="needs the extra peers")
    name = "cooper.optim.ExtraSGD"
    peer = ExtrapolationPair(name, lr=0.25, implements=Extragradient())
    report = check_update_rule(peer, max_examples=10)
    assert report.ok, str(report)


def test_nupi_of_cooper_jumps_on_its_second_step() -> None:
    pytest.importorskip("cooper", reason="needs the extra peers")
    gains = {"Kp": 1.0, "Ki": 1.0}
    name = "cooper.optim.nuPI"
    peer = TorchPair(name, gains, lr=0.25, implements=OptimisticGradient())
    result = check_update_rule(peer, laws=["implements"])["implements"]
    assert "after 2 steps" in result.message


def test_cgds_on_one_parameter_and_in_double_precision() -> None:
    pytest.importorskip("CGDs", reason="needs the extra peers")
    peer = MinimaxCGD("CGDs.BCGD", lr=0.5, implements=CompetitiveGradientDescent())
    with pytest.raises(StepRaised, match="UnboundLocalError"):
        LAWS["implements"].check(peer, game=Bilinear(), x=0.0, y=1.0)
    game = Bilinear(np.array([[1.0, 0.5], [0.25, 2.0]]))
    with pytest.raises(Broken, match="after 1 steps"):
        LAWS["implements"].check(peer, game=game, x=[1.0, -1.0], y=[0.5, 1.0])
    general = GeneralSumCGD("CGDs.GACGD", lr=0.5)
    assert not check_update_rule(general, laws=["shapes"]).ok


def test_cgds_refuses_games_that_are_not_zero_sum() -> None:
    pytest.importorskip("CGDs", reason="needs the extra peers")
    peer, game = MinimaxCGD("CGDs.BCGD"), DiracGAN(loss="NonSaturating")
    with pytest.raises(GandynError, match="zero-sum"):
        peer.step(game, 1.0, 1.0, peer.init(game, 1.0, 1.0))


def test_torchopt_keeps_what_it_needs_outside_of_its_state() -> None:
    pytest.importorskip("torchopt", reason="needs the extra peers")
    sound = TorchOptPair("torchopt.sgd", lr=0.25, implements=Simultaneous())
    assert check_update_rule(sound, laws=["implements", "split"], max_examples=10).ok
    peer = TorchOptPair("torchopt.sgd", HALF, lr=0.25, implements=HeavyBall())
    assert not check_update_rule(peer, laws=["implements"]).ok
