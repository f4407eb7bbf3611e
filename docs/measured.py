"""Tables of the cross-checks, made of the committed results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def write_tables(folder: Path) -> None:
    """Write one Markdown table per result that is there."""
    tables = {
        "teacher": teacher, "grid": grid, "dirac": dirac,
        "ring": trained, "images": trained,
    }  # fmt: skip
    for name, table in tables.items():
        source = RESULTS / f"crosscheck_{name}.json"
        if not source.exists():
            continue
        found = json.loads(source.read_text("utf-8"))
        target = folder / f"crosscheck_{name}.md"
        text = f"{table(found)}\n\n{origin(found)}\n"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def origin(found: dict[str, Any]) -> str:
    """Return what made a result."""
    versions = ", ".join(f"{k} {v}" for k, v in found["versions"].items())
    return f"*`{found['command']}`; {found['device']}, {versions}.*"


def rows_of(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(share: float | None) -> str:
    """Return a share as text."""
    if share is None:
        return "-"
    return f"{100 * share:.4g} %" if share >= 0.01 else f"{100 * share:.2g} %"


def teacher(found: dict[str, Any]) -> str:
    """Return the critical learning rates, by rule."""
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for row in found["details"]["rows"]:
        by_rule.setdefault(row["rule"].partition("(")[0], []).append(row)
    head = ["rule", "agree", "predicted critical lr", "crossings"]
    head += ["worst lr off", "worst angle off"]
    rows = []
    for rule, own in by_rule.items():
        values = [row["predicted"]["value"] for row in own]
        kinds = sorted({row["predicted"]["kind"] for row in own})
        rows.append([
            rule, f"{sum(row['agrees'] for row in own)} of {len(own)}",
            f"{min(values):.4g} to {max(values):.4g}", ", ".join(kinds),
            percent(max(abs(row["value_off"]) for row in own)),
            percent(max(abs(row["angle_off"]) for row in own)),
        ])  # fmt: skip
    beyond = found["summary"]["beyond"]
    fates = ", ".join(
        f"{count} {fate}"
        for fate, count in beyond.items()
        if fate not in ("factor", "steps")
    )
    text = (
        f"At {beyond['factor']:g} times the critical learning rate, after "
        f"{beyond['steps']} steps: {fates}."
    )
    return f"{rows_of(head, rows)}\n\n{text}"


def grid(found: dict[str, Any]) -> str:
    """Return the confusion matrix of a plane."""
    summary = found["summary"]
    lines = []
    for name, where in (("confusion", "all"), ("confusion_far", "far from it")):
        for predicted, row in summary[name].items():
            lines.append([where, predicted, *(str(n) for n in row.values())])
    measured = next(iter(summary["confusion"].values()))
    head = ["cells", "predicted", *(f"measured {kind}" for kind in measured)]
    shares = (
        f"Agreement: {percent(summary['agreement'])} of all cells, "
        f"{percent(summary['agreement_far'])} of those farther than "
        f"{percent(summary['near'])} from the boundary."
    )
    return f"{rows_of(head, lines)}\n\n{shares}"


def dirac(found: dict[str, Any]) -> str:
    """Return the worst deviations of the Dirac-GAN as modules."""
    names = {
        "predicted_off": "predicted boundary", "measured_off": "measured boundary",
        "amplitude_off": "amplitude of the cycle",
    }  # fmt: skip
    worst, allowed = (found["summary"][key] for key in ("worst", "tolerances"))
    rows = [[t, f"{worst[n]:.2g}", f"{allowed[n]:.2g}"] for n, t in names.items()]
    return rows_of(["what, against the closed form", "worst off", "allowed"], rows)


def trained(found: dict[str, Any]) -> str:
    """Return growth rates and angles near a trained point and near a polished one."""
    head = ["point", "lr", "rate per step: predicted", "measured"]
    head += ["angle per step: predicted", "measured", "agrees"]
    rows = []
    for point in ("polished", "trained"):
        for row in found["details"][point]:
            rows.append([
                point, f"{row['value']:g}", f"{row['predicted_rate']:.3g}",
                f"{row['measured_rate']:.3g} ± {row['rate_error']:.1g}",
                f"{row['predicted_angle']:.3g}",
                f"{row['measured_angle']:.3g} ± {row['angle_error']:.1g}",
                "yes" if row["agrees"] else "no",
            ])  # fmt: skip
    summary = found["summary"]
    text = (
        f"Residual |v| after training: {summary['trained_residual']:.2g}; after "
        f"polishing: {summary['polished_residual']:.2g}, moved by "
        f"{summary['moved']:.2g}. Agree: {summary['polished_agree']} at the polished "
        f"point, {summary['trained_agree']} at the trained one."
    )
    return f"{rows_of(head, rows)}\n\n{text}"
