"""A console in a process of its own, people with browsers, and what both leave behind, to be searched for secrets."""

import html
import sys
import zlib
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import requests
from sqlalchemy import text
from sqlmodel import SQLModel

from tests.browser import TOKEN
from tests.conftest import PASSWORD
from tests.peers.processes import start, wait_for_port
from tests.peers.shared import ROOT
from tests.services.workers import environment_of

SECONDS = 10


@contextmanager
def served(config, settings, log):
    """Run `console serve` on the database of this test for as long as the block lasts."""
    command = [sys.executable, "-c", "from console.cli import main; main()", "serve"]
    program = start(command, log, cwd=ROOT, env=environment_of(config, settings))
    try:
        wait_for_port(program, int(settings["CONSOLE_PORT"]), seconds=40)
        yield
    finally:
        program.stop()


class Person:
    """Somebody with a browser without JavaScript; everything that the console answers is kept."""

    def __init__(self, origin, answers):
        self.origin, self.answers, self.page = origin, answers, None
        self.session = requests.Session()

    def ask(self, method, path, **options):
        self.page = self.session.request(
            method, self.origin + path, timeout=SECONDS, allow_redirects=False, headers=None, **options
        )
        self.answers.append(self.page)
        return self.page

    def follow(self):
        while self.page.status_code in (302, 303):
            place = urlsplit(self.page.headers["Location"])
            self.ask("GET", place.path + (f"?{place.query}" if place.query else ""))
        return self.page

    def get(self, path):
        self.ask("GET", path)
        return self.follow()

    def post(self, path, **fields):
        token = {"csrf_token": html.unescape(TOKEN.search(self.page.text)[1])}
        self.ask("POST", path, data={**token, **fields})
        assert self.page.status_code == 303, (path, self.page.status_code, self.page.text)
        return self.follow()

    def sign_in(self, email):
        self.get("/sign-in")
        self.post("/sign-in", email=email, password=PASSWORD)
        return self


def read_cookie(value):
    """Return what a session's cookie says to whoever reads it, and the cookie itself."""
    payload = value.lstrip(".").partition(".")[0]
    try:
        said = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return value + (zlib.decompress(said) if value.startswith(".") else said).decode("utf-8", "replace")
    except (ValueError, zlib.error):
        return value


def answered(ctx, answers):
    """Yield where something was answered, and what: pages, headers, addresses of other sites, cookies."""
    for answer in answers:
        path = urlsplit(answer.url).path
        yield f"page {path}", answer.text
        for name, value in answer.headers.items():
            away = name == "Location" and not value.startswith((ctx.config.base_url, "/"))
            yield f"{'away' if away else 'header'} {name} of {path}", value
        for cookie in answer.cookies:
            yield f"cookie {cookie.name}", read_cookie(cookie.value)


def written(ctx, folder, log):
    """Yield where something was written, and what: the log, every row, every file."""
    yield "log", log.read_text()
    with ctx.store.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608  # Our own names.
                yield f"table {table.name}", str(tuple(row))
    for file in folder.rglob("*"):
        if file.is_file():
            yield f"file {file.name}", file.read_bytes().decode("latin-1")


def readings(said):
    """Return what was said, as it is and as whoever decodes it reads it."""
    return said + (unquote(said) if "%" in said else "") + (html.unescape(said) if "&" in said else "")
