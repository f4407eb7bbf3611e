"""Rules that count their steps: orbits that follow a fixed point as it slows down."""

from __future__ import annotations

import numpy as np

from gandyn.dynamics.engines.cells import Cells, Engine
from gandyn.dynamics.engines.linearising import linearised, reliance
from gandyn.dynamics.recognition.drifts import decaying
from gandyn.dynamics.recognition.equilibria import nearest_equilibrium
from gandyn.dynamics.recognition.escapes import extent
from gandyn.dynamics.recognition.limits import MARGIN, NEWTON, newton
from gandyn.dynamics.recognition.neighbourhoods import LINEAR, ROUNDING, is_linear

_LATER = (1.0, 1e1, 1e2, 1e3, 1e4)
"""Multiples of the clock at which the step's fixed point is asked for; every other one
is a step later, lest even clocks be all that is seen of a step that alternates."""
_BETWEEN = (1.3, 1.7, 2.2, 2.9, 3.8, 5.1, 6.7)
"""Multiples of each of those up to the next at which the step must contract as well: a
step size that comes and goes with the clock may be too large in half of its period."""
_NEVER = 1e30
"""Steps after which anchors, and steps that vanish, pull no more."""
_PULL = 0.1
"""Least share of 1/t by which the step contracts at every clock t: what is left then
falls as that power of t at the least. Where it is less by and by, as under steps of
1/t², an orbit stops short of the fixed point."""
_SHRINKS = 0.5
"""A step of Newton's method over the one before, from one clock to the next: all stay
within twice the first one."""
_SLOWER = 0.5
"""Way of the fixed point within ten times the clock over its way within the ten times
before: that of 1/√t is 0.32 times as long, and that of a logarithm as long."""
_SUMMABLE = 0.03
"""Change of a number of the memory at ten times the clock, over that at the clock, of
a parameter whose changes add up: 0.01 for those of 1/t²."""
_LITTLE = 1e-2
"""What those changes may still add up to, relative."""
_ARRIVED = 1e-9
"""Distance from the limit, relative, that rounding may keep an orbit at."""
_UNIT = 64 * np.finfo(float).eps
"""Of a multiplier on the unit circle, by rounding, outside of it. An anchor holds
an orbit that leaves at 10⁻⁹ a step until the clock is 10⁹."""
_SHRUNK = 2.0 ** -np.arange(0.0, 21.0, 2.0)
"""Shares of the state at which a parameter must stay one: a gradient that has vanished
keeps a number too, but not on the way to players of 0."""


def lasting(engine: Engine, cells: Cells) -> np.ndarray:
    """Tell which cells count nothing, or are at a fixed point that they will follow.

    Steps of 1/t² contract less and less, and stop an orbit anywhere.
    """
    counting, _, _ = _roles(engine, cells)
    return np.asarray(~counting.any(axis=0) | follow(engine, None, cells))


def follow(engine: Engine, before: Cells | None, cells: Cells) -> np.ndarray:
    r"""Tell which cells converge as a power of the clock.

    Anchors pull by 1/t, so such an orbit has no rate. With the clock stopped at t the
    step has a fixed point :math:`z^*_t`. The orbit goes where it goes, if the step
    contracts there by at least a share of 1/t, whose products fall to 0 (Levinson's
    theorem), if what is not linear is small beside that, and if :math:`z^*_t` converges
    as a power of t. Where the last of these steps does not contract, the field must be
    zero. ``before`` are the same cells some steps ago, when they were farther away, or
    None where they have arrived.
    """
    counting, tick, free = _roles(engine, cells)
    found = np.zeros(tick.shape[1], bool)
    clock = tick > 0
    patterns, which = np.unique(
        np.concatenate([clock, free]), axis=1, return_inverse=True
    )
    which = np.where((counting & ~clock).any(axis=0), -1, which.reshape(-1))
    for k, pattern in enumerate(patterns.T):
        counts, moves = np.split(pattern, 2)
        some = np.flatnonzero(which == k)
        if not (counts.any() and moves.any() and some.size):
            continue
        with np.errstate(all="ignore"):
            # Most are nowhere near, and need not be followed to later clocks.
            some = some[_followed(engine, cells, some, tick, counts, moves).begin()]
            if some.size:
                followed = _followed(engine, cells, some, tick, counts, moves)
                found[some] = followed.converge()
                if before is not None:
                    then = engine.players(engine.take(before, some))
                    found[some] &= followed.approach(then)
    return found


