"""The expiry radar: what runs out within 30 days, with its date and the number of inboxes that stop then.

Certificates that servers showed, exceptions that people made, client secrets of apps, permissions that nobody uses, and
those that Google gives an app in testing.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy
from sqlalchemy import Text, and_, case, cast, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from console.providers.consenting import consenting
from console.rules import expiry
from console.rules.expiry import Expiry
from console.rules.health import Health
from console.rules.permissions import Reach, reach
from console.services import switches
from console.services.app_views import TESTING
from console.services.context import Actor, Context
from console.store.consents import OauthApp
from console.store.models import Credential, Inbox, TrustedCertificate
from console.store.servers import SeenCertificate

SOON, LONGER = timedelta(days=expiry.FIRST + 1), timedelta(days=expiry.ENDED_SHOWN)
# So many rows of each kind are looked at; more than that is one problem, not many.
MOST = 40
# Who may see a kind; certificates and permissions are everybody's who sees all inboxes.
SEEN_WITH = {
    expiry.SECRET: "integrations.see",
    expiry.GRANT_TESTING: "integrations.see",
    expiry.EXCEPTION: "exceptions.see",
}


def expiring(ctx: Context, actor: Actor) -> list[Expiry]:
    """Return what runs out, the first to end first, as far as `actor` may see it."""
    with ctx.store.read() as session:
        found = crossed(ctx, session, ctx.clock())
    return [one for one in found if reach(actor.role, SEEN_WITH.get(one.kind, "inbox.see")) is Reach.ALL]


def crossed(ctx: Context, session: Session, now: datetime) -> list[Expiry]:
    """Return everything that has crossed a threshold, the first to end first, in a constant number of queries.

    Whoever tells people of it tells each `Expiry.once` once.
    """
    known = dict(
        session.exec(
            select(Inbox.provider, func.count()).where(col(Inbox.removed_at).is_(None)).group_by(col(Inbox.provider))
        ).all()
    )
    found = [
        *_certificates(ctx, session, now),
        *_exceptions(ctx, session, now),
        *_secrets(ctx, session, now, known),
        *_idle(ctx, session, now),
        *_testing(ctx, session, now),
    ]
    return sorted((one for one in found if one.threshold is not None), key=lambda one: (one.on, one.kind, one.what))


def _on(ctx: Context, at: datetime) -> date:
    return at.astimezone(ZoneInfo(ctx.config.timezone)).date()


def _at(ctx: Context, kind: str, what: str, at: datetime, now: datetime, inboxes: int, **where: object) -> Expiry:
    on = _on(ctx, at)
    return Expiry(kind, what, on, at, (on - _on(ctx, now)).days, at <= now, inboxes, **where)  # type: ignore[arg-type]


def _certificates(ctx: Context, session: Session, now: datetime) -> Iterator[Expiry]:
    """Yield the certificates of servers that people's own settings name; a provider renews its own.

    Of each server the one seen last counts, so that one that was replaced is none any more.
    """
    newer = aliased(SeenCertificate)
    replaced = exists().where(
        col(newer.host) == col(SeenCertificate.host),
        col(newer.port) == col(SeenCertificate.port),
        or_(
            col(newer.last_seen_at) > col(SeenCertificate.last_seen_at),
            and_(
                col(newer.last_seen_at) == col(SeenCertificate.last_seen_at),
                or_(
                    col(newer.first_seen_at) > col(SeenCertificate.first_seen_at),
                    and_(
                        col(newer.first_seen_at) == col(SeenCertificate.first_seen_at),
                        col(newer.sha256) > col(SeenCertificate.sha256),
                    ),
                ),
            ),
        ),
    )
    rows = session.exec(
        select(SeenCertificate)
        # Servers that nobody uses any more leave certificates behind that ended long ago.
        .where(col(SeenCertificate.not_after).between(now - LONGER, now + SOON), ~replaced)
        .order_by(col(SeenCertificate.not_after))
        .limit(MOST)
    ).all()
    if not rows:
        return
    hosts = list(dict.fromkeys(row.host for row in rows))
    users = []
    for host in hosts:
        # A server for outgoing mail stands in the settings only.
        named = cast(col(Inbox.settings), Text).contains(f'"{host}"', autoescape=True)
        uses = or_(col(Inbox.host) == host, named)
        users += [func.count(case((uses, 1))), func.min(case((uses, col(Inbox.domain)))),
                  func.max(case((uses, col(Inbox.domain))))]  # fmt: skip
    typed = [family.slug for family in ctx.families if not family.consents]
    counted = session.execute(
        sqlalchemy.select(*users)
        .select_from(Inbox)
        .where(col(Inbox.removed_at).is_(None), col(Inbox.provider).in_(typed))
    ).one()
    of = {host: counted[3 * index : 3 * index + 3] for index, host in enumerate(hosts)}
    for row in rows:
        inboxes, first, last = of[row.host]
        if inboxes:
            domain = first if first == last else ""
            yield _at(ctx, expiry.CERTIFICATE, f"{row.host}:{row.port}", row.not_after, now, inboxes, domain=domain)


def _exceptions(ctx: Context, session: Session, now: datetime) -> Iterator[Expiry]:
    of_domain = (
        select(func.count())
        .select_from(Inbox)
        .where(col(Inbox.removed_at).is_(None), col(Inbox.domain) == col(TrustedCertificate.domain))
        .correlate(TrustedCertificate)
        .scalar_subquery()
    )
    connected = exists().where(col(Inbox.id) == col(TrustedCertificate.inbox_id), col(Inbox.removed_at).is_(None))
    rows = session.exec(
        select(TrustedCertificate, of_domain)
        .where(
            col(TrustedCertificate.until).between(now - LONGER, now + SOON),
            or_(col(TrustedCertificate.inbox_id).is_(None), connected),
        )
        .order_by(col(TrustedCertificate.until))
        .limit(MOST)
    ).all()
    for row, number in rows:
        what = f"{row.host}:{row.port}" if row.port else row.host
        inboxes = number if row.domain else 1
        where = {"domain": row.domain or "", "inbox_id": row.inbox_id}
        yield _at(ctx, expiry.EXCEPTION, what, row.until, now, inboxes, **where)


def _secrets(ctx: Context, session: Session, now: datetime, known: dict[str, int]) -> Iterator[Expiry]:
    """Yield the client secrets of apps. Entra shows their last day; which hour of it counts, nobody says."""
    typed = session.execute(sqlalchemy.select(col(OauthApp.provider), col(OauthApp.secret_expires_on)))
    dates: dict[str, date | None] = {row[0]: row[1] for row in typed}
    dates |= {slug: app.secret_expires_on for slug, app in ctx.apps.items()}
    today = _on(ctx, now)
    for slug, on in dates.items():
        if on is not None and ctx.families.get(slug) is not None:
            yield Expiry(expiry.SECRET, slug, on, None, (on - today).days, on < today, known.get(slug, 0))


def _idle(ctx: Context, session: Session, now: datetime) -> Iterator[Expiry]:
    """Yield the permissions that end because nobody uses them: those of inboxes that are switched off.

    Every check of an inbox that is on renews its access, which counts as use.
    """
    used = func.coalesce(col(Inbox.checked_at), col(Inbox.connected_at))
    kept = {family.slug: family.kept_unused for family in map(consenting, ctx.families) if family is not None}
    ends = [
        and_(col(Inbox.provider) == slug, used.between(now - idle - LONGER, now - idle + SOON))
        for slug, idle in kept.items()
        if idle is not None
    ]
    if not ends:
        return
    over = or_(*(and_(col(Inbox.provider) == slug, used <= now - idle) for slug, idle in kept.items() if idle))
    facts = (
        select(col(Inbox.provider).label("provider"), used.label("used"), case((over, 1), else_=0).label("over"))
        .where(
            col(Inbox.removed_at).is_(None),
            col(Inbox.health) != Health.NEEDS_SIGN_IN.value,
            switches.is_off(),
            or_(*ends),
        )
        .subquery()
    )
    for slug, _, first, number in session.execute(
        sqlalchemy.select(facts.c.provider, facts.c.over, func.min(facts.c.used), func.count()).group_by(
            facts.c.provider, facts.c.over
        )
    ):
        yield _at(ctx, expiry.GRANT_IDLE, slug, first + (kept[slug] or timedelta()), now, number)


def _testing(ctx: Context, session: Session, now: datetime) -> Iterator[Expiry]:
    """Yield the permissions that an app gets for some days only, because it is not published."""
    testing = set(session.exec(select(OauthApp.provider).where(OauthApp.publishing == TESTING)).all())
    testing = {slug for slug in testing if slug not in ctx.apps} | {
        slug for slug, app in ctx.apps.items() if app.publishing == TESTING
    }
    kept = {
        slug: family.kept_in_testing
        for slug in testing
        if (family := consenting(ctx.families.get(slug))) is not None and family.kept_in_testing is not None
    }
    if not kept:
        return
    # Whoever has to sign in again already is told so elsewhere.
    rows = session.exec(
        select(Inbox.provider, func.min(col(Credential.typed_at)), func.count())
        .join(Credential, col(Credential.inbox_id) == col(Inbox.id))
        .where(
            col(Inbox.removed_at).is_(None),
            col(Inbox.health) != Health.NEEDS_SIGN_IN.value,
            or_(
                *(
                    and_(col(Inbox.provider) == slug, col(Credential.typed_at) > now - (span or timedelta()))
                    for slug, span in kept.items()
                )
            ),
        )
        .group_by(col(Inbox.provider))
    ).all()
    for slug, first, number in rows:
        yield _at(ctx, expiry.GRANT_TESTING, slug, first + (kept[slug] or timedelta()), now, number)
