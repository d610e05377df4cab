"""What counts beside the roots of the system: the exceptions of one inbox and those of its whole mail domain.

An exception counts for exactly the host it names, so one made for a domain reaches the servers an admin looked at and
no others, wherever they lie. Of several for the same server the newest counts; one whose end has passed counts no more.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from console.discovery.domains import a_label
from console.providers.base import Authority, Certificate, Pin, Trusted
from console.store.models import Draft, TrustedCertificate

CERTIFICATE, AUTHORITY = "certificate", "authority"
EVERY_PORT = 0
# A certificate that has ended already is trusted for so long, so that somebody renews it.
GRACE = timedelta(days=30)
LONGEST_WHY = 300

Row = TrustedCertificate


def domain_of(address: str) -> str:
    """Return the mail domain of a stored address."""
    return address.rpartition("@")[2]


def until(not_after: datetime, now: datetime) -> datetime:
    """Return when an exception made now ends: with the certificate, or after `GRACE` where that has ended already."""
    return not_after if not_after > now else now + GRACE


def row_of(
    shown: Certificate | Authority,
    *,
    by_id: int,
    at: datetime,
    why: str = "",
    inbox_id: int | None = None,
    domain: str | None = None,
) -> Row:
    """Return the row for what somebody chose to trust, for an inbox or a mail domain."""
    authority = isinstance(shown, Authority)
    return Row(
        inbox_id=inbox_id,
        domain=domain,
        kind=AUTHORITY if authority else CERTIFICATE,
        host=a_label(shown.host)[:253],
        port=EVERY_PORT if isinstance(shown, Authority) else shown.port,
        sha256=shown.sha256,
        subject=shown.subject[:400],
        issuer=shown.issuer[:400],
        not_before=shown.not_before,
        not_after=shown.not_after,
        pem=shown.pem if isinstance(shown, Authority) else "",
        why=why.replace("\x00", "").strip()[:LONGEST_WHY],
        by_id=by_id,
        at=at,
        until=until(shown.not_after, at),
    )


def to_draft(row: Row) -> dict[str, Any]:
    """Return a row as a draft carries it along."""
    facts = (row.subject, row.issuer, row.not_before, row.not_after)
    shown: Certificate | Authority
    if row.kind == AUTHORITY:
        shown = Authority(row.host, row.sha256, *facts, row.pem)
    else:
        shown = Certificate(row.host, row.port, row.sha256, *facts)
    return {**kept(shown, row.at, row.why), "row": row.id}


def kept(shown: Certificate | Authority, at: datetime, why: str = "") -> dict[str, Any]:
    """Return what somebody trusts as a draft keeps it until the inbox stands."""
    kind = AUTHORITY if isinstance(shown, Authority) else CERTIFICATE
    return {**shown.to_dict(), "kind": kind, "at": at.isoformat(), "why": why}


def carried(session: Session, draft: Draft, now: datetime, *, may_add: bool) -> list[Row]:
    """Return the exceptions that a draft carries: those of its inbox that still stand, as new rows, and new ones.

    What somebody withdrew meanwhile is gone; `may_add` is whether the draft's person may still trust anything new.
    """
    wanted = [pin["row"] for pin in draft.pins if "row" in pin]
    standing = (
        set(session.exec(select(Row.id).where(col(Row.id).in_(wanted), col(Row.until) > now))) if wanted else set()
    )
    return [_from_draft(pin, draft) for pin in draft.pins if (pin["row"] in standing if "row" in pin else may_add)]


def _from_draft(pin: Mapping[str, Any], draft: Draft) -> Row:
    shown = Authority.from_dict(pin) if pin.get("kind") == AUTHORITY else Certificate.from_dict(pin)
    at = datetime.fromisoformat(pin["at"]).astimezone(UTC) if pin.get("at") else draft.created_at
    return row_of(shown, by_id=draft.by_id, at=at, why=str(pin.get("why") or ""), inbox_id=draft.inbox_id)


def key(row: Row) -> tuple[str, str, int, str]:
    """Return what makes two exceptions the same: kind, host, port and fingerprint."""
    return row.kind, row.host, row.port, row.sha256


def of_inboxes(session: Session, addresses: Mapping[int, str], now: datetime) -> dict[int, tuple[Trusted, ...]]:
    """Return what counts now for inboxes, given their addresses by id, in one query however many they are."""
    domains = {domain_of(address) for address in addresses.values()}
    rows = session.exec(
        select(Row).where(
            or_(col(Row.inbox_id).in_(list(addresses)), col(Row.domain).in_(list(domains))), col(Row.until) > now
        )
    ).all()
    by_inbox: dict[int | None, list[Row]] = {}
    by_domain: dict[str | None, list[Row]] = {}
    for row in rows:
        if row.inbox_id is not None:
            by_inbox.setdefault(row.inbox_id, []).append(row)
        else:
            by_domain.setdefault(row.domain, []).append(row)
    return {
        inbox_id: counting([*by_inbox.get(inbox_id, ()), *by_domain.get(domain_of(address), ())])
        for inbox_id, address in addresses.items()
    }


def of_domain(session: Session, domain: str, now: datetime) -> tuple[Trusted, ...]:
    """Return what counts now for all inboxes of a mail domain (A-label)."""
    return counting(session.exec(select(Row).where(Row.domain == domain, col(Row.until) > now)).all())


def of_draft(session: Session, draft: Draft, now: datetime, *, may_add: bool) -> tuple[Trusted, ...]:
    """Return what counts for the run of a draft: what it carries, and what counts for its mail domain."""
    rows = session.exec(select(Row).where(Row.domain == domain_of(draft.address or ""), col(Row.until) > now)).all()
    return counting([*rows, *carried(session, draft, now, may_add=may_add)])


def counting(rows: Iterable[Row]) -> tuple[Trusted, ...]:
    """Return what rows mean for a connection: of those about the same server, the newest."""
    found: list[Row] = []
    # A row of a draft has no id yet; at the same moment it is the newer one.
    for row in sorted(rows, key=lambda row: (row.at, row.id is None, row.id or 0), reverse=True):
        # A pin is about one port, so an authority that is older still counts at the others.
        if not any(newer.host == row.host and newer.port in {row.port, EVERY_PORT} for newer in found):
            found.append(row)
    return tuple(_trusted(row) for row in found)


def _trusted(row: Row) -> Trusted:
    if row.kind == AUTHORITY:
        facts = (row.subject, row.issuer, row.not_before, row.not_after)
        return Authority(row.host, row.sha256, *facts, row.pem)
    return Pin(row.host, row.port, row.sha256)
