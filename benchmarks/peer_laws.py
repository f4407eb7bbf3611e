"""Released optimizers of other packages under the laws, through the adapters.

``python -m benchmarks.peer_laws`` checks them and prints what was found;
``--write`` puts the table into the documentation. Exit code 1 if an outcome is no
longer the one that is written down here. Needs
``pip install -c constraints.txt -e '.[test,peers]'``.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gandyn.games import Bilinear
from gandyn.rules import (
    Adam,
    AMSGrad,
    CompetitiveGradientDescent,
    ExtraAdam,
    Extragradient,
    HeavyBall,
    Nesterov,
    OptimisticAdam,
    OptimisticGradient,
    RMSProp,
    Simultaneous,
)
from gandyn.testing import LAWS, Broken, check_update_rule
from gandyn.testing.adapters import (
    ExtrapolationPair,
    GeneralSumCGD,
    MinimaxCGD,
    OptaxPair,
    TorchOptPair,
    TorchPair,
)

PAGE = Path(__file__).parents[1] / "docs" / "peers.md"
PACKAGES = ("CGDs", "cooper-optim", "torchopt", "torch", "optax", "jax", "numpy")
HALF = {"momentum": 0.5}
NO_DECAY = {"decay": 0.99, "eps_in_sqrt": False}
SOUND, BUG, WEAK, NOTED = "sound", "bug", "weakness", "documented"


class Case(NamedTuple):
    """An optimizer, the laws that it breaks, and what to think of it."""

    rule: Any
    breaks: frozenset[str]
    kind: str
    why: str = ""


def cases() -> Iterator[Case]:
    """Yield what is checked, package by package."""
    yield from _cgds()
    yield from _cooper()
    yield from _torchopt()
    yield from _torch()
    yield from _optax()


def _case(rule: Any, breaks: str = "", kind: str = SOUND, why: str = "") -> Case:
    return Case(rule, frozenset(breaks.split()), kind, why)


def _cgds() -> Iterator[Case]:
    everywhere = (
        "shapes inputs determinism nan implements freeze split decoupled translation "
        "orthogonal signed-permutation sign scale loss-scale swap constant"
    )
    yield _case(
        MinimaxCGD("CGDs.BCGD", lr=0.25, implements=CompetitiveGradientDescent()),
        everywhere, BUG, "UnboundLocalError on the second step of players of one "
        "number; the first step of double precision is solved in single",
    )  # fmt: skip
    yield _case(
        MinimaxCGD("CGDs.BCGD", HALF, lr=0.25),
        "shapes inputs determinism nan fixed-points identity split memory constant",
        BUG, "AttributeError on the first step with momentum",
    )  # fmt: skip
    yield _case(
        MinimaxCGD("CGDs.ACGD", lr=0.25), "shapes nan", BUG,
        "the first step of double precision is solved in single (NaN raises: fine)",
    )  # fmt: skip
    yield _case(
        GeneralSumCGD("CGDs.GACGD", lr=0.25),
        "shapes inputs determinism nan fixed-points split memory constant",
        BUG, "RuntimeError on the first step of double precision",
    )  # fmt: skip


def _cooper() -> Iterator[Case]:
    home = "cooper.optim"
    yield _case(
        ExtrapolationPair(f"{home}.ExtraSGD", lr=0.25, implements=Extragradient())
    )
    yield _case(
        ExtrapolationPair(f"{home}.ExtraAdam", lr=0.25, implements=ExtraAdam()),
        "implements", NOTED, "ε is added before the bias correction, as in the second "
        "form of the paper on Adam; torch adds it after",
    )  # fmt: skip
    gains = {"Kp": 1.0, "Ki": 1.0}
    yield _case(
        TorchPair(f"{home}.nuPI", gains, lr=0.25, implements=OptimisticGradient()),
        "implements", BUG, "the memory starts at 0 after the first step, where the "
        "docstring starts it at the first gradient: the second step jumps",
    )  # fmt: skip


def _torchopt() -> Iterator[Case]:
    yield _case(TorchOptPair("torchopt.sgd", lr=0.25, implements=Simultaneous()))
    yield _case(
        TorchOptPair("torchopt.sgd", HALF, lr=0.25, implements=HeavyBall()),
        "implements", BUG, "that a step is the first is kept in the transformation, "
        "not in its state: resumed from a saved state, it forgets to damp the velocity",
    )  # fmt: skip
    yield _case(
        TorchOptPair("torchopt.adam", lr=0.25, implements=Adam()),
        "implements", WEAK, "the bias correction is computed in single precision: "
        "7e-6 off on the first step",
    )  # fmt: skip
    yield _case(
        TorchOptPair("torchopt.adagrad", lr=0.25),
        "nan", WEAK, "a NaN gradient is swallowed: the state stays where it is",
    )  # fmt: skip


def _torch() -> Iterator[Case]:
    def torch(name: str, options: Any = (), **more: Any) -> TorchPair:
        return TorchPair(f"torch.optim.{name}", options, lr=0.25, **more)

    yield _case(torch("SGD", implements=Simultaneous()))
    yield _case(torch("SGD", HALF, implements=HeavyBall()))
    yield _case(torch("SGD", {**HALF, "nesterov": True}, implements=Nesterov()))
    yield _case(torch("Adam", implements=Adam()))
    yield _case(torch("Adam", {"amsgrad": True}, implements=AMSGrad()))
    yield _case(torch("RMSprop", implements=RMSProp()))
    yield _case(
        torch("AdamW"), "fixed-points", NOTED, "weight decay of 0.01 by default"
    )
    yield _case(
        torch("ASGD"), "shapes fixed-points", NOTED,
        "lambd=1e-4 decays by default (its step size is kept in single precision)",
    )  # fmt: skip
    yield _case(torch("NAdam"), "shapes", WEAK, "a factor is kept in single precision")
    yield _case(
        torch("Rprop"), "nan identity", WEAK,
        "a NaN gradient is swallowed (that it moves by 1e-6 at least is documented)",
    )  # fmt: skip


def _optax() -> Iterator[Case]:
    def optax(name: str, options: Any = (), **more: Any) -> OptaxPair:
        return OptaxPair(f"optax.{name}", options, lr=0.25, **more)

    optimistic = OptimisticGradient()
    yield _case(optax("optimistic_gradient_descent", implements=optimistic))
    yield _case(
        optax("optimistic_adam_v2", implements=OptimisticAdam()),
        "implements", NOTED, "nesterov=True by default, of which the docstring's "
        "formula says nothing",
    )  # fmt: skip
    plain = {"nesterov": False}
    yield _case(optax("optimistic_adam_v2", plain, implements=OptimisticAdam()))
    yield _case(optax("sgd", HALF, implements=HeavyBall()))
    yield _case(optax("adam", implements=Adam()))
    yield _case(optax("rmsprop", NO_DECAY, implements=RMSProp()))
    yield _case(
        optax("amsgrad", implements=AMSGrad()), "implements", NOTED,
        "by default the maximum is taken after the bias correction; torch: before",
    )  # fmt: skip


def two_by_two() -> str:
    """Return how far CGDs.BCGD is from competitive gradient descent in 2 + 2."""
    rule = MinimaxCGD("CGDs.BCGD", lr=0.5, implements=CompetitiveGradientDescent())
    game = Bilinear(np.array([[1.0, 0.5], [0.25, 2.0]]))
    try:
        LAWS["implements"].check(rule, game=game, x=[1.0, -1.0], y=[0.5, 1.0])
    except Broken as broken:
        first = str(broken)
    else:
        return ""
    state = expected = (np.array([1.0, -1.0]), np.array([0.5, 1.0]))
    memory, apart = rule.init(game, *state), []
    for _ in range(2):
        *state, memory = rule.step(game, *state, memory)
        *expected, _ = CompetitiveGradientDescent(lr=0.5).step(game, *expected, ())
        pairs = zip(state, expected, strict=True)
        apart.append(max(np.abs(a - b).max() for a, b in pairs))
    return f"{first}\nafter steps 1 and 2 apart by {apart[0]:.1g} and {apart[1]:.1g}"


def versions() -> str:
    """Return the versions that were checked."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)


