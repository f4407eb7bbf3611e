"""Claims: the frame, the colours and the title around what a claim draws."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gandyn import _canvas as colours
from gandyn._canvas import axes_or_new

if TYPE_CHECKING:
    from gandyn.claims import Claim

_CYCLE = (
    colours.BLUE, colours.VERMILION, colours.GREEN, colours.PURPLE, colours.ORANGE,
    colours.SKY, colours.BLACK,
)  # fmt: skip
_WIDTH = 84
"""Characters of a title's line: so many fit above the axes."""
_STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=_CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": "0.92",
    "legend.framealpha": 0.9,
    "legend.edgecolor": "0.9",
    "lines.linewidth": 1.8,
    "lines.markersize": 6.0,
}


def claim_picture(claim: Claim, ax: Axes | None = None) -> Axes:
    """Draw a claim: what is predicted and what was measured.

    Parameters
    ----------
    claim : Claim
        From `gandyn.claims.CLAIMS`, or one's own.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> from gandyn.claims import CLAIMS
    >>> claim_picture(CLAIMS["curved_manifold"]).get_xlabel()
    'arc s/R between the fake and the data'
    """
    with mpl.rc_context(_STYLE):
        ax = axes_or_new(ax, (7.5, 5.0))
        claim.figure(ax)
        ax.set_title(
            "\n".join(textwrap.wrap(claim.title, _WIDTH)), loc="left", size="medium"
        )
        _settle_colours(ax)
    return ax


def _settle_colours(ax: Axes) -> None:
    """Replace C0, C1, … by colours: artists look them up when they are saved."""
    for line in ax.findobj(Line2D):
        face = line.get_markerfacecolor()
        line.set_color(to_rgba(line.get_color()))
        line.set_markerfacecolor(to_rgba(face))
    for cells in ax.findobj(Collection):
        cells.set_facecolor(cells.get_facecolor())
        cells.set_edgecolor(cells.get_edgecolor())
    for text in ax.findobj(Text):
        text.set_color(to_rgba(text.get_color()))
