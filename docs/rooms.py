"""The picture of the rooms, drawn from the import contracts in pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path

WIDTH, ROW, GAP = 680, 34, 8
"""Pixels: of the picture, of a room's height, between rooms."""
BOX = "fill:none;stroke:currentColor;stroke-opacity:.45"
TEXT = "font-family:sans-serif;fill:currentColor"
DRAWN = {
    "Arrows run one way": "The package: what stands above may import what is below",
    "Rooms of stability": "Inside gandyn.stability",
    "Rooms of real GANs": "Inside gandyn.gans",
}
"""Contracts that are drawn, and what is written above each."""


def write_rooms(folder: Path, project: Path) -> None:
    """Write a picture for each of the contracts."""
    folder.mkdir(exist_ok=True)
    for name, layers in layers_of(project).items():
        path = folder / f"{name.lower().replace(' ', '_')}.svg"
        path.write_text(picture(DRAWN[name], layers), "utf-8")


def layers_of(project: Path) -> dict[str, list[list[str]]]:
    """Return the layers of each contract that is drawn, the highest first."""
    settings = tomllib.loads(project.read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {
        contract["name"]: [re.split(r"\s*[|:]\s*", one) for one in contract["layers"]]
        for contract in contracts
        if contract["name"] in DRAWN
    }


def picture(title: str, layers: list[list[str]]) -> str:
    """Return an SVG with a row for each layer and a box for each room.

    Rooms whose name begins with an underscore are drawn in dashes: users don't meet
    them.

    Examples
    --------
    >>> drawn = picture("Two floors", [["upper"], ["left", "_right"]])
    >>> drawn.count("<rect"), drawn.count("stroke-dasharray")
    (3, 1)
    """
    height = 40 + len(layers) * (ROW + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" width="{WIDTH}" style="max-width:100%;color:#5a6b7b">',
        f"<title>{escape(title)}</title>",
        f'<text x="40" y="20" style="{TEXT};font-size:14px">{escape(title)}</text>',
        _arrow(height),
    ]
    for row, rooms in enumerate(layers):
        top = 34 + row * (ROW + GAP)
        width = (WIDTH - 42 - GAP * (len(rooms) - 1)) / len(rooms)
        for place, room in enumerate(rooms):
            parts.append(_room(room, 40 + place * (width + GAP), top, width))
    return "\n".join([*parts, "</svg>\n"])


def _room(name: str, left: float, top: float, width: float) -> str:
    dashes = ";stroke-dasharray:4 3" if name.startswith("_") else ""
    size = 13 if width > 9 * len(name) else 11
    return (
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{ROW}" rx="4" '
        f'style="{BOX}{dashes}"/>'
        f'<text x="{left + width / 2:.1f}" y="{top + 22}" text-anchor="middle" '
        f'style="{TEXT};font-size:{size}px">{escape(name)}</text>'
    )


def _arrow(height: int) -> str:
    """Return the arrow at the left: the one way in which imports go."""
    tip = height - 10
    return (
        f'<path d="M18 34 V{tip} M12 {tip - 8} L18 {tip} L24 {tip - 8}" '
        f'style="{BOX};stroke-width:1.5"/>'
    )
