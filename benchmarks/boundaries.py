"""Exact diagrams beside stacked eigenvalues, and boundary curves beside diagrams."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.report import Row, Scale, clocked, detail, interleaved
from gandyn import sweep
from gandyn.dynamics.exact.linear import linear_maps
from gandyn.games import LinearGame, Quadratic
from gandyn.rules import Alternating, HeavyBall, OptimisticGradient, Simultaneous
from gandyn.stability.boundaries.boundaries import boundary

SIZE = 64
SAMPLE = 256
SEED = 0
GAME = Quadratic(0.3, 1.1, -0.4)
BOX = (0.01, 10.0)
AGREEMENT = 1e-9
FIELDS = ("lr_x", "lr_y")


def rows(scale: Scale) -> Iterator[Row]:
    """Yield exact diagrams of two numbers, of vectors, then boundary curves."""
    side = scale.pick(256, 32)
    for rule in (Simultaneous(), Alternating(), HeavyBall(), OptimisticGradient()):
        yield _scalar(rule, side, scale)
    yield _rays(side, scale)
    for rule in (Simultaneous(), OptimisticGradient()):
        yield _curve(rule, side, scale)


def _diagram(rule: Any, game: Any, side: int) -> Any:
    rates = np.geomspace(*BOX, side)
    axes = dict.fromkeys(FIELDS, rates)
    return sweep(rule, game, axes, method="exact", threads=_cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _maps(rule: Any, game: Any, side: int, cells: Any = slice(None)) -> np.ndarray:
    rates = np.geomspace(*BOX, side)
    pair = (p.ravel()[cells] for p in np.meshgrid(rates, rates, indexing="ij"))
    swept = dict(zip(FIELDS, pair, strict=True))
    point = game.equilibria()[0]
    return linear_maps(rule, game, point, swept, swept["lr_x"].size)


def _agree(radius: np.ndarray, maps: np.ndarray) -> None:
    known = np.max(np.abs(np.linalg.eigvals(maps)), axis=1)
    apart = np.max(np.abs(radius - known) / np.maximum(known, 1))
    if not apart < AGREEMENT:
        raise AssertionError(f"the diagram is {apart:.1e} away from eigvals")


def _scalar(rule: Any, side: int, scale: Scale) -> Row:
    maps = _maps(rule, GAME, side)
    _agree(_diagram(rule, GAME, side).radius.values.ravel(), maps)
    medians = interleaved(
        {
            "sweep": clocked(lambda: _diagram(rule, GAME, side)),
            "eigvals": clocked(lambda: np.linalg.eigvals(maps)),
        },
        scale.repeats,
    )
    name, size = type(rule).__name__, maps.shape[-1]
    what = f"exact diagram {side}x{side}, {name} ({size}x{size}): speed over eigvals"
    ratio = medians["eigvals"] / medians["sweep"]
    return Row(what, ratio, 20.0, detail=detail(medians))


def _rays(side: int, scale: Scale) -> Row:
    rng = np.random.default_rng(SEED)
    game = LinearGame(rng.normal(size=(SIZE, SIZE)) / 16 + np.eye(SIZE), SIZE // 2)
    cells = rng.choice(side**2, min(SAMPLE, side**2), replace=False)
    maps = _maps(Simultaneous(), game, side, cells)
    found = _diagram(Simultaneous(), game, side).radius.values.ravel()
    _agree(found[cells], maps)

    def stacked() -> float:
        begin = time.perf_counter()
        np.linalg.eigvals(maps)
        return (time.perf_counter() - begin) * side**2 / cells.size

    medians = interleaved(
        {
            "sweep": clocked(lambda: _diagram(Simultaneous(), game, side)),
            "eigvals": stacked,
        },
        min(scale.repeats, 3),
    )
    what = f"exact diagram {side}x{side}, Simultaneous on {SIZE}x{SIZE}: over eigvals"
    text = f"{detail(medians)} ({cells.size} of {side**2} maps, scaled up)"
    return Row(what, medians["eigvals"] / medians["sweep"], 50.0, detail=text)


def _curve(rule: Any, side: int, scale: Scale) -> Row:
    stride = scale.pick(1000, 100)

    def curves() -> list[Any]:
        return boundary(rule, GAME, FIELDS, [BOX, BOX], stride=2.0 / stride)

    points = sum(len(curve.values) for curve in curves())
    medians = interleaved(
        {
            "boundary": clocked(curves),
            "diagram": clocked(lambda: _diagram(rule, GAME, side)),
        },
        scale.repeats,
    )
    name = type(rule).__name__
    what = f"boundary of {name}, {points} points, over its {side}x{side} diagram"
    ratio = medians["boundary"] / medians["diagram"]
    return Row(what, ratio, 1.5, at_least=False, detail=detail(medians))
