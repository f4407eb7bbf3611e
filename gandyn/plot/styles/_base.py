"""What a style is: a colour and a hatch for every verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Style:
    """How the cells of a diagram are drawn, by their verdict.

    A style is added by adding a public subclass to a file of this folder; it is found
    there, and `gandyn.plot.phase_diagram` takes it by its name.

    Attributes
    ----------
    name : str
        Unique; what it is chosen by.
    verdicts : mapping of str to (str, str)
        Colour and hatch of every verdict of `gandyn.dynamics.verdicts`, as matplotlib
        has them. Hatches tell apart what colours alone would not.
    """

    name: ClassVar[str]
    verdicts: ClassVar[Mapping[str, tuple[str, str]]]
    unfinished: ClassVar[tuple[str, str]] = ("#FFFFFF", "OO")
    """Of cells of a store that nobody has decided yet."""

    def of(self, word: str, flag: int) -> tuple[str, str]:
        """Return colour and hatch of a verdict, or of another flag by its value."""
        if word == "unfinished":
            return self.unfinished
        if word in self.verdicts:
            return self.verdicts[word]
        sequence = list(self.verdicts.values())
        return sequence[flag % len(sequence)]
