"""How to cite the package."""

from __future__ import annotations

from importlib.metadata import version


def cite() -> str:
    """Return the BibTeX entry of this version of gandyn.

    Examples
    --------
    >>> print(cite().splitlines()[0])
    @software{gandyn,
    """
    return "\n".join([
        "@software{gandyn,",
        "  title = {gandyn: stability of two players that learn against each other},",
        "  author = {{The gandyn authors}},",
        f"  version = {{{version('gandyn')}}},",
        "  license = {Apache-2.0}",
        "}",
    ])  # fmt: skip
