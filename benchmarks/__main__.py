"""Run the benchmarks and print their table, or write it into the README."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks import report

PARTS = ("dirac", "bilinear", "stopping", "memory", "startup", "certificates")


def main() -> int:
    """Return 0, or 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parser.add_argument("--repeats", type=int, default=7, help="default: 7")
    parser.add_argument("--small", action="store_true", help="only show that it runs")
    parser.add_argument("--write", action="store_true", help="put it into the README")
    options = parser.parse_args()
    if options.write and (options.small or options.parts):
        parser.error("--write is for whole runs at full size")
    scale = report.Scale(options.small, options.repeats)
    rows = []
    for part in options.parts or PARTS:
        for row in importlib.import_module(f"benchmarks.{part}").rows(scale):
            print(" | ".join(row.cells()), file=sys.stderr, flush=True)
            rows.append(row)
    if options.write:
        report.write(rows, f"python -m benchmarks --repeats {options.repeats}")
    else:
        print(f"{report.machine()}\n\n{report.table(rows)}")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
