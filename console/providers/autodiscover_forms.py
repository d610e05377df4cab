"""The two forms of Autodiscover that want a password: what is sent, and what their answers say.

POX is [MS-OXDSCLI], SOAP is [MS-OXWADISC] with its one operation GetUserSettings. Their codes are in 2.2.4 and 3.1.4.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from console.providers.errors import DialError, clean
from console.providers.ews_answers import SOAP

POX, SVC = "/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc"
_OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook"
_REQUEST, _RESPONSE = f"{_OUTLOOK}/requestschema/2006", f"{_OUTLOOK}/responseschema/2006a"
_SCHEMA = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_S = f"{{{_SCHEMA}}}"
# The blocks of POX that name EWS, the one for outside first (2.2.4.1.1.2.6.44, Type).
_BLOCKS = ("EXPR", "EXHTTP", "EXCH")
_SETTINGS = ("ExternalEwsUrl", "InternalEwsUrl")
_BUSY = frozenset({"603", "ServerBusy"})
_NOBODY = frozenset({"500", "InvalidUser"})


class NoSuchAddress(DialError):
    """The server knows nobody of this address."""

    code = "mailbox-not-found"


class Busy(DialError):
    """The server wants to be asked later."""

    code = "rate-limited"


@dataclass(frozen=True)
class Told:
    """What one answer says: where EWS is, another address to ask about, or another place to ask at."""

    ews: str = ""
    address: str = ""
    url: str = ""


class Nothing(Exception):
    """This form of Autodiscover is not there, or does not know; `why` is a better reason than that, if there is one."""

    def __init__(self, why: DialError | None = None) -> None:
        super().__init__("nothing")
        self.why = why


def pox_request(address: str) -> bytes:
    """Return what is posted to autodiscover.xml."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_REQUEST}"><Request><EMailAddress>'
        f"{escape(address)}</EMailAddress><AcceptableResponseSchema>{_RESPONSE}</AcceptableResponseSchema>"
        "</Request></Autodiscover>"
    ).encode()


def read_pox(root: Element) -> Told:
    """Return what an answer of autodiscover.xml says. Raises Nothing."""
    if _local(root) != "Autodiscover":
        raise Nothing
    error = next((each for each in root.iter() if _local(each) == "Error"), None)
    if error is not None:
        raise Nothing(_error(_text(error, "ErrorCode"), _text(error, "Message")))
    account = next((each for each in root.iter() if _local(each) == "Account"), None)
    if account is None:
        raise Nothing
    named = {_text(block, "Type"): _text(block, "EwsUrl") for block in account if _local(block) == "Protocol"}
    ews = next((named[kind] for kind in _BLOCKS if named.get(kind)), "")
    return _something(Told(ews, _text(account, "RedirectAddr"), _text(account, "RedirectUrl")))


def soap_request(url: str, address: str) -> bytes:
    """Return what is posted to autodiscover.svc, which is at `url`."""
    wanted = "".join(f"<a:Setting>{name}</a:Setting>" for name in _SETTINGS)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP.strip("{}")}" xmlns:a="{_SCHEMA}"'
        ' xmlns:w="http://www.w3.org/2005/08/addressing"><s:Header>'
        "<a:RequestedServerVersion>Exchange2010_SP2</a:RequestedServerVersion>"
        f"<w:Action>{_SCHEMA}/Autodiscover/GetUserSettings</w:Action><w:To>{escape(url)}</w:To></s:Header><s:Body>"
        "<a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>"
        f"{escape(address)}</a:Mailbox></a:User></a:Users><a:RequestedSettings>{wanted}</a:RequestedSettings>"
        "</a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"
    ).encode()


def read_soap(root: Element) -> Told:
    """Return what an answer of autodiscover.svc says. Raises Nothing."""
    user = next(root.iter(f"{_S}UserResponse"), None)
    if root.tag != f"{SOAP}Envelope" or user is None:
        raise Nothing(_error(next((each.text or "" for each in root.iter(f"{_S}ErrorCode")), ""), ""))
    code, target = _text(user, "ErrorCode"), _text(user, "RedirectTarget")
    if code == "RedirectAddress":
        return _something(Told(address=target))
    if code == "RedirectUrl":
        return _something(Told(url=target))
    named = {_text(one, "Name"): _text(one, "Value") for one in user.iter(f"{_S}UserSetting")}
    ews = next((named[name] for name in _SETTINGS if named.get(name)), "")
    if not ews:
        raise Nothing(_error(code, _text(user, "ErrorMessage")))
    return Told(ews)


def _something(told: Told) -> Told:
    if not (told.ews or told.address or told.url):
        raise Nothing
    return told


def _error(code: str, message: str) -> DialError | None:
    """Return what an error code of either form means; None where it says only that this form does not help."""
    said = clean(f"Autodiscover: {code} {message}".encode())
    if code in _BUSY:
        return Busy("The server is busy.", server_text=said)
    if code in _NOBODY:
        return NoSuchAddress("The server does not know the address.", server_text=said)
    return None


def _local(element: Element) -> str:
    # Servers in the field mix the two namespaces of the answer.
    return element.tag.rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    return next(((each.text or "").strip() for each in element if _local(each) == name), "")
