"""Node, on which the page's engine is tested without a page."""

import json
import shutil
import subprocess

import pytest

NODE = shutil.which("node") or shutil.which("nodejs")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node to run it on")


def evaluate(folder, script, given=None):
    """Run a script, in which GIVEN is what is given, and return what it makes FOUND.

    Numbers that are not finite come as their names.
    """
    path = folder / "script.js"
    text = json.dumps(given).replace("-Infinity", "-1/0").replace("Infinity", "1/0")
    ending = (
        "const named = (k, v) => typeof v === 'number' && !Number.isFinite(v)"
        " ? String(v) : ArrayBuffer.isView(v) ? Array.from(v) : v;"
        "process.stdout.write(JSON.stringify(FOUND, named));"
    )
    path.write_text(f"const GIVEN = {text};\n{script}\n{ending}\n", "utf-8")
    done = subprocess.run(
        [NODE, str(path)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def number(value):
    """Return a number that came as itself or by its name."""
    return float(str(value).replace("Infinity", "inf").replace("NaN", "nan"))
