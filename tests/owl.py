"""A made-up family whose sign-in happens elsewhere: owl post. No page or service knows it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from wtforms import Form

from console.providers.app_guide import AppField, Approval, Choice, DeadEnd, SetUpStep
from console.providers.base import (
    NOTHING,
    App,
    Found,
    Mailbox,
    Probe,
    Revocation,
    Secret,
    Settings,
    SettingsUnreadable,
    Suggestion,
)
from console.providers.consenting import (
    AppTest,
    ConsentRefused,
    Grant,
    Handoff,
    Scope,
    ScopesMissing,
    challenge_of,
)
from console.providers.line import Line
from console.rules.diagnose import Rule
from console.rules.disclosures import Disclosure

TOWER = "https://tower.test/ask"


class OwlFamily:
    """The tower knows the app "tower" with the secret "feather". A code is "OWNER" or "OWNER|scope scope".

    `refusals` makes the tower refuse the next renewals with these codes; `renewals` lists the tokens renewed,
    `revoked` those given back, and `challenges` belong to the codes: an owner whose challenge is not the verifier's
    gets nothing. `gate` is the code that every redemption is refused with, `loft` the one that ends every check;
    `uri_refused` is what the tower says of the address it is to fly back to.
    """

    slug = "owl"
    label = "Owl post"
    icon = "mail"
    text = "An owl that knows you"
    password_based = False
    consents = True
    stages: tuple[str, ...] = ("sign-in", "open-inbox", "aliases")
    short: tuple[str, ...] = ("sign-in", "open-inbox")
    own_servers = False
    form: type[Form] | None = None
    settings_template = "connect/settings/plain.html"
    rules: Sequence[Rule] = ()
    disclosure = Disclosure(version="3", before=("Owls read.",), after=("Owls remember.",), not_done=("No mice.",))
    successor = ""
    kept_unused = timedelta(days=60)
    kept_in_testing = timedelta(days=2)
    scopes = (Scope("see", "To see the owl."), Scope("carry", "To carry letters."))
    place = "the tower"
    app_fields = (
        AppField("client_id", "Name of the owl", variable="CONSOLE_OWL_NAME"),
        AppField("client_secret", "Feather", "Shown once.", kind="secret", wrong="egg.*", told="This is an egg."),
        AppField("secret_expires_on", "Moults on", kind="date", required=False),
        AppField(
            "publishing",
            "Flight",
            kind="choice",
            choices=(Choice("production", "Flies"), Choice("testing", "Fledgling", "It falls down after 7 days.")),
        ),
    )
    set_up = (
        SetUpStep("Climb the tower.", url="https://tower.test/stairs"),
        SetUpStep("Tell it where to fly back to.", "%(redirect_uri)s"),
        SetUpStep("Ask for these.", "%(scopes)s"),
    )
    approving = Approval(
        "Most towers ask their keeper.",
        (SetUpStep("Name the owl to the keeper.", "%(client_id)s", "%(client_id)s"),),
        "Shut the gate.",
    )
    dead_ends = (
        DeadEnd("The gate is shut", "oauth-org-policy-blocked"),
        DeadEnd("No owl is at home", "oauth-provider-outage"),
    )

    def __init__(self) -> None:
        self.challenges: dict[str, str] = {}
        self.refusals: list[str] = []
        self.renewals: list[str] = []
        self.revoked: list[str] = []
        self.gate = self.loft = self.uri_refused = ""

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        return Suggestion({"account": address})

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        return {"account": data.get("account") or address}, Secret()

    def fill(self, settings: Settings) -> dict[str, Any]:
        return {"account": self._account(settings)}

    def summary(self, settings: Settings) -> str:
        return f"{self._account(settings)} at {self.host(settings)}"

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        return [("Owl of", self._account(settings))]

    def host(self, settings: Settings) -> str:
        self._account(settings)
        return "tower.test"

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        return dict.fromkeys(("refresh_token", "access_token"), (self.host(settings),))

    def ask(
        self,
        app: App,
        *,
        address: str,
        state: str,
        nonce: str,
        challenge: str,
        redirect_uri: str,
        fresh: bool,
        line: Line,
    ) -> Handoff:
        self.challenges[address] = challenge
        asked = {"client": app.client_id, "state": state, "back": redirect_uri, "hint": address, "fresh": fresh}
        return Handoff(f"{TOWER}?{urlencode(asked)}")

    def redeem(self, app: App, *, code: str, verifier: str, nonce: str, redirect_uri: str, line: Line) -> Grant:
        self._known(app)
        owner, _, given = code.partition("|")
        if self.challenges.pop(owner, None) != challenge_of(verifier):
            raise ConsentRefused("oauth-code-invalid", "The code belongs to nobody.")
        if self.gate:
            raise ConsentRefused(self.gate, "The gate is shut.")
        scopes = frozenset((given or "see carry").split())
        if missing := frozenset(scope.name for scope in self.scopes) - scopes:
            raise ScopesMissing(missing)
        return Grant(self._secret(0, owner), owner, f"owl:{owner}", scopes, {"account": owner})

    def renew(self, app: App, secret: Secret, line: Line) -> Secret:
        self._known(app)
        self.renewals.append(secret["refresh_token"])
        if self.refusals:
            raise ConsentRefused(self.refusals.pop(0), "The tower refuses.", retry_after=60)
        number, owner = secret["refresh_token"].removeprefix("token ").split(" of ")
        return self._secret(int(number) + 1, owner)

    def approval(self, app: App, *, state: str, redirect_uri: str) -> str:
        return ""

    def refuses(self, redirect_uri: str) -> str:
        return self.uri_refused

    def test_app(self, app: App, redirect_uri: str, line: Line) -> AppTest:
        if app.client_secret == "feather":
            return AppTest("proved", "The tower knows the feather.")
        return AppTest("wrong", "The tower knows no such feather.", problem="oauth-client-secret")

    def same_mailbox(self, typed: str, signed_in: Grant) -> bool:
        return typed == signed_in.address or typed in signed_in.aliases

    def declined(self, answer: Mapping[str, str]) -> ConsentRefused:
        return ConsentRefused("oauth-user-declined", "The owl was sent away.")

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        tower = self.host(mailbox.settings)
        with probe.stage("sign-in", host=tower):
            secret = mailbox.secret
            if not secret["access_token"]:
                assert mailbox.app is not None
                probe.attempt("token", "refresh_token")
                secret = self.renew(mailbox.app, secret, probe.line)
                probe.accepted("token")
                probe.keep(secret)
            probe.learn(scopes=secret["scope"].split())
            probe.prove("sign-in")
        with probe.stage("open-inbox", host=tower):
            if self.loft:
                raise ConsentRefused(self.loft, "The loft is shut.")
            probe.prove("read")
        if probe.full:
            with probe.stage("aliases", host=tower):
                probe.prove("send")
                probe.learn(aliases=[f"owl+{mailbox.address}"])

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        if line is None:
            return Revocation(done=False, text="The tower will be told.")
        self.revoked.append(mailbox.secret["refresh_token"])
        return Revocation(done=True, text="The tower has forgotten you.")

    def _known(self, app: App) -> None:
        if (app.client_id, app.client_secret) != ("tower", "feather"):
            raise ConsentRefused("oauth-client-secret", "The tower knows no such feather.")

    def _secret(self, number: int, owner: str) -> Secret:
        return Secret(
            refresh_token=f"token {number} of {owner}",
            access_token=f"key {number} of {owner}",
            expires_at="2030-01-01T00:00:00+00:00",
            scope="see carry",
        )

    def _account(self, settings: Settings) -> str:
        if not isinstance(settings, dict) or not isinstance(settings.get("account"), str):
            raise SettingsUnreadable("no owl")
        return settings["account"]
