"""The built pages in a browser: nothing asked for elsewhere, no errors, no overflow.

``python docs/browsed.py docs/_build/html`` looks at every page but the API's own, of
which a few, on a desk and on a phone, and ends with 1 if something is wrong;
``--pictures DIR`` takes pictures of a few pages, light and dark.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recording import chromium

SIZES = {"desk": (1350, 900), "phone": (390, 844)}
"""Widths and heights of what is looked at, in pixels."""
SHOWN = (
    "index", "start", "explore", "explorer", "generated/questions/learning_rate",
    "generated/gallery/index", "generated/gallery/staircase", "generated/catalogue",
    "generated/api/gandyn.sweep", "architecture",
)  # fmt: skip
_API, _OF_API = "generated/api/", 40
"""Of that many pages of the API one is looked at: they are all made alike."""
_WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pages(folder: Path) -> list[Path]:
    """Return the pages that are looked at."""
    found = sorted(
        path for path in folder.rglob("*.html") if "_static" not in str(path)
    )
    api = [path for path in found if _API in path.as_posix()]
    return [path for path in found if path not in api] + api[::_OF_API]


def faults(browser: Any, files: list[Path]) -> Iterator[str]:
    """Yield what is wrong with pages, in words."""
    for size, (width, height) in SIZES.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        wrong: list[str] = []
        page.on("pageerror", lambda error, w=wrong: w.append(str(error)))
        page.on("console", lambda said, w=wrong: _note(said, w))
        page.on("request", lambda asked, w=wrong: _asked(asked.url, w))
        for path in files:
            page.goto(path.as_uri())
            over = page.evaluate(_WIDTH)
            if over > 0:
                wrong.append(f"{over} pixels wider than the window")
            yield from (f"{path} ({size}): {words}" for words in wrong)
            wrong.clear()
        page.close()


def _note(said: Any, wrong: list[str]) -> None:
    if said.type in ("error", "warning"):
        wrong.append(said.text)


def _asked(url: str, wrong: list[str]) -> None:
    if not url.startswith(("file:", "blob:", "data:")):
        wrong.append(f"asks for {url}")


def take_pictures(browser: Any, folder: Path, into: Path) -> None:
    """Take pictures of some pages, on both sizes and grounds."""
    into.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            for name in SHOWN:
                page.goto((folder / f"{name}.html").as_uri())
                page.wait_for_timeout(1500)
                to = f"{name.replace('/', '-')}-{size}-{scheme}.png"
                page.screenshot(path=into / to, full_page=True)
            page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    from playwright.sync_api import Error, sync_playwright

    folder = given.folder.resolve()
    with sync_playwright() as driver:
        try:
            browser = chromium(driver)
        except Error:
            sys.stdout.write("there is no Chromium to look at the pages with\n")
            return
        if given.pictures:
            take_pictures(browser, folder, given.pictures)
            return
        files = pages(folder)
        found = list(faults(browser, files))
        browser.close()
    for words in found:
        sys.stdout.write(f"{words}\n")
    sys.stdout.write(f"{len(files)} pages looked at, {len(found)} faults\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
