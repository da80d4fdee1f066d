"""Pictures of the page for README and docs, from a browser, each with what the page says inside.

A test compares what is inside with the page of today, and needs no browser for that.
"""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.pages.pictures import keep

# {file: width and height of the window in CSS pixels}
SIZES = {"page-360.png": (360, 1100), "page-1280.png": (1280, 1080), "page-1920.png": (1920, 980)}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Nothing is looked up, updated or reported while a picture is taken.
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
SAID = re.compile(r"<(h1|h2|p|td|th)\b[^>]*>(.*?)</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def said_by(page: str) -> list[str]:
    """The titles, sentences and cells of a page, in their order, up to the definitions."""
    body = page[: page.index('<section id="definitions"')]
    texts = (" ".join(unescape(TAG.sub(" ", inner)).split()) for _, inner in SAID.findall(body))
    return [text for text in texts if text]


def browser() -> str:
    """The path of a Chromium.

    Raises:
        UserError: if there is none, or the Python package that drives it is missing.
    """
    try:
        import playwright  # noqa: F401
    except ImportError:
        raise UserError("the page is drawn by a browser: run `make browser` first") from None
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise UserError(f"no browser is installed ({', '.join(BROWSERS)}): install Debian's package chromium")
    return found


def draw(page: Path, folder: Path) -> list[Path]:
    """Draw the page in each size.

    Raises:
        UserError: if there is no browser.
    """
    path = browser()
    from playwright.sync_api import sync_playwright

    said = said_by(page.read_text(encoding="utf-8"))
    drawn = []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        for name, (width, height) in SIZES.items():
            window = running.new_page(viewport={"width": width, "height": height}, color_scheme="light")
            window.goto(page.resolve().as_uri())
            window.wait_for_function("document.documentElement.dataset.ready === 'yes'")
            drawn.append(keep(folder / name, window.screenshot(), list(said)))
        running.close()
    return drawn
