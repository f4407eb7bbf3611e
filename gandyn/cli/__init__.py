"""The command line: every command parses, calls one public function and prints.

A command is a module of this package with an attribute ``command``; it shows up by
itself. Modules import nothing heavy before a command runs.
"""

from __future__ import annotations

import click

from gandyn import __version__
from gandyn.cli._group import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gandyn")
def main() -> None:
    """At which learning rates two players settle, spiral out, or cycle forever.

    Exit codes: 0 fine; 1 a law, claim or cross-check failed; 2 wrong input, nothing
    was written; 3 only partly done; 4 an error of gandyn itself; 130 interrupted.
    """
