"""Bilinear games of matrices: integrated directly, and decoupled."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn import sweep
from gandyn.dynamics.engines.choice import make_engine
from gandyn.dynamics.tiles import TILE, workers
from gandyn.games import Bilinear
from gandyn.rules import Alternating, Extragradient

SIZE = 64
SEED = 0
PATHS = [("rule", "lr_x"), ("rule", "lr_y")]
AGREEMENT = 1e-9


def rows(scale: Scale) -> Iterator[Row]:
    """Yield direct integration beside BLAS, then the cost of decoupled games."""
    yield _direct(scale)
    yield from _decoupled(scale)


def _direct(scale: Scale) -> Row:
    side, steps = scale.pick(128, 32), scale.pick(50, 5)
    rng = np.random.default_rng(SEED)
    a = rng.normal(size=(SIZE, SIZE)) / np.sqrt(SIZE)
    rates = np.geomspace(0.01, 1.0, side)
    lr_x, lr_y = (part.ravel() for part in np.meshgrid(rates, rates))
    x, y = rng.normal(size=(2, SIZE, 1)) * np.ones(side**2)
    engine = make_engine(Alternating(), Bilinear(a), PATHS)
    cuts = list(range(TILE, side**2, TILE))

    def kernels() -> np.ndarray:
        tiles = [
            engine.start(dict(zip(PATHS, part[:2], strict=True)), *part[2:])
            for part in zip(
                *(np.split(v, cuts, axis=-1) for v in (lr_x, lr_y, x, y)), strict=True
            )
        ]
        with workers(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(lambda cells: engine.advance(cells, steps), tiles))
        return np.concatenate([engine.players(cells) for cells in tiles], axis=1)

    def blas() -> np.ndarray:
        u, w = x, y
        for _ in range(steps):
            u = u - lr_x * (a @ w)
            w = w + lr_y * (a.T @ u)
        return np.concatenate([u, w])

    ends = kernels(), blas()
    apart = np.abs(ends[0] - ends[1]).max() / np.abs(ends[1]).max()
    if not apart < AGREEMENT:
        raise AssertionError(f"direct integration ends {apart:.1e} away from BLAS")
    medians = interleaved(
        {"gandyn": clocked(kernels), "BLAS": clocked(blas)}, scale.repeats
    )
    what = (
        f"bilinear {SIZE}x{SIZE}, {side}x{side} cells, {steps} steps: speed over BLAS"
    )
    return Row(what, medians["BLAS"] / medians["gandyn"], 0.8, detail=detail(medians))


def _decoupled(scale: Scale) -> Iterator[Row]:
    side = scale.pick(128, 32)
    rates = np.geomspace(0.05, 2.0, side)
    matrices = {
        "64x64, 4 values": (64, 4),
        "256x256, 4 values": (256, 4),
        "64x64, 16 values": (64, 16),
        "64x64, 64 values": (64, 64),
    }
    medians = interleaved(
        {
            name: clocked(_exact_sweep(_with_values(*shape), rates))
            for name, shape in matrices.items()
        },
        scale.repeats,
    )
    small, large, some, many = medians.values()
    text = detail(medians)
    yield Row(
        f"decoupled bilinear, {side}x{side} cells: 256x256 over 64x64, both with 4 "
        "distinct singular values", large / small, 4.0, at_least=False, detail=text,
    )  # fmt: skip
    for count, seconds in ((16, some), (64, many)):
        yield Row(
            f"the same: {count} over 4 distinct singular values",
            seconds / small, 1.25 * count / 4, at_least=False,
        )  # fmt: skip


def _exact_sweep(game: Bilinear, rates: np.ndarray) -> object:
    def run() -> object:
        axes = {"lr_x": rates, "lr_y": rates}
        return sweep(Extragradient(), game, axes, method="exact")

    return run


def _with_values(size: int, count: int) -> Bilinear:
    """Return a game whose matrix has ``count`` distinct singular values, 0.5 to 1."""
    rng = np.random.default_rng(SEED)
    left, right = (np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2))
    values = np.repeat(np.linspace(0.5, 1.0, count), size // count)
    return Bilinear((left * values) @ right)
