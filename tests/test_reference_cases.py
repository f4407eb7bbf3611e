"""Published and derived numbers, posed through gandyn."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference.cases import Case, as_numbers, excess, load
from tests.reference.quantities import NOT_POSED, find

CASES = load()
POSED = [case for case in CASES if case.id not in NOT_POSED]


@pytest.mark.parametrize("case", POSED, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    pose = find(case)
    assert pose is not None
    got = pose(case)
    error = excess(case, got)
    assert error <= 1, f"{case.quantity}: {as_numbers(got)}, not {case.value}: {error}"


@pytest.mark.parametrize("name", NOT_POSED)
def test_case_not_posed_yet(name: str) -> None:
    pytest.skip(NOT_POSED[name])


def test_exactly_the_listed_cases_are_not_posed() -> None:
    assert {case.id for case in CASES if find(case) is None} == NOT_POSED.keys()
    assert (len(CASES), len(POSED)) == (186, 183)
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", POSED, ids=lambda case: case.id)
def test_comparison_sees_an_error_of_two_tolerances(case: Case) -> None:
    value = np.asarray(case.value, dtype=float)
    error = 2 * case.tol * np.maximum(1, np.abs(value))
    assert excess(case, value) == 0
    assert excess(case, value + error) > 1
    assert excess(case, value - error) > 1
    assert excess(case, value * np.nan) > 1


def test_comparison_sees_a_wrong_shape() -> None:
    pair = Case("pair", "", "", {}, "", [1.0, 2.0], 1e-9)
    assert excess(pair, [1.0, 2.0]) == 0
    assert excess(pair, 1.0) > 1
    assert excess(pair, [1.0, 2.0, 2.0]) > 1


@pytest.mark.parametrize(
    "case",
    [case for case in POSED if case.quantity.startswith("nontrivial Floquet")],
    ids=lambda case: case.id,
)
def test_floquet_multipliers_agree_in_their_logarithms(case: Case) -> None:
    # beside 10⁻⁷ a multiplier of 10⁻⁴⁰ could be anything
    pose = find(case)
    assert pose is not None
    assert np.log(pose(case)) == pytest.approx(np.log(case.value), rel=case.tol)
