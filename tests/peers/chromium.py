"""Chromium, driven through Playwright, that is kept on loopback and tells when a page tried to leave it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from tests.peers.processes import Missing, find

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever else it wants to look up does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = (1440, 900)
PHONE = (390, 844)


@dataclass
class Chromium:
    """A running browser; `strayed` are the URLs outside loopback that its pages asked for since it was last emptied."""

    browser: Browser
    strayed: list[str] = field(default_factory=list)

    def context(
        self,
        *,
        javascript: bool = True,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        **more: Any,
    ) -> BrowserContext:
        """Open a fresh profile: its own cookies, this window size in CSS pixels, watched for requests that leave."""
        width, height = size
        context = self.browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            **more,
        )
        context.on("request", lambda request: self._watch(request.url))
        context.set_default_timeout(10_000)
        return context

    def _watch(self, url: str) -> None:
        if not stays(url):
            self.strayed.append(url)


def stays(url: str) -> bool:
    """Tell whether a request for this URL stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme in {"data", "blob", "about"} or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def executable() -> Path:
    """Return the browser's program: CONSOLE_CHROMIUM, else Debian's. Raises Missing."""
    chosen = os.environ.get("CONSOLE_CHROMIUM")
    if chosen:
        if not Path(chosen).exists():
            raise Missing(f"CONSOLE_CHROMIUM names no file: {chosen}")
        return Path(chosen)
    return find("/usr/bin/chromium", "chromium")


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Run Chromium for as long as the block lasts. Raises Missing when it is not installed."""
    # Takes a while to import, and most runs open no browser.
    from playwright.sync_api import sync_playwright

    program = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS), headless=True)
        try:
            yield Chromium(browser)
        finally:
            browser.close()
