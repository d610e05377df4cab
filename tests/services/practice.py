"""Inboxes of the console's own families whose accounts live in the practice lab."""

from urllib.parse import parse_qsl, urlsplit

import requests

from console.lab import visitor
from console.lab.accounts import Account
from console.lab.grants import Asked, challenge_of
from console.lab.serving import CONTOSO, GOOGLE_APP, MICROSOFT_APP, Lab
from console.lab.stand_in import StandIn
from console.providers.base import Secret
from console.services import consents, credentials, drafts, verification
from console.services.context import Actor, Context
from console.store.models import Credential, Inbox
from tests.lab.made import SECONDS
from tests.peers.fixtures import LAB_ORIGIN
from tests.services import owls

APPS = {"gmail": GOOGLE_APP, "microsoft": MICROSOFT_APP}
BOB = {"gmail": "bob@acme.test", "microsoft": "bob@contoso.test"}
OVER = "2020-01-01T00:00:00+00:00"


def settings_at(lab: Lab) -> dict[str, str]:
    """Return the CONSOLE_… values of a console that people are sent back to by this lab."""
    return {**lab.environment(), "CONSOLE_BASE_URL": LAB_ORIGIN}


def place_of(lab: Lab, slug: str) -> StandIn:
    """Return the stand-in behind a family."""
    return {"gmail": lab.google, "microsoft": lab.microsoft}[slug]


def counts(lab: Lab, slug: str, address: str) -> dict[str, int]:
    """Return what the lab counted for an account, as its board tells it."""
    return all_counts(lab)[place_of(lab, slug).slug][address]


def all_counts(lab: Lab) -> dict[str, dict[str, dict[str, int]]]:
    """Return everything that the lab counted."""
    return dict(requests.get(f"{lab.url}/counts.json", timeout=SECONDS).json())


def begin(ctx: Context, actor: Actor, address: str, slug: str) -> str:
    """Go through the wizard up to the provider; return the draft's id."""
    draft_id = drafts.start(ctx, actor)
    drafts.set_address(ctx, actor, draft_id, address, slug)
    drafts.accept_disclosure(ctx, actor, draft_id)
    return draft_id


def come_back(ctx: Context, actor: Actor, draft_id: str, slug: str, account: str = "", **pressed) -> dict[str, str]:
    """Leave for the lab, answer its page, and come back; return what the browser brought."""
    url = consents.begin(ctx, actor, draft_id, owls.BROWSER).url
    account = account or dict(parse_qsl(urlsplit(url).query))["login_hint"]
    answer = dict(parse_qsl(urlsplit(visitor.answer(url, account, **pressed)).query))
    consents.come_back(ctx, actor, slug, answer, owls.BROWSER)
    return answer


def connect(ctx: Context, actor: Actor, slug: str, address: str = "", account: str = "", **pressed) -> str:
    """Go through the whole wizard, with this thread as the worker; return the draft's id."""
    draft_id = begin(ctx, actor, address or BOB[slug], slug)
    come_back(ctx, actor, draft_id, slug, account, **pressed)
    verification.run(ctx, draft_id)
    return draft_id


def welcome(lab: Lab, slug: str, number: int) -> list[str]:
    """Give so many people an account at a stand-in; return their addresses."""
    place = place_of(lab, slug)
    tenant, domain = (CONTOSO.id, "contoso.test") if slug == "microsoft" else ("", "acme.test")
    found = [Account(f"box{index}@{domain}", f"Box {index}", tenant) for index in range(number)]
    for account in found:
        place.add(account)
    return [account.address for account in found]


def place(ctx: Context, lab: Lab, owner: Actor, slug: str, *addresses: str, **columns) -> list[int]:
    """Connect inboxes that the lab has given permission for and whose access has run out; return their ids."""
    family, now = ctx.families[slug], ctx.clock()
    with ctx.store.write() as session:
        rows = [
            Inbox(
                owner_id=owner.id,
                address=address,
                provider=slug,
                host=family.host({"account": address}),
                settings={"account": address},
                connected_at=now,
                connected_by_id=owner.id,
                **{"subject": f"{slug}:{address}", "proofs": {}, "health": "healthy", "next_check": now, **columns},
            )
            for address in addresses
        ]
        session.add_all(rows)
        session.flush()
        for row in rows:
            secret = _permission(lab, slug, row.address, [scope.name for scope in family.scopes])
            session.add(
                Credential(
                    inbox_id=row.id,
                    sealed=credentials.seal(ctx, secret, f"inbox:{row.id}"),
                    key_id=ctx.vault.key_id,
                    typed_for=credentials.typed_for(family, row.settings),
                    typed_at=now,
                    refused={},
                    client_id=APPS[slug][0],
                    granted=sorted(secret["scope"].split()),
                )
            )
        return [row.id for row in rows]


def _permission(lab: Lab, slug: str, address: str, scopes: list[str]) -> Secret:
    grants, client_id, verifier = place_of(lab, slug).grants, APPS[slug][0], "v" * 43
    back = f"{LAB_ORIGIN}/consent/{slug}"
    asked = Asked(client_id, back, "state", "nonce", tuple(scopes), challenge_of(verifier), offline=True, fresh=True)
    grant, access = grants.redeem(grants.allow(asked, address, tuple(scopes)), client_id, back, verifier)
    return Secret(refresh_token=grant.refresh_token, access_token=access, expires_at=OVER, scope=" ".join(scopes))
