"""Chromium for tests shows what other tests count on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from tests.peers.chromium import PHONE, Chromium, stays

pytestmark = pytest.mark.browser


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>x</title><p>plain</p><script>document.title = 'script ran'</script>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_runs_scripts(page: Page, site: str) -> None:
    page.goto(site)
    assert page.title() == "script ran"


def test_a_page_without_javascript_runs_none(chromium: Chromium, site: str) -> None:
    with chromium.context(javascript=False) as context:
        page = context.new_page()
        page.goto(site)
        assert page.title() == "x"


def test_a_phone_is_390_pixels_wide_and_may_be_dark(chromium: Chromium, site: str) -> None:
    with chromium.context(size=PHONE, scheme="dark") as context:
        page = context.new_page()
        page.goto(site)
        assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [390, True]


def test_a_request_that_leaves_the_machine_is_noticed_and_goes_nowhere(chromium: Chromium, site: str) -> None:
    with chromium.context() as context:
        page = context.new_page()
        page.goto(site)
        refused = "fetch('https://cdn.example.test/x.js').then(() => false, () => true)"
        assert page.evaluate(refused) is True
    assert chromium.strayed == ["https://cdn.example.test/x.js"]
    chromium.strayed.clear()


@pytest.mark.parametrize(
    ("url", "stayed"),
    [
        ("http://127.0.0.5:8000/", True),
        ("http://localhost/", True),
        ("http://[::1]:8000/", True),
        ("data:text/plain,x", True),
        ("http://127.0.0.1.example.test/", False),
        ("http://192.0.2.1/", False),
        ("https://example.test/", False),
    ],
)
def test_what_stays_on_the_machine_is_told_by_its_address(url: str, stayed: bool) -> None:
    assert stays(url) is stayed
