"""The reference cases, and what it means to agree with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FILE = Path(__file__).parents[1] / "data" / "reference_cases.json"


class Case(NamedTuple):
    """One published or derived number."""

    id: str
    rule: str
    game: str
    params: dict[str, Any]
    quantity: str
    value: Any
    tol: float


def load() -> list[Case]:
    """Return all cases, in the order of the file."""
    entries = json.loads(FILE.read_text("utf-8"))
    return [Case(*(entry[name] for name in Case._fields)) for entry in entries]


def as_numbers(got: Any) -> np.ndarray:
    """Return a quantity as the file writes it: a complex number as [re, im]."""
    array = np.asarray(got)
    if np.iscomplexobj(array):
        return np.stack([array.real, array.imag], axis=-1)
    return array.astype(float)


def excess(case: Case, got: Any) -> float:
    """Return the largest error in units of the case's tolerance; at most 1 passes.

    Where the file has one number the quantity may be many: a constant along an orbit.
    """
    value, numbers = np.asarray(case.value, dtype=float), as_numbers(got)
    if value.ndim and value.shape != numbers.shape:
        return float("inf")
    error = np.abs(numbers - value) / (case.tol * np.maximum(1, np.abs(value)))
    return float("inf") if np.isnan(error).any() else float(error.max(initial=0.0))
