"""Greys for print without colour."""

from __future__ import annotations

from typing import ClassVar

from gandyn.plot.styles._base import Style


class Greys(Style):
    """Dark where it settles, light where it leaves, hatched in between."""

    name = "greys"
    verdicts: ClassVar = {
        "undecided": ("#E6E6E6", "xx"),
        "converges": ("#404040", ""),
        "diverges_spiral": ("#D9D9D9", ""),
        "diverges_flip": ("#DADADA", "\\\\"),
        "diverges_monotone": ("#DBDBDB", "//"),
        "periodic": ("#A6A6A6", ".."),
        "quasi_periodic": ("#8C8C8C", ""),
        "chaotic": ("#B3B3B3", "++"),
        "neutral": ("#FFFFFF", "--"),
        "unstable_point": ("#000000", ""),
    }
