"""Writes a picture of every page into docs/screenshots: `make screenshots`.

People, addresses and times are made up and always the same, so that a picture changes only when its page does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from tests.e2e.gallery import Gallery
from tests.e2e.still import company, newcomer, tell
from tests.peers.chromium import DESKTOP, PHONE, Chromium, chromium

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# What lies below is more of the same.
TALLEST = 1400


def main(names: list[str]) -> int:
    """Write the pictures of these views, or of all; return the exit status."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written: set[Path] = set()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        story = Path(folder)
        tell(story)
        for scheme in SCHEMES:
            for size in (DESKTOP, PHONE):
                written |= _write(browser, story, scheme, size, names)
    if not names:
        for old in set(FOLDER.glob("*.png")) - written:
            old.unlink()
    total = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    print(f"{len(written)} pictures written, {total / 1e6:.1f} MB in all")  # noqa: T201
    return 0


def _write(
    browser: Chromium, story: Path, scheme: Literal["light", "dark"], size: tuple[int, int], names: list[str]
) -> set[Path]:
    """Write one scheme and width; each has a company of its own, because some views leave something behind."""
    width, height = size
    written = set()
    with (
        tempfile.TemporaryDirectory() as folder,
        company(Path(folder, "company"), story) as (served, cast),
        newcomer(Path(folder, "newcomer")) as empty,
    ):
        gallery = Gallery(served, cast, empty, lambda: browser.context(size=size, scheme=scheme))
        for view in gallery.views():
            if view.name not in names if names else not view.pictured:
                continue
            page = gallery.show(view)
            page.mouse.move(0, 0)
            # The window grows with the page, so that what stands at its lower edge does so in the picture too.
            content = page.evaluate("document.querySelector('dialog[open]') ? 0 : document.body.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(max(content, height), TALLEST)})
            file = FOLDER / f"{view.name}-{scheme}-{width}.png"
            page.screenshot(path=file, animations="disabled", caret="hide")
            page.set_viewport_size({"width": width, "height": height})
            written.add(file)
    return written


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
