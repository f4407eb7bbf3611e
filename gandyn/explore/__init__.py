"""A page to play with: traced steps as JavaScript, one file without a network.

Rules are not written a second time. Their steps run once on numbers that record what is
done to them, and straight-line JavaScript comes out: the operations of the definition
in their order. Derivatives are those of the same recording.
"""

from __future__ import annotations

from gandyn.explore.page import explorer, write_explorer
from gandyn.explore.recorded import BranchError
from gandyn.explore.saved import saved_explorer

__all__ = ["BranchError", "explorer", "saved_explorer", "write_explorer"]
