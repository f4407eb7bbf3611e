"""Two ways to run many cells at once: compiled kernels and numpy broadcasting.

Scalar players run in kernels, blocks of cells side by side; vector players run on
numpy, cells on the trailing axis, where the time goes into BLAS. Both offer the same
few operations on a batch of cells.
"""

from __future__ import annotations

from threading import Event

from gandyn.dynamics.engines.array_engine import ArrayEngine
from gandyn.dynamics.engines.cells import Paths
from gandyn.dynamics.engines.kernel_engine import KernelEngine
from gandyn.games import Game
from gandyn.rules import Rule


def make_engine(
    rule: Rule, game: Game, paths: Paths, stop: Event | None = None
) -> KernelEngine | ArrayEngine:
    """Return the engine that fits the shapes of the players."""
    if game.shape == ((), ()):
        return KernelEngine(rule, game, paths, stop)
    return ArrayEngine(rule, game, paths, stop)
