"""The explorer of these pages: made by the build, of what is there when it is built."""

from __future__ import annotations

from pathlib import Path

from gandyn.cli.explore import GAMES, RULES
from gandyn.explore import explorer
from gandyn.spec import parse_game, parse_rule


def write_explorer(folder: Path) -> None:
    """Write the page that is embedded, if it is not as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "explorer.html"
    rules, games = map(parse_rule, RULES), map(parse_game, GAMES)
    text = explorer([*rules], [*games])
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")
