"""A walk through the explorer, step by step: what is opened, and what it says then.

``python docs/recording.py`` takes the pictures anew and writes down the words that the
page showed; a test walks the same way and compares the words.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PICTURES = HERE / "_static" / "explorer"
WORDS = HERE / "results" / "explorer_recording.json"
SIZE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "gamma",
        "#rule=Simultaneous&game=0&x=lr&y=regulariser.gamma&box=0.05,8,0.02,2"
        "&cell=0.9,0.3",
        {},
    ),
    (
        "beyond",
        "#rule=Simultaneous&game=0&x=lr&y=regulariser.gamma&box=0.05,8,0.02,2"
        "&cell=1.3,0.3&pins=0.9,0.3",
        {},
    ),
    (
        "moves",
        "#rule=Alternating&game=0&x=lr_x&y=lr_y&cell=1.6,1.2&pins=0.4,0.4;5,2.2",
        {"press": 3},
    ),
    (
        "adam",
        "#rule=Adam&game=0&x=lr_x&y=lr_y&cell=0.02,0.05",
        {"scheme": "dark"},
    ),
    (
        "phone",
        "#rule=NegativeMomentum&game=0&x=lr_x&y=lr_y&cell=0.2,0.6",
        {"phone": True},
    ),
)
"""Names of pictures, the addresses behind the page's own, and how each is looked at."""


def walk(browser: Any, address: str, pictures: Path | None = None) -> dict[str, Any]:
    """Return what the page says at every step, and take pictures into a folder."""
    return {
        name: _step(browser, address + at, how, pictures and pictures / f"{name}.png")
        for name, at, how in STEPS
    }


def _step(browser: Any, address: str, how: dict[str, Any], into: Path | None) -> Any:
    phone = how.get("phone", False)
    context = browser.new_context(
        viewport=PHONE if phone else SIZE, color_scheme=how.get("scheme", "light")
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-busy=no]", state="attached")
    for _ in range(how.get("press", 0)):
        page.click("#on")
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    if into is not None:
        page.screenshot(path=into)
    said = {
        place: page.inner_text(f"#{place}")
        for place in ("regime", "detail", "legend", "moves", "pins")
    }
    context.close()
    return said


def chromium(driver: Any) -> Any:
    """Return Debian's Chromium, opened by Playwright."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    return driver.chromium.launch(executable_path=path, args=["--no-sandbox"])


def _pages() -> Iterator[str]:
    from explored import write_explorer

    with tempfile.TemporaryDirectory() as folder:
        write_explorer(Path(folder))
        yield (Path(folder) / "explorer.html").as_uri()


def main() -> None:
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    for address in _pages():
        with sync_playwright() as driver:
            browser = chromium(driver)
            words = walk(browser, address, PICTURES)
            browser.close()
    text = json.dumps(words, indent=1, ensure_ascii=False)
    WORDS.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
