"""Clients of the lab's Exchange: exchangelib, which others wrote, and plain requests, both with the lab's own names."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import exchangelib
import exchangelib.autodiscover
import exchangelib.autodiscover.cache
import requests
from exchangelib.autodiscover.discovery import Autodiscovery
from exchangelib.protocol import BaseProtocol, CachingProtocol
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from console.lab.exchange_place import PASSWORD, SERVER
from console.lab.serving import Lab

SECONDS = 10
ALICE, BOB = "alice@corp.test", "bob@corp.test"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"


@dataclass
class Corp:
    """The organisation as its clients see it. `adapter` connects to the lab, whatever a name ends in."""

    lab: Lab
    adapter: type[HTTPAdapter]
    opened: list[requests.Session] = field(default_factory=list)

    @property
    def place(self):
        return self.lab.exchange.place

    def session(self, *, trusting: bool = True) -> requests.Session:
        """Return a session; one that trusts nobody takes any certificate."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.lab.mail.ca) if trusting else False
        for scheme in ("https://", "http://"):
            session.mount(scheme, self.adapter())
        self.opened.append(session)
        return session

    def get(self, path: str, *, host: str = SERVER, scheme: str = "https", **how) -> requests.Response:
        session = how.pop("session", None) or self.session()
        return session.get(f"{scheme}://{host}{path}", timeout=SECONDS, allow_redirects=False, **how)

    def post(self, path: str, body: str | bytes = b"", *, host: str = SERVER, **how) -> requests.Response:
        session = how.pop("session", None) or self.session()
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        return session.post(
            f"https://{host}{path}", data=body, headers=headers, timeout=SECONDS, allow_redirects=False, **how
        )

    def pox(self, address: str, *, login: str | None = ALICE, schema: str = OUTLOOK, **how) -> requests.Response:
        """Ask about an address in POX, as [MS-OXDSCLI] 4.1 does."""
        body = (
            f'<Autodiscover xmlns="{REQUEST}"><Request><EMailAddress>{address}</EMailAddress>'
            f"<AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"
        )
        auth = (login, PASSWORD) if login else None
        return self.post("/autodiscover/autodiscover.xml", body, auth=auth, **how)

    def soap(self, address: str, *, version: str = "Exchange2010_SP2", **how) -> requests.Response:
        """Ask about an address over SOAP, as [MS-OXWADISC] 4 does, signed in with Basic."""
        schema = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
        told = f"<a:RequestedServerVersion>{version}</a:RequestedServerVersion>" if version else ""
        body = (
            f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="{schema}" '
            f'xmlns:w="http://www.w3.org/2005/08/addressing"><s:Header>{told}<w:Action>{schema}/Autodiscover/'
            "GetUserSettings</w:Action></s:Header><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User>"
            f"<a:Mailbox>{address}</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl"
            "</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>"
        )
        return self.post("/autodiscover/autodiscover.svc", body, auth=(ALICE, PASSWORD), **how)

    def json(self, address: str, protocol: str = "EWS", **how) -> requests.Response:
        """Ask about an address without a password."""
        query = {"Email": address, "Protocol": protocol}
        return self.get("/autodiscover/autodiscover.json", params=query, **how)

    def ews(self, content: str, *, login: str = ALICE, schema: str = "Exchange2010_SP2", **how) -> requests.Response:
        """Ask EWS, signed in with Basic."""
        return self.post("/EWS/Exchange.asmx", envelope(content, schema), auth=(login, PASSWORD), **how)

    def account(self, login: str = ALICE, password: str = PASSWORD, *, scheme: str | None = None, address: str = ALICE):
        """Return exchangelib's account, which has asked nothing yet; it finds out the sign-in unless one is named."""
        configuration = exchangelib.Configuration(
            service_endpoint=self.lab.exchange.ews_url,
            credentials=exchangelib.Credentials(login, password),
            auth_type=scheme,
            retry_policy=exchangelib.FailFast(),
            max_connections=1,
        )
        return exchangelib.Account(address, config=configuration, autodiscover=False, access_type=exchangelib.DELEGATE)

    def directory(self, name: str, **how):
        """Return what the directory says of a name; exchangelib has to know the version before it asks."""
        protocol = self.account(**how).protocol
        assert protocol.version
        return protocol.resolve_names([name], return_full_contact_data=True)

    def discover(self, address: str = ALICE, login: str = ALICE, password: str = PASSWORD):
        """Return what exchangelib's own Autodiscover, over SOAP, makes of an address."""
        found, protocol = exchangelib.autodiscover.discover(address, exchangelib.Credentials(login, password))
        protocol.close()
        return found


def envelope(content: str, schema: str) -> str:
    """Return a SOAP request for EWS; the prefixes m and t are bound."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">'
        f'<s:Header><t:RequestServerVersion Version="{schema}"/></s:Header><s:Body>{content}</s:Body></s:Envelope>'
    )


@contextmanager
def clients(lab: Lab, monkeypatch, folder) -> Iterator[Corp]:
    """Let exchangelib reach the lab for as long as the block lasts, and remember nothing afterwards."""
    corp = Corp(lab, _adapter(lab))
    resolver = {"nameservers": [lab.exchange.zone.address], "port": lab.exchange.zone.port, "timeout": SECONDS}
    monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", _exchangelib_adapter(lab, corp.adapter))
    monkeypatch.setattr(BaseProtocol, "TIMEOUT", SECONDS)
    monkeypatch.setattr(Autodiscovery, "DNS_RESOLVER_KWARGS", {"configure": False})
    monkeypatch.setattr(Autodiscovery, "DNS_RESOLVER_ATTRS", resolver)
    monkeypatch.setattr(exchangelib.autodiscover.cache, "AUTODISCOVER_PERSISTENT_STORAGE", str(folder / "autodiscover"))
    try:
        yield corp
    finally:
        exchangelib.close_connections()
        exchangelib.autodiscover.clear_cache()
        CachingProtocol.clear_cache()
        for session in corp.opened:
            session.close()


def _adapter(lab: Lab) -> type[HTTPAdapter]:
    ports = {443: lab.exchange.port, 80: lab.exchange.plain_port}

    def connect(connection: HTTPConnection) -> socket.socket:
        return socket.create_connection(("127.0.0.1", ports.get(connection.port, connection.port)), SECONDS)

    plain = type("Plain", (HTTPConnection,), {"_new_conn": connect})
    secure = type("Secure", (HTTPSConnection,), {"_new_conn": connect})
    pools = {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

    return Adapter


def _exchangelib_adapter(lab: Lab, base: type[HTTPAdapter]) -> type[HTTPAdapter]:
    class Adapter(base):
        def send(self, request, **how):
            return super().send(request, **{**how, "verify": str(lab.mail.ca)})

    return Adapter
