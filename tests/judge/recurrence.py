"""Cycles, closed curves and chaos: returns, twins and exponents."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from tests.judge.limits import chained, cycle, return_map
from tests.judge.orbits import exponents, run, sizes_of, tangent_growth
from tests.judge.play import Play
from tests.judge.truth import Truth

ROUNDING = 1e-11
"""A return to within this of a state's size is one to rounding."""
NOISE = 1e-8
"""Extents below this, relative to the state, may be rounding noise around a limit."""
CLOSER = 0.5
"""What has not come nearer by half shows no rate: a curve returns no worse for long."""
APART = 1e-3
"""Twins this far apart, relative to the orbit's extent, have separated."""
TOGETHER = 1e-4
"""Twins this near have not: in 180,000 steps shear alone separates them by 1e-5."""
MERGED = 1e-13
"""Twins nearer than this, relative to the extent, have lost their difference of phase:
a cycle of a long period pulls them together, a closed curve never does."""
STEADY = 3e-4
"""Change of an extent between thirds of a block, or of its ends from block to block,
relative, that sampling explains."""
EXPONENT_STEPS, FEWER_STEPS = 8192, 2048
"""Steps over which exponents are taken, of few coordinates and of many."""
CALM = 2e-3
"""An exponent below this may be zero."""
BAND_STEPS = 32768
"""Steps over which exponents are taken where twins are near. So they are on a curve,
and in weak chaos of many small bands."""
FEW = 12
"""Coordinates up to which so many derivatives of the step are affordable."""
GROWN, BOUNDED = 12.0, 6.5
"""In chaos a tangent grows by e to the first, at least, in each half of those steps. On
a curve it grows or shrinks in the second half as much as speeds along it differ."""
FINER = 1e-3
"""Differences this much shorter must give the same exponents: where a coordinate is
large, the step may change over a small share of what another one runs through."""
BESIDE, KINKED = 1e-4, 0.05
"""Share of an extent over which no derivative changes by the second, relative, unless
there is a kink."""


def find_return(
    play: Play, main: np.ndarray, twin: np.ndarray, start: float
) -> Truth | None:
    """Say that an orbit (time, coordinate) is periodic, if it returns.

    Either to rounding, over half of the block, or to a cycle that Newton's method finds
    nearby, whose multipliers are inside the circle and which the orbit approaches.
    """
    size = np.abs(main[-1]).max()
    extent = (main.max(0) - main.min(0)).max()
    half = len(main) // 2
    if not np.isfinite(size) or extent <= max(NOISE * size, 1e-12 * start):
        return None
    back = np.abs(main[-1] - main[-half - 1 : -1][::-1]).max(1)
    records, same = _records(back), min(ROUNDING * size, 1e-7 * extent)
    for k in records:
        if k > 1 and back[k - 1] <= same:
            apart = np.abs(main[half:] - main[half - k : len(main) - k]).max()
            if apart > 10 * same:
                return None
            return _periodic(play, main, twin, k, extent)
    for k in records[-3:]:
        if k > 1 and back[k - 1] <= 1e-2 * extent and _approaches(main, k, back[k - 1]):
            truth = _near_cycle(play, main, k, extent, twin)
            if truth is not None:
                return truth
    return None


def _records(back: np.ndarray) -> list[int]:
    """Return the lags whose return is nearer than that of every shorter lag."""
    best = np.minimum.accumulate(back)
    return [int(k) + 1 for k in np.flatnonzero(np.diff(best, prepend=np.inf) < 0)]


def _approaches(main: np.ndarray, k: int, last: float) -> bool:
    """Tell whether returns after k steps become nearer, steadily."""
    ends = np.linspace(k, len(main) - 1, 6).astype(int)[1:]
    far = [np.abs(main[t] - main[t - k]).max() for t in ends]
    return all(b < a for a, b in pairwise(far)) and last < 0.7 * far[0]


def _periodic(
    play: Play, main: np.ndarray, twin: np.ndarray, k: int, extent: float
) -> Truth | None:
    _, product, orbit = return_map(play, main[-1], k)
    if not _is_minimal(orbit, k, extent):
        return None
    values = np.linalg.eigvals(product) if np.isfinite(product).all() else np.array([0])
    return _cycle_truth(play, orbit, values, k, extent, main, twin, "returns")


