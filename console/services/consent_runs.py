"""The run of a draft whose sign-in happened at the provider: redeem the code, then check the mailbox, then enrol it.

A run needs two lines to the network, each with a budget of its own; the lease is renewed between them.
"""

from dataclasses import replace

from sqlmodel import select

from console.providers import trial
from console.providers.base import App, Mailbox, Provider, Secret, StageResult
from console.providers.consenting import Consenting, Grant
from console.providers.trial import Trial
from console.rules.problems import Kind, problem
from console.services import app_secrets, app_trouble, apps, credentials, enrolment, redemption, runs
from console.services.consents import CONSENT
from console.services.context import Context
from console.store.models import Draft
from console.store.vault import KeyMissing


def run(ctx: Context, draft: Draft, family: Consenting, token: str, secret: Secret) -> None:
    """Redeem the code of a draft unless that is done, then check the mailbox with the permission it brought."""
    address, started = draft.address or "", ctx.clock()
    unreached = tuple(StageResult(name, "skipped") for name in (CONSENT, *family.stages))
    with ctx.store.read() as session:
        expected = redemption.expected_subject(session, draft)
        try:
            app, problem_code = app_secrets.for_use(ctx, session, family.slug), apps.MISSING
        except KeyMissing:
            app, problem_code = None, "key-missing"
    if app is None:
        return runs.end(ctx, draft, token, Trial(unreached, problem=problem_code, failed=True))
    settings, consent = draft.settings, StageResult(CONSENT, "passed")
    if not redemption.redeemed(secret):
        uri = app_secrets.redirect_uri(ctx, family.slug)
        redeeming = redemption.Redemption(family, app, uri, expected)
        found = trial.run(
            redeeming,
            Mailbox(address, {}, secret, app=app),
            ctx.dialer,
            on_change=lambda stages: runs.show(ctx, draft.id, token, (*stages, *_waiting_stages(family))),
            on_attempt=lambda channel: runs.mark(ctx, draft.id, token, channel),
        )
        grant, consent = redeeming.grant, found.stages[0]
        if found.failed or grant is None:
            return _end_consent(ctx, draft, family, app, token, replace(found, stages=(consent, *unreached[1:])))
        if not _keep_grant(ctx, draft, token, grant, app):
            return None
        app_trouble.mended(ctx, family.slug, app_secrets.fingerprint(ctx, app))
        secret, settings = grant.secret, grant.settings
        address = address if draft.inbox_id is not None else grant.address
    held = [secret]

    def keep(renewed: Secret) -> None:
        _keep_secret(ctx, draft.id, token, renewed)
        held.append(renewed)

    found = trial.run(
        family,
        Mailbox(address, settings, secret, app=app),
        ctx.dialer,
        on_change=lambda stages: runs.show(ctx, draft.id, token, (consent, *stages)),
        on_attempt=lambda channel: runs.mark(ctx, draft.id, token, channel),
        on_secret=keep,
    )
    found = replace(found, stages=(consent, *found.stages))
    if found.failed:
        return _end_consent(ctx, draft, family, app, token, found)
    try:
        return enrolment.complete(ctx, draft, family, token, held[-1], found, started)
    except enrolment.AddressTaken:
        return runs.end(ctx, draft, token, replace(found, problem="address-taken", failed=True), wipe=True)


def _waiting_stages(family: Provider) -> tuple[StageResult, ...]:
    """Return the stages of a family before any of them began."""
    return tuple(StageResult(name) for name in family.stages)


def _end_consent(ctx: Context, draft: Draft, family: Consenting, app: App, token: str, found: Trial) -> None:
    refused = found.problem is not None and problem(found.problem).kind is Kind.REFUSAL
    runs.end(ctx, draft, token, found, wipe=refused)
    if found.problem in app_trouble.APP_PROBLEMS:
        mark = app_secrets.fingerprint(ctx, app)
        app_trouble.met(ctx, family.slug, mark, found.problem, found.server_text)


def _keep_grant(ctx: Context, draft: Draft, token: str, grant: Grant, app: App) -> bool:
    """Put the permission in the place of the code, so that another worker can go on with it; False without the lease.

    A new inbox takes the address that the provider vouches for; one that is reconnected keeps its own.
    """
    now = ctx.clock()
    with ctx.store.write() as session:
        row = session.exec(
            select(Draft).where(Draft.id == draft.id, Draft.lease_token == token).with_for_update()
        ).first()
        if row is None:
            return False
        row.sealed, row.key_id = credentials.seal(ctx, grant.secret, f"draft:{row.id}"), ctx.vault.key_id
        row.typed_at, row.lease_until, row.attempted = now, now + runs.LEASE, {}
        row.settings, row.granted = grant.settings, redemption.known_of(grant, app)
        if row.inbox_id is None:
            row.granted = {**row.granted, "typed": row.address}
            row.address = grant.address
    return True


def _keep_secret(ctx: Context, draft_id: str, token: str, secret: Secret) -> None:
    with ctx.store.write() as session:
        row = session.exec(
            select(Draft).where(Draft.id == draft_id, Draft.lease_token == token).with_for_update()
        ).first()
        if row is None:
            raise runs.LeaseLost
        row.sealed, row.key_id = credentials.seal(ctx, secret, f"draft:{row.id}"), ctx.vault.key_id
        row.attempted = dict.fromkeys(row.attempted or {}, runs.ACCEPTED)