def has_settled(
    engine: Engine, cells: Cells, drifts: np.ndarray, amplitude: np.ndarray
) -> np.ndarray:
    """Tell where the step is what it will be but for a small share of an amplitude.

    Chaos ends where a step size falls, however slowly, by a clock or by itself, or
    where anything else that ``drifts`` has gone so far. What else a memory holds must
    stay as well: the average of an orbit that circles hardly moves now, and will move
    by less and less.
    """
    counting, tick, _ = _roles(engine, cells)
    start, players = engine.numbers(cells), len(engine.players(cells))
    ways = decaying(engine, cells)
    ways[:players] = 0.0
    ways = np.where((ways != 0) | counting, ways, drifts)
    now, then = (
        linearised(engine, cells, move)[0]
        for move in (np.zeros_like(tick), tick * _NEVER + ways)
    )
    with np.errstate(invalid="ignore"):
        changes = np.abs(then - now)
    stays = extent(changes[:players]) <= _LITTLE * amplitude
    keeps = _taken(start, tick) * changes <= _LITTLE * np.abs(start)
    keeps |= counting | (ways != 0)
    stays &= keeps[players:].all(axis=0)
    return np.asarray(stays & ~(counting & (tick == 0)).any(axis=0))


def _roles(engine: Engine, cells: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell which slots count, by how much the clocks among them do, and the rest.

    What counts is a clock if it does so for good and away from 0: one that runs down,
    or begins anew, passes states that are not asked about. The rest is free, and does
    not keep what it is. What does, as an anchor, does so at smaller states too; or what
    changes it falls faster than 1/t.
    """
    start = engine.numbers(cells)
    players = len(engine.players(cells))
    kept = np.ones(start.shape, bool)
    still = np.zeros_like(start)
    residual, change = _changes(engine, cells, still)
    counting = (change == 0) & (residual != 0)
    counting[:players] = False
    tick = np.where(counting & (residual > 0) & (start > 0), residual, 0.0)
    if not tick.any():  # nothing is followed, nor asked about at other states
        return counting, tick, ~counting
    steps = _taken(start, tick)
    for share in _SHRUNK:
        move = np.where(counting, 0.0, (share - 1) * start)
        residual, change = _changes(engine, cells, move)
        tick[(change != 0) | (residual != tick)] = 0.0
        size = share * np.abs(start)
        little = steps * np.abs(residual) <= _LITTLE * size
        later, changed = _changes(engine, cells, move + 9 * steps * tick)
        goes_on = np.abs(later - tick) <= ROUNDING * (size + 10 * steps * tick)
        tick[~goes_on] = 0.0
        falls = changed <= _SUMMABLE * change + ROUNDING
        falls &= np.abs(later) <= _SUMMABLE * np.abs(residual) + ROUNDING * size
        kept = kept & little & falls
    kept[:players] = False
    return counting, tick, ~(counting | kept)


def _taken(start: np.ndarray, tick: np.ndarray) -> np.ndarray:
    """Return how many steps the clocks have counted, 1 where there is none."""
    counted = np.divide(start, tick, where=tick > 0, out=np.ones_like(start))
    return np.asarray(counted.max(axis=0))


def _changes(
    engine: Engine, cells: Cells, move: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return F(z) - z, and how much each number is changed by any of them."""
    residual, maps = linearised(engine, cells, move)
    return residual, reliance(maps)


class _Followed:
    """Cells of one kind of memory, and the fixed points that they may follow."""

    def __init__(
        self,
        engine: Engine,
        cells: Cells,
        tick: np.ndarray,
        clock: np.ndarray,
        free: np.ndarray,
    ) -> None:
        self._engine, self._cells = engine, cells
        self._tick, self._clock, self._free = tick, clock, free
        self._start = engine.numbers(cells)
        self._taken = _taken(self._start[clock], tick)
        self._players = len(engine.players(cells))
        self._move = np.zeros_like(self._start)
        self._good = np.ones(self._start.shape[1], bool)

    def begin(self) -> np.ndarray:
        """Tell which cells are near the fixed point of the clock as it is."""
        self._stop_clock(_LATER[0], 0)
        near = self._is_near()
        return np.asarray(self._good & near)

    def converge(self) -> np.ndarray:
        """Tell which cells do."""
        ends, noise = [], []
        for later in range(len(_LATER)):
            self._stop_clock(_LATER[later], later % 2)
            if later == 0:
                self._good &= self._is_near()
            self._good &= self._solve() & self._attracts()
            if later == 0:
                self._good &= is_linear(
                    self._engine, self._cells, self._move, self._free
                )
            ends.append(self._move[: self._players].copy())
            noise.append(self._noise())
            self._good &= self._attracts_until(_LATER[later])
        self._good &= _power(np.array(ends), np.array(noise))
        self._good &= self._rests(2 * extent(ends[-1] - ends[-2]) + noise[-1])
        self._limit = self._start[: self._players] + ends[-1]
        return self._good

    def _attracts_until(self, later: float) -> np.ndarray:
        """Tell where the step contracts on the way from one of the clocks on."""
        good = self._good.copy()
        for k, between in enumerate(_BETWEEN):
            self._stop_clock(later * between, k % 2)
            self._newton()
            good &= self._attracts()
        return good

    def approach(self, before: np.ndarray) -> np.ndarray:
        """Tell which players were farther from their limit before."""
        then = extent(before - self._limit)
        now = extent(self._start[: self._players] - self._limit)
        return np.asarray((now < then) | (now <= _ARRIVED * extent(self._limit)))

    def _stop_clock(self, later: float, odd: int) -> None:
        more = np.rint((later - 1) * self._taken) + odd
        self._time = self._taken + more
        self._move[self._clock] = self._tick * more

    def _noise(self) -> np.ndarray:
        """Return what rounding moves the fixed point by."""
        return ROUNDING * self._time * extent((self._start + self._move)[self._free])

    def _linearised(self) -> tuple[np.ndarray, np.ndarray]:
        """Return F(z) - z, shape (cells, slots, 1), and DF(z) of what is free."""
        residual, maps = linearised(self._engine, self._cells, self._move)
        inner, right = maps[:, self._free][:, :, self._free], residual[self._free]
        self._good &= np.isfinite(inner).all(axis=(1, 2)) & np.isfinite(right).all(
            axis=0
        )
        inner[~self._good], right[:, ~self._good] = 0.0, 0.0
        return right.T[..., None], inner

    def _newton(self) -> np.ndarray:
        """Take a step of Newton's method and return it, shape (cells, slots, 1)."""
        residual, maps = self._linearised()
        slopes = np.eye(maps.shape[1]) - maps
        regular = np.linalg.det(slopes) != 0
        self._good &= regular
        step = np.zeros_like(residual)
        step[regular] = np.linalg.solve(slopes[regular], residual[regular])
        self._move[self._free] += step[..., 0].T
        return step

    def _is_near(self) -> np.ndarray:
        """Tell where the step is linear enough between the orbit and the fixed point.

        Along each eigenvector, what is left of the step's equation after Newton's step
        must be small beside what the multiplier takes off the largest of the parts.
        """
        away = self._newton()
        left, maps = self._linearised()
        values, vectors = np.linalg.eig(maps)
        inverse = np.linalg.pinv(vectors)
        parts, errors = (np.abs(inverse @ v)[..., 0] for v in (away, left))
        largest = parts.max(axis=1, keepdims=True)
        size = extent((self._start + self._move)[self._free])[:, None]
        rounding = ROUNDING * size * np.abs(inverse).sum(axis=2)
        contracted = (1 - np.abs(values)) * largest
        return np.asarray((errors <= LINEAR * contracted + rounding).all(axis=1))

    def _solve(self) -> np.ndarray:
        """Go on to the fixed point; tell where it is the one that was near before.

        Steps of Newton's method that shrink from the first one on stay beside it.
        """
        steps = [self._newton() for _ in range(NEWTON)]
        sizes = np.abs(np.array(steps)[..., 0]).max(axis=2)
        shrinks = sizes[1:] <= _SHRINKS * sizes[:-1] + self._noise()
        return np.asarray(shrinks.all(axis=0))

    def _attracts(self) -> np.ndarray:
        """Tell where the step contracts at least as fast as a power of the clock."""
        _, maps = self._linearised()
        radius = np.abs(np.linalg.eigvals(maps)).max(axis=1)
        return np.asarray((1 - radius) * self._time >= _PULL)

    def _rests(self, near: np.ndarray) -> np.ndarray:
        """Tell where the last of the steps attracts, or the field is zero, so near.

        And there the step must not expand, however slowly. Where a gradient has merely
        vanished, Newton's method for the field runs away.
        """
        self._move[self._clock] = self._tick * _NEVER
        residual, maps = self._linearised()
        radius = np.abs(np.linalg.eigvals(maps)).max(axis=1)
        inside = radius < 1 - MARGIN
        step = newton(maps, residual[..., 0].T, inside)
        attracts = inside & (extent(step) <= near)
        _, way = nearest_equilibrium(self._engine, self._cells, self._move)
        return np.asarray(attracts | ((way <= near) & (radius <= 1 + _UNIT)))


def _followed(
    engine: Engine,
    cells: Cells,
    which: np.ndarray,
    tick: np.ndarray,
    clock: np.ndarray,
    free: np.ndarray,
) -> _Followed:
    """Return some of the cells, to be followed."""
    ticks = tick[clock][:, which]
    return _Followed(engine, engine.take(cells, which), ticks, clock, free)


def _power(ends: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Tell which fixed points converge as a power of the clock, up to rounding."""
    ways = np.abs(np.diff(ends, axis=0)).max(axis=1)
    return np.asarray((ways[1:] <= _SLOWER * ways[:-1] + noise[2:]).all(axis=0))
