"""Pages of the claims: one each, made of its file, the committed run and its figure."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from bars import escape_bars
from docutils import nodes
from rst import heading, list_table
from sphinx import addnodes

from gandyn import claims, plot
from gandyn.claims import CLAIMS, KINDS, Claim, Outcome

FOLDER = "claims"
LINK = re.compile(r"(?P<words>.+?)\s*<(?P<name>\w+)>", re.DOTALL)


def write_claims(folder: Path) -> None:
    """Write a page and a figure per claim; one that is up to date is left."""
    folder = folder / FOLDER
    folder.mkdir(exist_ok=True)
    outcomes = claims.last_run(CLAIMS)
    for name, claim in CLAIMS.items():
        _draw(claim, folder / f"{name}.svg")
        _write(folder / f"{name}.rst", claim_page(name, claim, outcomes[name]))
    _write(folder / "table.rst", table_page(outcomes))


def _draw(claim: Claim, picture: Path) -> None:
    source = Path(inspect.getfile(claim.figure)).stat().st_mtime
    if not picture.exists() or picture.stat().st_mtime < source:
        plot.save(plot.claim_picture(claim), picture, overwrite=True)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def table_page(outcomes: dict[str, Outcome]) -> str:
    """Return the list of all claims."""
    rows = [
        [
            f":doc:`{name} <{name}>`",
            escape(one.title),
            ", ".join(one.kinds),
            one.describe(),
        ]
        for name, one in outcomes.items()
    ]
    table = list_table(["Claim", "Sentence", "Kinds", "Last run"], rows)
    pages = "\n".join(f"   {name}" for name in outcomes)
    return "\n\n".join([
        heading("Claims: all of them", "="),
        "Each is predicted one way and measured another; its page is made of its file. "
        "``gandyn claims run NAME`` does it again.",
        table,
        f".. toctree::\n   :hidden:\n\n{pages}",
    ]) + "\n"  # fmt: skip


def claim_page(name: str, claim: Claim, outcome: Outcome) -> str:
    """Return the page of one claim."""
    blocks = [
        heading(escape(claim.title), "="),
        escape(claim.statement),
        f".. image:: {name}.svg\n   :width: 640px\n   :alt: {escape(claim.title)}",
        heading("Derivation", "-"),
        escape_bars(claim.derivation),
        f"*Reference*: {escape(claim.reference)}.",
        heading("Predicted and measured", "-"),
        f"The run that is committed: {escape(outcome.describe())}. "
        f"``gandyn claims run {name}`` does it again.",
        *(_quantity(one, outcome) for one in claim.quantities),
    ]
    blocks += [f"- {escape(words)}" for words in outcome.errors]
    return "\n\n".join(blocks) + "\n"


def _quantity(one: Any, outcome: Outcome) -> str:
    slow = "; slow" if one.slow else ""
    words = (
        f"**{escape(one.name)}**. {one.kind.capitalize()}: {KINDS[one.kind]}, within "
        f"{one.tolerance:g} ({escape(one.reason)}){slow}."
    )
    rows = [_row(check) for check in outcome.checks if check.quantity == one.name]
    if not rows:
        return f"{words}\n\nNot run."
    table = list_table(["Point", "Predicted", "Measured", "Holds"], rows)
    return f"{words}\n\n{table}"


def _row(check: Any) -> list[str]:
    point = ", ".join(f"{name} = {json.dumps(v)}" for name, v in check.point.items())
    numbers = [f"{value:.10g}" for value in (check.predicted, check.measured)]
    return [escape(point), *numbers, "yes" if check.holds else "no"]


def escape(text: str) -> str:
    r"""Return plain text as reStructuredText.

    >>> print(escape("|z|^2 at lr_x = t*"))
    \|z\|^2 at lr\_x = t\*
    """
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def claim_role(
    name: str, raw: str, text: str, line: int, inliner: Any, *_: Any
) -> tuple[list[Any], list[Any]]:
    """Return a link ``words <claim>`` to its page: plain words if there is none."""
    found = LINK.fullmatch(text)
    words, target = (found["words"], found["name"]) if found else (text, text)
    if target not in CLAIMS:
        return [nodes.inline(raw, words)], []
    link = addnodes.pending_xref(
        raw, nodes.inline(raw, words), refdomain="std", reftype="doc",
        reftarget=f"/generated/{FOLDER}/{target}", refexplicit=True, refwarn=True,
        refdoc=inliner.document.settings.env.docname,
    )  # fmt: skip
    return [link], []
