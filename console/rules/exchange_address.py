"""The address of an Exchange server's web services (EWS) in whatever somebody pasted.

Exchange answers EWS at /EWS/Exchange.asmx of its web site
(https://learn.microsoft.com/en-us/exchange/client-developer/exchange-web-services/how-to-set-the-ews-service-url-by-using-the-ews-managed-api);
people know the address of Outlook on the web (/owa) or of the admin centre (/ecp) of the same site.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from console.rules.amazon import REFUSAL, is_amazon
from console.rules.texts import N_

PATH = "/EWS/Exchange.asmx"
LONGEST = 500
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# Paths below which Exchange serves people and programs; whatever follows belongs to one page of them.
_ROOMS = frozenset(
    {"", "owa", "exchange", "ecp", "ews", "mapi", "autodiscover", "microsoft-server-activesync", "rpc", "oab", "api"}
)
# Mailboxes there are Microsoft 365, which ends EWS
# (https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/deprecation-of-ews-exchange-online).
_CLOUD = re.compile(r"(.*\.)?(office365\.(com|us)|outlook\.(com|cn)|office\.com|live\.com|hotmail\.com)")
_NO_ADDRESS = N_("This is not a web address. It looks like https://mail.company.com/owa.")
CLOUD_TOLD = N_(
    "These mailboxes are Microsoft 365, which has closed this way since October 2026 and ends it on 1 April 2027. "
    "They connect by Microsoft sign-in."
)


_WHY = {
    "": N_("You named the server. This is where programs reach Exchange on it."),
    "owa": N_("What you pasted is the web mail. Programs reach the same server at this address."),
    # The web mail of 2010 and before, which newer servers send on to /owa.
    "exchange": N_("What you pasted is the web mail. Programs reach the same server at this address."),
    "ecp": N_("What you pasted is the admin centre. Programs reach the same server at this address."),
    "microsoft-server-activesync": N_("What you pasted is for phones. Programs reach the same server at this address."),
    "autodiscover": N_("What you pasted tells settings only. Programs reach the same server at this address."),
}
_ENCRYPTED = N_("What you pasted is not encrypted. Programs reach the same server at this address.")
_WHY_ELSE = N_("Programs reach Exchange on this server at this address.")


class ExchangeAddressError(ValueError):
    """What was typed is no address of an Exchange server. The text is the sentence to show (marked, untranslated)."""


def ews_url(text: str) -> str:
    """Return the address of the web services, such as https://mail.acme.dk/EWS/Exchange.asmx.

    Takes that address, one of the web mail or the admin centre, or a host name alone. Raises ExchangeAddressError.
    """
    text = text.strip()
    if not text:
        raise ExchangeAddressError(N_("Type the address of the Exchange server."))
    if any(ord(character) <= 32 or ord(character) == 127 for character in text):
        raise ExchangeAddressError(N_("This holds a character that no address has. Type it by hand."))
    if len(text) > LONGEST:
        raise ExchangeAddressError(N_("Addresses end at 500 characters here."))
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise ExchangeAddressError(_NO_ADDRESS) from None
    if parts.scheme != "https":
        raise ExchangeAddressError(N_("Use an https address. A password is never sent without encryption."))
    if parts.username is not None or parts.password is not None:
        raise ExchangeAddressError(N_("Type the address without a user name or password in it."))
    name = _as_host(host)
    if name is None:
        raise ExchangeAddressError(_NO_ADDRESS)
    if is_amazon(name):
        raise ExchangeAddressError(REFUSAL)
    if is_cloud(name):
        raise ExchangeAddressError(CLOUD_TOLD)
    if parts.path.strip("/").split("/")[0].casefold() not in _ROOMS:
        raise ExchangeAddressError(N_("Exchange is not found at this path. Paste the address of the web mail (/owa)."))
    return f"https://{name}{f':{port}' if port not in {None, 443} else ''}{PATH}"


def encrypted(text: str) -> str:
    """Return what was pasted with https in place of http, where it names no port but the usual one."""
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme.casefold() != "http" or not separator or (":" in host.rpartition("]")[2] and not host.endswith(":80")):
        return text
    return f"https://{host.removesuffix(':80')}{rest[len(host) :]}"


def recommended(text: str) -> tuple[str, str] | None:
    """Return the address to use in place of what was pasted, and why (marked); None where it is that address already.

    Raises ExchangeAddressError.
    """
    secure = encrypted(text)
    url = ews_url(secure)
    if secure != text.strip():
        return url, _ENCRYPTED
    plain = secure.casefold()
    if (plain if "://" in plain else f"https://{plain}") == url.casefold():
        return None
    path = urlsplit(plain if "://" in plain else f"https://{plain}").path
    return url, _WHY.get(path.strip("/").split("/")[0], _WHY_ELSE)


def is_cloud(host: str) -> bool:
    """Return whether a host belongs to Exchange Online, whose mailboxes are Microsoft 365."""
    return _CLOUD.fullmatch(host) is not None


def _as_host(host: str) -> str | None:
    """Return the host as it is stored, or None where it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            name = host.encode("idna").decode("ascii").lower() if not host.isascii() else host.lower()
        except UnicodeError:
            return None
        fits = name and len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split("."))
        return name if fits else None
    return f"[{address}]" if address.version == 6 else str(address)
