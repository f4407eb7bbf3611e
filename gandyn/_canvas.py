"""Figures without pyplot, and how they are written."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib import get_backend, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.registry import backend_registry
from matplotlib.figure import Figure

from gandyn._files import atomic, check_target

_PICTURES = (".png", ".svg", ".pdf")
"""Suffixes of the formats that pictures are written in."""

_REPRODUCIBLE = {"svg.fonttype": "none", "svg.hashsalt": "gandyn"}
"""Text stays text, and the names of an svg's parts are those of its content."""

# Okabe and Ito, "Color Universal Design", 2008: told apart by every colour vision
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, WHITE = "#BBBBBB", "#FFFFFF"


class _Picture(Figure):
    """A figure that pyplot does not keep, and that can be shown all the same."""

    def show(self, warn: bool = True) -> None:
        """Show the figure in a window, or below the cell of a notebook.

        Parameters
        ----------
        warn : bool
            Whether to warn where neither is possible.
        """
        name = get_backend()
        if "inline" in name:
            from IPython.display import display

            display(self)
            return
        canvas = backend_registry.load_backend_module(name).FigureCanvas
        if canvas.required_interactive_framework is None:
            if warn:
                warnings.warn(
                    f"the matplotlib backend {name} opens no window: write the figure "
                    "by gandyn.plot.save(figure, 'picture.png')",
                    stacklevel=2,
                )
            return
        if self.canvas.manager is None:
            canvas.new_manager(self, 1)
        super().show(warn)


def axes_or_new(ax: Axes | None, size: tuple[float, float] = (7.0, 5.0)) -> Axes:
    """Return the given axes, or new ones on a figure that nothing else refers to."""
    if ax is not None:
        return ax
    return _Picture(figsize=size, layout="constrained").add_subplot()


def save(
    picture: Axes | Figure,
    path: str | Path,
    *,
    overwrite: bool = False,
    dpi: int = 150,
    about: Mapping[str, str] | None = None,
) -> Path:
    """Write a picture as png, svg or pdf; never half of it.

    The letters of an svg are text, that can be searched and edited. The same picture
    gives the same bytes: no file has a date.

    Parameters
    ----------
    picture : Axes or Figure
    path : str or Path
        The suffix chooses the format.
    overwrite : bool
        Whether an existing file may be replaced.
    dpi : int
        Dots per inch of png files and of cells inside svg and pdf files.
    about : mapping of str to str, optional
        What the file says of itself: its rule, game, command, versions.

    Returns
    -------
    Path

    Raises
    ------
    GandynError
        If the file exists, its folder is missing or not writable, or the suffix is not
        one of these.
    """
    target = check_target(path, _PICTURES, overwrite)
    with atomic(target) as draft:
        write(picture, draft, dpi=dpi, about=about)
    return target


def write(
    picture: Axes | Figure,
    draft: Path,
    *,
    dpi: int = 150,
    about: Mapping[str, str] | None = None,
) -> None:
    """Write a picture as `save` does, into a draft that others move into place."""
    figure = picture if isinstance(picture, Figure) else picture.get_figure(root=True)
    words = _metadata(draft.suffix.lower(), about or {})
    with rc_context(_REPRODUCIBLE):
        figure.savefig(draft, dpi=dpi, metadata=words)  # type: ignore[union-attr]


def _metadata(suffix: str, about: Mapping[str, str]) -> dict[str, Any]:
    """Return what a file says of itself, under the keys of its format."""
    text = "\n".join(f"{name}: {words}" for name, words in about.items())
    key = {".svg": "Description", ".pdf": "Subject", ".png": "Description"}[suffix]
    own: dict[str, Any] = {key: text} if text else {}
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    return {**own, **undated.get(suffix, {})}
