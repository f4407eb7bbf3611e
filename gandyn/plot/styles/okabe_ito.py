"""Colours that every colour vision tells apart."""

from __future__ import annotations

from typing import ClassVar

from gandyn import _canvas as colours
from gandyn.plot.styles._base import Style


class OkabeIto(Style):
    """The palette of Okabe and Ito; hatches tell apart what grey print would not.

    References
    ----------
    Okabe, Ito, *Color Universal Design*, 2008.
    """

    name = "okabe-ito"
    verdicts: ClassVar = {
        "undecided": (colours.GREY, "xx"),
        "converges": (colours.BLUE, ""),
        "diverges_spiral": (colours.VERMILION, ""),
        "diverges_flip": (colours.ORANGE, "\\\\"),
        "diverges_monotone": (colours.YELLOW, "//"),
        "periodic": (colours.GREEN, ".."),
        "quasi_periodic": (colours.SKY, ""),
        "chaotic": (colours.PURPLE, "++"),
        "neutral": (colours.WHITE, "--"),
        "unstable_point": (colours.BLACK, ""),
    }
