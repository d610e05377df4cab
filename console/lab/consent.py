"""The authorize page: who asks, which account answers, what is allowed. One page for all stand-ins, in their words."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Response, redirect, render_template, request

from console.lab.accounts import Account, Application
from console.lab.grants import Asked
from console.lab.stand_in import StandIn

MOST = 1000


@dataclass(frozen=True)
class Tick:
    """A scope as the page shows it. `fixed` cannot be unticked."""

    scope: str
    label: str
    fixed: bool = False
    ticked: bool = True


class Waiting:
    """Requests whose page is open, by an id that the page carries. The newest MOST are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Asked] = OrderedDict()

    def put(self, asked: Asked) -> str:
        """Keep a request and return its id."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._held[key] = asked
            while len(self._held) > MOST:
                self._held.popitem(last=False)
        return key

    def take(self, key: str) -> Asked | None:
        """Return a request once."""
        with self._lock:
            return self._held.pop(key, None)


def asked() -> Asked:
    """Read the request that is being served; what is missing is empty."""
    given = request.args
    return Asked(
        client_id=given.get("client_id", ""),
        redirect_uri=given.get("redirect_uri", ""),
        state=given.get("state", ""),
        nonce=given.get("nonce", ""),
        scopes=tuple(given.get("scope", "").split()),
        challenge=given.get("code_challenge", ""),
        login_hint=given.get("login_hint", ""),
        offline=given.get("access_type") == "offline",
        fresh="consent" in given.get("prompt", "").split(),
    )


def page(
    place: StandIn, wanted: Asked, key: str, application: Application, accounts: list[Account], ticks: list[Tick]
) -> str:
    """Return the page on which a person chooses an account and allows the app what it asks for."""
    hinted = wanted.login_hint.lower()
    chosen = hinted if any(account.address == hinted for account in accounts) else accounts[0].address
    return render_template(
        "consent.html", place=place, key=key, app=application, accounts=accounts, chosen=chosen, ticks=ticks
    )


def refusal(place: StandIn, title: str, lines: list[str], status: int, back: str = "") -> tuple[str, int]:
    """Return the provider's own error page; `back` leads to the app, if this error has a way back."""
    return render_template("refusal.html", place=place, title=title, lines=lines, back=back), status


def returned(redirect_uri: str, **values: str) -> str:
    """Return the address that the browser is sent back to."""
    parts = urlsplit(redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode({k: v for k, v in values.items() if v})) if part)
    return urlunsplit(parts._replace(query=query))


def back(redirect_uri: str, **values: str) -> Response:
    """Send the browser back to the app with these values in the query."""
    answer = redirect(returned(redirect_uri, **values), 303)
    assert isinstance(answer, Response)
    return answer


def decision(place: StandIn) -> tuple[Account | None, bool, tuple[str, ...]]:
    """Read what was pressed: the account (None for none of them), whether it allows, the scopes left ticked.

    The faults that change a person's mind act here.
    """
    account = place.accounts.get(request.form.get("account", ""))
    if account and place.has("other-account", account.address):
        account = place.next_after(account.address)
    allows = request.form.get("answer") == "allow" and not (account and place.has("declined", account.address))
    return account, allows, tuple(request.form.getlist("scope"))


def authentication() -> tuple[str, str]:
    """Return the client id and secret of a token request, from its form or its header (RFC 6749, 2.3.1)."""
    if request.authorization and request.authorization.type == "basic":
        return request.authorization.username or "", request.authorization.password or ""
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def bearer() -> str:
    """Return the access token of a request, "" without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