def row(case: Case, broken: list[str]) -> str:
    """Return a line of the table."""
    options = ", ".join(f"{k}={v}" for k, v in case.rule.options)
    claim = case.rule.implements
    cells = [
        f"`{case.rule.optimizer}`" + (f" ({options})" if options else ""),
        type(claim).__name__ if claim is not None else "",
        ", ".join(broken[:4]) + (", ..." if len(broken) > 4 else ""),
        case.kind,
        case.why,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Return 0, or 1 if a peer does something else than is written down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer_laws")
    parser.add_argument("--write", action="store_true", help="put it into the docs")
    parser.add_argument("--max-examples", type=int, default=15, help="default: 15")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of the peers about torch
    head = ("optimizer", "as", "laws broken", "what it is", "why")
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    same = True
    for case in cases():
        report = check_update_rule(case.rule, max_examples=options.max_examples)
        broken = [result.law for result in report.bad]
        lines.append(row(case, broken))
        print(lines[-1], file=sys.stderr, flush=True)
        if set(broken) != case.breaks:
            print(f"expected {sorted(case.breaks)}\n{report}", file=sys.stderr)
            same = False
    text = "\n".join(lines) + f"\n\nChecked: {versions()}."
    print(f"{text}\n\n{two_by_two()}")
    if options.write:
        write(text)
    return 0 if same else 1


def write(text: str) -> None:
    """Put the table between the markers of the page."""
    begin, end = "<!-- begin findings -->", "<!-- end findings -->"
    before, _, rest = PAGE.read_text("utf-8").partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
