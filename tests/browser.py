"""A browser without JavaScript for page tests: it follows redirects, keeps cookies and sends the form's CSRF token."""

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def csrf_token(page: str) -> str:
    """Return the token of the forms on a page; empty where it has none."""
    found = TOKEN.search(page)
    return html.unescape(found[1]) if found else ""


class Browser:
    """`get` and `post` return the page at the end; `page` is the newest one."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.page: TestResponse | None = None

    def get(self, path: str, **options: Any) -> TestResponse:
        self.page = self.client.get(path, follow_redirects=True, **options)
        return self.page

    def post(
        self, path: str, follow: bool = True, headers: dict[str, str] | None = None, **fields: Any
    ) -> TestResponse:
        """Send a form with the CSRF token of the newest page."""
        assert self.page is not None, "open a page first"
        found = csrf_token(self.page.text)
        token = {"csrf_token": found} if found else {}
        self.page = self.client.post(path, data={**token, **fields}, follow_redirects=follow, headers=headers)
        return self.page

    def choose(self, draft_id: str, address: str, provider: str) -> TestResponse:
        """Look an address up on the wizard's second step and choose a provider there."""
        self.post(f"/connect/{draft_id}/address", address=address)
        return self.post(f"/connect/{draft_id}/address", address=address, provider=provider)

    def sign_in(self, email: str, password: str = "a long enough password") -> "Browser":
        self.get("/sign-in")
        self.post("/sign-in", email=email, password=password)
        return self

    @property
    def path(self) -> str:
        """Where the newest page is."""
        assert self.page is not None
        return self.page.request.path

    @property
    def path_and_query(self) -> str:
        """Where the newest page is, with what was asked."""
        assert self.page is not None
        return self.page.request.full_path.rstrip("?")

    def attributes(self, name: str) -> list[str]:
        """The values of a data attribute on the newest page, in order."""
        assert self.page is not None
        return [html.unescape(value) for value in re.findall(rf'{name}="([^"]*)"', self.page.text)]

    def stages(self) -> dict[str, str]:
        """Stage and state of every rung on the newest page."""
        assert self.page is not None
        return dict(re.findall(r'data-stage="([^"]*)" data-state="([^"]*)"', self.page.text))

    def errors(self) -> list[str]:
        """The sentences beside fields on the newest page."""
        assert self.page is not None
        return [
            html.unescape(text)
            for text in re.findall(r'class="c-error"[^>]*>.*?<span>(.*?)</span>', self.page.text, re.DOTALL)
        ]
