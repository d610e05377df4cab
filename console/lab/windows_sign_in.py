"""How IIS lets somebody in: Negotiate, NTLM and Basic offered, NTLM bound to its connection.

https://learn.microsoft.com/exchange/client-developer/exchange-web-services/authentication-and-ews-in-exchange and
RFC 4559. Negotiate is offered as every Exchange server does, and taken by none outside a Windows domain.
"""

from base64 import b64decode

from console.lab import ntlm
from console.lab.certificates import Presented
from console.lab.exchange_place import PASSWORD, ExchangePlace
from console.lab.web_server import Answer, Asked

ONLY = {"only-basic": ("Basic",), "only-ntlm": ("NTLM",), "only-negotiate": ("Negotiate",)}
USUAL = ("Negotiate", "NTLM", "Basic")
SIGNED_IN, ACCEPTOR = "signed in", "acceptor"
# Windows' sentence for ERROR_ACCOUNT_LOCKED_OUT (1909).
_LOCKED = b"The referenced account is currently locked out and may not be logged on to."


class SignIn:
    """Who asks. `presented` are the certificates, which Extended Protection ties an NTLM answer to."""

    def __init__(self, place: ExchangePlace, presented: Presented) -> None:
        self._place, self._presented = place, presented

    def schemes(self) -> tuple[str, ...]:
        """Return what is offered, as the headers have it."""
        if self._place.has("no-offer"):
            return ()
        return next((offered for slug, offered in ONLY.items() if self._place.has(slug)), USUAL)

    def who(self, asked: Asked) -> str | Answer:
        """Return the address of the account that asks, or what it is answered instead."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if not scheme:
            return asked.line.kept.get(SIGNED_IN) or self._unauthorised(asked.host)
        if scheme == "Basic" and scheme in self.schemes():
            return self._basic(asked, token.strip())
        if scheme == "NTLM" and scheme in self.schemes():
            return self._ntlm(asked, token.strip())
        login = login_of(asked)
        return self._unauthorised(asked.host) if login is None else self._refuse(asked, login)

    def _basic(self, asked: Asked, token: str) -> str | Answer:
        login, password = _basic_of(token)
        return self._judge(asked, login) if password == PASSWORD else self._refuse(asked, login)

    def _ntlm(self, asked: Asked, token: str) -> str | Answer:
        kept = asked.line.kept
        if ntlm.kind_of(token) == ntlm.NEGOTIATE:
            kept.pop(SIGNED_IN, None)
            kept[ACCEPTOR] = ntlm.Acceptor(self._bound_to(asked.host))
            try:
                return Answer(401, headers=(("WWW-Authenticate", f"NTLM {kept[ACCEPTOR].challenge(token)}"),))
            except ntlm.Refused:
                return self._unauthorised(asked.host)
        login = ntlm.user_of(token)
        acceptor = kept.pop(ACCEPTOR, None)
        if acceptor is None:
            # An answer on a connection that was given no challenge proves nothing.
            return self._refuse(asked, login)
        try:
            login = acceptor.verify(token)
        except ntlm.Refused:
            return self._refuse(asked, login)
        who = self._judge(asked, login)
        if isinstance(who, str):
            kept[SIGNED_IN] = who
        return who

    def _bound_to(self, host: str) -> bytes | None:
        """Return the certificate that the answer has to be made for, where that is asked."""
        if not self._place.has("extended-protection"):
            return None
        return self._presented.der(self._place.certificate, host)

    def _judge(self, asked: Asked, login: str) -> str | Answer:
        """Say whose name it is, once the password is known to be right."""
        account = self._place.account_of(login)
        if account is None or self._place.has("refused-password", account.address):
            return self._refuse(asked, login)
        if self._place.has("locked-out", account.address):
            refused = self._refuse(asked, login)
            return Answer(401, _LOCKED, (*refused.headers, ("Content-Type", "text/plain; charset=utf-8")))
        return account.address

    def _refuse(self, asked: Asked, login: str) -> Answer:
        self._place.refused(asked.host, login)
        return self._unauthorised(asked.host)

    def _unauthorised(self, host: str) -> Answer:
        shown = {"Basic": f'Basic realm="{host}"'}
        return Answer(401, headers=tuple(("WWW-Authenticate", shown.get(one, one)) for one in self.schemes()))


def login_of(asked: Asked) -> str | None:
    """Return the user name of a request that carries a password or the proof of one; None of any other."""
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    if not scheme or (scheme == "NTLM" and ntlm.kind_of(token.strip()) == ntlm.NEGOTIATE):
        return None
    if scheme == "NTLM":
        return ntlm.user_of(token.strip())
    return _basic_of(token.strip())[0] if scheme == "Basic" else ""


def _basic_of(token: str) -> tuple[str, str]:
    """Return user name and password: RFC 7617, in UTF-8."""
    try:
        login, _, password = b64decode(token, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return login, password
