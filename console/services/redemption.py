"""Turning the code that came back from a provider into a permission, and seeing that it is the mailbox that was meant.

A permission for another mailbox is dropped and not given back at the provider: there, giving one back ends every
permission that the account gave to the app, and the account may be connected here by its owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from console.providers.base import App, Mailbox, Probe, Secret
from console.providers.consenting import Consenting, Grant, ScopesMissing, WrongAccount
from console.rules.diagnose import Rule
from console.rules.texts import N_
from console.services.consents import CONSENT
from console.store.models import Draft, Inbox

CODE = "code"


@dataclass
class Redemption:
    """What `trial.run` runs before the family's own check; `grant` is there once it passed.

    `expected` is the identity of the account that the inbox had so far, or None.
    """

    family: Consenting
    app: App
    redirect_uri: str
    expected: str | None
    stages: tuple[str, ...] = (CONSENT,)
    short: tuple[str, ...] = ()
    own_servers: bool = False
    rules: Sequence[Rule] = field(init=False)
    grant: Grant | None = None

    def __post_init__(self) -> None:
        """Read the server's words as the family does."""
        self.rules = self.family.rules

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Redeem the code in the mailbox's secret. Raises what the family raises, and WrongAccount."""
        host = self.family.host(self.family.suggest(mailbox.address).settings)
        with probe.stage(CONSENT, host=host) as stage:
            probe.attempt(CONSENT, CODE)
            try:
                grant = self.family.redeem(
                    self.app,
                    code=mailbox.secret[CODE],
                    verifier=mailbox.secret["verifier"],
                    nonce=mailbox.secret["nonce"],
                    redirect_uri=self.redirect_uri,
                    line=probe.line,
                )
            except ScopesMissing as missing:
                stage.say(N_("Not given: %(scopes)s"), scopes=", ".join(sorted(missing.missing)))
                raise
            probe.accepted(CONSENT)
            if not self._meant(mailbox.address, grant):
                stage.say(
                    N_("%(signed_in)s signed in, but %(address)s was to be connected"),
                    signed_in=grant.address,
                    address=mailbox.address,
                )
                raise WrongAccount(grant.address)
            if grant.address == mailbox.address:
                stage.say(N_("Signed in as %(signed_in)s"), signed_in=grant.address)
            else:
                stage.say(
                    N_("%(address)s is a name of the mailbox %(signed_in)s"),
                    signed_in=grant.address,
                    address=mailbox.address,
                )
            self.grant = grant

    def _meant(self, typed: str, grant: Grant) -> bool:
        return grant.subject == self.expected if self.expected else self.family.same_mailbox(typed, grant)


def expected_subject(session: Session, draft: Draft) -> str | None:
    """Return the account that a reconnect must bring.

    None for a new inbox, one whose account is not known, and one that comes from another provider: there the address
    that was typed says which mailbox is meant.
    """
    inbox = session.get(Inbox, draft.inbox_id) if draft.inbox_id is not None else None
    return inbox.subject if inbox is not None and inbox.provider == draft.provider else None


def known_of(grant: Grant, app: App) -> dict[str, Any]:
    """Return what is kept of a permission beside its secret."""
    return {
        "subject": grant.subject[:255],
        "scopes": sorted(grant.scopes),
        "aliases": list(grant.aliases),
        "client_id": app.client_id,
    }


def redeemed(secret: Secret) -> bool:
    """Return whether a draft's secret is a permission already, no code."""
    return CODE not in secret
