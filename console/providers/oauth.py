"""OAuth 2.0 as Gmail and Microsoft use it: the address to ask at, the token endpoint, and what a refusal means.

Sources: RFC 6749, RFC 7636. Authlib speaks the protocol; ours are the bounds on what comes back, and the diagnosis.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from requests import Response

from console.providers.adapter import dialling
from console.providers.base import App, Secret
from console.providers.consenting import ConsentRefused, Handoff
from console.providers.web import Answer, BadAnswer, WebLine
from console.rules import replies
from console.rules.masking import mask
from console.rules.phrases.entra import REDEEM
from console.rules.problems import Kind, problem
from console.rules.rule import Rule

Clock = Callable[[], datetime]
OUTAGE = "oauth-provider-outage"
# Tokens are opaque; these bounds are far above what both providers hand out, and keep headers and rows in shape.
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
# Codes come through the browser, where anybody can write one (RFC 6749, A.11).
_CODE = re.compile(r"[\x20-\x7e]{1,4096}")
# A token that claims to live longer is renewed after a day all the same.
_LONGEST_LIFE = 86400
# An access token is not used in its last minute: it would run out on the way.
_MARGIN = timedelta(seconds=60)
_LONGEST_SCOPE = 4096


@dataclass(frozen=True)
class Tokens:
    """What a token endpoint handed out, checked for its shape. "" and None stand for what was not in it."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    expires_at: str = ""
    scopes: frozenset[str] | None = None


def usable(secret: Secret, now: datetime) -> bool:
    """Return whether the access token of `secret` may still be used at `now` (aware)."""
    try:
        ends = datetime.fromisoformat(secret.get("expires_at", ""))
    except ValueError:
        return False
    return bool(secret.get("access_token")) and ends.tzinfo is not None and now + _MARGIN < ends


def handoff(
    endpoint: str,
    app: App,
    *,
    scope: str,
    state: str,
    nonce: str,
    challenge: str,
    redirect_uri: str,
    **extra: str,
) -> Handoff:
    """Return the address at which `endpoint` asks for consent: code flow, PKCE with S256."""
    return Handoff(
        prepare_grant_uri(
            endpoint,
            client_id=app.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=scope,
            state=state,
            nonce=nonce,
            code_challenge=challenge,
            code_challenge_method="S256",
            **extra,
        )
    )


class TokenEndpoint:
    """One provider's token endpoint. `rules` read what it says; each method asks once.

    All raise ConsentRefused, and DialErrors for the way there.
    """

    def __init__(self, url: str, rules: Sequence[Rule], clock: Clock) -> None:
        self._url, self._rules, self._clock = url, rules, clock

    def redeem(self, app: App, web: WebLine, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Turn a code into tokens (RFC 6749, 4.1.3; RFC 7636, 4.5). What no code looks like is not sent."""
        if not _CODE.fullmatch(code):
            raise ConsentRefused("oauth-code-invalid", "What came back is no code.")
        session = self._session(app, web, REDEEM[0], (code, verifier, app.client_secret))
        return self._asked(
            session,
            partial(
                session.fetch_token,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            ),
        )

    def renew(self, app: App, web: WebLine, refresh_token: str, **extra: str) -> Tokens:
        """Turn a refresh token into an access token (RFC 6749, 6)."""
        session = self._session(app, web, "sign-in", (refresh_token, app.client_secret))
        return self._asked(session, partial(session.refresh_token, refresh_token=refresh_token, **extra))

    def prove(self, app: App, web: WebLine, *, scope: str) -> None:
        """Sign in as the app itself (RFC 6749, 4.4); the token is thrown away."""
        session = self._session(app, web, "app", (app.client_secret,))
        self._asked(session, partial(session.fetch_token, grant_type="client_credentials", scope=scope))

    def _asked(self, session: "_Session", ask: Callable[..., object]) -> Tokens:
        try:
            ask(self._url, allow_redirects=False)
        except BadAnswer as error:
            raise ConsentRefused(OUTAGE, "The token endpoint gives no proper answer.") from error
        return tokens(session.answered, self._clock())

    def _session(self, app: App, web: WebLine, stage: str, hidden: Iterable[str]) -> "_Session":
        kept = tuple(hidden)
        session = _Session(
            lambda answer: self._judged(answer, stage, kept),
            app.client_id,
            app.client_secret,
            # Both providers take it, and it is the one form in which every character of a secret has one spelling.
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  # the name of a method
        )
        dialling(session, web)
        return session

    def _judged(self, answer: Answer, stage: str, hidden: tuple[str, ...]) -> dict[str, Any]:
        fields = answer.fields() if answer.status == 200 else {}
        if answer.status != 200 or "error" in fields:
            raise refusal(answer, rules=self._rules, stage=stage, hidden=hidden, now=self._clock())
        return fields


class _Session(OAuth2Session):
    """Authlib's session, with our eyes on what the token endpoint answers; Authlib keeps two fields of a refusal."""

    def __init__(self, judge: Callable[[Answer], dict[str, Any]], *args: str, **options: str) -> None:
        self._judge = judge
        self.answered: dict[str, Any] = {}
        super().__init__(*args, **options)

    def parse_response_token(self, resp: Response) -> dict[str, Any]:
        """Keep the fields of a token response for `tokens` to read; Authlib calls this for every one."""
        headers = {name.lower(): value for name, value in resp.headers.items()}
        self.answered = self._judge(Answer(resp.status_code, headers, resp.content))
        # Authlib would trip over a lifetime that is no number.
        self.token = {name: value for name, value in self.answered.items() if name not in {"expires_in", "expires_at"}}
        return dict(self.token)


def tokens(fields: Mapping[str, Any], now: datetime) -> Tokens:
    """Read a token response (RFC 6749, 5.1), received at `now` (aware).

    Raises ConsentRefused when it holds no usable access token. Everything else may be missing or of another type.
    """
    access, kind = fields.get("access_token"), fields.get("token_type", "Bearer")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
        raise ConsentRefused(OUTAGE, "The answer of the token endpoint holds no access token.")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ConsentRefused(OUTAGE, "The token endpoint hands out tokens of another kind.")
    given = fields.get("scope")
    scopes = frozenset(given[:_LONGEST_SCOPE].split()) if isinstance(given, str) and given.strip() else None
    return Tokens(
        access_token=access,
        refresh_token=_opaque(fields.get("refresh_token")),
        id_token=_opaque(fields.get("id_token")),
        expires_at=_ends(fields.get("expires_in"), now),
        scopes=scopes,
    )


def _opaque(value: Any) -> str:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else ""


def _ends(seconds: Any, now: datetime) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, str)) or not re.fullmatch(r"\d{1,9}", str(seconds)):
        return ""
    ends = now.astimezone(UTC) + timedelta(seconds=min(int(seconds), _LONGEST_LIFE))
    return ends.replace(microsecond=0).isoformat()


