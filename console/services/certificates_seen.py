"""Which certificates mail servers showed to checks, so that their end and their change are known beforehand."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import tuple_, update
from sqlmodel import Session, col, select

from console.providers.base import Certificate
from console.store import insert_into
from console.store.servers import SeenCertificate

# What was seen within a day is not written again.
FRESH = timedelta(days=1)
MOMENT = timedelta(seconds=1)


def note(session: Session, certificates: Iterable[Certificate], now: datetime) -> None:
    """Keep what servers showed in the open transaction; a certificate that was not seen there before is a new row.

    Nothing is written where all were seen within a day and are what their servers showed last: whoever asks which one a
    server has now takes the one seen last.
    """
    met = {(one.host, one.port, one.sha256): one for one in certificates}
    if not met:
        return
    key = tuple_(col(SeenCertificate.host), col(SeenCertificate.port), col(SeenCertificate.sha256))
    place = tuple_(col(SeenCertificate.host), col(SeenCertificate.port))
    rows = session.exec(select(SeenCertificate).where(place.in_({name[:2] for name in met}))).all()
    known = {(row.host, row.port, row.sha256): row.last_seen_at for row in rows}
    # In one order, so that two checks that write the same rows never wait for each other.
    for name in sorted(met):
        one, last = met[name], known.get(name)
        if last is None:
            values = SeenCertificate(
                host=one.host,
                port=one.port,
                sha256=one.sha256,
                subject=one.subject[:400],
                issuer=one.issuer[:400],
                not_after=one.not_after,
                first_seen_at=now,
                last_seen_at=now,
            ).model_dump()
            session.execute(insert_into(session, SeenCertificate).values(values).on_conflict_do_nothing())
        elif abs(now - last) >= FRESH or any(at >= last for other, at in known.items() if _rival(other, name)):
            session.execute(
                update(SeenCertificate)
                .where(key.in_([name]))
                .values(last_seen_at=now)
                .execution_options(synchronize_session=False)
            )
        if any(at > now for other, at in known.items() if _rival(other, name)):
            # A clock that was ahead saw the others: by now they were seen no later than this one.
            session.execute(
                update(SeenCertificate)
                .where(place.in_([name[:2]]), col(SeenCertificate.last_seen_at) > now)
                .values(last_seen_at=now - MOMENT)
                .execution_options(synchronize_session=False)
            )


def _rival(other: tuple[str, int, str], name: tuple[str, int, str]) -> bool:
    """Return whether both are certificates of one server."""
    return other[:2] == name[:2] and other != name
