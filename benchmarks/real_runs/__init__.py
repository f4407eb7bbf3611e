"""Small trainings of many kinds, on which forecasts and alarms are put to the test."""

from __future__ import annotations

from benchmarks.real_runs.trainings import CATALOGUE

__all__ = ["CATALOGUE"]
