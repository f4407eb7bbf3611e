"""Pages written from the package itself: catalogue, laws and API reference."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bars import escape_bars
from laws import laws_page
from reference import api_page
from rst import heading, list_table

from gandyn import catalogue, games
from gandyn._node import Node, members, node_fields

NOTES = (
    "Of every rule and game with its default fields; calls are counted, memory looked "
    "at and stability computed. *Order* says whether a step asks for gradients alone, "
    "for second derivatives, or for an implicit equation's solution. *Linear*: the "
    "step is affine wherever the field is. *Bilinear games*: where the exact one-step "
    "map on the bilinear game with singular value σ and equal learning rates η is "
    "stable, or has all multipliers of largest modulus on the unit circle (neutral); "
    "looked for from ησ = 0.05 to 1000, and of a rule that isn't linear at the "
    "equilibrium."
)


def write_pages(folder: Path) -> None:
    """Write the generated pages; one that is up to date is left."""
    folder.mkdir(exist_ok=True)
    pages = {"catalogue": catalogue_page, "laws": laws_page, "api": api_page}
    for name, page in pages.items():
        text = page()
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def catalogue_page() -> str:
    """Return the tables of all rules, games and the parts that games are made of."""
    parts: dict[type[Node], None] = {}
    for cls in games.CATALOGUE.values():
        parts.update(dict.fromkeys(node_fields(cls).values()))
    blocks = [
        ":html_theme.sidebar_secondary.remove:",
        heading("Rules and games", "="),
        "Each can be given by its name or one of its other names; upper and lower "
        "case, dashes and underscores make no difference.",
        NOTES,
        heading("Update rules", "-"),
        _table(catalogue.rule_table(), "rules"),
        heading("Games", "-"),
        _table(catalogue.game_table(), "games"),
    ]
    for family in parts:
        blocks += [
            heading(f"Parts of games: {family.__name__}", "-"),
            escape_bars(inspect.getdoc(family) or ""),
            list_table(
                ["Name", "Other names", "What it is"],
                [_part(cls) for cls in members(family).values()],
            ),
        ]
    return "\n\n".join(blocks) + "\n"


def _table(rows: Sequence[Any], family: str) -> str:
    """Return the rows of a catalogue, each name a link."""
    head = [catalogue.HEADINGS[name] for name in rows[0]._fields]
    cells = [
        [f":class:`~gandyn.{family}.{row.name}`", *map(escape_bars, row[1:])]
        for row in rows
    ]
    return list_table(head, cells)


def _part(cls: Any) -> list[str]:
    summary = escape_bars(catalogue.summary(cls))
    return [f"``{cls.__name__}``", ", ".join(cls.aliases), summary]
