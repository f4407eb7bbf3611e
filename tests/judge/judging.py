"""The judge itself: blocks of plain steps, and after each what can be said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tests.judge.affine import affine_maps, judge_affine
from tests.judge.clocked import is_clocked, judge_clocked
from tests.judge.limits import UNIT, is_equilibrium, newton
from tests.judge.orbits import HUGE, leaving, run, twins
from tests.judge.play import Play, one_cell
from tests.judge.recurrence import find_return, judge_recurrent
from tests.judge.truth import DIVERGES, SADDLE, Truth

BLOCKS = ((1000, 1000), (3000, 3000), (4192, 4096), (8192, 8192), (32768, 16384))
"""Steps of each block, and how many of its last states are kept."""
LONG = ((131072, 16384), (1048576, 16384), (131072, 16384))
"""Blocks for what is still open, of steps that run as straight-line code; the last one
tells what has settled by then."""
LATE, LATEST = 3, 5
"""From these blocks on chaos and closed curves are judged: transients are over, and
twins have had time to part or to merge at an exponent of 1e-4."""
SLOPE = 0.5
"""Least share of the rate of the multipliers at which an orbit must approach."""
STRAIGHT = 0.9
"""Way from the first to the last state of a block, over the extent, of what drifts."""
VANISHED = 1e-6
"""A field smaller than this at a limit is 0 there, or has vanished by saturation.

