"""The same sweeps of the Dirac-GAN in C, JAX and numpy, as users would write them.

A contender takes (lr_x, lr_y, x, y), one number per cell each, and returns the seconds
it took and the final x and y.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

SOURCE = Path(__file__).with_name("peer.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp")
VARIANTS = {"C": (), "C 512": ("-mprefer-vector-width=512",)}

Start = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Result = tuple[float, np.ndarray, np.ndarray]
Contender = Callable[[Start], Result]


def c_programs(folder: Path) -> dict[str, Path]:
    """Compile the C program in each variant; the fastest one counts."""
    programs = {}
    for name, extra in VARIANTS.items():
        target = folder / name.replace(" ", "_")
        command = ["gcc", *FLAGS, *extra, str(SOURCE), "-o", str(target), "-lm"]
        subprocess.run(command, check=True)
        programs[name] = target
    return programs


def c_contender(program: Path, rule: str, steps: int, gamma: float) -> Contender:
    """Return a run of the C program, in a process of its own."""
    threads = {"OMP_NUM_THREADS": str(len(os.sched_getaffinity(0)))}

    def run(start: Start) -> Result:
        source, target = program.with_suffix(".in"), program.with_suffix(".out")
        np.concatenate(start).tofile(source)
        command = [program, rule, steps, gamma, start[0].size, source, target]
        done = subprocess.run(
            [str(word) for word in command],
            check=True, capture_output=True, text=True, env={**os.environ, **threads},
        )  # fmt: skip
        x, y = np.fromfile(target).reshape(2, -1)
        return float(done.stdout), x, y

    return run


def numpy_contender(rule: str, steps: int, gamma: float) -> Contender:
    """Return a loop over numpy arrays of all cells."""
    advance = {
        "alternating": _numpy_alternating,
        "extragradient": _numpy_extragradient,
        "optimistic": _numpy_optimistic,
    }[rule]

    def run(start: Start) -> Result:
        begin = time.perf_counter()
        with np.errstate(all="ignore"):
            x, y = advance(*start, steps, gamma)
        return time.perf_counter() - begin, x, y

    return run


def _field(exp: Callable[[Any], Any], gamma: float, x: Any, y: Any) -> Any:
    pull = 1 / (1 + exp(x * y))
    return y * pull, gamma * y - x * pull


def _numpy_alternating(
    hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float
) -> Any:
    for _ in range(steps):
        x = x - hx * y / (1 + np.exp(x * y))
        y = y - hy * (gamma * y - x / (1 + np.exp(x * y)))
    return x, y


def _numpy_extragradient(
    hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float
) -> Any:
    for _ in range(steps):
        gx, gy = _field(np.exp, gamma, x, y)
        gx, gy = _field(np.exp, gamma, x - hx * gx, y - hy * gy)
        x, y = x - hx * gx, y - hy * gy
    return x, y


def _numpy_optimistic(
    hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float
) -> Any:
    last_x, last_y = _field(np.exp, gamma, x, y)
    for _ in range(steps):
        gx, gy = _field(np.exp, gamma, x, y)
        x, y = x - hx * (2 * gx - last_x), y - hy * (2 * gy - last_y)
        last_x, last_y = gx, gy
    return x, y


def jax_contender(rule: str, steps: int, gamma: float) -> Contender:
    """Return a compiled scan on all cells; compilation is not timed."""
    advance = {
        "alternating": _jax_alternating,
        "extragradient": _jax_extragradient,
        "optimistic": _optax_optimistic,
    }[rule]

    def run(start: Start) -> Result:
        arrays = [jnp.asarray(part) for part in start]
        begin = time.perf_counter()
        x, y = jax.block_until_ready(advance(*arrays, steps, gamma))
        return time.perf_counter() - begin, np.asarray(x), np.asarray(y)

    return run


def _scan(step: Callable[[Any], Any], state: Any, steps: int) -> Any:
    return jax.lax.scan(lambda s, _: (step(s), None), state, None, length=steps)[0]


@partial(jax.jit, static_argnums=4)
def _jax_alternating(hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float) -> Any:
    def step(state: Any) -> Any:
        x, y = state
        x = x - hx * y * jax.nn.sigmoid(-x * y)
        return x, y - hy * (gamma * y - x * jax.nn.sigmoid(-x * y))

    return _scan(step, (x, y), steps)


@partial(jax.jit, static_argnums=4)
def _jax_extragradient(
    hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float
) -> Any:
    def step(state: Any) -> Any:
        x, y = state
        gx, gy = _field(jnp.exp, gamma, x, y)
        gx, gy = _field(jnp.exp, gamma, x - hx * gx, y - hy * gy)
        return x - hx * gx, y - hy * gy

    return _scan(step, (x, y), steps)


@partial(jax.jit, static_argnums=4)
def _optax_optimistic(
    hx: Any, hy: Any, x: Any, y: Any, steps: int, gamma: float
) -> Any:
    def orbit(hx: Any, hy: Any, x: Any, y: Any) -> Any:
        rule_x = optax.optimistic_gradient_descent(hx)
        rule_y = optax.optimistic_gradient_descent(hy)

        def step(state: Any) -> Any:
            x, y, memory_x, memory_y = state
            gx, gy = _field(jnp.exp, gamma, x, y)
            move_x, memory_x = rule_x.update(gx, memory_x)
            move_y, memory_y = rule_y.update(gy, memory_y)
            x, y = optax.apply_updates((x, y), (move_x, move_y))
            return x, y, memory_x, memory_y

        return _scan(step, (x, y, rule_x.init(x), rule_y.init(y)), steps)[:2]

    return jax.vmap(orbit)(hx, hy, x, y)
