"""The explorer of these pages: made by the build, of what is there when it is built."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from gandyn.cli.explore import GAMES, RULES
from gandyn.explore import explorer
from gandyn.spec import parse_game, parse_rule

PAGE = "explorer.html"


def write_explorer(folder: Path) -> None:
    """Write the page that is embedded, if it is not as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / PAGE
    rules, games = map(parse_rule, RULES), map(parse_game, GAMES)
    text = explorer([*rules], [*games])
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


class Explorer(SphinxDirective):
    """The explorer in the state of an address, or what stands for it on a phone.

    There one would scroll a page inside of a page: the link to the explorer stays, with
    a picture in it where one is given.
    """

    optional_arguments = 1
    option_spec: ClassVar = {
        "state": directives.unchanged,
        "height": directives.nonnegative_int,
        "alt": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the frame, the picture in its place, and a link to the page."""
        here = self.env.app.builder.get_target_uri(self.env.docname)
        state = "".join(self.options.get("state", "").split())
        page = escape(f"{relative_uri(here, PAGE)}#{state}")
        link = f'<a href="{page}">Open the explorer on a page of its own</a>'
        frame = (
            f'<iframe src="{page}" title="The explorer" loading="lazy" '
            f'height="{self.options.get("height", 790)}"></iframe>'
        )
        if not self.arguments:
            return [_raw(f'<div class="explorer">{frame}<p>{link}</p></div>')]
        picture = nodes.image(uri=self.arguments[0], alt=self.options.get("alt", ""))
        return [
            _raw(f'<div class="explorer">{frame}<a class="instead" href="{page}">'),
            picture,
            _raw(f"</a><p>{link}</p></div>"),
        ]


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")
