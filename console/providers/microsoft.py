"""The Microsoft 365 family: work, school and personal accounts, signed in to at Microsoft, read through Graph.

Sources: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/graph/api/overview. Where to sign in is read from the discovery document below the login
address (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from console.providers import microsoft_app, oauth, openid
from console.providers.account import MOST_ALIASES, Access, AccountSettings, first_secret, kept
from console.providers.base import App, Mailbox, Probe, Revocation, Secret
from console.providers.consenting import AppTest, ConsentRefused, Grant, Handoff, Scope
from console.providers.errors import DialError
from console.providers.line import Line
from console.providers.microsoft_login import CONSUMERS, NO_TENANT, Login, path
from console.providers.oauth import Clock, TokenEndpoint, Tokens
from console.providers.redirect_uri import microsoft_takes
from console.providers.web import BadAnswer, Target, WebLine
from console.rules import disclosures
from console.rules.phrases.api import GRAPH, STATUS
from console.rules.phrases.entra import ENTRA
from console.rules.phrases.oauth import OAUTH
from console.rules.rule import Rule, rule
from console.rules.texts import N_

_RESOURCE = "https://graph.microsoft.com/"
_PERSON = urlencode({"$select": "id,mail,userPrincipalName,proxyAddresses"}, safe="$,")
# Where personal accounts end the access of apps; those of organisations do it at disclosures.MICROSOFT.withdraw_url.
_PERSONAL_PAGE = "https://account.live.com/consent/Manage"
# https://learn.microsoft.com/graph/api/resources/mailboxsettings
_NOT_PERSONAL = frozenset({"shared", "room", "equipment"})


# What the answers mean.
RULES: tuple[Rule, ...] = (
    rule("mailbox-on-premises", r"mailboxnotenabledforrestapi|hosted on-?premise"),
    *ENTRA,
    *OAUTH,
    *GRAPH,
    *STATUS,
)


@dataclass(frozen=True)
class MicrosoftEndpoints:
    """Where Microsoft is asked. `login` is the root below which every authority lies, `graph` that of /v1.0."""

    login: str = "https://login.microsoftonline.com"
    graph: str = "https://graph.microsoft.com"


class MicrosoftFamily(AccountSettings):
    """See `console.providers.consenting.Consenting`. `clock` returns the time, aware."""

    # https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens: 90 days, and 24 hours for single-page
    # apps only, which this console is not. Every use brings a new one.
    kept_unused: timedelta | None = timedelta(days=90)
    kept_in_testing: timedelta | None = None
    slug = "microsoft"
    label = "Microsoft 365 / Outlook"
    icon = "brand-windows"
    text = N_("Microsoft account, at work or personal")
    disclosure = disclosures.MICROSOFT
    place, app_fields, set_up = microsoft_app.PLACE, microsoft_app.APP_FIELDS, microsoft_app.SET_UP
    approving, dead_ends = microsoft_app.APPROVAL, microsoft_app.DEAD_ENDS
    scopes: tuple[Scope, ...] = (
        Scope("openid", N_("To know which account signed in.")),
        Scope("profile", N_("To know the account by an identity that never changes.")),
        Scope("email", N_("To know the address of the mailbox.")),
        Scope("offline_access", N_("To stay connected without asking for a sign-in every hour.")),
        Scope("User.Read", N_("To read the addresses of the mailbox, aliases included.")),
        Scope("Mail.ReadWrite", N_("To find replies and the Sent folder, and to keep drafts.")),
        Scope("Mail.Send", N_("To send the mail that you write here.")),
        Scope("MailboxSettings.Read", N_("To see whether the mailbox is one person's or shared.")),
    )

    def __init__(self, endpoints: MicrosoftEndpoints | None = None, clock: Clock = lambda: datetime.now(UTC)) -> None:
        at = endpoints or MicrosoftEndpoints()
        self._login, self._clock = Login(at.login, RULES, clock), clock
        super().__init__(Target.read(at.graph).host, self._login.host)
        self._me = f"{at.graph.rstrip('/').removesuffix('/v1.0')}/v1.0/me"

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
        # Microsoft hands out a refresh token at every sign-in, so that nobody has to consent again for one.
        return oauth.handoff(
            self._login.of(app, WebLine(line, staged=True)).authorize,
            app,
            scope=" ".join(scope.name for scope in self.scopes),
            state=state,
            nonce=nonce,
            challenge=challenge,
            redirect_uri=redirect_uri,
            login_hint=address,
            response_mode="query",
        )

    def redeem(self, app: App, *, code: str, verifier: str, nonce: str, redirect_uri: str, line: Line) -> Grant:
        web = WebLine(line, staged=True)
        authority = self._login.of(app, web)
        endpoint = TokenEndpoint(authority.token, RULES, self._clock)
        found = endpoint.redeem(app, web, code=code, verifier=verifier, redirect_uri=redirect_uri)
        claims = openid.claims(
            found.id_token,
            self._login.documents,
            authority.keys,
            web,
            client_id=app.client_id,
            nonce=nonce,
            access_token=found.access_token,
            issued_by=authority.issued,
            clock=self._clock,
        )
        tenant = openid.text(claims, "tid", 36).lower()
        if tenant == CONSUMERS and path(app) != "common":
            raise ConsentRefused("oauth-wrong-account", "A personal account signed in to an app for organisations.")
        if tenant and tenant != CONSUMERS:
            self._login.refuse_closed_tenant(tenant, web)
        granted = self._granted(found, frozenset(scope.name for scope in self.scopes))
        secret = first_secret(found, self.scopes, granted)
        subject = f"{tenant}:{openid.text(claims, 'oid', 64) or openid.text(claims, 'sub', 255)}"
        address, *aliases = self._asked_addresses(secret, web, personal=tenant == CONSUMERS)
        return Grant(secret, address, subject, granted, {"account": address, "tenant": tenant}, tuple(aliases))

    def renew(self, app: App, secret: Secret, line: Line) -> Secret:
        return self._renewed(app, secret, WebLine(line, staged=True))

    def approval(self, app: App, *, state: str, redirect_uri: str) -> str:
        # https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
        who = app.tenant if app.tenant.lower() not in NO_TENANT and path(app) == app.tenant else "organizations"
        asked = {
            "client_id": app.client_id,
            # With those of OpenID Connect, as whoever may approve nothing is stopped by a single one that lacks.
            "scope": " ".join(f"{_RESOURCE}{one.name}" if "." in one.name else one.name for one in self.scopes),
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{self._login.url}/{quote(who, safe='')}/v2.0/adminconsent?{urlencode(asked, quote_via=quote)}"

    def refuses(self, redirect_uri: str) -> str:
        # A stand-in in the house, reached without TLS, has rules of its own.
        real = self._login.url.startswith("https:")
        return microsoft_app.URI_REFUSED if real and not microsoft_takes(redirect_uri) else ""

    def test_app(self, app: App, redirect_uri: str, line: Line) -> AppTest:
        if app.tenant.lower() in NO_TENANT:
            text = N_(
                "Not proved until the first sign-in: only with the directory (tenant) ID can the secret be tested."
            )
            return AppTest("not-proved", text)
        unproved = N_("Not proved until the first sign-in: Microsoft's answer says nothing about the secret.")
        web = WebLine(line, staged=True)
        try:
            endpoint = self._login.at(app.tenant, web).token
            TokenEndpoint(endpoint, RULES, self._clock).prove(app, web, scope=f"{_RESOURCE}.default")
        except ConsentRefused as refused:
            said = refused.server_text
            if refused.code == "oauth-client-secret":
                wrong = N_("Microsoft does not accept this client secret. It may have run out, or be the secret's ID.")
                return AppTest("wrong", wrong, problem=refused.code, server_text=said)
            if refused.code == "oauth-app-config":
                wrong = N_("Microsoft knows no app with this client ID in this tenant.")
                return AppTest("wrong", wrong, problem=refused.code, server_text=said)
            return AppTest("not-proved", unproved, server_text=said)
        except DialError:
            return AppTest("not-proved", N_("Microsoft could not be reached, so nothing is proved. Test again later."))
        return AppTest("proved", N_("Microsoft knows the app by this client ID and secret."))

    def same_mailbox(self, typed: str, signed_in: Grant) -> bool:
        return typed.strip().lower() in {signed_in.address, *signed_in.aliases}

    def declined(self, answer: Mapping[str, str]) -> ConsentRefused:
        return oauth.declined(answer, RULES)

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        host = self.host(mailbox.settings)
        access = Access(mailbox, probe, self._renewed, RULES, self._clock)
        with probe.stage("sign-in", host=host) as stage:
            access.ready()
            person = access.get(f"{self._me}?{_PERSON}")
            if not openid.text(person, "id"):
                raise BadAnswer("the answer is no person")
            access.check_scopes(self.scopes)
            probe.prove("sign-in")
            stage.say("%(account)s", account=self.account(mailbox.settings))
        with probe.stage("open-inbox", host=host) as stage:
            purpose = openid.text(access.get(f"{self._me}/mailboxSettings"), "userPurpose").lower()
            if purpose in _NOT_PERSONAL:
                raise ConsentRefused("unsupported-shared-mailbox", "The mailbox is not one person's.")
            inbox = access.get(f"{self._me}/mailFolders/inbox?$select=id,totalItemCount")
            if not isinstance(
                access.get(f"{self._me}/mailFolders/inbox/messages?$top=1&$select=id").get("value"), list
            ):
                raise BadAnswer("the answer is no list of messages")
            probe.prove("read")
            messages = inbox.get("totalItemCount")
            stage.say(N_("messages: %(messages)s"), messages=messages if isinstance(messages, int) else 0)
        if not probe.full:
            return
        with probe.stage("find-sent", host=host, warns=True) as stage:
            sent = openid.text(access.get(f"{self._me}/mailFolders/sentitems?$select=id,displayName"), "displayName")
            if not sent:
                probe.warn("folder-missing")
            probe.prove("sent")
            stage.say("%(folder)s", folder=sent)
        with probe.stage("aliases", host=host, warns=True) as stage:
            personal = mailbox.settings.get("tenant") == CONSUMERS
            aliases = [one for one in _addresses(person, personal=personal) if one != mailbox.address.lower()]
            if not mailbox.receives_only:
                probe.prove("send")
            probe.learn(aliases=aliases)
            stage.say(N_("aliases: %(number)s"), number=len(aliases))

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        # An app may end all sessions of a person everywhere or none; the consent is the person's to withdraw.
        personal = isinstance(mailbox.settings, dict) and mailbox.settings.get("tenant") == CONSUMERS
        return Revocation(
            done=False,
            text=N_(
                "The access is wiped here. The permission at Microsoft stays until you withdraw it there: "
                "open the page, choose this app and remove its permissions."
            ),
            url=_PERSONAL_PAGE if personal else self.disclosure.withdraw_url,
        )

    def _renewed(self, app: App, secret: Secret, web: WebLine) -> Secret:
        endpoint = TokenEndpoint(self._login.of(app, web).token, RULES, self._clock)
        asked = " ".join(scope.name for scope in self.scopes)
        found = endpoint.renew(app, web, secret["refresh_token"], scope=asked)
        return kept(found, secret, self._granted(found, frozenset(secret.get("scope", "").split())))

    def _granted(self, found: Tokens, before: frozenset[str]) -> frozenset[str]:
        """Return what was granted by our names; Microsoft puts the resource before some, and leaves out the rest."""
        if found.scopes is None:
            return before
        known = {scope.name.lower(): scope.name for scope in self.scopes}
        names = {name.lower().removeprefix(_RESOURCE): name for name in found.scopes}
        given = frozenset(known.get(short, full) for short, full in names.items())
        offline = {"offline_access"} if found.refresh_token or "offline_access" in before else set()
        return given | {"openid", "profile", "email"} | offline

    def _asked_addresses(self, secret: Secret, web: WebLine, *, personal: bool) -> tuple[str, ...]:
        bearer = {"Authorization": f"Bearer {secret['access_token']}"}
        answer = web.ask("GET", f"{self._me}?{_PERSON}", headers=bearer)
        if answer.status != 200:
            raise oauth.refusal(
                answer, rules=RULES, now=self._clock(), hidden=secret.values(), outage="server-unavailable"
            )
        found = _addresses(answer.fields(), personal=personal)
        if not found:
            raise ConsentRefused("mailbox-not-available", "The account comes without an address.")
        return found


def _addresses(fields: Mapping[str, Any], *, personal: bool) -> tuple[str, ...]:
    """Return the addresses of a mailbox, the main one first, in small letters.

    A tenant's admin can write anything into `mail` of an account without a mailbox; proxyAddresses and the user
    principal name are bound to domains that the tenant has proved. Personal accounts have `mail` alone.
    https://learn.microsoft.com/graph/api/resources/user
    """
    rows = fields.get("proxyAddresses")
    proxies = [row for row in rows[:MOST_ALIASES] if isinstance(row, str)] if isinstance(rows, list) else []
    main = [row[5:] for row in proxies if row.startswith("SMTP:")]
    others = [row[5:] for row in proxies if row.startswith("smtp:")]
    own = openid.text(fields, "mail") if personal else ""
    name = openid.text(fields, "userPrincipalName")
    # Guests are named by where they come from: bob_acme.test#EXT#@contoso.onmicrosoft.com.
    name = "" if "#" in name else name
    found = [one.strip().lower() for one in (*main, own, name, *others)]
    return tuple(dict.fromkeys(one for one in found if "@" in one and len(one) <= 320 and one.isprintable()))
