"""The IMAP + SMTP family as a play: no network, the clock moved by hand, each mailbox answers as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from console.providers.base import Certificate, Mailbox, Probe
from console.providers.errors import DialError
from console.providers.imap import ImapFamily
from console.rules.texts import N_

SHA256 = "9F:2C:41:B7:0E:D8:53:6A:F4:1D:90:2B:77:C3:5E:A8:16:4B:E9:02:3D:8F:C6:71:5A:BE:04:99:D2:6C:38:F1"
LENGTHS = (9, 21, 46, 138, 24, 31, 22, 52, 117)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Act:
    """How a mailbox answers: it stops at a stage with a problem, only lacks something there, or never comes back."""

    stage: str = ""
    problem: str | None = None
    said: str = ""
    ms: int | None = None
    warns: bool = False
    never: bool = False
    certificate: Certificate | None = None


FINE = Act()


class Gone(BaseException):
    """The worker is gone in the middle of a check, as in a power cut; nobody catches it on the way."""


class Answered(DialError):
    def __init__(self, act: Act) -> None:
        super().__init__(act.problem or "", server_text=act.said)
        self.code, self.certificate = act.problem, act.certificate


class Played(ImapFamily):
    """`acts` says by address how a mailbox answers; whatever is not named there is fine."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.acts: dict[str, Act] = {}

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        act = self.acts.get(mailbox.address, FINE)
        pinned = {pin.sha256 for pin in mailbox.pins}
        if act.certificate is not None and act.certificate.sha256 in pinned:
            act = FINE
        settings = self.fill(mailbox.settings)
        there = self.stages if probe.full else self.short
        for name in there[:6] if mailbox.receives_only else there:
            met = act if act.stage == name else FINE
            channel = {"sign-in": "imap", "smtp-sign-in": "smtp"}.get(name)
            host = settings["smtp_host" if name.startswith("smtp-") else "imap_host"]
            with probe.stage(name, host=host, warns=met.warns) as stage:
                if channel:
                    probe.attempt(channel)
                if met.never:
                    raise Gone
                self._pass(mailbox.address, name, met)
                if met.problem:
                    raise Answered(met)
                if channel:
                    probe.accepted(channel)
                if name in PROVES:
                    probe.prove(PROVES[name])
                text, values = _detail(name, settings, mailbox.address)
                stage.say(text, **values)

    def _pass(self, address: str, name: str, act: Act) -> None:
        """Let as much time go by as the stage takes; the same for the same mailbox and minute."""
        usual = LENGTHS[self.stages.index(name)]
        spread = crc32(f"{address}{name}{self.clock.now:%H%M}".encode()) % 40
        self.clock.now += timedelta(milliseconds=act.ms or usual + usual * spread // 100)


PROVES = {"sign-in": "sign-in", "open-inbox": "read", "find-sent": "sent", "smtp-sign-in": "send"}


def _detail(name: str, settings: dict[str, Any], address: str) -> tuple[str, dict[str, object]]:
    """Return what a stage that passed says, as the real family says it."""
    imap, smtp = settings["imap_host"], settings["smtp_host"]
    return {
        "find-server": (
            N_("%(host)s is %(address)s"),
            {"host": imap, "address": f"203.0.113.{crc32(imap.encode()) % 250}"},
        ),
        "reach": (N_("port %(port)s answers"), {"port": settings["imap_port"]}),
        "secure": ("%(version)s", {"version": "TLS 1.3"}),
        "open-inbox": (N_("messages: %(messages)s"), {"messages": crc32(address.encode()) % 9000}),
        "find-sent": ("%(folder)s", {"folder": "Sent"}),
        "smtp-reach": (N_("%(host)s, port %(port)s answers"), {"host": smtp, "port": settings["smtp_port"]}),
        "smtp-secure": ("%(version)s", {"version": "TLS 1.3"}),
    }.get(name, ("", {}))


def certificate(host: str, port: int = 993) -> Certificate:
    """Return a certificate that the host made for itself."""
    begins, ends = datetime(2024, 2, 4, tzinfo=UTC), datetime(2034, 2, 1, tzinfo=UTC)
    return Certificate(host, port, SHA256, f"CN={host}", f"CN={host}", begins, ends)