def refusal(
    answer: Answer,
    *,
    rules: Sequence[Rule],
    now: datetime,
    stage: str = "",
    hidden: Iterable[str] = (),
    outage: str = OUTAGE,
) -> ConsentRefused:
    """Return what an answer means that is none of those wanted. `hidden` is masked in what it says.

    Trouble on the provider's side (429, 5xx, and what no rule knows) is never read as a refusal of the person: that is
    "rate-limited" or `outage`.
    """
    kept = tuple(hidden)
    said = told(answer, kept)
    code = meaning(said, rules, stage) or outage
    if answer.status == 429:
        code = code if code == "send-limit-reached" else "rate-limited"
    elif code == "server-unavailable" or (answer.status >= 500 and problem(code).kind is not Kind.WOBBLE):
        code = outage
    passing = problem(code).kind is Kind.WOBBLE
    return ConsentRefused(
        code,
        f"The provider answers with status {answer.status}.",
        server_text=mask(said, kept),
        retry_after=answer.retry_after(now) if passing else None,
    )


def meaning(said: str, rules: Sequence[Rule], stage: str = "") -> str | None:
    """Return the code of the first of `rules` that knows what was said."""
    line = replies.parse(said).line
    return next((rule.code for rule in rules if rule.applies(stage, "") and rule.reads(line)), None)


def told(answer: Answer, hidden: Iterable[str] = ()) -> str:
    """Return what an error says, in one line: the status, the codes in it from the outside in, and the sentence.

    Knows the shapes of RFC 6749, 5.2 (with Google's error_subtype and Microsoft's suberror), of Google's APIs
    (https://cloud.google.com/apis/design/errors) and of Graph (https://learn.microsoft.com/graph/errors). `hidden` is
    masked before anything is cut.
    """
    kept = tuple(hidden)
    try:
        fields = answer.fields()
    except BadAnswer:
        # A page says nothing that a person could use, and half a JSON neither.
        page = answer.body.lstrip()[:1] in (b"<", b"{", b"[")
        return f"{answer.status} {'' if page else mask(answer.body, kept)}".strip()
    error = fields.get("error")
    if isinstance(error, dict):
        codes = [error.get(name) for name in ("code", "status", "reason")]
        for each in (*_rows(error.get("errors")), *_rows(error.get("details")), error.get("innerError")):
            if isinstance(each, dict):
                codes += [each.get(name) for name in ("code", "reason", "domain")]
        said = error.get("message")
    else:
        codes = [fields.get(name) for name in ("error", "error_subtype", "suberror")]
        said = fields.get("error_description") or fields.get("message")
    words = [mask(code, kept) for code in codes if isinstance(code, str) and code]
    text = mask(said, kept) if isinstance(said, str) else ""
    named = " ".join(dict.fromkeys(words))
    return f"{answer.status} {named}{': ' if named and text else ''}{text}".strip()


def _rows(value: Any) -> list[Any]:
    return value[:5] if isinstance(value, list) else []


def declined(answer: Mapping[str, str], rules: Sequence[Rule]) -> ConsentRefused:
    """Return what came back from the provider's page without a code; see `Consenting.declined`."""
    names = ("error", "error_subtype", "error_subcode", "suberror", "error_description")
    parts = [mask(str(answer.get(name) or ""), ()) for name in names]
    if not parts[0]:
        return ConsentRefused("oauth-code-invalid", "The answer brings neither a code nor an error.")
    said = " ".join(part for part in parts if part)
    code = meaning(said, rules) or "oauth-code-invalid"
    return ConsentRefused(code, "The provider's page was left without a permission.", server_text=mask(said, ()))
