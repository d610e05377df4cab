"""Sending a link that staff made to the owner of the inbox, with the mail server of the notices."""

from sqlmodel import Session, col, select

from console.rules.notices import Kind
from console.rules.permissions import Reach, reach
from console.rules.problems import Button, problem
from console.rules.texts import N_
from console.services import incidents, link_steps, mail_server
from console.services.context import Actor, Context, NotFound, Refused
from console.services.notice_rows import BY_HAND, MAIL, QUEUED
from console.store.episodes import Episode
from console.store.links import ReconnectLink
from console.store.models import Inbox, Person
from console.store.notices import Notice, RefusedAddress


def ready(ctx: Context, link_id: int) -> bool:
    """Return whether a link can go by mail: it waits to be opened, signing in again helps now, and a server is set."""
    with ctx.store.read() as session:
        found = _sendable(ctx, session, link_id)
        if found is None or mail_server.shown(ctx, session) is None:
            return False
        return not incidents.keeps_quiet(session, found[1].id or 0, ctx.clock())


def send(ctx: Context, actor: Actor, link_id: int) -> None:
    """Have the link go to the owner by mail, once; the mail says what happened as well. Raises NotFound, Refused."""
    if reach(actor.role, "links.send") is Reach.NONE:
        raise NotFound
    now = ctx.clock()
    with ctx.store.write() as session:
        found = _sendable(ctx, session, link_id)
        if found is not None and incidents.keeps_quiet(session, found[1].id or 0, now):
            raise Refused(
                N_("The inbox is in an incident, and its owner can mend nothing now. The link did not go by mail.")
            )
        if found is not None and session.get(RefusedAddress, found[2].email) is not None:
            raise Refused(N_("The server refused the address of its owner. An account admin clears it under Notices."))
        if found is None or mail_server.shown(ctx, session) is None:
            raise Refused(N_("This link cannot go by mail any more. Send a new one."))
        link, inbox, owner = found
        link.by_mail = True
        episode = select(Episode.id).where(Episode.inbox_id == inbox.id, col(Episode.ended_at).is_(None))
        session.add(
            Notice(
                once=f"{BY_HAND}{link.id}",
                kind=Kind.OWNER,
                channel=MAIL,
                person_id=owner.id,
                address=owner.email,
                inbox_id=inbox.id,
                episode_id=session.exec(episode).first(),
                problem=inbox.problem,
                detail={"acts": True},
                state=QUEUED,
                created_at=now,
                not_before=now,
            )
        )
    ctx.enqueue("notify")


def _sendable(ctx: Context, session: Session, link_id: int) -> tuple[ReconnectLink, Inbox, Person] | None:
    link = session.exec(
        select(ReconnectLink).where(
            ReconnectLink.id == link_id,
            link_steps.is_open(ctx.clock()),
            col(ReconnectLink.started_at).is_(None),
            col(ReconnectLink.by_mail).is_(False),
        )
    ).first()
    inbox = session.get(Inbox, link.inbox_id) if link is not None and link.inbox_id is not None else None
    if link is None or inbox is None or inbox.problem is None or problem(inbox.problem).button is not Button.RECONNECT:
        return None
    return link, inbox, session.get_one(Person, link.person_id)
