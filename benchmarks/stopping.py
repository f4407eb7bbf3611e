"""How many steps of the default diagram early stopping saves."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from benchmarks.report import Row, Scale
from gandyn import sweep
from gandyn.cli._measured import Phase
from gandyn.spec import parse_assignment, parse_axis, parse_game, parse_rule


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the share of the budget that the default diagram did not need."""
    dataset = default_diagram(scale.pick(128, 16))
    taken, budget = dataset["steps"].values, dataset.attrs["steps"]
    transient = taken.clip(max=budget)
    observed = taken - transient
    text = (
        f"{transient.mean():.0f} of {budget} steps a cell on average; "
        f"{(observed > 0).mean():.0%} of the cells took the whole budget and were "
        f"observed for {observed.mean():.0f} more on average"
    )
    yield Row(
        "default diagram: steps of the budget saved by early stopping",
        100 * (1 - transient.mean() / budget), unit="%", detail=text,
    )  # fmt: skip


def default_diagram(side: int) -> xr.Dataset:
    """Return the sweep of ``gandyn phase`` without options, on a grid of this side."""
    settings = Phase()
    axes = {}
    for text in (settings.x, settings.y):
        name, values = parse_assignment(text)
        low, high, _, scale = values.split(":")
        axes[name] = parse_axis(f"{low}:{high}:{side}:{scale}")
    return sweep(parse_rule(settings.rule), parse_game(settings.game), axes)
