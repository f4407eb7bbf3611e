"""What a certificate costs, and how many floating point verdicts it overturns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_poly

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn.dynamics import Verdict
from gandyn.dynamics.spectra import spectra
from gandyn.stability import certify

SEED = 0
SIZES = (2, 3, 4, 5, 6)
TARGET = 3.0
CLAIMS = {
    Verdict.CONVERGES: "proved_stable",
    Verdict.DIVERGES_SPIRAL: "proved_unstable",
    Verdict.DIVERGES_FLIP: "proved_unstable",
    Verdict.DIVERGES_MONOTONE: "proved_unstable",
    Verdict.NEUTRAL: "proved_on_circle",
}
"""What a verdict on floats claims, in a certificate's words."""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the cost of a certificate, then what certificates overturn."""
    yield _cost(scale)
    yield from _overturned(scale)


def _cost(scale: Scale) -> Row:
    maps = _normal_maps(np.random.default_rng(SEED), scale.pick(2000, 50), 4, _anywhere)
    medians = interleaved(
        {
            "certify": clocked(lambda: [certify(m) for m in maps]),
            "bare": clocked(lambda: [_bare(m) for m in maps]),
        },
        scale.repeats,
    )
    return Row(
        "certificate of a 4 × 4 map over charpoly and Schur-Cohn in python-flint",
        medians["certify"] / medians["bare"],
        TARGET,
        at_least=False,
        detail=detail(medians),
    )


def _bare(matrix: np.ndarray) -> int:
    """Count multipliers inside, with no case but the regular one."""
    entries = [fmpq(*map(int, v.as_integer_ratio())) for v in matrix.ravel().tolist()]
    p = fmpq_mat(*matrix.shape, entries).charpoly().numer()
    inside, kept = 0, True
    while p.degree() > 0:
        low, high, mirror = p[0], p[p.degree()], fmpz_poly(p.coeffs()[::-1])
        if abs(low) > abs(high):
            p, mirror, low, high, kept = mirror, p, high, low, not kept
        p = (high * p - low * mirror).right_shift(1)
        p = p // p.content()
        inside += kept
    return inside


def _overturned(scale: Scale) -> Iterator[Row]:
    count = scale.pick(20_000, 100)
    for what, away in (
        ("radius within 1e-12 of 1", lambda rng: rng.uniform(-1e-12, 1e-12)),
        ("radius within 1e-15 of 1", lambda rng: rng.uniform(-1e-15, 1e-15)),
        ("radius 0.5 to 1.5", _anywhere),
    ):
        rng = np.random.default_rng(SEED)
        maps = [m for n in SIZES for m in _normal_maps(rng, count // 5, n, away)]
        yield _row(what, maps)
    rng = np.random.default_rng(SEED)
    yield _row("rotations, flips and shears in whole coordinates", [
        _whole_map(rng) for _ in range(count)
    ])  # fmt: skip


def _row(what: str, maps: list[np.ndarray]) -> Row:
    wrong = naive = undecided = 0
    for matrix in maps:
        proved = certify(matrix).status
        verdict = Verdict(int(spectra(matrix[None]).verdict[0]))
        wrong += verdict in CLAIMS and CLAIMS[verdict] != proved
        undecided += verdict == Verdict.UNDECIDED
        radius = np.abs(np.linalg.eigvals(matrix)).max()
        naive += (radius < 1) != (proved == "proved_stable")
    text = (
        f"of {len(maps)}: verdicts of a sweep {wrong}, and {undecided} undecided; the "
        f"bare test radius < 1 {naive}"
    )
    return Row(
        f"float verdicts overturned, {what}",
        100 * wrong / len(maps),
        unit="%",
        detail=text,
    )


def _anywhere(rng: np.random.Generator) -> float:
    return float(rng.uniform(-0.5, 0.5))


def _normal_maps(
    rng: np.random.Generator,
    count: int,
    size: int,
    away: Callable[[np.random.Generator], float],
) -> list[np.ndarray]:
    maps = rng.normal(size=(count, size, size))
    radius = np.abs(np.linalg.eigvals(maps)).max(axis=1)
    factors = np.array([1 + away(rng) for _ in range(count)])
    return list(maps * (factors / radius)[:, None, None])


def _whole_map(rng: np.random.Generator) -> np.ndarray:
    """Return a map with its multipliers at 1, -1, ±i, and maybe an eigenvector less."""
    blocks = [
        np.array([[1.0]]),
        np.array([[-1.0]]),
        np.array([[0.0, -1.0], [1.0, 0.0]]),
        np.array([[1.0, 1.0], [0.0, 1.0]]),
        np.array([[0.5]]),
    ]
    picks = [blocks[k] for k in rng.integers(0, len(blocks), size=3)]
    size = sum(map(len, picks))
    matrix, place = np.zeros((size, size)), 0
    for block in picks:
        end = place + len(block)
        matrix[place:end, place:end] = block
        place = end
    for _ in range(2 * size):
        i, j = rng.choice(size, 2, replace=False)
        k = rng.integers(-1, 2)
        matrix[i] += k * matrix[j]
        matrix[:, j] -= k * matrix[:, i]
    return matrix
