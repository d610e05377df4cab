"""Sign-in at Google and Microsoft in the made-up company: apps, inboxes, and drafts at every point of the way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from console.providers.base import StageResult
from console.providers.consenting import consenting
from console.services import app_secrets, app_trouble, apps, consents, drafts
from console.store.consents import AppStanding
from console.store.models import Credential, Draft, Inbox
from tests.e2e.cast import HOME, TODAY, Cast

GOOGLE = "481516234200-havbris0inbox0console.apps.googleusercontent.com"
MICROSOFT = "5b1e7c90-2f4a-4c0e-9d31-7a8be2f0c615"
GIVEN = ("openid", "email", "https://www.googleapis.com/auth/gmail.send")


def keep(cast: Cast) -> None:
    """Set both apps up, as Maja did some days ago: Google's is in testing, Microsoft's secret ends soon."""
    if apps.get(cast.ctx, "gmail") is not None:
        return
    maja = cast.people["Maja"]
    cast.on(20, 10, 5)
    apps.save(cast.ctx, maja, "gmail", client_id=GOOGLE, client_secret="a-feather", publishing="testing")  # made up
    apps.save(
        cast.ctx,
        maja,
        "microsoft",
        client_id=MICROSOFT,
        client_secret="another-feather",  # made up
        tenant="7d1a0c52-8b64-4f1e-a2c7-30c5f9b1e8aa",
        audience="organizations",
        secret_expires_on=date(2026, 12, 6),
    )
    _tested(cast, "gmail", "proved", "Google knows this app by its ID and secret.", None)
    cast.clock.now = TODAY


def unset(cast: Cast) -> None:
    """Leave both providers without an app, as in a new console."""
    for slug in apps.all_of(cast.ctx):
        apps.remove(cast.ctx, cast.people["Maja"], slug)


def mended(cast: Cast) -> None:
    """Have Microsoft take its app again."""
    with cast.ctx.store.write() as session:
        app_trouble.forget(session, "microsoft")


def _tested(cast: Cast, slug: str, outcome: str, text: str, problem: str | None) -> None:
    app_id = app_secrets.fingerprint(cast.ctx, _app(cast, slug))
    with cast.ctx.store.write() as session:
        session.merge(
            AppStanding(
                provider=slug,
                test_state="done",
                test_by_id=cast.people["Maja"].id,
                test_asked_at=TODAY - timedelta(minutes=6),
                tested=app_id,
                tested_at=TODAY - timedelta(minutes=6),
                outcome=outcome,
                outcome_text=text,
                outcome_values={},
                outcome_problem=problem,
            )
        )


def _app(cast: Cast, slug: str) -> Any:
    with cast.ctx.store.read() as session:
        return app_secrets.for_use(cast.ctx, session, slug)


def asked(cast: Cast) -> None:
    """Leave a test of Microsoft's app under way."""
    with cast.ctx.store.write() as session:
        app_trouble.ask(session, cast.people["Maja"].id, "microsoft", TODAY)


def trouble(cast: Cast) -> None:
    """Have Microsoft not take the app any more."""
    _tested(cast, "microsoft", "wrong", "Microsoft does not take the secret of this app.", "oauth-client-secret")
    cast.on(24, 8, 41)
    mark = app_secrets.fingerprint(cast.ctx, _app(cast, "microsoft"))
    said = "AADSTS7000222: The provided client secret keys for app are expired."
    app_trouble.broke(cast.ctx, "microsoft", mark, "oauth-client-secret", said)
    cast.clock.now = TODAY