def _is_known(play: Play, orbit: np.ndarray, exponent: float) -> bool:
    """Tell whether finer differences give a cycle the same exponent."""
    slopes = play.jacobians(orbit, FINER * sizes_of(orbit))
    product = chained(slopes)
    if not np.isfinite(product).all():
        return False
    radius = float(np.abs(np.linalg.eigvals(product)).max())
    finer = math.log(max(radius, 1e-300)) / orbit.shape[1]
    return abs(finer - exponent) <= 0.02 * abs(exponent)


def _has_kink(play: Play, orbit: np.ndarray) -> bool:
    """Tell whether the step's derivative differs between two sides of a cycle."""
    sizes = sizes_of(orbit)
    ahead, behind = (
        play.jacobians(orbit + side * BESIDE * sizes, sizes) for side in (1, -1)
    )
    with np.errstate(all="ignore"):
        changed = np.abs(ahead - behind) > KINKED * (1 + np.abs(ahead))
    return bool(changed.any())


def _near_cycle(
    play: Play, main: np.ndarray, k: int, extent: float, twin: np.ndarray
) -> Truth | None:
    found = cycle(play, main[-1], k)
    if found is None:
        return None
    orbit, values, residual = found
    near = np.abs(orbit[:, 0] - main[-1]).max()
    inside = np.abs(values).max() < 1 - 1e-6
    if residual > 1e-9 * extent or near > 0.1 * extent or not inside:
        return None
    if not _is_minimal(orbit, k, extent):
        return None
    if not _closes_in(main, orbit[:, 0], np.abs(values).max(), k, extent):
        return None
    return _cycle_truth(play, orbit, values, k, extent, main, twin, "approaches")


def _closes_in(
    main: np.ndarray, point: np.ndarray, radius: float, k: int, extent: float
) -> bool:
    """Tell whether every k-th state nears a cycle's point at its multiplier's rate.

    A closed curve on which the rotation is nearly p/q comes near to returning too, but
    by no steady rate.
    """
    turns = (len(main) - 1) // k
    times = np.unique(np.linspace(0, turns, 6).astype(int))
    if len(times) < 4:
        return False
    far = np.array([np.abs(main[-1 - k * j] - point).max() for j in times[::-1]])
    steps = np.diff(times)[::-1] * np.log(max(radius, 1e-300))
    shares = np.diff(np.log(np.maximum(far, 1e-300))) / steps
    if (shares > 2).any():  # beside what passes by, Newton's method finds a cycle too
        return False
    if far[-1] <= 1e-7 * extent and far[-1] <= 1e-2 * far[0]:
        return True
    if far[-1] > CLOSER * far[0]:
        return False
    return bool((shares > 0.7).all() and (shares < 1.4).all())


