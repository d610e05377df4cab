"""A console in this process beside the lab, both with one clock, and what its pages tell."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from sqlalchemy import update
from sqlmodel import col, func, select

from console.lab import scenes
from console.lab.accounts import Account
from console.lab.serving import CONTOSO, Lab
from console.lab.stand_in import StandIn
from console.providers.dial import Dialer, Trust
from console.providers.names import resolver
from console.providers.sockets import Limits
from console.rules.network import Policy
from console.rules.problems import WHO_LABELS, Who, problem
from console.services import app_trouble, checks
from console.services.context import Actor, Context
from console.services.work import Work
from console.store.models import CheckRecord, Inbox
from tests.browser import Browser
from tests.conftest import Clock
from tests.lab.causes import ITSELF, RECONNECT, TEST, Cause

# The lab is slow for longer than any console waits; a console that waits for ten seconds would make for slow tests.
HURRIED = Limits(stage_seconds=1.5, run_seconds=6)
DOMAINS = {"google": "acme.test", "microsoft": "contoso.test", "imap": "harbour.test", "exchange": "corp.test"}


@dataclass
class Practice:
    """A console beside the lab. `owner` is who connects, `browser` theirs."""

    ctx: Context
    lab: Lab
    clock: Clock
    owner: Actor
    browser: Browser
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def place(self, provider: str) -> StandIn:
        return next(place for place in self.lab.places if place.slug == provider)

    def somebody(self, provider: str) -> str:
        """Give somebody new a mailbox at a provider, and return their address."""
        number = next(self.numbers)
        address = f"nr{number}@{DOMAINS[provider]}"
        self.place(provider).add(Account(address, f"Number {number}", CONTOSO.id, (f"alias.{address}",)))
        return address

    def connect(self, address: str) -> int:
        return scenes.connect(self.ctx, self.lab, self.owner, address)

    def begin(self, address: str) -> str:
        """Go through the wizard's steps before leaving for the provider; return the draft."""
        return scenes.begin(self.ctx, self.lab, self.owner, address)

    def try_to_connect(self, address: str) -> str:
        """Go through the wizard's steps to the end, whatever that is; return the draft."""
        return scenes.attempt(self.ctx, self.lab, self.owner, address)

    @contextmanager
    def hurried(self, *, when: bool = True) -> Iterator[None]:
        """Have the console wait less long for slow answers while the block lasts, `when` it is to."""
        patient = self.ctx
        if when:
            self.ctx = replace(patient, dialer=_hasty(patient))
        yield
        self.ctx = patient

    def row(self, inbox_id: int) -> Inbox:
        with self.ctx.store.read() as session:
            return session.get_one(Inbox, inbox_id)

    def records(self, inbox_id: int) -> int:
        with self.ctx.store.read() as session:
            return session.exec(select(func.count(col(CheckRecord.id))).where(CheckRecord.inbox_id == inbox_id)).one()

    def sweep(self, inbox_id: int) -> Inbox:
        """Let the time come at which the inbox is due for every stage, and sweep, as a worker does by itself."""
        due = self.row(inbox_id).next_check
        assert due is not None, "the schedule waits for a person"
        with self.ctx.store.write() as session:
            session.get_one(Inbox, inbox_id).full_due = due
        self.clock.now = max(self.clock.now, due)
        Work(self.ctx).sweep()
        return self.row(inbox_id)

    def test_now(self, inbox_id: int) -> Inbox:
        """Press Test now."""
        checks.ask(self.ctx, self.owner, inbox_id)
        Work(self.ctx).check(inbox_id)
        return self.row(inbox_id)

    def reconnect(self, inbox_id: int) -> Inbox:
        """Press the button that the inbox's problem offers, and go through what it leads to."""
        self.reads(f"/inboxes/{inbox_id}")
        self.browser.post(f"/inboxes/{inbox_id}/reconnect")
        draft = self.browser.path.split("/")[2]
        scenes.finish(self.ctx, self.lab, self.owner, draft)
        return self.row(inbox_id)

    def end(self) -> None:
        """Leave nothing for the next test: no faults, no trouble with apps, no inboxes that fall due."""
        for place in self.lab.places:
            place.calm()
        with self.ctx.store.write() as session:
            session.execute(update(Inbox).values(removed_at=self.clock(), next_check=None))
            for slug in app_trouble.problems(session):
                app_trouble.forget(session, slug)

    def reads(self, path: str) -> str:
        """Open a page and return its words, apart by single spaces."""
        text = self.browser.get(path).text
        if self.browser.path.startswith("/sign-in"):
            # The clock goes on from test to test, and a session ends.
            self.browser.sign_in(self.owner.email)
            text = self.browser.get(path).text
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())

    def unsaid(self, path: str, cause: Cause, host: str, address: str = "") -> list[str]:
        """Return what of a cause a page does not say: its name, what happened, who must act, the next step."""
        entry, shown = problem(cause.code), self.reads(path)
        who, step = entry.who, entry.step
        if path.startswith("/connect/") and who is Who.AUTO:
            who, step = Who.NOBODY, "Wait a few minutes, then go on here."  # A draft is not tried again by itself.
        words = [entry.title, entry.what, step]
        words += [] if who is Who.USER else [WHO_LABELS[who]]
        named = {word: word.replace("%(host)s", host).replace("%(address)s", address) for word in words}
        return [word for word, said in named.items() if said.casefold() not in shown.casefold()]


BACK = {ITSELF: Practice.sweep, TEST: Practice.test_now, RECONNECT: Practice.reconnect}
"""What brings an inbox back, by what the causes call it."""


def _hasty(ctx: Context) -> Dialer:
    """Return the console's door to the network with less patience."""
    policy = Policy(allow_networks=ctx.config.allow_networks, private_networks=ctx.config.private_networks)
    return Dialer(policy, resolver(ctx.config.dns_server), Trust(ctx.config.ca_file), limits=HURRIED)
