"""What sources share: how one says that it knows nothing, how answers are read, and which servers may be named."""

import json
from collections.abc import Iterable
from typing import Any

from console.discovery.addresses import Address
from console.discovery.answer import Relation, Server
from console.discovery.domains import a_label, is_host_name, within
from console.providers.names import literal

FULL_ADDRESS, LOCAL_PART = "%EMAILADDRESS%", "%EMAILLOCALPART%"
_PLACEHOLDERS = (FULL_ADDRESS, LOCAL_PART, "%EMAILDOMAIN%")
LONGEST_NAME = 254


class Nothing(Exception):
    """A source was asked and knows no servers that can be used. The text is a short clean reason."""


def mail_host(name: str, domain: str) -> str | None:
    """Return `name` as an A-label host name, or None where it is none.

    A name of one label counts below `domain` only, and IP addresses never: no certificate could vouch for either.
    """
    host = a_label(name)
    if not is_host_name(host) or literal(host) is not None:
        return None
    return host if "." in host or within(host, domain) else None


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in an answer, empty where it holds none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def relation(servers: Iterable[Server | None], domain: str, *, vouched: bool) -> Relation:
    """Return how the hosts of `servers` relate to the mail domain.

    `vouched` says that a verified answer of the domain itself named them.
    """
    if all(within(server.host, domain) for server in servers if server is not None):
        return "same"
    return "provider" if vouched else "foreign"


def filled(text: str, address: Address) -> str:
    """Return `text` with the placeholders of Mail Autoconfig replaced."""
    for placeholder, value in zip(_PLACEHOLDERS, (address.key, address.local, address.domain), strict=True):
        text = text.replace(placeholder, value)
    return text


def user_name(template: str) -> str:
    """Return a user-name template that can be used, or "": a placeholder that nobody replaces never is a name."""
    rest = template
    for placeholder in _PLACEHOLDERS:
        rest = rest.replace(placeholder, "")
    usable = len(template) <= LONGEST_NAME and template.isprintable() and "%" not in rest
    return template if usable else ""
