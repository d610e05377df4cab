"""The IMAP + SMTP family through the pages: a console that reaches scripted servers by name, and a way through it."""

from tests.peers.certificates import HOST
from tests.services import listening

NAMES = (HOST, "mail.elsewhere.test", "imap.acme.dk", "imap.evil.example")


def reach(dns, certificates):
    """Return the CONSOLE_… values of a console for which all NAMES are this machine."""
    return listening.reach(dns, certificates, *NAMES)


def fields(imap, smtp, **changes):
    """Return what is typed for servers at these ports, TLS from the start."""
    return {
        "password": "secret",
        "username": "bob@acme.test",
        "imap_host": HOST,
        "imap_port": str(imap),
        "imap_security": "tls",
        "smtp_host": HOST,
        "smtp_port": str(smtp),
        "smtp_security": "tls",
        "smtp_same_credentials": "y",
        **changes,
    }


def to_settings(visitor, address="bob@acme.test"):
    """Go through the wizard up to its settings; return the draft's id."""
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    draft_id = visitor.path.split("/")[2]
    visitor.choose(draft_id, address, "imap")
    visitor.post(f"/connect/{draft_id}/expect")
    return draft_id


def verify(visitor, work, imap, smtp, **changes):
    """Go through the whole wizard, with the worker called by hand; return the draft's id."""
    draft_id = to_settings(visitor)
    visitor.post(f"/connect/{draft_id}/settings", **fields(imap, smtp, **changes))
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")
    return draft_id
