"""Pieces of work whose results are kept in files, so that a run can be taken up."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gandyn._files import write_json
from gandyn._records import plain


def kept(path: Path, settings: dict[str, Any], work: Callable[[], Any]) -> Any:
    """Return what a file holds, or do the work and write it.

    Numbers that are not finite become None. A file that other settings have made is
    made anew.
    """
    settings = json.loads(json.dumps(settings))
    if path.exists():
        held = json.loads(path.read_text("utf-8"))
        if held["settings"] == settings:
            return held["found"]
    begin, busy = time.perf_counter(), time.process_time()
    found = work()
    spent = {
        "seconds": round(time.perf_counter() - begin, 2),
        "cpu_seconds": round(time.process_time() - busy, 2),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, plain({"settings": settings, **spent, "found": found}))
    print(f"{path.parent.name}/{path.stem}: {spent}", file=sys.stderr, flush=True)
    return json.loads(path.read_text("utf-8"))["found"]
