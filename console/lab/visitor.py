"""Somebody who goes through an authorize page without a browser, as the demo's scenes and many tests do."""

import http.client
from collections.abc import Collection
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

SECONDS = 10.0


class Stuck(Exception):
    """The provider showed a page of its own instead of sending the browser back; the text is that page's.

    `back` is where a link on it leads, "" when it has none.
    """

    def __init__(self, text: str, back: str = "") -> None:
        super().__init__(text)
        self.back = back


def answer(url: str, address: str, *, allow: bool = True, untick: Collection[str] = ()) -> str:
    """Open the authorize page at `url`, choose the account, press Allow or Cancel, and return where that leads.

    Boxes that the page shows ticked stay ticked, except those of the scopes in `untick`. A refusal that comes back at
    once is returned as well. Raises Stuck.
    """
    status, place, text = _ask(url, "GET")
    if status in {302, 303}:
        return place
    form = _Form()
    form.feed(text)
    if status != 200 or not form.action:
        raise Stuck(" ".join(form.words))
    fields = [("request", form.key), ("account", address), ("answer", "allow" if allow else "cancel")]
    fields += [("scope", scope) for scope in form.ticked if scope not in untick]
    parts = urlsplit(url)
    status, place, text = _ask(f"{parts.scheme}://{parts.netloc}{form.action}", "POST", urlencode(fields))
    if status in {302, 303}:
        return place
    page = _Form()
    page.feed(text)
    raise Stuck(" ".join(page.words), page.back)


def _ask(url: str, method: str, body: str | None = None) -> tuple[int, str, str]:
    """Return the status, where it leads, and the text of one answer of a stand-in."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        line.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        answered = line.getresponse()
        return answered.status, answered.getheader("Location", ""), answered.read().decode()
    finally:
        line.close()


class _Form(HTMLParser):
    """What a page of the lab asks: where its form goes, the id of the request, the boxes ticked, the way back."""

    def __init__(self) -> None:
        super().__init__()
        self.action = self.key = self.back = ""
        self.ticked: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        elif tag == "a" and "://" in (given.get("href") or ""):
            self.back = given["href"] or ""
        elif tag == "input" and given.get("name") == "request":
            self.key = given.get("value") or ""
        elif tag == "input" and given.get("name") == "scope" and "checked" in given:
            self.ticked.append(given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())
