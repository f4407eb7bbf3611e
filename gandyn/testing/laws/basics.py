"""Laws of any step at all: what it returns, and what it leaves alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from gandyn._trees import flatten
from gandyn.testing._cases import scalar_cases
from gandyn.testing._law import EXACT, SINGLE, Broken, Law
from gandyn.testing._oracles import Poisoned
from gandyn.testing._play import (
    Unsuitable,
    advance,
    call,
    copied,
    play,
    structure,
    vector,
)

_STEPS = 3
_NUDGE = 2.0**-22
"""A few roundings of single precision."""


class ShapesKept(Law):
    """Shapes, the memory's structure, and double precision."""

    id = "shapes"
    statement = (
        "A step returns x, y and memory of the shapes, structure and precision that it "
        "was given."
    )
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Compare structures before and after, for numbers and for arrays."""
        for u, w in ((x, y), (np.array([x, -x, 1.0]), np.array([y, 1.0, -y]))):
            states = play(rule, game, u, w, 2)
            for before, after in itertools.pairwise(states):
                if structure(before) != structure(after):
                    raise Broken(
                        f"given shapes {structure(before)}, returned {structure(after)}"
                    )
            for leaf in flatten(tuple(states[1:])):
                kind = np.asarray(leaf).dtype
                if kind != np.float64:
                    raise Broken(f"given float64, returned {kind}: {leaf!r}")


class InputsKept(Law):
    """No mutation of inputs."""

    id = "inputs"
    statement = "A step writes into nothing that it was given or has returned."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Run on arrays without copies; look at all of them again at the end."""
        with np.errstate(all="ignore"):
            x, y = np.array([x]), np.array([y])
            state = (x, y, call(rule, "init", game, x, y))
            states, kept = [state], [copied(state)]
            for _ in range(_STEPS):
                state = advance(rule, game, state)
                states.append(state)
                kept.append(copied(state))
        for t, (now, then) in enumerate(zip(states, kept, strict=True)):
            if not np.array_equal(vector(now), vector(then), equal_nan=True):
                raise Broken(f"the state after {t} steps was {then}, and became {now}")


class Deterministic(Law):
    """Determinism."""

    id = "determinism"
    statement = "The same start gives the same orbit, whatever was run in between."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Run one start, another one, and the first again."""
        first = play(rule, game, x, y, _STEPS)
        play(rule, game, y + 1.0, x - 1.0, _STEPS)
        again = play(rule, game, x, y, _STEPS)
        self.same(tuple(again), tuple(first), "the second run")


class NanReported(Law):
    """A gradient that is not a number is not swallowed."""

    id = "nan"
    statement = "Where the gradients are NaN, the next state is not finite."
    tolerance = EXACT

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule, "quadratic")

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Take a step where gradients are NaN."""
        x, y = np.array([x]), np.array([y])
        poisoned = Poisoned(game)
        with np.errstate(all="ignore"):
            memory = call(rule, "init", poisoned, x, y)
            after = advance(rule, poisoned, (x, y, memory))
        for name, value in zip("xy", after, strict=False):
            if np.isfinite(value).any():
                raise Broken(f"gradients are NaN, and the next {name} is {value}")


class OverflowContained(Law):
    """One overflowing cell of a batch harms no other."""

    id = "overflow"
    statement = "A cell of a batch that overflows does not change the others."
    trait = "batched"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Run a cell beside one that overflows, and beside itself."""
        ends = np.array([x, 1e300]), np.array([y, -1e300])
        calm = np.array([x, x]), np.array([y, y])
        wild = play(rule, game, ends[0], ends[1], _STEPS)[-1]
        alone = play(rule, game, calm[0], calm[1], _STEPS)[-1]
        for name, got, expected in zip("xy", wild, alone, strict=False):
            self.same(got[:1], expected[:1], f"{name} beside an overflowing cell")


class BatchIsItem(Law):
    """Batch equals item."""

    id = "batch"
    statement = "Each cell of a batch has the orbit that it has alone."
    trait = "batched"

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Run three cells as arrays, and each as numbers."""
        xs, ys = np.array([x, 1.0, -x]), np.array([y, y, 0.5])
        batch = play(rule, game, xs, ys, _STEPS)[-1]
        for i in range(3):
            item = play(rule, game, float(xs[i]), float(ys[i]), _STEPS)[-1]
            got = tuple(float(np.asarray(v)[i]) for v in batch[:2])
            self.same(got, tuple(map(float, item[:2])), f"cell {i} of the batch")


class SinglePrecision(Law):
    """float32 follows float64."""

    id = "float32"
    statement = "On float32 the rule stays in float32, and near its float64 orbit."
    trait = "any_precision"
    tolerance = SINGLE

    def cases(self, rule: Any) -> Any:
        """Return scalar games with a state."""
        return scalar_cases(rule)

    def examine(self, rule: Any, game: Any, x: Any, y: Any) -> None:
        """Run on arrays of both precisions."""
        u, w = np.array([x, 1.0]), np.array([y, 1.0])
        got = play(rule, game, u.astype(np.float32), w.astype(np.float32), _STEPS)
        for leaf in flatten(got[-1]):
            kind = getattr(leaf, "dtype", np.float32)
            if np.ndim(leaf) and kind != np.float32:
                raise Broken(f"given float32, returned {kind}")
        wide = play(rule, game, u, w, _STEPS)[-1][:2]
        near = play(rule, game, u * (1 + _NUDGE), w * (1 - _NUDGE), _STEPS)[-1][:2]
        a, b = vector(wide), vector(near)
        if not np.abs(a - b).max() <= self.tolerance.allowed(a, b) / 4:
            raise Unsuitable("single precision cannot tell this start from its next")
        self.same(tuple(v.astype(float) for v in got[-1][:2]), wide, "in float32")
