"""Autodiscover as plain old XML: [MS-OXDSCLI]; examples of each answer in its section 4."""

from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from console.lab.accounts import guid
from console.lab.autodiscover import Busy, Found, OtherAddress, OtherUrl, Unknown, decide
from console.lab.exchange_place import SERVER, ExchangePlace
from console.lab.soap import XML
from console.lab.web_server import Answer, Asked

PATH = "/autodiscover/autodiscover.xml"
REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
ENVELOPE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_DECLARED = '<?xml version="1.0" encoding="utf-8"?>'
_ERRORS = {
    500: "The email address can't be found.",
    600: "Invalid Request",
    601: "Provider is not available",
    603: "The server is too busy. Try again later.",
}


def ask(place: ExchangePlace, asked: Asked) -> Answer:
    """Answer somebody who has signed in."""
    try:
        request = fromstring(asked.body)
    except (ParseError, DefusedXmlException, ValueError):
        return _error(place, 600, ENVELOPE)
    address = request.findtext(f"{{{REQUEST}}}Request/{{{REQUEST}}}EMailAddress")
    schema = request.findtext(f"{{{REQUEST}}}Request/{{{REQUEST}}}AcceptableResponseSchema")
    if asked.method != "POST" or not address or not schema:
        return _error(place, 600, ENVELOPE)
    if schema.strip() != OUTLOOK:
        return _error(place, 601, ENVELOPE)
    match decide(place, address.strip(), asked.host):
        case Found() as found:
            return _answer(_settings(place, found))
        case OtherAddress(target):
            return _answer(
                f"<Account><Action>redirectAddr</Action><RedirectAddr>{escape(target)}</RedirectAddr></Account>"
            )
        case OtherUrl(host):
            url = escape(place.at(host, "/autodiscover/autodiscover.xml"))
            return _answer(
                f"<Account><AccountType>email</AccountType><Action>redirectUrl</Action><RedirectUrl>{url}</RedirectUrl>"
                "</Account>"
            )
        case Unknown():
            return _error(place, 500, OUTLOOK)
        case Busy():
            return _error(place, 603, OUTLOOK)


def _settings(place: ExchangePlace, found: Found) -> str:
    account, server = found.account, escape(found.server)
    dn = f"/o=Corp/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={account.object_id}"
    ews, oab = escape(found.ews), escape(place.at(found.server, "/OAB/"))
    urls = f"<ASUrl>{ews}</ASUrl><EwsUrl>{ews}</EwsUrl><OOFUrl>{ews}</OOFUrl><OABUrl>{oab}</OABUrl>"
    mailbox_server = f"{guid(found.server)}@{account.domain}"
    owa = escape(place.at(found.server, "/owa/"))
    return (
        f"<User><DisplayName>{escape(account.name)}</DisplayName><LegacyDN>{dn}</LegacyDN><AutoDiscoverSMTPAddress>"
        f"{escape(account.address)}</AutoDiscoverSMTPAddress><DeploymentId>{guid(SERVER)}</DeploymentId></User>"
        "<Account><AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>"
        f"<Protocol><Type>EXCH</Type><Server>{mailbox_server}</Server><ServerDN>/o=Corp/cn={mailbox_server}</ServerDN>"
        f"<ServerVersion>{_version(place)}</ServerVersion><AD>dc1.corp.test</AD>{urls}</Protocol>"
        f"<Protocol><Type>EXPR</Type><Server>{server}</Server><SSL>On</SSL><AuthPackage>Ntlm</AuthPackage>{urls}"
        "</Protocol>"
        f'<Protocol><Type>WEB</Type><External><OWAUrl AuthenticationMethod="Fba">{owa}</OWAUrl><Protocol><Type>EXPR'
        f"</Type><ASUrl>{ews}</ASUrl></Protocol></External></Protocol></Account>"
    )


def _version(place: ExchangePlace) -> str:
    """Return the version in hexadecimal as [MS-OXDSCLI] 2.2.4.1.1.2.6.50 packs it."""
    major, minor, build, _ = place.build.numbers
    return f"{(7 << 28) | (major << 22) | (minor << 16) | 0x8000 | build:08X}"


def _answer(content: str) -> Answer:
    text = (
        f'{_DECLARED}<Autodiscover xmlns="{ENVELOPE}"><Response xmlns="{OUTLOOK}">{content}</Response></Autodiscover>'
    )
    return Answer(200, text.encode(), (XML,))


def _error(place: ExchangePlace, code: int, schema: str) -> Answer:
    now = place.clock()
    content = (
        f'<Error Time="{now:%H:%M:%S}.{now.microsecond:06}0" Id="2502139181"><ErrorCode>{code}</ErrorCode>'
        f"<Message>{_ERRORS[code]}</Message><DebugData /></Error>"
    )
    text = f'{_DECLARED}<Autodiscover xmlns="{ENVELOPE}"><Response xmlns="{schema}">{content}</Response></Autodiscover>'
    return Answer(200, text.encode(), (XML,))
