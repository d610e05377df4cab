"""Which problems are alike: what fails for one cause says so in many ways, and what looks the same need not be."""

from enum import StrEnum

from console.rules.problems import Kind, problem


class Nature(StrEnum):
    """Why several inboxes that drop are one incident."""

    OUTAGE = "outage"
    """Trouble on the other side; it passes by itself."""
    REFUSALS = "refusals"
    """A wave of definite refusals: the provider's fault until shown otherwise."""
    SHARED = "shared"
    """A cause that is everybody's by nature, such as a client secret or a server's certificate."""


# They may pass by themselves too, but say something about one mailbox, or about us, and not about the other side.
NO_SIGN_OF_AN_OUTAGE = frozenset({"mailbox-moving", "sync-state-expired", "item-not-found", "folder-exists", "unknown"})
# Asked of each person by what an admin or they themselves did here, or about one sign-in of theirs.
PERSONAL = frozenset(
    {
        "servers-changed",
        "oauth-app-changed",
        "oauth-renewal-lost",
        "oauth-wrong-account",
        "oauth-code-invalid",
        "oauth-user-declined",
        "interrupted",
        "address-taken",
        "switched-off",
    }
)
# The server shows them to everybody, so one inbox is enough to know.
CERTIFICATE = frozenset({"tls-expired", "tls-untrusted", "tls-hostname-mismatch", "tls-protocol"})
# The password is not at fault, but what stands at the other end; somebody else's server was met, or was put there.
NOT_THE_PASSWORD = frozenset({"certificate-changed", "exchange-other-web-server"})
STALE = "proof-stale"
# A provider that takes no grant any more says `invalid_grant`, with a reason that it may leave out.
_THE_GRANT = "oauth-grant-revoked"
_GRANT = frozenset({_THE_GRANT, "oauth-grant-expired"})


def alike(code: str) -> str | None:
    """Return the kind of failing that a problem belongs to, or None for one that is put together with no other."""
    kind = problem(code).kind
    if code in PERSONAL or (kind is Kind.WARNING and code != STALE):
        return None
    if kind is Kind.WOBBLE and code not in NO_SIGN_OF_AN_OUTAGE:
        return Nature.OUTAGE.value
    if kind is Kind.REFUSAL and code not in NOT_THE_PASSWORD:
        return Nature.REFUSALS.value
    return code


def says(code: str) -> str:
    """Return what a problem says: the same word for what providers say now so and now so of one thing."""
    return _THE_GRANT if code in _GRANT else code


def nature(code: str) -> Nature:
    """Return why inboxes with this problem are one incident."""
    if alike(code) == Nature.REFUSALS:
        return Nature.REFUSALS
    return Nature.OUTAGE if problem(code).kind is Kind.WOBBLE else Nature.SHARED
