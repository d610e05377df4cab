"""Sending a browser to a provider to sign in, and taking it back: once, within ten minutes, by whoever was sent.

What comes back is a code. It is sealed in the draft and redeemed by a worker, like a password that was typed, so that
no request waits for a provider. Of the state and the browser's session only hashes are stored; code, verifier and nonce
are never stored in clear, and none of them is ever in a log, a page or an audit entry.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete
from sqlmodel import Session, col, select

from console.providers.base import App, Secret, StageResult
from console.providers.consenting import Consenting, ConsentRefused, Handoff, challenge_of, consenting
from console.providers.errors import DialError
from console.providers.line import Line
from console.rules.texts import N_
from console.services import (
    app_secrets,
    app_trouble,
    apps,
    campaign_items,
    credentials,
    giving_back,
    link_steps,
    refusals,
    switches,
    throttle,
)
from console.services import draft as draft_states
from console.services.context import Actor, Context, NotFound, Refused
from console.services.draft import fetch, fits, queue, refuse_busy, refuse_many, unread, wipe
from console.store.consents import Consent
from console.store.models import Draft, Inbox
from console.store.vault import KeyMissing

LIVES = timedelta(minutes=10)
KEPT = timedelta(days=1)
# Nobody leaves for a sign-in more often in a quarter of an hour by hand.
MOST_BEGUN = 60
# Codes of both providers stay below this; whatever is longer was not made by one.
LONGEST_CODE, LONGEST_ANSWER = 4096, 2000
# The stage of a run that turns the code into a permission, before the family's own.
CONSENT = "consent"


class Lost(Refused):
    """A browser that came back cannot go on from there. `draft_id` is the draft to go on with, None without one."""

    def __init__(self, sentence: str, draft_id: str | None = None, **values: Any) -> None:
        super().__init__(sentence, **values)
        self.draft_id = draft_id


_UNKNOWN = N_("This step of the sign-in is not known here. Start from the address again.")
_FOREIGN = N_("This sign-in was begun in another browser or by another person. Start it again here.")
_LATE = N_("The sign-in took longer than ten minutes. Nothing was stored. Continue once more.")
_USED = N_("This step of the sign-in was used already. Continue once more.")
_GONE = N_("The connection that this sign-in belongs to is not there any more. Start again.")
_REMOVED = N_("The inbox was removed meanwhile. Nothing was stored.")
_OTHER = N_("The address or the provider was changed meanwhile. Continue once more.")
_REPLACED = N_("An account admin replaced the app meanwhile. Continue once more.")
_EMPTY = N_("The provider sent nothing back. Continue once more.")


def begin(ctx: Context, actor: Actor, draft_id: str, browser: str | None) -> Handoff:
    """Return the provider's page where the owner of the draft's address signs in.

    `browser` names the browser's session, which must bring the answer. Raises NotFound, and Refused with the reason and
    the way on: no app yet, switched off, a step before this one missing, the provider not answering.
    """
    if not browser:
        raise Refused(_FOREIGN)
    now = ctx.clock()
    with ctx.store.write() as session:
        if throttle.add(session, f"consent:{actor.id}", now) > MOST_BEGUN:
            raise Refused(N_("You have begun many sign-ins in a short time. Wait 15 minutes, then go on."))
    with ctx.store.read() as session:
        draft = fetch(session, actor, draft_id, now)
        family = _allowed(ctx, session, draft, now)
        app = _app(ctx, session, family, now)
    assert draft.address is not None
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        with Line(ctx.dialer) as line:
            handoff = family.ask(
                app,
                address=draft.address,
                state=state,
                nonce=nonce,
                challenge=challenge_of(verifier),
                redirect_uri=app_secrets.redirect_uri(ctx, family.slug),
                # What comes back takes the place of whatever is stored, so it has to bring a refresh token.
                fresh=True,
                line=line,
            )
    except (ConsentRefused, DialError):
        raise Refused(
            N_("%(provider)s does not answer properly now. Try again in a few minutes."), provider=family.label
        ) from None
    key = _hashed(state)
    with ctx.store.write() as session:
        row = fetch(session, actor, draft_id, now, lock=True)
        if (row.address, row.provider) != (draft.address, draft.provider):
            raise Refused(_OTHER)
        _allowed(ctx, session, row, now)
        row.left_at = now
        link_steps.begun(session, row, now, left=True)
        session.add(
            Consent(
                state_hash=key,
                draft_id=draft_id,
                person_id=actor.id,
                provider=family.slug,
                address=draft.address,
                client_id=app.client_id,
                browser_hash=_hashed(browser),
                sealed=ctx.vault.seal({"verifier": verifier, "nonce": nonce}, row=_row_name(key)),
                key_id=ctx.vault.key_id,
                created_at=now,
                expires_at=now + LIVES,
            )
        )
    return handoff


def _allowed(ctx: Context, session: Session, draft: Draft, now: datetime) -> Consenting:
    """Return the family of a draft that may go on with a sign-in at its provider. Raises Refused."""
    refuse_busy(draft)
    family = consenting(ctx.families.get(draft.provider))
    if family is None or draft.address is None or unread(draft):
        raise Refused(N_("Go through the steps before this one first."))
    if draft.state == draft_states.PASSED:
        raise Refused(N_("This inbox is connected already."))
    refuse_many(session, draft)
    refusals.switched_off(session, ctx, family.slug)
    if draft.inbox_id is None:
        refusals.taken(session, draft, draft.address)
        refusals.unsupported(session, draft, now)
        return family
    inbox = session.get(Inbox, draft.inbox_id)
    if inbox is None or inbox.removed_at is not None:
        raise Refused(_REMOVED)
    if not fits(draft, inbox):
        raise Refused(_OTHER)
    if switches.reasons(session, inbox, family.slug):
        raise Refused(N_("This inbox is switched off. Enable it first, then reconnect it."))
    return family


def _app(ctx: Context, session: Session, family: Consenting, now: datetime) -> App:
    """Return the app to sign in with. Raises Refused where there is none, or the provider does not take it."""
    try:
        app = app_secrets.for_use(ctx, session, family.slug)
    except KeyMissing:
        raise Refused(
            N_("The console's key file is missing, so nobody can sign in. The operator has to put it back.")
        ) from None
    if app is None:
        raise Refused(
            N_("An account admin has to set up %(provider)s first, under Integrations."), provider=family.label
        )
    trouble = app_trouble.standing(session, family.slug, app_secrets.fingerprint(ctx, app))
    if trouble is not None and trouble.next_try is not None and now < trouble.next_try:
        raise Refused(
            N_(
                "%(provider)s does not take the app of this console at the moment. "
                "An account admin has to correct it under Integrations; then continue here."
            ),
            provider=family.label,
        )
    return app


def come_back(ctx: Context, actor: Actor, slug: str, answer: Mapping[str, str], browser: str | None) -> str:
    """Take a browser back that a provider sent here; return the draft to go on with, which a worker carries on.

    `answer` holds the parameters of the query as they came, which anybody may have typed. Of two that bring the same
    answer one begins the run, and the other gets the same draft. An answer without a code leaves its problem in the
    draft. Raises NotFound for a provider without such a sign-in, and Lost for whatever cannot go on from here.
    """
    family = apps.family_of(ctx, slug)
    now, key = ctx.clock(), _hashed(answer.get("state", ""))
    with ctx.store.write() as session:
        row = session.get(Consent, key, with_for_update=True)
        if row is None:
            raise Lost(_UNKNOWN)
        if row.person_id != actor.id:
            raise Lost(_FOREIGN)
        try:
            draft = fetch(session, actor, row.draft_id, now, lock=True)
        except NotFound:
            raise Lost(_GONE) from None
        if not browser or row.browser_hash != _hashed(browser):
            raise Lost(_FOREIGN, draft.id)
        if row.provider != slug:
            raise Lost(_UNKNOWN, draft.id)
        if draft.state in draft_states.BUSY_OR_OVER:
            # The same answer, a second time at once or after its run: the draft tells the rest.
            return draft.id
        if row.used_at is not None:
            raise Lost(_USED, draft.id)
        if row.expires_at <= now:
            raise Lost(_LATE, draft.id)
        if (draft.provider, draft.address) != (row.provider, row.address):
            raise Lost(_OTHER, draft.id)
        if app_secrets.client_id(ctx, session, slug) != row.client_id:
            raise Lost(_REPLACED, draft.id)
        try:
            _allowed(ctx, session, draft, now)
        except Refused as refused:
            raise Lost(refused.sentence, draft.id, **refused.values) from None
        if not answer.get("code") and not answer.get("error"):
            raise Lost(_EMPTY, draft.id)
        begun = _take(ctx, session, family, row, draft, answer, now)
        draft_id = draft.id
    if begun:
        ctx.enqueue("verify", draft_id)
    return draft_id


def _take(
    ctx: Context,
    session: Session,
    family: Consenting,
    row: Consent,
    draft: Draft,
    answer: Mapping[str, str],
    now: datetime,
) -> bool:
    """Use the state up and put what came back into the draft; return whether there is something to redeem."""
    giving_back.set_aside(ctx, session, draft)
    wipe(draft)
    row.used_at, draft.left_at, draft.granted = now, None, None
    link_steps.came_back(session, draft, now)
    if not draft.settings:
        draft.settings = family.suggest(row.address).settings  # So that the run can name its servers from the start.
    code = answer.get("code", "")
    problem: ConsentRefused | None = None
    if answer.get("error"):
        told = {name[:40]: value[:LONGEST_ANSWER] for name, value in list(answer.items())[:20] if name != "state"}
        problem = family.declined(told)
    elif len(code) > LONGEST_CODE or not code.isprintable():
        problem = ConsentRefused("oauth-code-invalid", "What came back is no code.")
    else:
        try:
            kept = ctx.vault.unseal(row.sealed, row=_row_name(row.state_hash))
        except KeyMissing:
            problem = ConsentRefused("key-missing", "No key opens the verifier.")
        else:
            draft.sealed = credentials.seal(ctx, Secret(code=code, **kept), f"draft:{draft.id}")
            draft.key_id, draft.typed_at = ctx.vault.key_id, now
    row.sealed = row.key_id = ""
    queue(draft, family, before=(CONSENT,))
    if problem is None:
        return True
    rest = [StageResult(name, "skipped").to_dict() for name in family.stages]
    draft.state, draft.problem, draft.server_text = draft_states.FAILED, problem.code, problem.server_text[:400]
    draft.stages = [StageResult(CONSENT, "failed", problem=problem.code).to_dict(), *rest]
    campaign_items.failed(session, draft, problem.code, now)
    link_steps.failed(session, draft, problem.code, now)
    return False


def draft_of(ctx: Context, state: str) -> str | None:
    """Return the draft that a browser with this state left from, or None for a state that was never given out."""
    with ctx.store.read() as session:
        return session.exec(select(Consent.draft_id).where(Consent.state_hash == _hashed(state))).first()


def tidy(ctx: Context, now: datetime) -> None:
    """Drop sign-ins that nobody can bring back any more."""
    with ctx.store.read() as session:
        old = session.exec(select(Consent.state_hash).where(col(Consent.expires_at) <= now - KEPT).limit(1)).first()
    if old is not None:
        with ctx.store.write() as session:
            session.execute(delete(Consent).where(col(Consent.expires_at) <= now - KEPT))


@dataclass(frozen=True)
class Approval:
    """What an administrator of the organisation answered at the provider's approval page."""

    given: bool
    problem: str | None = None
    server_text: str = ""


