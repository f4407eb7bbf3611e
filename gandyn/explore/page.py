"""The page itself: one HTML file with everything in it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gandyn._files import atomic, check_target
from gandyn.errors import GandynError
from gandyn.explore.contents import contents
from gandyn.games import Game
from gandyn.rules import Rule

_HERE = Path(__file__).parent
_ENGINE = ("eigenvalues", "pairs", "boundary", "plane", "jobs")
_SHARED = ("scales", "colours", "plane", "circle", "events")
_LIVE = ("state", "words", "cells", "states", "controls", "picture", "main")
_SAVED = ("saved",)
_OFFERED = (
    "DATA", "BLOCK", "KIND", "Pair", "eigenvalues", "leading", "condition", "kindOf",
    "valueAt", "planeOf", "scheduler",
)  # fmt: skip
"""What the engine offers to the view, to the worker and to tests."""


def engine(rules: Sequence[Rule], games: Sequence[Game]) -> str:
    """Return the script that computes: traced steps, multipliers, planes, boundaries.

    It needs no document: it runs in a page, in a worker and in Node.
    """
    if not (rules and games):
        raise GandynError(
            "an explorer needs rules and games: give one of each at least"
        )
    found, functions = contents(rules, games)
    return engine_script(found, functions)


def engine_script(found: dict[str, Any], functions: Sequence[str]) -> str:
    """Return the script of an engine around what a page holds."""
    parts = [
        "const Engine = (() => {",
        '"use strict";',
        "const { exp, log, sqrt, sin, cos, tanh } = Math;",
        "const KERNELS = [",
        ",\n".join(functions),
        "];",
        f"const DATA = {_json(found)};",
        *(_source("engine", name) for name in _ENGINE),
        f"return {{ {', '.join(_OFFERED)} }};",
        "})();",
    ]
    return "\n".join(parts)


def _source(folder: str, name: str) -> str:
    return (_HERE / folder / f"{name}.js").read_text("utf-8")


def _json(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c")


def explorer(rules: Sequence[Rule], games: Sequence[Game]) -> str:
    """Return a page on which rules play games of two numbers, as HTML.

    Parameters
    ----------
    rules : sequence of Rule
    games : sequence of Game
        Of two numbers each.

    Raises
    ------
    GandynError
        If a game is of vectors, a step decides by a value, or a rule plays none of the
        games.

    Examples
    --------
    >>> from gandyn.games import Bilinear
    >>> from gandyn.rules import Extragradient
    >>> text = explorer([Extragradient()], [Bilinear(1.0)])
    >>> text.startswith("<!DOCTYPE html>"), len(text) < 100_000
    (True, True)
    """
    title = f"{_title(rules, 'rules')} on {_title(games, 'games')}"
    return assemble(title, engine(rules, games))


def _title(nodes: Sequence[Any], kind: str) -> str:
    return type(nodes[0]).__name__ if len(nodes) == 1 else f"{len(nodes)} {kind}"


def assemble(title: str, script: str, saved: bool = False) -> str:
    """Return the HTML around an engine, or around a saved sweep."""
    names = (*_SHARED, *(_SAVED if saved else _LIVE))
    view = ['"use strict";', "{", *(_source("view", name) for name in names), "}"]
    scripts = [f"\n{text}\n" for text in (script, "\n".join(view))]
    for text in scripts:
        if "</script" in text.lower() or "<!--" in text:
            raise GandynError("a script of the page would end before its end")
    digests = (hashlib.sha256(text.encode()).digest() for text in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
    policy = (
        f"default-src 'none'; script-src {hashes}; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    template = (_HERE / "view" / "page.html").read_text("utf-8")
    places = {
        "policy": policy,
        "title": html.escape(f"gandyn explorer: {title}"),
        "style": (_HERE / "view" / "page.css").read_text("utf-8"),
        "engine": scripts[0].strip("\n"),
        "view": scripts[1].strip("\n"),
    }
    for name, text in places.items():
        before, after = template.split(f"{{{name}}}")
        template = before + text + after
    return template


def write_explorer(
    path: str | Path,
    rules: Sequence[Rule],
    games: Sequence[Game],
    *,
    overwrite: bool = False,
) -> Path:
    """Write a page as one file that opens without a network.

    Parameters
    ----------
    path : path
        Ends in ``.html``.
    rules, games
        As for `explorer`.
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    GandynError
        As for `explorer`, and if the file cannot be written.
    """
    target = check_target(path, (".html",), overwrite)
    text = explorer(rules, games)
    with atomic(target) as draft:
        draft.write_text(text, "utf-8")
    return target
