"""The pages of claims: each is valid, and the overview leaves none out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from gandyn.claims import CLAIMS, run

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS))
    pytest.importorskip("sphinx")
    import claims

    yield claims
    for name in ("bars", "claims", "rst"):
        sys.modules.pop(name, None)


def test_the_overview_links_to_every_claim() -> None:
    text = (DOCS / "claims.md").read_text("utf-8")
    linked = re.findall(r"\{claim\}`[^`]+?<(\w+)>`", text)
    assert len(linked) == text.count("{claim}")
    assert set(CLAIMS) <= set(linked)


def test_a_page_has_each_quantity_and_each_number(pages: Any) -> None:
    name = "curved_manifold"
    claim, outcome = CLAIMS[name], run({name: CLAIMS[name]})[name]
    text = pages.claim_page(name, claim, outcome)
    assert claim.title in text
    assert text.count("   :header-rows: 1") == len(claim.quantities)
    for check in outcome.checks:
        assert f"- {check.predicted:.10g}\n     - {check.measured:.10g}" in text


def test_plain_text_is_escaped(pages: Any) -> None:
    assert pages.escape("|z|^2, lr_x, t*") == r"\|z\|^2, lr\_x, t\*"


def test_a_figure_is_in_the_house_colours_wherever_it_is_saved() -> None:
    from matplotlib.colors import to_hex

    from gandyn import _canvas, plot

    ax = plot.claim_picture(CLAIMS["curved_manifold"])
    assert ax.get_title(loc="left") == CLAIMS["curved_manifold"].title
    colours = [to_hex(line.get_color()).upper() for line in ax.lines[:2]]
    assert colours == [_canvas.BLUE, _canvas.VERMILION]
    assert not any(isinstance(line.get_color(), str) for line in ax.lines)
