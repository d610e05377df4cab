"""What the inbox list costs with 100,000 inboxes beside 1,000 (T13, T14)."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, insert

from benchmarks.table import Line, alternately, p95
from console import Console, assemble, create_app
from console.config import load
from console.rules.permissions import Role
from console.services import passwords
from console.services.context import Context
from console.store.migrations import upgrade
from console.store.models import Inbox, Person
from tests import placed
from tests.browser import Browser

FEW, MANY, ROUNDS = 1_000, 100_000, 40
PASSWORD = "a long enough password"
PATHS = ("/inboxes", "/inboxes?q=person42", "/inboxes?view=attention")
HEALTHS = ("healthy", "healthy", "healthy", "degraded", "failing", "needs-sign-in")


@dataclass
class Installation:
    """One console with its visitor."""

    console: Console
    browser: Browser
    statements: int = 0

    def get(self, path: str) -> int:
        """Ask for a page; return its size in bytes."""
        answer = self.browser.client.get(path)
        assert answer.status_code == 200
        return len(answer.data)


def installation(folder: Path, size: int) -> Installation:
    """Return a console with so many inboxes."""
    config = load({"CONSOLE_INSTANCE": str(folder)})
    console = assemble(config)
    ctx = console.ctx
    upgrade(ctx.store.engine)
    hashed = passwords.hash_new(PASSWORD, email="", name="")
    alice = placed.person(ctx, "alice@acme.test", name="Alice Andersen", role=Role.ADMIN, password_hash=hashed)
    _fill(ctx, alice.id, size)
    made = Installation(console, Browser(create_app(console=console)).sign_in("alice@acme.test", PASSWORD))

    def count(*_: object) -> None:
        made.statements += 1

    event.listen(ctx.store.engine, "before_cursor_execute", count)
    return made


def _fill(ctx: Context, first_id: int, size: int) -> None:
    family, now = next(iter(ctx.families)), ctx.clock()
    settings = family.suggest("bob@acme.test").settings
    people = [
        {
            "email": f"owner{number}@acme.test",
            "name": f"Owner {number}",
            "name_key": f"owner {number}",
            "role": Role.MEMBER,
            "session_epoch": 1,
            "personal_email": True,
            "active": True,
            "created_at": now,
        }
        for number in range(size // 4)
    ]
    rows = [
        {
            "owner_id": first_id + 1 + number // 4,
            "address": f"person{number}@acme.test",
            "provider": family.slug,
            "automation": False,
            "settings": settings,
            "health": HEALTHS[number % len(HEALTHS)],
            "proofs": {},
            "host": "imap.acme.test",
            "proven_until": now + timedelta(hours=1),
            "next_check": now + timedelta(days=1),
            "connected_at": now,
            "connected_by_id": first_id,
            "revision": 1,
            "strikes": 0,
        }
        for number in range(size)
    ]
    with ctx.store.write() as session:
        session.execute(insert(Person), people)
        session.execute(insert(Inbox), rows)


def measure() -> Iterator[Line]:
    """Yield the lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (installation(Path(folder, str(size)), size) for size in (FEW, MANY))
        for path in PATHS:
            small, large = alternately(ROUNDS, lambda p=path: few.get(p), lambda p=path: many.get(p))
            ratio = p95(large) / p95(small)
            yield Line(
                f"T13 {path}, p95 at {MANY:,}",
                f"{p95(large):.1f} ms",
                f"{p95(small):.1f} ms at {FEW:,}",
                f"{ratio:.2f}",
                "<= 2",
                ratio <= 2,
            )
            before, was = few.statements, many.statements
            few.get(path)
            size = many.get(path)
            asked, grown = few.statements - before, many.statements - was
            yield Line(f"T14 {path}, queries", str(grown), str(asked), "", "equal", asked == grown)
            yield Line(f"T14 {path}, page", f"{size / 1024:.0f} KB", "", "", "<= 100 KB", size <= 100 * 1024)
        for made in (few, many):
            made.console.close()