Larger, the limit is a fixed point of the step alone: a bound, or a stationary point of
the norm of v.
"""


class Cells(NamedTuple):
    """Cells of one rule and one game, with arrays for what differs."""

    rule: Any
    game: Any
    fields: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray

    def cell(self, i: int) -> tuple[Any, Any, tuple[Any, Any]]:
        """Return the rule, the game and the start of one cell."""
        nodes = [
            one_cell(node, owner, self.fields, i)
            for node, owner in ((self.rule, "rule"), (self.game, "game"))
        ]
        start = tuple(
            float(p[i]) if p.ndim == 1 else p[:, i].copy() for p in (self.x, self.y)
        )
        return nodes[0], nodes[1], start


def judge(rule: Any, game: Any, start: Any) -> Truth:
    """Return what a rule on a game does from one start."""
    x, y = (np.asarray(part, dtype=float)[..., None] for part in start)
    return judge_group(Cells(rule, game, {}, x, y))[0]


def judge_group(cells: Cells) -> list[Truth]:
    """Return what each cell does, all of them played as one array."""
    width = cells.x.shape[-1]
    play = Play(cells.rule, cells.game, cells.fields)
    z = play.begin(cells.x, cells.y)
    found = affine_maps(play, len(z), width)
    if found is not None:
        return [
            judge_affine(
                *cells.cell(i)[:2], play.only(i), (found[0][i], found[1][:, i]), z[:, i]
            )
            for i in range(width)
        ]
    play.compile(z)
    if is_clocked(play, z):
        return judge_clocked(play, z)
    return _played(cells, play, z)


def _played(cells: Cells, play: Play, z: np.ndarray) -> list[Truth]:
    truths: list[Truth] = [Truth("unknown", "too slow")] * z.shape[1]
    alive, taken, speed = np.arange(z.shape[1]), 0, np.zeros(z.shape[1])
    z = np.concatenate([z, twins(play, cells.x, cells.y)], axis=1)
    start, largest = z, np.abs(z[:, : alive.size])
    place = np.full((2, *z[:, : alive.size].shape), np.nan)
    blocks = BLOCKS + LONG * (play.kernel is not None)
    for number, (steps, kept) in enumerate(blocks):
        now = play.only(alive)
        history, last = run(now.repeated(2), z, steps, kept)
        taken += steps
        width = alive.size
        main, twin = history[:, :, :width], history[:, :, width:]
        largest = np.fmax(largest, np.abs(main).max(0))
        opinions = _opinions(
            cells, now, alive, main, twin, start, largest, place, number >= LATE,
            number >= min(LATEST, len(blocks) - 1),
        )  # fmt: skip
        earlier, speed = speed, _speeds(main)
        came = np.abs(main.min(0) - place[0]).max(0) / steps
        place = np.array([main.min(0), main.max(0)])
        for i, truth in enumerate(opinions):
            drift = _drift(earlier[i], speed[i], came[i])
            truths[alive[i]] = (truth or drift).after(taken)
        keep = np.array([i for i, o in enumerate(opinions) if o is None], dtype=int)
        speed, place = speed[keep], place[..., keep]
        z = last[:, np.concatenate([keep, keep + width])]
        start = start[:, np.concatenate([keep, keep + width])]
        largest = largest[:, keep]
        alive = alive[keep]
        if not alive.size:
            break
    return truths


def _speeds(main: np.ndarray) -> np.ndarray:
    """Return how fast each cell moves in one direction; 0 if it goes to and fro.

    Of its way it has come each quarter in a quarter of the time; a cycle of two has
    come all, or none.
    """
    quarters = [k * (len(main) - 1) // 4 for k in range(1, 5)]
    ways = np.array([np.abs(main[k] - main[0]).max(0) for k in quarters])
    way, extents = ways[-1], (main.max(0) - main.min(0)).max(0)
    even = np.abs(ways - way * np.arange(1, 5)[:, None] / 4).max(0) < way / 4
    on = (way >= STRAIGHT * extents) & even
    return np.where(on, way / len(main), 0.0)


def _drift(earlier: float, now: float, between: float) -> Truth:
    """Say of an open orbit whether it moves on at the speed that it had before.

    And in between: what goes slowly to and fro has the same speed now and then.
    """
    steady = 0.9 < now / max(earlier, 1e-300) < 1.1
    if now > 1e-6 and steady and between > now / 2:
        wrong = frozenset({"converges", "periodic", "chaotic"})
        return Truth("unknown", "moves on at a constant speed", excluded=wrong)
    return Truth("unknown", "too slow")


def _opinions(
    cells: Cells,
    play: Play,
    alive: Any,
    main: Any,
    twin: Any,
    start: Any,
    largest: Any,
    place: Any,
    late: bool,
    latest: bool,
) -> list[Truth | None]:
    width = alive.size
    opinions: list[Truth | None] = [None] * width
    with np.errstate(all="ignore"):
        gone = ~(np.abs(main[-1]).max(0) < HUGE)
    for i in np.flatnonzero(gone):
        opinions[i] = _gone(main[:, :, i], twin[:, :, i])
    left = np.flatnonzero(~gone)
    if left.size:
        resting = left[_shrinks(main[:, :, left])]
        if resting.size:
            sizes = np.maximum(np.abs(main).max(0), 1e-3 * largest)
            limits = newton(play.only(resting), main[-1][:, resting], sizes[:, resting])
            for k, i in enumerate(resting):
                point = [part[..., k] if part.ndim < 2 or j == 0 else part[k]
                         for j, part in enumerate(limits)]  # fmt: skip
                opinions[i] = _resting(
                    cells, play.only(i), alive[i], main[:, :, i], twin[:, :, i],
                    start[:, i], *point,
                )  # fmt: skip
    open_cells = [i for i in left if opinions[i] is None]
    for i in open_cells:
        opinions[i] = find_return(
            play.only(i), main[:, :, i], twin[:, :, i], np.abs(start[:, i]).max()
        )
    open_cells = np.array([i for i in open_cells if opinions[i] is None], dtype=int)
    if late and open_cells.size:
        found = judge_recurrent(
            play.only(open_cells), main[:, :, open_cells], twin[:, :, open_cells],
            np.abs(start[:, open_cells]).max(0), place[..., open_cells], latest,
        )  # fmt: skip
        for i, truth in zip(open_cells, found, strict=True):
            opinions[i] = truth
    return opinions


def _gone(main: np.ndarray, twin: np.ndarray) -> Truth:
    with np.errstate(all="ignore"):
        sizes = np.abs(main).max(1)
        inside = np.flatnonzero(sizes < HUGE)
        before = sizes[inside[-1]] if inside.size else np.inf
        twin_gone = not np.abs(twin[-1]).max() < HUGE
    undefined = np.isnan(sizes).any() and before < 1e8 and not np.isinf(sizes).any()
    if undefined:
        return Truth("unknown", "a step is not defined", sensitive=not twin_gone)
    return Truth(
        leaving(main), "grows without bound", also=frozenset(DIVERGES),
        sensitive=not twin_gone,
    )  # fmt: skip


def _shrinks(history: np.ndarray) -> np.ndarray:
    """Tell which cells' extents shrink within a block, or are small already."""
    quarter = len(history) // 4
    early, late = (
        (part.max(0) - part.min(0)).max(0)
        for part in (history[:quarter], history[-quarter:])
    )
    return (late < 0.9 * early) | (late <= 1e-6 * np.abs(history[-1]).max(0))


