"""How servers offer to sign people in, and what is wrong with an offer that no password fits."""

from collections.abc import Collection

from console.providers.clients import Imap, Smtp
from console.providers.errors import DialError

OAUTH = frozenset({"XOAUTH2", "OAUTHBEARER"})


class PasswordsRetired(DialError):
    """The server offers sign-in by OAuth only."""

    code = "password-auth-retired"


class NoCommonMechanism(DialError):
    """The server offers no way to sign in with a password that this console knows."""

    code = "auth-mechanism-unsupported"


class NoSubmission(DialError):
    """The SMTP server offers no sign-in at all: it takes mail in, it is not for sending."""

    code = "wrong-server"


def without_password(offered: Collection[str]) -> DialError:
    """Return what it means that `offered` (mechanisms in capitals) holds none that takes a password."""
    return PasswordsRetired() if OAUTH & set(offered) else NoCommonMechanism()


def of_imap(imap: Imap) -> list[str]:
    """Return the ways to sign in that an IMAP server offers now: its SASL mechanisms, and LOGIN unless it is off."""
    offered = set(imap.mechanisms()) | (set() if imap.login_disabled() else {"LOGIN"})
    return sorted(offered)


def of_smtp(smtp: Smtp) -> list[str]:
    """Return the SASL mechanisms that an SMTP server offers now (RFC 4954, 3; "AUTH=" is an old spelling of it)."""
    return sorted(set(smtp.esmtp_features.get("auth", "").upper().replace("=", " ").split()))