def _is_minimal(orbit: np.ndarray, k: int, extent: float) -> bool:
    primes = [p for p in range(2, k + 1) if k % p == 0 and _is_prime(p)]
    return all(
        np.abs(orbit[:, 0] - orbit[:, k // p]).max() > 1e-7 * extent for p in primes
    )


def _is_prime(n: int) -> bool:
    return all(n % d for d in range(2, math.isqrt(n) + 1))


def _cycle_truth(
    play: Play, orbit: np.ndarray, values: np.ndarray, k: int, extent: float,
    main: np.ndarray, twin: np.ndarray, how: str,
) -> Truth:  # fmt: skip
    players = orbit[: play.players]
    mean = players.mean(1, keepdims=True)
    radius = float(np.abs(values).max())
    apart = np.abs(main[-1] - twin[-1]).max()
    also, exponent = frozenset(), math.log(max(radius, 1e-300)) / k
    if radius > 1 - 1e-6:  # a family, or beyond what differences tell
        also = frozenset({"neutral", "quasi_periodic"})
        exponent = math.nan
    elif not _is_known(play, orbit, exponent):
        exponent = math.nan
    return Truth(
        "periodic", f"{how}, largest multiplier {radius:.6g}", also=also, period=k,
        limit=tuple(mean[:, 0]), exponent=exponent,
        amplitude=float(np.sqrt(((players - mean) ** 2).sum(0).mean())),
        sensitive=bool(apart > 1e-3 * extent) or _has_kink(play, orbit),
    )  # fmt: skip


def judge_recurrent(
    play: Play, main: np.ndarray, twin: np.ndarray, starts: np.ndarray,
    place: np.ndarray, latest: bool,
) -> list[Truth | None]:  # fmt: skip
    """Say which bounded orbits are chaotic and, at the latest, which fill a curve.

    Before, twins of weak chaos have not parted yet, nor have those merged that lie on a
    cycle of a long period. Twins of chaos in narrow bands meet now and then, so they
    must be together at every state kept. A curve stays in its place too: the least and
    the largest coordinates of the block before, ``place``, are still the same.
    """
    players = play.players
    extents = (main.max(0) - main.min(0)).max(0)
    distance = np.abs(main - twin).max(1) / np.maximum(extents, 1e-300)
    apart, widest = distance[-1], distance.max(0)
    real = extents > np.maximum(NOISE * np.abs(main[-1]).max(0), 1e-12 * starts)
    found: list[Truth | None] = [None] * main.shape[2]
    few = main.shape[1] <= FEW
    steps = EXPONENT_STEPS if few else FEWER_STEPS
    moved = np.abs(np.array([main.min(0), main.max(0)]) - place)[:, :players]
    stays = moved.max((0, 1)) < STEADY * extents
    steady = real & stays & (widest < TOGETHER) & _are_steady(main[:, :players])
    near = real & (apart < APART) if few else steady
    near = np.flatnonzero(near & (apart > MERGED))
    if near.size and latest:
        kept = main[-steps:, :, near]
        if few and play.kernel is not None:
            kept, _ = run(play.only(near), kept[-1], BAND_STEPS, BAND_STEPS)
        growth = _growth(play.only(near), kept)
        for i, (first, second, rate) in zip(near, growth, strict=True):
            if steady[i] and abs(second) < BOUNDED:
                found[i] = _quasi_periodic(main[:, :, i], players)
            elif first > GROWN < second:
                found[i] = Truth(
                    "chaotic", "twins stay in one band, a tangent grows",
                    exponent=rate, spread=rate * abs(second / first - 1),
                )  # fmt: skip
    parted = np.flatnonzero(real & (apart > APART))
    if parted.size:
        rates, finer = (
            exponents(play.only(parted), main[-steps:, :, parted], share)
            for share in (1.0, FINER)
        )
        for k, i in enumerate(parted):
            found[i] = _chaotic(rates[:, k], finer[:, k])
    return found


def _growth(play: Play, history: np.ndarray) -> np.ndarray:
    """Return by how much a tangent grows in two halves, and the rate: (cells, 3).

    The rate is NaN where finer differences give another.
    """
    growth, finer = (tangent_growth(play, history, share) for share in (1.0, FINER))
    rate, again = (part.sum(0) / len(history) for part in (growth, finer))
    known = np.abs(again - rate) <= 0.1 * np.abs(rate)
    return np.stack([*growth, np.where(known, rate, np.nan)], axis=1)


def _quasi_periodic(main: np.ndarray, players: int) -> Truth:
    return Truth(
        "quasi_periodic", "no return, twins keep their distance, steady extents",
        also=frozenset({"neutral"}), exponent=0.0,
        amplitude=_amplitude(main[:, :players]),
    )  # fmt: skip


def _chaotic(rates: np.ndarray, finer: np.ndarray) -> Truth | None:
    first, second = rates.max(1)
    leading, again = (first + second) / 2, finer.max(1).mean()
    if not leading > max(CALM, 2 * abs(first - second)):
        return None
    known = abs(again - leading) <= 0.1 * leading
    return Truth(
        "chaotic", "twins part, exponent positive",
        exponent=float(leading) if known else math.nan,
        spread=float(abs(first - second)),
    )  # fmt: skip


def _are_steady(players: np.ndarray) -> np.ndarray:
    """Tell which cells' players (time, player, cell) neither shrink nor grow."""
    extents = (players.max(0) - players.min(0)).max(0)
    thirds = np.array_split(players, 3)
    widths = np.array([part.max(0) - part.min(0) for part in thirds])
    change = np.abs(np.diff(widths, axis=0)).max((0, 1))
    return np.asarray(change < STEADY * extents)


def _amplitude(players: np.ndarray) -> float:
    return float(np.sqrt(((players - players.mean(0)) ** 2).sum(1).mean()))
