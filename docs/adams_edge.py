"""Tables of Adam's edge: the law beside orbits, and networks of which it is false."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from measured import RESULTS, origin, rows_of

from gandyn import claims

RADIUS, LIMIT = "rms radius over lr", "rms radius over lr, beta1 = 0"


def write_adams_edge(folder: Path) -> None:
    """Write both tables."""
    found = claims.last_run({"adams_edge": claims.CLAIMS["adams_edge"]})["adams_edge"]
    tables = {"law": law(found.checks)}
    source = RESULTS / "adams_edge.json"
    if source.exists():
        tables["networks"] = networks(json.loads(source.read_text("utf-8")))
    for name, text in tables.items():
        target = folder / f"adams_edge_{name}.txt"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def law(checks: Any) -> str:
    """Return the radii that were predicted and measured."""
    head = ["order", "loss", "γ", "β1", "β2", "rms radius / lr: law", "orbit", "off"]
    rows = [
        [
            point["order"], point["loss"],
            *(f"{point[name]:g}" for name in ("gamma", "beta1", "beta2")),
            f"{one.predicted:.5g}{' (β2 → 1)' if one.quantity != RADIUS else ''}",
            f"{one.measured:.5g}", f"{100 * (one.measured / one.predicted - 1):.2g} %",
        ]
        for one in checks
        for point in [one.point]
        if one.quantity == RADIUS or one.quantity.startswith(LIMIT)
    ]  # fmt: skip
    return f"{rows_of(head, rows)}\n\n*`gandyn claims run adams_edge --slow -o DIR`.*\n"


def networks(found: dict[str, Any]) -> str:
    """Return what was measured of each network."""
    head = ["GAN", "start", "parameters", "radius of the frozen step"]
    head += [f"within {found['within']:g} of 1", "amplitude at lr over lr/2 (law: 2)"]
    head += ["coordinates' rms: 90 % over 10 % quantile (law: 1)"]
    rows = [
        [
            row["gan"], str(row["seed"]), str(row["parameters"]),
            f"{row['radius_low']:.4f} to {row['radius_high']:.4f}",
            f"{row['on_the_edge']} of {row['samples']}",
            f"{row['amplitude_ratio']:.3g}", f"{row['coordinate_ratio']:.3g}",
        ]
        for row in found["rows"]
    ]  # fmt: skip
    return f"{rows_of(head, rows)}\n\n{origin(found)}\n"
