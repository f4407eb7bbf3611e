"""Sweeps that outlive a process: tiles on the disk, decided by any workers."""

from __future__ import annotations

from gandyn.store.reading import open_sweep
from gandyn.store.running import Unfinished, run_stored
from gandyn.store.tiles import keep_attributes
from gandyn.store.workers import connect, worker_processes

__all__ = [
    "Unfinished",
    "connect",
    "keep_attributes",
    "open_sweep",
    "run_stored",
    "worker_processes",
]
