"""What the console has to make of every fault of the lab: the cause that it names, who must act, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from console.rules.problems import Button, Problem, Who

ITSELF, TEST, RECONNECT = "itself", "test", "reconnect"


@dataclass(frozen=True)
class Cause:
    """A problem by its code, who must act, and the button that the problem offers."""

    code: str
    who: Who
    button: Button = Button.NONE

    @classmethod
    def of(cls, entry: Problem) -> Self:
        return cls(entry.code, entry.who, entry.button)


@dataclass(frozen=True)
class Seen:
    """A fault that a check meets: its cause, the health it leaves, and how the inbox comes back once it is off.

    `back` is "itself" (a later sweep), "test" (somebody presses Test now) or "reconnect".
    """

    cause: Cause
    health: str
    back: str


@dataclass(frozen=True)
class Expected:
    """What one fault comes to at one provider.

    `leaving` is what a person meets who signs in while it is on: a cause in the wizard, or None when all goes well.
    `stays` says that the provider's page does not send them back, so that the cause stands among what the wizard says
    before. `check` is what the next check of a connected inbox makes of it, None when it does not matter there.
    """

    leaving: Cause | None = None
    stays: bool = False
    check: Seen | None = None


def _passes(code: str, button: Button = Button.NONE) -> Seen:
    return Seen(Cause(code, Who.AUTO, button), "degraded", ITSELF)


_PAUSE, _OUTAGE = _passes("rate-limited"), _passes("oauth-provider-outage")
_DOWN = _passes("server-unavailable", Button.TEST)
_SECRET = Cause("oauth-client-secret", Who.US, Button.TEST)
_APPROVAL = Cause("oauth-admin-consent-required", Who.MAIL_ADMIN, Button.RECONNECT)
_BLOCKED = Cause("oauth-org-policy-blocked", Who.MAIL_ADMIN, Button.RECONNECT)
_NO_ADDRESS = Cause("mailbox-not-available", Who.MAIL_ADMIN, Button.TEST)

_BOTH = {
    "declined": Expected(Cause("oauth-user-declined", Who.USER, Button.RECONNECT)),
    "other-account": Expected(Cause("oauth-wrong-account", Who.USER, Button.RECONNECT)),
    "no-address": Expected(_NO_ADDRESS),
    "broken-id-token": Expected(_OUTAGE.cause),
    "expired-secret": Expected(_SECRET, check=Seen(_SECRET, "degraded", ITSELF)),
    "no-refresh-token": Expected(Cause("oauth-interaction-required", Who.USER, Button.RECONNECT)),
    "no-expiry": Expected(),
    "no-scope": Expected(),
    "token-throttled": Expected(_PAUSE.cause, check=_PAUSE),
    "token-failing": Expected(_OUTAGE.cause, check=_OUTAGE),
    "token-down": Expected(_OUTAGE.cause, check=_OUTAGE),
    "token-slow": Expected(_OUTAGE.cause, check=_OUTAGE),
    "throttled": Expected(_PAUSE.cause, check=_PAUSE),
    "failing": Expected(_DOWN.cause, check=_DOWN),
    "down": Expected(_DOWN.cause, check=_DOWN),
    "slow": Expected(_DOWN.cause, check=_DOWN),
}


def _for_good(code: str, who: Who, button: Button, health: str = "failing", back: str = TEST) -> Expected:
    """Return what a fault of the mailbox comes to: the same at the sign-in as at a check."""
    cause = Cause(code, who, button)
    return Expected(cause, check=Seen(cause, health, back))


EXPECTED: dict[tuple[str, str], Expected] = {
    **{(provider, slug): found for provider in ("google", "microsoft") for slug, found in _BOTH.items()},
    ("google", "unticked"): Expected(Cause("oauth-scope-missing", Who.USER, Button.RECONNECT)),
    ("google", "admin-policy"): Expected(_BLOCKED, stays=True),
    ("google", "advanced-protection"): Expected(Cause("oauth-advanced-protection", Who.USER), stays=True),
    ("google", "unverified"): Expected(Cause("oauth-app-unverified", Who.US), stays=True),
    ("google", "no-mailbox"): _for_good("mailbox-not-available", Who.MAIL_ADMIN, Button.TEST),
    ("google", "domain-policy"): _for_good(
        "oauth-org-policy-blocked", Who.MAIL_ADMIN, Button.RECONNECT, "needs-sign-in", RECONNECT
    ),
    ("microsoft", "admin-policy"): Expected(_APPROVAL, stays=True),
    ("microsoft", "consent-required"): Expected(_APPROVAL),
    ("microsoft", "gcc-high"): Expected(Cause("unsupported-cloud", Who.NOBODY)),
    ("microsoft", "mfa-required"): Expected(
        check=Seen(Cause("mfa-required", Who.USER, Button.RECONNECT), "needs-sign-in", RECONNECT)
    ),
    # It bites only where an older token is used, which tells of a lost answer: see test_every_fault.py.
    ("microsoft", "refuse-reuse"): Expected(),
    ("microsoft", "no-mailbox"): _for_good("mailbox-on-premises", Who.USER, Button.NONE),
    ("microsoft", "access-denied"): _for_good("permission-denied", Who.MAIL_ADMIN, Button.TEST),
    ("microsoft", "shared"): _for_good("unsupported-shared-mailbox", Who.TEAM_ADMIN, Button.NONE),
    ("imap", "wrong-password"): _for_good("bad-credentials", Who.USER, Button.RECONNECT, "needs-sign-in", RECONNECT),
    ("imap", "imap-disabled"): _for_good("imap-disabled", Who.USER, Button.TEST),
    ("imap", "smtp-disabled"): _for_good("smtp-auth-disabled", Who.MAIL_ADMIN, Button.TEST),
    ("imap", "auth-unavailable"): _for_good("server-unavailable", Who.AUTO, Button.TEST, "degraded", ITSELF),
    ("imap", "imap-down"): _for_good("server-unavailable", Who.AUTO, Button.TEST, "degraded", ITSELF),
    ("imap", "smtp-down"): _for_good("server-unavailable", Who.AUTO, Button.TEST, "degraded", ITSELF),
    ("imap", "too-many"): _for_good("too-many-connections", Who.US, Button.TEST, "degraded", ITSELF),
    ("imap", "bye"): _for_good("server-unavailable", Who.AUTO, Button.TEST, "degraded", ITSELF),
    ("imap", "no-sent"): Expected(check=Seen(Cause("folder-missing", Who.US, Button.TEST), "degraded", ITSELF)),
    ("imap", "imap-slow"): _for_good("connection-timeout", Who.MAIL_ADMIN, Button.TEST, "degraded", ITSELF),
}
