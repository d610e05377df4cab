"""A stand-in for Microsoft's sign-in service: it says which domains are tenants, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

Cloud = Literal["commercial", "gcc", "gcc-high", "dod", "china"]
# What the clouds say in their OpenID configuration.
_FIELDS = {
    "commercial": {"tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com"},
    "gcc": {
        "tenant_region_scope": "NA",
        "tenant_region_sub_scope": "GCC",
        "cloud_instance_name": "microsoftonline.com",
    },
    "gcc-high": {
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DODCON",
        "cloud_instance_name": "microsoftonline.us",
    },
    "dod": {
        "tenant_region_scope": "USGov",
        "tenant_region_sub_scope": "DOD",
        "cloud_instance_name": "microsoftonline.us",
    },
    "china": {"tenant_region_scope": "CN", "cloud_instance_name": "partner.microsoftonline.cn"},
}


@dataclass
class MicrosoftLogin:
    """Tenants by domain; a domain nobody mentioned is none. `requests` are the paths with their queries."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    _clouds: dict[str, Cloud] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)
    _raw: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    _held: threading.Event = field(default_factory=threading.Event)
    _holding: bool = False

    def tenant(self, domain: str, cloud: Cloud = "commercial") -> Self:
        """Let a domain be verified in a tenant of this cloud."""
        self._clouds[domain] = cloud
        return self

    def busy(self, domain: str) -> Self:
        """Let the OpenID configuration of a domain fail, so that only the realm tells."""
        self._broken.add(domain)
        return self

    def says(self, domain: str, body: bytes, status: int = 200) -> Self:
        """Answer something else about a domain."""
        self._raw[domain] = status, body
        return self

    def hold(self) -> Self:
        """Answer nothing any more."""
        self._holding = True
        return self

    def answer(self, target: str) -> tuple[int, bytes]:
        """Return status and body for a path with its query."""
        self.requests.append(target)
        if self._holding:
            self._held.wait(30)
        parts = urlsplit(target)
        domain = parts.path.strip("/").partition("/")[0]
        if parts.path.endswith("/.well-known/openid-configuration"):
            if domain in self._raw:
                return self._raw[domain]
            if domain in self._broken:
                return 503, b"try later"
            if domain not in self._clouds:
                return 400, json.dumps({"error": "invalid_tenant", "error_codes": [90002]}).encode()
            guid = "00000000-0000-0000-0000-000000000001"
            found = {"issuer": f"{self.url}/{guid}/v2.0", "token_endpoint": f"{self.url}/{guid}/oauth2/v2.0/token"}
            return 200, json.dumps(found | _FIELDS[self._clouds[domain]]).encode()
        if parts.path == "/getuserrealm.srf":
            domain = parse_qs(parts.query)["login"][0].rpartition("@")[2]
            kind = "Managed" if domain in self._clouds else "Unknown"
            return 200, json.dumps({"NameSpaceType": kind, "DomainName": domain}).encode()
        return 404, b""

    def release(self) -> None:
        """Let go of whoever still waits."""
        self._held.set()


@contextmanager
def microsoft_login() -> Iterator[MicrosoftLogin]:
    """Serve a stand-in over plain http on loopback for as long as the block lasts."""
    served = MicrosoftLogin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = served.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.release()
        server.shutdown()
        server.server_close()
        thread.join(5)