def _resting(
    cells: Cells, play: Play, number: int, main: np.ndarray, twin: np.ndarray,
    start: np.ndarray, point: np.ndarray, residual: float, values: np.ndarray,
) -> Truth | None:  # fmt: skip
    """Say that an orbit converges, if it does so to this fixed point."""
    size = np.abs(point).max()
    if not residual <= 1e-11 * size + 1e-14 * np.abs(start).max():
        return None
    with np.errstate(all="ignore"):
        far = np.abs(main - point).max(1)
    parts = np.array([part.max() for part in np.array_split(far, 8)])
    floor = 1e-10 * (size + np.abs(start - point).max())
    if not (parts[1:] <= np.maximum(1.05 * parts[:-1], floor)).all():
        return None
    if np.isnan(values).any():
        return _by_orbit(play, main, parts, floor, point)
    unit = np.abs(values - 1) < UNIT
    radius = np.abs(values[~unit]).max(initial=0.0)
    if radius > 1 - 1e-9:
        truth = _by_orbit(play, main, parts, floor, point)
        return truth and _on_saddle(truth, main, radius)
    if parts[-1] > floor:
        pace = np.log(parts[-1] / parts[3]) / (4 * len(far) / 8)
        share = pace / np.log(max(radius, 1e-300))
        arrived = parts[-1] <= 0.05 * parts[0] + 1e3 * floor
        if not (share > SLOPE and (arrived or 0.8 < share < 1.25)):
            return None
    if unit.any():
        rule, game, _ = cells.cell(number)
        rest = np.abs(play.field(point[:, None])).max()
        vanished = rest < VANISHED or unit.all()
        if vanished and not is_equilibrium(rule, game, point[: play.players]):
            return Truth(
                "unknown", "a vanishing gradient, not an equilibrium",
                excluded=frozenset({"converges", "periodic", "chaotic"}),
            )  # fmt: skip
    apart = np.abs(twin[-1] - main[-1]).max()
    near = 1e-6 * (size + np.abs(start).max()) + 10 * parts[-1]
    return Truth(
        "converges",
        f"fixed point, radius {radius:.9g}",
        limit=tuple(point[: play.players]),
        amplitude=0.0,
        exponent=np.nan if unit.any() else float(np.log(max(radius, 1e-300))),
        sensitive=bool(apart > near),
    )


def _on_saddle(truth: Truth, main: np.ndarray, radius: float) -> Truth | None:
    """Say that an orbit lies on the stable manifold of a fixed point, exactly.

    Rounding would take it away from there, if a zero of its start did not keep it.
    """
    if not (main[0] == 0).any():
        return None
    reason = SADDLE if radius > 1 + 1e-9 else truth.reason
    return replace(truth, reason=reason, sensitive=True)


def _by_orbit(
    play: Play, main: np.ndarray, parts: np.ndarray, floor: float, point: np.ndarray
) -> Truth | None:
    """Say that an orbit converges where its step has no derivative at the limit."""
    rest = np.abs(play.field(main[-1][:, None])).max()
    if parts[-1] > floor or not rest <= 1e-9:
        return None
    return Truth(
        "converges", "the orbit is at rest and the field zero",
        limit=tuple(point[: play.players]), amplitude=0.0,
    )  # fmt: skip
