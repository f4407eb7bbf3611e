"""``python -m gandyn.cli`` is ``gandyn``."""

from __future__ import annotations

from gandyn.cli import main

main(prog_name="gandyn")
