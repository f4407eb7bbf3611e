"""Maps with bifurcations at known places, hidden by changes of coordinates."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gandyn.stability import Map

KINDS = ("transcritical", "pitchfork", "pair", "fold", "none")


@dataclasses.dataclass(frozen=True)
class Planted:
    """A map, a branch's start, and what happens along it.

    ``truth`` lists kinds and values in order.
    """

    step: Map
    start: np.ndarray
    low: float
    high: float
    truth: list[tuple[str, float]]


def planted(seed: int, kind: str, scaled: bool = True) -> Planted:
    """Return a random map of 1 to 5 dimensions with a branch of one kind.

    In coordinates (u, w) with a parameter s in [-1, 1.2] it is triangular, so that the
    multipliers along every branch are its diagonal: u' = u + r g(u, s), w_j' = a_j(s)
    w_j + c_j u² + d_j w_{j-1}, and with a turning pair. The coordinates are turned,
    sheared by squares, scaled and shifted, and the parameter is scaled and shifted.
    """
    draw = np.random.default_rng([seed, KINDS.index(kind)])
    more, turning = int(draw.integers(0, 3)), bool(draw.integers(0, 2))
    size = 1 + more + 2 * turning
    low, high = -1.0 + 0.3 * draw.uniform(), 0.7 + 0.5 * draw.uniform()
    r, other = draw.uniform(0.1, 0.4), bool(draw.integers(0, 2))
    at = draw.uniform(-0.6, 0.6, more + 1)
    slopes = draw.uniform(0.2, 0.6, more) * draw.choice([-1, 1], more)
    c, d = draw.normal(size=more), draw.normal(size=more)
    growth, angle = draw.uniform(0.1, 0.4), draw.uniform(0.7, 1.4)
    scale = 10 ** draw.uniform(-3, 3) if scaled else 1.0
    wide = 10 ** draw.uniform(-6, 6) if scaled else 1.0
    middle = 0.0 if draw.integers(0, 2) else wide * draw.normal()
    turn = np.linalg.qr(draw.normal(size=(size, size)))[0] @ np.diag(
        draw.uniform(0.5, 2, size)
    )
    back = np.linalg.inv(turn)
    shift = draw.normal(size=size) * draw.integers(0, 2)
    shear = 0.3 * np.tril(draw.normal(size=(size, size)), -1)

    def g(u: Any, s: Any) -> Any:
        if kind == "transcritical":
            return s * u - u * u
        if kind in ("pitchfork", "pair"):
            return (s if kind == "pitchfork" else -s) * u - u * u * u
        return -s - u * u if kind == "fold" else s - u

    def inner(w: Any, s: Any) -> list[Any]:
        out = [w[0] + r * g(w[0], s)]
        for j in range(more):
            before = w[j] if j else 0 * w[0]
            a = -1 + slopes[j] * (s - at[j])
            out.append(a * w[j + 1] + c[j] * w[0] * w[0] + d[j] * before)
        if turning:
            x, y = w[-2], w[-1]
            m = 1 + growth * (s - at[-1]) - x * x - y * y
            co, si = np.cos(angle), np.sin(angle)
            out += [m * (co * x - si * y), m * (si * x + co * y)]
        return out

    def outside(w: Any) -> list[Any]:
        bent = [
            w[i] + sum((shear[i, j] * w[j] * w[j] for j in range(i)), 0 * w[0])
            for i in range(size)
        ]
        return [
            scale * (sum(turn[i, j] * bent[j] for j in range(size)) + shift[i])
            for i in range(size)
        ]

    def within(z: Any) -> list[Any]:
        flat = [z[i] / scale - shift[i] for i in range(size)]
        bent = [sum(back[i, j] * flat[j] for j in range(size)) for i in range(size)]
        w: list[Any] = []
        for i in range(size):
            w.append(bent[i] - sum((shear[i, j] * w[j] * w[j] for j in range(i)), 0))
        return w

    def step(z: Any, p: Any) -> list[Any]:
        return outside(inner(within(z), (p - middle) / wide))

    u = {
        "transcritical": low if other else 0.0,
        "pitchfork": 0.0,
        "pair": np.sqrt(-low) * (1 if other else -1),
        "fold": np.sqrt(-low) * (1 if other else -1),
        "none": low,
    }[kind]
    w = [u]
    for j in range(more):
        a = -1 + slopes[j] * (low - at[j])
        w.append((c[j] * u * u + d[j] * (w[j] if j else 0.0)) / (1 - a))
    w += [0.0, 0.0] * turning
    end = 0.0 if kind in ("pair", "fold") else high
    truth = [("flip", at[j]) for j in range(more) if low < at[j] < end]
    if turning and low < at[-1] < end:
        truth.append(("neimark-sacker", at[-1]))
    if kind != "none":
        truth.append(("pitchfork" if kind == "pair" else kind, 0.0))
    truth.sort(key=lambda one: one[1])
    found = [(name, middle + wide * value) for name, value in truth]
    start = np.array(outside(w), dtype=float)
    return Planted(
        Map(step, "p"), start, middle + wide * low, middle + wide * high, found
    )
