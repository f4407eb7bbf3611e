"""Run the benchmarks and print their table, or write it into the README."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks import report

PARTS = (
    "dirac",
    "diagrams",
    "differences",
    "bilinear",
    "stopping",
    "memory",
    "stores",
    "startup",
    "certificates",
    "boundaries",
    "ensembles",
    "spectrum_gan",
    "tuning",
)


def main() -> int:
    """Return 0, or 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--repeats", type=int, default=7, help="default: 7")
    parser.add_argument("--small", action="store_true", help="only show that it runs")
    parser.add_argument("--write", action="store_true", help="put them into the README")
    parser.add_argument(
        "--earlier",
        default=report.Scale.earlier,
        metavar="COMMIT",
        help="what diagrams are timed beside: a commit or a folder; "
        "default: %(default)s",
    )
    options = parser.parse_args()
    if options.write and options.small:
        parser.error("--write is for runs at full size")
    scale = report.Scale(options.small, options.repeats, options.earlier)
    kept = True
    for part in options.parts or PARTS:
        rows = []
        for row in importlib.import_module(f"benchmarks.{part}").rows(scale):
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
            rows.append(row)
        if options.write:
            command = f"python -m benchmarks {part} --repeats {options.repeats}"
            report.write(part, rows, command)
        else:
            print(f"{report.machine()}\n\n{report.table(rows)}\n")
        kept &= all(row.kept for row in rows)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
