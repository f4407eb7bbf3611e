"""Every seeded mistake is caught, by a counterexample that fits on a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gandyn.rules import Simultaneous
from gandyn.testing import LAWS, check_law
from gandyn.testing.adapters import FromGradients
from tests import mutants
from tests.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
MOST_NUMBERS = 5


def ascend(x: Any, y: Any, gx: Any, gy: Any) -> Any:
    """Descend with x and ascend with y, both in their own losses."""
    return x - gx / 2, y + gy / 2


BREAKERS: dict[str, Any] = {
    **{law: mutant for mutant, law in reversed(MUTANTS)},
    "fixed-points": mutants.RestlessPlayer(),
    "potential": mutants.HiddenAlternation(),
    "split": mutants.StoredOnTheRule(),
    "scale": mutants.NormalisedGradient(),
    "loss-scale": mutants.NormalisedGradient(),
    "signed-permutation": mutants.FavouredCoordinate(),
    "reductions": mutants.LookaheadWrongWay(),
    "volume": mutants.HiddenSimultaneity(),
    "dirac": mutants.StepByLoss(),
    "powers": mutants.RealPartOnly(),
    "growth": mutants.ComplexDetour(),
    "contraction": mutants.SwappedSign(lr=0.5),
    "implements": FromGradients(ascend, implements=Simultaneous(lr=0.5)),
}
"""For every law a rule that breaks it."""


def name_of(case: Any) -> str:
    return case if isinstance(case, str) else type(case).__name__


def caught(mutant: Any, law: str) -> Any:
    result = check_law(LAWS[law], mutant)
    assert result.outcome == "failed", str(result)
    return result


@pytest.mark.parametrize("law", list(LAWS))
def test_every_law_can_be_broken(law: str) -> None:
    assert caught(BREAKERS[law], law).snippet


@pytest.mark.slow
@pytest.mark.parametrize(("mutant", "law"), MUTANTS, ids=name_of)
def test_mistakes_are_caught_by_few_numbers(mutant: Any, law: str) -> None:
    result = caught(mutant, law)
    assert 0 <= result.numbers <= MOST_NUMBERS, result.snippet


def test_there_are_enough_different_mistakes() -> None:
    assert len({type(mutant) for mutant, _ in MUTANTS}) == len(MUTANTS) >= 40
    assert all(type(mutant).__doc__ for mutant, _ in MUTANTS)


def test_a_counterexample_can_be_pasted_and_run() -> None:
    result = caught(mutants.HalfConsensus(), "drift")
    assert result.numbers <= MOST_NUMBERS
    done = subprocess.run(
        [sys.executable, "-c", result.snippet], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Broken" in done.stderr.splitlines()[-1]
    assert result.message in done.stderr
