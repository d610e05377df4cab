"""Autodiscover version 2, which needs no password: since Exchange 2016 CU3.

No specification is published. Paths, parameters and answers are those that Microsoft's own clients and
https://learn.microsoft.com/answers quote of it.
"""

import json
from urllib.parse import parse_qs, unquote, urlencode

from console.lab.autodiscover import Busy, Found, OtherAddress, OtherUrl, Unknown, decide
from console.lab.exchange_place import CLOUD, ExchangePlace
from console.lab.web_server import Answer, Asked

PATH = "/autodiscover/autodiscover.json"
_JSON = ("Content-Type", "application/json; charset=utf-8")
_ELSEWHERE = {"ews": "/EWS/Exchange.asmx", "activesync": "/Microsoft-Server-ActiveSync"}
_NAMES = {"ews": "EWS", "activesync": "ActiveSync", "autodiscoverv1": "AutodiscoverV1"}


def ask(place: ExchangePlace, asked: Asked) -> Answer:
    """Answer anybody."""
    values = {name.lower(): each[-1] for name, each in parse_qs(asked.query).items()}
    # The address is in the query or the last part of the path: /autodiscover/autodiscover.json/v1.0/alice@corp.test
    rest = asked.path[len(PATH) :].rpartition("/")[2]
    address, protocol = values.get("email") or unquote(rest), values.get("protocol", "")
    if "@" not in address:
        return _error(400, "MandatoryParameterMissing", "A valid smtp address must be provided")
    name = _NAMES.get(protocol.lower())
    if name is None:
        supported = ",".join(_NAMES.values())
        return _error(
            400,
            "InvalidProtocol",
            f"The given protocol value '\"{protocol}\"' is invalid. Supported values are '\"{supported}\"'",
        )
    match decide(place, address, asked.host):
        case Found() as found:
            path = _ELSEWHERE.get(protocol.lower(), "/Autodiscover/Autodiscover.xml")
            return _json(200, {"Protocol": name, "Url": place.at(found.server, path)})
        case OtherAddress(target, cloud=True):
            query = urlencode({"Email": target, "Protocol": name, "RedirectCount": 1})
            return Answer(302, headers=(("Location", f"https://{CLOUD}{PATH}?{query}"),))
        case OtherAddress(target):
            query = urlencode({"Email": target, "Protocol": name, "RedirectCount": 1})
            return Answer(302, headers=(("Location", f"{place.at(asked.host, PATH)}?{query}"),))
        case OtherUrl(host):
            query = urlencode({"Email": address, "Protocol": name, "RedirectCount": 1})
            return Answer(302, headers=(("Location", f"{place.at(host, PATH)}?{query}"),))
        case Unknown():
            return _error(404, "UserNotFound", "The given user is not found")
        case Busy():
            return _error(503, "ServerBusy", "The server is too busy to process the request.")


def _error(status: int, code: str, text: str) -> Answer:
    return _json(status, {"ErrorCode": code, "ErrorMessage": text})


def _json(status: int, content: dict[str, str]) -> Answer:
    return Answer(status, json.dumps(content, separators=(",", ":")).encode(), (_JSON,))
