"""What comes from an Exchange server, or from something in front of it, instead of SOAP or Autodiscover.

IIS' own error pages and their numbers: https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/
http-status-code. 440 and 449: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-ashttp. 456 and
X-CasErrorCode are what clients of Exchange report of it.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from console.lab.exchange_place import HOSTER_SERVER, ExchangePlace
from console.lab.web_server import Answer, Asked

HTML = ("Content-Type", "text/html; charset=utf-8")
MEGABYTE = 1024 * 1024
MEGABYTES = 100
RETRY_AFTER = 120
LOGON = "/owa/auth/logon.aspx"


def iis(status: int, title: str, text: str, *, reason: str = "") -> Answer:
    """Return an error page of IIS."""
    page = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body><div id="header"><h1>'
        f'Server Error</h1></div><div id="content"><fieldset><h2>{title}</h2><h3>{text}</h3></fieldset>'
        "</div></body></html>"
    )
    return Answer(status, page.encode(), (("Content-Type", "text/html"),), reason)


def nginx(status: int, reason: str) -> Answer:
    """Return an error page of another kind of web server."""
    said = f"{status} {reason}"
    page = f"<html><head><title>{said}</title></head><body><center><h1>{said}</h1></center></body></html>"
    return Answer(status, page.encode(), (("Content-Type", "text/html"), ("Server", "nginx")))


def foreign_401() -> Answer:
    """Return the question for a password of a web server that is no Exchange."""
    return nginx(401, "Authorization Required").but(("WWW-Authenticate", 'Basic realm="Restricted"'))


def not_found() -> Answer:
    """Return what IIS says of a path that it does not have."""
    return iis(
        404,
        "404 - File or directory not found.",
        "The resource you are looking for might have been removed, had its name changed, or is temporarily "
        "unavailable.",
    )


def forbidden() -> Answer:
    """Return what IIS says to somebody who may not see a page."""
    return iis(
        403,
        "403 - Forbidden: Access is denied.",
        "You do not have permission to view this directory or page using the credentials that you supplied.",
    )


def tls_required() -> Answer:
    """Return what IIS says over http where https has to be used: 403.4."""
    return iis(403, "403 - Forbidden: Access is denied.", "The page you are trying to access is secured with SSL.")


def logon() -> Answer:
    """Return the page with which OWA asks who somebody is."""
    page = (
        '<!DOCTYPE html><html><head><title>Outlook</title></head><body class="signInBg">'
        '<form action="/owa/auth.owa" method="POST" name="logonForm"><label for="username">Domain\\user name:</label>'
        '<input id="username" name="username"><label for="password">Password:</label>'
        '<input id="password" name="password" type="password"></form></body></html>'
    )
    return Answer(200, page.encode(), (HTML, ("X-OWA-Version", "15.1.2507.6")))


def moved(place: str) -> Answer:
    """Lead to another address."""
    link = f'<a href="{place}">here</a>'
    page = f"<html><head><title>Object moved</title></head><body><h2>Object moved to {link}.</h2></body></html>"
    return Answer(302, page.encode(), (HTML, ("Location", place)))


def onwards(place: ExchangePlace, asked: Asked) -> Answer:
    """Lead to an address that leads to the next."""
    hop = int(asked.query.removeprefix("hop=") or 0) if asked.query.removeprefix("hop=").isdecimal() else 0
    return moved(f"{place.at(asked.host, asked.path)}?hop={hop + 1}")


def _ews(place: ExchangePlace) -> dict[str, Callable[[Asked], Answer]]:
    return {
        "forbidden": lambda _: forbidden(),
        "not-found": lambda _: not_found(),
        "status-440": lambda _: Answer(440, reason="Login Timeout"),
        "status-449": lambda _: Answer(449, reason="Retry after sending a PROVISION command"),
        "unavailable": lambda _: iis(503, "503 - Service Unavailable", "The service is unavailable.").but(
            ("Retry-After", str(RETRY_AFTER))
        ),
        "application-error": lambda _: Answer(
            500, b"<html><head></head><body><h1>Server Error in '/EWS' Application.</h1></body></html>", (HTML,)
        ),
        "load-balancer": lambda _: nginx(502, "Bad Gateway"),
        "owa-page": lambda _: logon(),
        "owa-redirect": lambda asked: moved(
            f"{place.at(asked.host, LOGON)}?url={place.at(asked.host, asked.path)}&reason=0"
        ),
        "ews-elsewhere": lambda _: moved(place.at(HOSTER_SERVER, "/EWS/Exchange.asmx")),
        "ews-endless": lambda asked: onwards(place, asked),
    }


_SIGNED_IN: dict[str, Callable[[], Answer]] = {
    "ews-off": forbidden,
    "status-456": lambda: Answer(456),
    "cas-denied": lambda: Answer(403, headers=(("X-CasErrorCode", "CAS error: EXCEPTION_ACCESS_DENIED"),)),
}


def before_ews(place: ExchangePlace, asked: Asked, address: str = "") -> Answer | None:
    """Return what stands in for EWS: for anybody, or once an account has signed in for that account."""
    for slug, page in _ews(place).items():
        if place.has(slug, address) and not (slug == "ews-elsewhere" and asked.host == HOSTER_SERVER):
            return page(asked)
    for slug, refusal in _SIGNED_IN.items():
        if address and place.has(slug, address):
            return refusal()
    if place.has("hangs", address) and not place.is_first(f"ews {address}"):
        return Answer(0, hangs=True)
    return None


def before_autodiscover(place: ExchangePlace, asked: Asked) -> Answer | None:
    """Return what stands in for Autodiscover, for anybody."""
    if place.has("endless-redirects"):
        return onwards(place, asked)
    if place.has("autodiscover-unwell"):
        return iis(503, "503 - Service Unavailable", "The service is unavailable.")
    if place.has("autodiscover-page"):
        return logon()
    if place.has("autodiscover-hangs") and not place.is_first("autodiscover"):
        return Answer(0, hangs=True)
    return None


def spoilt(place: ExchangePlace, prefix: str, whole: Answer, address: str = "") -> Answer:
    """Return an XML answer as the switches "<prefix>-cut", "-entities" and "-huge" leave it."""
    declared, body = _parts(whole.body)
    if place.has(f"{prefix}-cut", address):
        return Answer(whole.status, whole.body[: len(whole.body) // 2], whole.headers)
    if place.has(f"{prefix}-entities", address):
        before, _, after = body.rpartition(b"</")
        return Answer(whole.status, declared + _ENTITIES + before + b"&i;</" + after, whole.headers)
    if place.has(f"{prefix}-huge", address):
        return Answer(whole.status, b"", whole.headers, parts=lambda: _huge(declared, body))
    return whole


def _parts(body: bytes) -> tuple[bytes, bytes]:
    """Return an XML declaration, if there is one, and the rest."""
    before, ends, rest = body.partition(b"?>")
    return (before + ends, rest) if ends else (b"", body)


def _entities() -> bytes:
    """Return a DTD whose last entity is ten letters to the ninth power of ten, and whose first reads a file."""
    names = "abcdefghi"
    declared = [f'<!ENTITY {names[0]} "{"x" * 10}">', '<!ENTITY file SYSTEM "file:///etc/passwd">']
    declared += [f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)]
    return f"<!DOCTYPE answer [{''.join(declared)}]>".encode()


def _huge(declared: bytes, body: bytes) -> Iterator[bytes]:
    yield declared
    for _ in range(MEGABYTES):
        yield b"<!--" + b"x" * (MEGABYTE - 7) + b"-->"
    yield body


_ENTITIES = _entities()
