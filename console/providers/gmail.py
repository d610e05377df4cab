"""The Gmail family: Google accounts, signed in to at Google, their mail read through the Gmail API.

Sources: https://developers.google.com/identity/protocols/oauth2/web-server,
https://developers.google.com/identity/openid-connect/openid-connect, https://developers.google.com/workspace/gmail/api/reference/rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from console.providers import gmail_app, oauth, openid
from console.providers.account import MOST_ALIASES, Access, AccountSettings, first_secret, kept
from console.providers.base import App, Mailbox, Probe, Revocation, Secret
from console.providers.consenting import AppTest, ConsentRefused, Grant, Handoff, Scope
from console.providers.errors import DialError
from console.providers.line import Line
from console.providers.oauth import Clock, TokenEndpoint, Tokens
from console.providers.openid import Documents
from console.providers.redirect_uri import google_takes
from console.providers.web import BadAnswer, Target, WebLine
from console.rules import disclosures
from console.rules.phrases.api import GMAIL, STATUS
from console.rules.phrases.oauth import OAUTH
from console.rules.rule import Rule
from console.rules.texts import N_

_PREFIX = "https://www.googleapis.com/auth/"
SEND, READ = f"{_PREFIX}gmail.send", f"{_PREFIX}gmail.readonly"
# Google answers with the long name of this one.
_LONG_NAMES = {f"{_PREFIX}userinfo.email": "email"}
_MADE_UP = "made-up-code-to-test-the-app"
_UNPROVED = N_("Not proved until the first sign-in: Google's answer says nothing about the secret.")
# Addresses below these are one mailbox, dots and all: https://support.google.com/mail/answer/7436150
_CONSUMER = frozenset({"gmail.com", "googlemail.com"})
_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})


# What the answers mean.
RULES: tuple[Rule, ...] = (*OAUTH, *GMAIL, *STATUS)


@dataclass(frozen=True)
class GoogleEndpoints:
    """Where Google is asked. `certs` is its key set; `api` is the root below which /gmail/v1 lies."""

    authorize: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    certs: str = "https://www.googleapis.com/oauth2/v3/certs"
    api: str = "https://gmail.googleapis.com"


class GmailFamily(AccountSettings):
    """See `console.providers.consenting.Consenting`. `clock` returns the time, aware."""

    slug = "gmail"
    label = "Gmail"
    icon = "brand-google"
    text = N_("Google account, personal or at work")
    disclosure = disclosures.GMAIL
    # https://developers.google.com/identity/protocols/oauth2#expiration: unused for six months, the shortest of which
    # have 181 days; seven days while the app has the publishing status Testing and takes external users.
    kept_unused: timedelta | None = timedelta(days=181)
    kept_in_testing: timedelta | None = timedelta(days=7)
    place, app_fields, set_up = gmail_app.PLACE, gmail_app.APP_FIELDS, gmail_app.SET_UP
    approving, dead_ends = gmail_app.APPROVAL, gmail_app.DEAD_ENDS
    scopes: tuple[Scope, ...] = (
        Scope("openid", N_("To know which account signed in.")),
        Scope("email", N_("To know the address of the mailbox.")),
        Scope(SEND, N_("To send the mail that you write here.")),
        Scope(READ, N_("To find the replies to it, the Sent folder and your aliases.")),
    )

    def __init__(self, endpoints: GoogleEndpoints | None = None, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._at, self._clock = endpoints or GoogleEndpoints(), clock
        super().__init__(Target.read(self._at.api).host, Target.read(self._at.token).host)
        self._tokens = TokenEndpoint(self._at.token, RULES, clock)
        self._documents = Documents(RULES, clock)
        self._mail = f"{self._at.api.rstrip('/').removesuffix('/gmail/v1')}/gmail/v1/users/me"
        front = Target.read(self._at.authorize)
        # What stands in for Google in the house may sign with its own name.
        self._issuers = _ISSUERS | {f"{front.scheme}://{front.host_header}"}
        self._real = front.scheme == "https"

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
        # Google hands out a refresh token with consent only: https://developers.google.com/identity/protocols/oauth2/web-server#offline
        extra = {"prompt": "consent"} if fresh else {}
        return oauth.handoff(
            self._at.authorize,
            app,
            scope=" ".join(scope.name for scope in self.scopes),
            state=state,
            nonce=nonce,
            challenge=challenge,
            redirect_uri=redirect_uri,
            login_hint=address,
            access_type="offline",
            **extra,
        )

    def redeem(self, app: App, *, code: str, verifier: str, nonce: str, redirect_uri: str, line: Line) -> Grant:
        web = WebLine(line, staged=True)
        found = self._tokens.redeem(app, web, code=code, verifier=verifier, redirect_uri=redirect_uri)
        claims = openid.claims(
            found.id_token,
            self._documents,
            self._at.certs,
            web,
            client_id=app.client_id,
            nonce=nonce,
            access_token=found.access_token,
            issued_by=lambda claims: claims.get("iss") in self._issuers,
            clock=self._clock,
        )
        subject, address = openid.text(claims, "sub", 255), openid.text(claims, "email").lower()
        if "@" not in address or claims.get("email_verified", True) is not True or not subject:
            raise ConsentRefused("mailbox-not-available", "The account comes without a verified address.")
        # Scopes are left out where they are those that were asked for (RFC 6749, 5.1).
        granted = self._granted(found, frozenset(scope.name for scope in self.scopes))
        return Grant(first_secret(found, self.scopes, granted), address, subject, granted, {"account": address})

    def renew(self, app: App, secret: Secret, line: Line) -> Secret:
        return self._renewed(app, secret, WebLine(line, staged=True))

    def approval(self, app: App, *, state: str, redirect_uri: str) -> str:
        return ""

    def refuses(self, redirect_uri: str) -> str:
        # A stand-in in the house, reached without TLS, has rules of its own.
        return gmail_app.URI_REFUSED if self._real and not google_takes(redirect_uri) else ""

    def test_app(self, app: App, redirect_uri: str, line: Line) -> AppTest:
        try:
            self._tokens.redeem(
                app, WebLine(line, staged=True), code=_MADE_UP, verifier="v" * 43, redirect_uri=redirect_uri
            )
        except ConsentRefused as refused:
            return self._tested(refused)
        except DialError:
            return AppTest("not-proved", N_("Google could not be reached, so nothing is proved. Test again later."))
        return AppTest("not-proved", _UNPROVED)

    def _tested(self, refused: ConsentRefused) -> AppTest:
        said = refused.server_text
        if refused.code == "oauth-code-invalid":
            return AppTest("proved", N_("Google knows the app by this client ID and secret."), server_text=said)
        if refused.code == "oauth-client-secret":
            wrong = N_("Google does not accept this client secret.")
            return AppTest("wrong", wrong, problem=refused.code, server_text=said)
        if refused.code == "oauth-app-config":
            wrong = N_("Google knows no app with this client ID, or the redirect URI is not entered there.")
            return AppTest("wrong", wrong, problem=refused.code, server_text=said)
        return AppTest("not-proved", _UNPROVED, server_text=said)

    def same_mailbox(self, typed: str, signed_in: Grant) -> bool:
        return _mailbox(typed) == _mailbox(signed_in.address)

    def declined(self, answer: Mapping[str, str]) -> ConsentRefused:
        return oauth.declined(answer, RULES)

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        host = self.host(mailbox.settings)
        access = Access(mailbox, probe, self._renewed, RULES, self._clock)
        with probe.stage("sign-in", host=host) as stage:
            access.ready()
            listed = access.ask(f"{self._mail}/messages?{urlencode({'labelIds': 'INBOX', 'maxResults': 1})}")
            access.check_scopes(self.scopes)
            if listed.status == 401:
                access.judge(listed)
            probe.prove("sign-in")
            stage.say("%(account)s", account=self.account(mailbox.settings))
        with probe.stage("open-inbox", host=host) as stage:
            stage.say(N_("messages can be listed") if _lists(access.judge(listed)) else N_("no messages"))
            probe.prove("read")
        if not probe.full:
            return
        with probe.stage("find-sent", host=host, warns=True) as stage:
            sent = openid.text(access.get(f"{self._mail}/labels/SENT"), "name")
            if not sent:
                probe.warn("folder-missing")
            probe.prove("sent")
            stage.say("%(folder)s", folder=sent)
        with probe.stage("aliases", host=host, warns=True) as stage:
            aliases = _aliases(access.get(f"{self._mail}/settings/sendAs"), mailbox.address)
            if not mailbox.receives_only:
                probe.prove("send")
            probe.learn(aliases=aliases)
            stage.say(N_("aliases: %(number)s"), number=len(aliases))

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        if line is None:
            text = N_("Removing the inbox ends the access at Google. You can also end it there yourself.")
            return Revocation(done=False, text=text, url=self.disclosure.withdraw_url)
        token = mailbox.secret.get("refresh_token") or mailbox.secret.get("access_token")
        failed = Revocation(
            done=False,
            text=N_("Google did not confirm that the access has ended. Open the page of connected apps and remove it."),
            url=self.disclosure.withdraw_url,
        )
        if not token:
            return failed
        try:
            answer = WebLine(line, staged=True).ask("POST", self._at.revoke, form={"token": token})
        except DialError:
            return failed
        if answer.status == 200:
            return Revocation(done=True, text=N_("The access at Google has ended."))
        # Google answers so to a token that it knows no more.
        if answer.status == 400 and "invalid_token" in oauth.told(answer):
            return Revocation(done=True, text=N_("The access at Google had ended before."))
        return failed

    def _renewed(self, app: App, secret: Secret, web: WebLine) -> Secret:
        found = self._tokens.renew(app, web, secret["refresh_token"])
        return kept(found, secret, self._granted(found, frozenset(secret.get("scope", "").split())))

    def _granted(self, found: Tokens, before: frozenset[str]) -> frozenset[str]:
        """Return what was granted by our names; what an answer leaves out stays as it was (RFC 6749, 5.1 and 6)."""
        if found.scopes is None:
            return before
        return frozenset(_LONG_NAMES.get(name, name) for name in found.scopes) | {"openid", "email"}


def _mailbox(address: str) -> str:
    """Return the one form of an address: at gmail.com dots, what follows a plus, and the old domain do not count."""
    local, _, domain = address.strip().lower().rpartition("@")
    if domain in _CONSUMER:
        return f"{local.partition('+')[0].replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def _lists(fields: Mapping[str, Any]) -> bool:
    """Return whether a list of messages has any. Raises BadAnswer for what is no such list.

    https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list
    """
    rows = fields.get("messages", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) and openid.text(row, "id") for row in rows[:1]):
        raise BadAnswer("the answer is no list of messages")
    if not rows and fields.get("resultSizeEstimate") != 0:
        raise BadAnswer("the answer is no list of messages")
    return bool(rows)


def _aliases(fields: Mapping[str, Any], address: str) -> tuple[str, ...]:
    """Return the addresses that Google lets the account send as, without its own and those not confirmed yet.

    https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings.sendAs
    """
    rows = fields.get("sendAs")
    found: dict[str, None] = {}
    for row in rows[:MOST_ALIASES] if isinstance(rows, list) else ():
        if not isinstance(row, dict) or row.get("verificationStatus") != "accepted" or row.get("isPrimary"):
            continue
        alias = openid.text(row, "sendAsEmail").lower()
        if "@" in alias and alias != address.lower():
            found[alias] = None
    return tuple(found)
