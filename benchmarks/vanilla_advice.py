"""The transcript in docs/advise.md: a published GAN, trained and given advice.

``python -m benchmarks.vanilla_advice`` writes ``docs/results/advice_vanilla.*``;
it needs scikit-learn, for the digits.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
ADVISE = [
    "advise", "vanilla_gan.py:training", "--checkpoint", "vanilla_gan.pt",
    "-o", "advice_vanilla.png", "-o", "advice_vanilla.json",
]  # fmt: skip


def main() -> None:
    """Train, ask for advice, and keep what was said."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(ROOT / "examples" / "vanilla_gan.py", place)

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments], cwd=place, check=True, text=True,
                stdout=subprocess.PIPE,
            )  # fmt: skip
            return done.stdout

        lines = ["$ python vanilla_gan.py"]
        run("vanilla_gan.py")
        lines.append(f"$ gandyn {' '.join(ADVISE)}")
        begin = time.perf_counter()
        told = run("-m", "gandyn.cli", *ADVISE)
        seconds = time.perf_counter() - begin
        lines += told.splitlines()
        shutil.copy(place / "advice_vanilla.png", RESULTS)
    (RESULTS / "advice_vanilla.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"advice in {seconds:.0f} s")


if __name__ == "__main__":
    main()
