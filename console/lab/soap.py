"""SOAP envelopes as Exchange writes them, with the version of the server in their header.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo and, for faults, the
examples of https://learn.microsoft.com/exchange/client-developer/exchange-web-services/
ews-throttling-in-exchange.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from console.lab.exchange_builds import Build
from console.lab.web_server import Answer

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
XML = ("Content-Type", "text/xml; charset=utf-8")
_DECLARED = '<?xml version="1.0" encoding="utf-8"?>'


class Unreadable(Exception):
    """A request is no SOAP envelope."""


@dataclass(frozen=True)
class Request:
    """What a SOAP request asks: the schema it was written for, and the one element in its body."""

    schema: str
    operation: str
    element: Element


def read(body: bytes) -> Request:
    """Read a request. Raises Unreadable."""
    try:
        envelope = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unreadable(str(error)) from error
    version = envelope.find(f"{{{SOAP}}}Header/{{{TYPES}}}RequestServerVersion")
    content = envelope.find(f"{{{SOAP}}}Body/*")
    if content is None:
        raise Unreadable("no body")
    # A request without the header is read as one for the oldest schema there is.
    schema = version.get("Version", "Exchange2007") if version is not None else "Exchange2007"
    return Request(schema, content.tag.rpartition("}")[2], content)


def answer(build: Build, content: str) -> Answer:
    """Return an answer whose body is this XML, with the prefixes m and t bound."""
    numbers = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    told = [
        *zip(numbers, map(str, build.numbers), strict=True),
        *([("Version", build.version)] if build.version else []),
    ]
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in told)
    header = f'<h:ServerVersionInfo xmlns:h="{TYPES}" {attributes}/>'
    body = f'<s:Body xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">{content}</s:Body>'
    text = f'{_DECLARED}<s:Envelope xmlns:s="{SOAP}"><s:Header>{header}</s:Header>{body}</s:Envelope>'
    return Answer(200, text.encode(), (XML,))


def fault(code: str, text: str, *, back_off: int | None = None) -> Answer:
    """Return a fault with one of Exchange's response codes; `back_off` is in milliseconds."""
    waiting = (
        f'<t:MessageXml xmlns:t="{TYPES}"><t:Value Name="BackOffMilliseconds">{back_off}</t:Value></t:MessageXml>'
        if back_off is not None
        else ""
    )
    content = (
        f'<s:Fault><faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring xml:lang="en-US">{escape(text)}'
        f'</faultstring><detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{escape(text)}</e:Message>{waiting}</detail></s:Fault>'
    )
    text = f'{_DECLARED}<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'
    return Answer(500, text.encode(), (XML,))


def response(operation: str, messages: list[str]) -> str:
    """Return the response of an operation that answers in messages."""
    return (
        f"<m:{operation}Response><m:ResponseMessages>{''.join(messages)}</m:ResponseMessages></m:{operation}Response>"
    )


def success(operation: str, content: str) -> str:
    """Return a message that says it worked."""
    name = f"m:{operation}ResponseMessage"
    return f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{content}</{name}>'


def error(operation: str, code: str, text: str, content: str = "", *, warning: bool = False) -> str:
    """Return a message that says what did not work; a warning has content all the same."""
    name, kind = f"m:{operation}ResponseMessage", "Warning" if warning else "Error"
    return (
        f'<{name} ResponseClass="{kind}"><m:MessageText>{escape(text)}</m:MessageText><m:ResponseCode>{code}'
        f"</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{content}</{name}>"
    )
