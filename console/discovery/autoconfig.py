"""Mail Autoconfig (draft-ietf-mailmaint-autoconfig-06): an XML file about a mail domain, its own or the ISPDB's."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from console.discovery import cautions
from console.discovery.addresses import Address
from console.discovery.answer import Caution, Security, Server
from console.discovery.domains import a_label, base_domain, is_public_suffix
from console.discovery.sources import Nothing, filled, mail_host, user_name
from console.providers.errors import clean
from console.providers.names import literal

# No file in the ISPDB names more than ten.
MOST_SERVERS = 50
_SECURITY: dict[str, Security] = {"ssl": "tls", "starttls": "starttls"}
# Version 1.0 said "plain" and "secure". NTLM, GSSAPI and client certificates need what nobody can type.
_PASSWORDS = frozenset({"password-cleartext", "password-encrypted", "plain", "secure"})
_OAUTH = "oauth2"


@dataclass(frozen=True)
class Config:
    """What a file says about one address. The user names are templates."""

    imap: Server | None = None
    smtp: Server | None = None
    imap_username: str = ""
    smtp_username: str = ""
    cautions: tuple[Caution, ...] = field(default=())


def own_url(address: Address) -> str:
    """Return where a domain publishes its file. The address goes there, and nowhere else (draft, 4.1)."""
    sought = quote(address.key, safe="@")
    return f"https://autoconfig.{address.domain}/mail/config-v1.1.xml?emailaddress={sought}"


def well_known_url(domain: str) -> str:
    """Return the other place where a domain may publish its file."""
    return f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"


def mx_url(mx_domain: str) -> str:
    """Return where the operator of a mail exchanger publishes a file for all domains it serves."""
    return f"https://autoconfig.{mx_domain}/mail/config-v1.1.xml"


def mx_domains(mx_host: str, domain: str) -> list[str]:
    """Return MXFULLDOMAIN and MXBASEDOMAIN of the most preferred mail exchanger, as far as they may be asked.

    Never the mail domain itself, which is asked anyway, nor a name that anybody can register below.
    """
    host = a_label(mx_host)
    base = base_domain(host)
    if literal(host) is not None:
        return []
    names = dict.fromkeys((host.partition(".")[2], base))
    below = [name for name in names if name == base or name.endswith(f".{base}")]
    return [name for name in below if "." in name and name != domain and not is_public_suffix(name)]


def read(body: bytes, address: Address) -> Config:
    """Read a file for `address`. Raises Nothing for what is no such file, or names no server that can be used."""
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise Nothing("the file declares a document type or entities, which is refused") from None
    except (ParseError, ValueError, LookupError) as error:
        raise Nothing(f"the file is no XML ({clean(str(error).encode())[:80]})") from None
    if root.tag != "clientConfig":
        raise Nothing("the file is no Mail Autoconfig")
    provider = root.find("emailProvider")
    if provider is None:
        raise Nothing("the file names no provider")
    imap, imap_username, imap_oauth = _first(provider.findall("incomingServer"), "imap", address)
    smtp, smtp_username, smtp_oauth = _first(provider.findall("outgoingServer"), "smtp", address)
    if imap is None and smtp is None:
        raise Nothing("the file names no server that can be used")
    told = tuple(_told(provider))
    if imap_oauth or smtp_oauth:
        told += (cautions.OAUTH_ONLY,)
    return Config(imap, smtp, imap_username, smtp_username, told)


def _first(elements: list[Element], kind: str, address: Address) -> tuple[Server | None, str, bool]:
    """Return the first server that takes passwords; else the first that takes a browser sign-in, and True."""
    fallback: tuple[Server | None, str, bool] = (None, "", False)
    for element in elements[:MOST_SERVERS]:
        server = _server(element, address) if element.get("type", "").lower() == kind else None
        if server is None:
            continue
        methods = {_text(method).lower() for method in element.findall("authentication")}
        template = user_name(_child(element, "username"))
        if not methods or methods & _PASSWORDS:
            return server, template, False
        if _OAUTH in methods and fallback[0] is None:
            fallback = (server, template, True)
    return fallback


def _server(element: Element, address: Address) -> Server | None:
    host = mail_host(filled(_child(element, "hostname"), address), address.domain)
    port = _child(element, "port")
    security = _SECURITY.get(_child(element, "socketType").lower())
    if host is None or security is None or not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    return Server(host, int(port), security) if 0 < int(port) < 65536 else None


def _told(provider: Element) -> Iterable[Caution]:
    """Yield what the file asks people to do first: `enable` names the page where IMAP is switched on."""
    enable = provider.find("enable")
    if enable is not None:
        name = clean(_child(provider, "displayShortName").encode())[:60] or a_label(provider.get("id", ""))[:60]
        url = enable.get("visiturl", "")
        safe = url.startswith("https://") and len(url) <= 500 and url.isascii() and url.isprintable()
        if name:
            yield cautions.switch(name, url if safe else "")


def _child(element: Element, name: str) -> str:
    found = element.find(name)
    return "" if found is None else _text(found)


def _text(element: Element) -> str:
    return (element.text or "").strip()