def approval_url(ctx: Context, slug: str) -> str:
    """Return the provider's page where an administrator approves the app for everybody; "" where there is none.

    It holds no secret: whoever is stopped by a missing approval sends it to IT. Whoever opens it needs no account here;
    what comes back is read with `approved`. Raises NotFound.
    """
    family = apps.family_of(ctx, slug)
    with ctx.store.read() as session:
        try:
            app = app_secrets.for_use(ctx, session, slug)
        except KeyMissing:
            return ""
    if app is None:
        raise NotFound
    return family.approval(app, state=_approvals(ctx).dumps(slug), redirect_uri=app_secrets.redirect_uri(ctx, slug))


def approved(ctx: Context, slug: str, answer: Mapping[str, str]) -> Approval | None:
    """Return what came back from the approval page, or None when the answer is not from there."""
    family = consenting(ctx.families.get(slug))
    try:
        meant = _approvals(ctx).loads(answer.get("state", ""))
    except BadSignature:
        return None
    if family is None or meant != slug:
        return None
    if answer.get("error"):
        problem = family.declined({name: value[:LONGEST_ANSWER] for name, value in answer.items()})
        return Approval(False, problem.code, problem.server_text[:400])
    return Approval(answer.get("admin_consent", "").casefold() == "true")


def _approvals(ctx: Context) -> URLSafeSerializer:
    return URLSafeSerializer(ctx.signing_key, salt="approval")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _row_name(key: str) -> str:
    return f"consent:{key}"
