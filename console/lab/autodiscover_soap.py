"""Autodiscover over SOAP, with one operation: GetUserSettings.

[MS-OXWADISC] and
https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap.
"""

from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from console.lab.accounts import guid
from console.lab.autodiscover import Busy, Found, OtherAddress, OtherUrl, Unknown, decide
from console.lab.exchange_place import SERVER, ExchangePlace
from console.lab.soap import SOAP, XML
from console.lab.web_server import Answer, Asked

PATH = "/autodiscover/autodiscover.svc"
SCHEMA = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_ACTION = f"{SCHEMA}/Autodiscover/GetUserSettings"
_MOST = 100


def ask(place: ExchangePlace, asked: Asked) -> Answer:
    """Answer somebody who has signed in."""
    try:
        envelope = fromstring(asked.body)
    except (ParseError, DefusedXmlException, ValueError):
        return _fault("a:DeserializationFailed", "The message could not be read.")
    request = envelope.find(f"{{{SOAP}}}Body/{{{SCHEMA}}}GetUserSettingsRequestMessage/{{{SCHEMA}}}Request")
    action = envelope.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}Action")
    if request is None or (action or "").strip() != _ACTION:
        return _fault("a:ActionNotSupported", f"The message with Action '{escape(action or '')}' cannot be processed.")
    if envelope.find(f"{{{SOAP}}}Header/{{{SCHEMA}}}RequestedServerVersion") is None:
        return _answer(place, "InvalidRequest", "The RequestedServerVersion header is missing.", "")
    users = [one.text or "" for one in request.iterfind(f"{{{SCHEMA}}}Users/{{{SCHEMA}}}User/{{{SCHEMA}}}Mailbox")]
    wanted = [one.text or "" for one in request.iterfind(f"{{{SCHEMA}}}RequestedSettings/{{{SCHEMA}}}Setting")]
    if not users or len(users) > _MOST:
        return _answer(place, "InvalidRequest", "The number of users is not one that can be answered.", "")
    told = "".join(_user(place, user.strip(), wanted, asked.host) for user in users)
    return _answer(place, "NoError", "", f"<UserResponses>{told}</UserResponses>")


def _user(place: ExchangePlace, address: str, wanted: list[str], host: str) -> str:
    match decide(place, address, host):
        case Found() as found:
            return _response("NoError", "No error.", "", _settings(place, found, wanted))
        case OtherAddress(target):
            return _response("RedirectAddress", f"Redirection address '{target}'.", target)
        case OtherUrl(other):
            url = place.at(other, PATH)
            return _response("RedirectUrl", f"Redirection URL '{url}'.", url)
        case Unknown():
            return _response("InvalidUser", f"Invalid user: '{address}'")
        case Busy():
            return _response("ServerBusy", "The server is too busy to process the request.")


def _settings(place: ExchangePlace, found: Found, wanted: list[str]) -> tuple[str, str]:
    """Return what is known of what is wanted, and in the other place what is not."""
    account = found.account
    known = {
        "UserDisplayName": account.name,
        "UserDN": f"/o=Corp/cn=Recipients/cn={account.object_id}",
        "UserDeploymentId": guid(SERVER),
        "AutoDiscoverSMTPAddress": account.address,
        "InternalEwsUrl": found.ews,
        "ExternalEwsUrl": found.ews,
        "ExternalEwsVersion": ".".join(f"{number:02}" for number in place.build.numbers),
        "CasVersion": ".".join(map(str, place.build.numbers)),
        "EwsSupportedSchemas": ", ".join(place.build.schemas),
        "MapiHttpEnabled": "True",
        "UserMSOnline": "False",
        "ShowGalAsDefaultView": "True",
    }
    given = "".join(
        f'<UserSetting i:type="StringSetting"><Name>{name}</Name><Value>{escape(known[name])}</Value></UserSetting>'
        for name in wanted
        if name in known
    )
    missing = "".join(
        "<UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode><ErrorMessage>Specified setting is not "
        f"available.</ErrorMessage><SettingName>{escape(name)}</SettingName></UserSettingError>"
        for name in wanted
        if name not in known
    )
    return given, missing


def _response(code: str, text: str, target: str = "", settings: tuple[str, str] = ("", "")) -> str:
    given, missing = settings
    pointed = f"<RedirectTarget>{escape(target)}</RedirectTarget>" if target else '<RedirectTarget i:nil="true"/>'
    return (
        f"<UserResponse><ErrorCode>{code}</ErrorCode><ErrorMessage>{escape(text)}</ErrorMessage>{pointed}"
        f"<UserSettingErrors>{missing}</UserSettingErrors><UserSettings>{given}</UserSettings></UserResponse>"
    )


def _answer(place: ExchangePlace, code: str, text: str, users: str) -> Answer:
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    numbers = "".join(f"<h:{name}>{number}</h:{name}>" for name, number in zip(names, place.build.numbers, strict=True))
    version = f"{numbers}<h:Version>{place.build.schema}</h:Version>"
    body = (
        f'<GetUserSettingsResponseMessage xmlns="{SCHEMA}"><Response xmlns:i="{_INSTANCE}">'
        f"<ErrorCode>{code}</ErrorCode><ErrorMessage>{escape(text)}</ErrorMessage>{users}</Response></GetUserSettingsResponseMessage>"
    )
    return Answer(
        200,
        (
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"><s:Header><a:Action s:mustUnderstand="1">{_ACTION}'
            f'Response</a:Action><h:ServerVersionInfo xmlns:h="{SCHEMA}">{version}</h:ServerVersionInfo></s:Header>'
            f"<s:Body>{body}</s:Body></s:Envelope>"
        ).encode(),
        (XML,),
    )


def _fault(code: str, text: str) -> Answer:
    content = (
        f"<s:Fault><faultcode xmlns:a='{ADDRESSING}'>{code}</faultcode><faultstring>{text}</faultstring></s:Fault>"
    )
    return Answer(500, f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'.encode(), (XML,))