def inbox(cast: Cast, first: str, provider: str, address: str, **columns: Any) -> int:
    """Put an inbox there that somebody connected by a sign-in at the provider."""
    keep(cast)
    if address in cast.inboxes:
        return cast.inboxes[address]
    family, owner = consenting(cast.ctx.families[provider]), cast.people[first]
    assert family is not None
    settings = family.suggest(address).settings
    granted = columns.pop("granted", tuple(scope.name for scope in family.scopes))
    proofs = dict.fromkeys(("sign-in", "read", "sent", "send"), (TODAY - timedelta(minutes=9)).isoformat())
    known = {
        "health": "healthy",
        "proofs": proofs,
        "checked_at": TODAY - timedelta(minutes=9),
        "proven_until": TODAY + timedelta(minutes=30),
        "next_check": TODAY + timedelta(minutes=6),
        "connected_at": TODAY - timedelta(days=12),
        "aliases": [],
    }
    with cast.ctx.store.write() as session:
        row = Inbox(
            owner_id=owner.id,
            address=address,
            provider=provider,
            settings=settings,
            host=family.host(settings),
            connected_by_id=owner.id,
            **{**known, **columns},
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        session.add(
            Credential(
                inbox_id=row.id,
                sealed=cast.ctx.vault.seal({"refresh_token": "made up"}, row=f"inbox:{row.id}"),
                key_id=cast.ctx.vault.key_id,
                typed_for={},
                typed_at=TODAY,
                refused={},
                client_id=apps.get(cast.ctx, provider).client_id,  # type: ignore[union-attr]
                granted=list(granted),
            )
        )
        cast.inboxes[address] = row.id
    return cast.inboxes[address]


def healthy(cast: Cast) -> int:
    """Return Freja's Gmail inbox, which has two aliases."""
    aliases = [f"salg@{HOME}", f"freja@{HOME}"]
    return inbox(cast, "Freja", "gmail", "freja.holst@havbris-hotel.example", aliases=aliases)


def withdrawn(cast: Cast) -> int:
    """Return Nora's Gmail inbox, whose permission was withdrawn at Google."""
    return inbox(
        cast,
        "Nora",
        "gmail",
        "nora@vestergaard-atelier.example",
        granted=GIVEN,
        health="needs-sign-in",
        problem="oauth-grant-revoked",
        problem_stage="sign-in",
        problem_host="gmail.googleapis.com",
        problem_since=TODAY - timedelta(hours=1, minutes=12),
        server_text="invalid_grant: Token has been expired or revoked.",
        next_check=None,
    )


def draft(cast: Cast, by: str, provider: str, address: str) -> str:
    """Take a draft as far as the step before leaving for the provider."""
    actor = cast.people[by]
    draft_id = drafts.start(cast.ctx, actor)
    drafts.set_address(cast.ctx, actor, draft_id, address, provider)
    drafts.accept_disclosure(cast.ctx, actor, draft_id)
    return draft_id


def left(cast: Cast, by: str, address: str) -> str:
    """Leave a draft of somebody who went to Google and has not come back."""
    draft_id = draft(cast, by, "gmail", address)
    cast.on(24, 9, 9)
    _begin(cast, by, draft_id)
    cast.clock.now = TODAY
    return draft_id


def _begin(cast: Cast, by: str, draft_id: str) -> str:
    handoff = consents.begin(cast.ctx, cast.people[by], draft_id, "a browser")
    return parse_qs(urlsplit(handoff.url).query)["state"][0]


def declined(cast: Cast, by: str, address: str) -> str:
    """Leave a draft of somebody who pressed Cancel at Google."""
    draft_id = draft(cast, by, "gmail", address)
    state = _begin(cast, by, draft_id)
    answer = {"state": state, "error": "access_denied"}
    return consents.come_back(cast.ctx, cast.people[by], "gmail", answer, "a browser")


def other_account(cast: Cast, by: str, address: str) -> str:
    """Leave a draft of somebody who chose another account at Google."""
    draft_id = declined(cast, by, address)
    with cast.ctx.store.write() as session:
        row = session.get_one(Draft, draft_id)
        text = "%(signed_in)s signed in, but %(address)s was to be connected"
        values = {"signed_in": "privat@lindqvist.example", "address": address}
        first = StageResult("consent", "failed", text, values, 420, "oauth-wrong-account", "oauth2.googleapis.com")
        row.problem, row.server_text = "oauth-wrong-account", ""
        row.stages = [first.to_dict(), *row.stages[1:]]
    return draft_id
