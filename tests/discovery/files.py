"""Configuration files as providers publish them."""

import base64
import hashlib


def server(direction="incoming", kind="imap", host="imap.acme.test", port=993, socket="SSL", **rest) -> str:
    methods = "".join(
        f"<authentication>{method}</authentication>" for method in rest.get("methods", ("password-cleartext",))
    )
    name = rest.get("username", "%EMAILADDRESS%")
    return (
        f'<{direction}Server type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
        f"<socketType>{socket}</socketType>{methods}<username>{name}</username></{direction}Server>"
    )


def imap(host="imap.acme.test", port=993, socket="SSL", **rest) -> str:
    return server("incoming", "imap", host, port, socket, **rest)


def smtp(host="smtp.acme.test", port=465, socket="SSL", **rest) -> str:
    return server("outgoing", "smtp", host, port, socket, **rest)


def config(*servers: str, version="1.1", extra="") -> str:
    inner = "".join(servers or (imap(), smtp()))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><clientConfig version="{version}"><emailProvider id="acme.test">'
        f"<displayShortName>Acme</displayShortName>{inner}{extra}</emailProvider></clientConfig>"
    )


def digest(body: str) -> str:
    """The TXT record of PACC for a file."""
    return f"v=UAAC1; a=sha256; d={base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}"
