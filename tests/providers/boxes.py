"""Mailboxes of the IMAP + SMTP family as its tests check them, and what came of a check in a few words."""

from typing import Any

from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.dial import Dialer, Pin
from console.providers.imap import ImapFamily
from console.providers.trial import Trial
from tests.peers.certificates import HOST

ALL = ImapFamily.stages
RECEIVING, SENDING = ALL[:6], ALL[6:]


def box(
    imap: int,
    smtp: int,
    *,
    username: str = "bob@acme.test",
    password: str = "secret",
    own: tuple[str, str] | None = None,
    receives_only: bool = False,
    pins: tuple[Pin, ...] = (),
    **settings: Any,
) -> Mailbox:
    """Return a mailbox at these ports, TLS from the start unless `settings` say otherwise.

    `own` are user name and password of outgoing mail where they differ.
    """
    known = {
        "imap_host": HOST,
        "imap_port": imap,
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": smtp,
        "smtp_security": "tls",
        "username": username,
        "smtp_username": own[0] if own else None,
    }
    secret = Secret(password=password, **({"smtp_password": own[1]} if own else {}))
    return Mailbox("bob@acme.test", {**known, **settings}, secret, pins, receives_only=receives_only)


def check(mailbox: Mailbox, door: Dialer, **watched: Any) -> Trial:
    """Check a mailbox."""
    return trial.run(ImapFamily(), mailbox, door, **watched)


def states(found: Trial) -> dict[str, str]:
    """Return the state of every stage."""
    return {stage.name: stage.state for stage in found.stages}


def stopped(found: Trial) -> tuple[str | None, str | None]:
    """Return where a check stopped and why."""
    return found.problem_stage, found.problem


def until(stage: str) -> dict[str, str]:
    """Return the states of a check that failed at `stage`."""
    at = ALL.index(stage)
    return {
        **dict.fromkeys(ALL[:at], "passed"),
        stage: "failed",
        **dict.fromkeys(ALL[at + 1 :], "skipped"),
    }
