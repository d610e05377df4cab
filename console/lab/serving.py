"""The lab as it runs: each stand-in a web server of its own on 127.0.0.1, and the board that switches their faults."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from console.lab import board, exchange_place, gmail, google, graph, microsoft, microsoft_tokens, tenants
from console.lab.accounts import Account, Application, Tenant, guid
from console.lab.directory import Directory
from console.lab.exchange import Exchange, exchange
from console.lab.fault import GOOGLE, MICROSOFT
from console.lab.mail_server import POST, MailServer, mail_server
from console.lab.stand_in import SLOW, StandIn

ADDRESS = "127.0.0.1"
LONGEST = 40 * 1024 * 1024
CONTOSO = Tenant(guid("contoso"), "Contoso", ("contoso.test",))
FABRIKAM = Tenant(guid("fabrikam"), "Fabrikam", ("fabrikam.test",))
# The tenant that the Exchange organisation moves to.
CORP = Tenant(guid("corp"), "Corp", (exchange_place.DOMAIN,))
GOOGLE_APP = ("practice.apps.googleusercontent.test", "GOCSPX-practice-secret")
MICROSOFT_APP = (guid("practice app"), "practice~client~secret")
GOOGLE_ACCOUNTS = (
    Account("alice@acme.test", "Alice Andersen", aliases=("sales@acme.test",)),
    Account("bob@acme.test", "Bob Berg"),
    Account("hanne@acme.test", "Hanne Holm"),
    Account("charlie@acme.test", "Charlie Clausen"),
    Account("emma@acme.test", "Emma Eriksen", aliases=("support@acme.test",)),
    Account("frank@acme.test", "Frank Falk"),
    Account("gitte@acme.test", "Gitte Gram"),
    Account("hugo@acme.test", "Hugo Holst"),
)
MICROSOFT_ACCOUNTS = (
    Account("alice@contoso.test", "Alice Andersen", CONTOSO.id, ("orders@contoso.test",)),
    Account("bob@contoso.test", "Bob Berg", CONTOSO.id),
    Account("hanne@contoso.test", "Hanne Holm", CONTOSO.id),
    Account("charlie@fabrikam.test", "Charlie Clausen", FABRIKAM.id),
    Account("dorte@private.test", "Dorte Dahl"),
    Account("emma@contoso.test", "Emma Eriksen", CONTOSO.id, ("support@contoso.test",)),
    Account("frank@contoso.test", "Frank Falk", CONTOSO.id),
    Account("gitte@contoso.test", "Gitte Gram", CONTOSO.id),
    Account("hugo@contoso.test", "Hugo Holst", CONTOSO.id),
    Account("alice@corp.test", "Alice Andersen", CORP.id, ("sales@corp.test",)),
    Account("bob@corp.test", "Bob Berg", CORP.id),
)
MAIL_ACCOUNTS = (
    Account("alice@harbour.test", "Alice Andersen"),
    Account("bob@harbour.test", "Bob Berg"),
    Account("press@harbour.test", "Harbour Press"),
    Account("charlie@harbour.test", "Charlie Clausen"),
    Account("info@harbour.test", "Harbour"),
    Account("orders@harbour.test", "Harbour Orders"),
    Account("billing@harbour.test", "Harbour Billing"),
    Account("events@harbour.test", "Harbour Events"),
    Account("sales@harbour.test", "Harbour Sales"),
    Account("support@harbour.test", "Harbour Support"),
    Account("shop@harbour.test", "Harbour Shop"),
    Account("dorte@harbour.test", "Dorte Dahl"),
    Account(POST, "The console"),
)
EXCHANGE_ACCOUNTS = (
    Account("alice@corp.test", "Alice Andersen", aliases=("sales@corp.test",)),
    Account("bob@corp.test", "Bob Berg"),
    Account("hanne@corp.test", "Hanne Holm"),
    Account("charlie@corp.test", "Charlie Clausen"),
    Account("emma@corp.test", "Emma Eriksen", aliases=("support@corp.test",)),
    Account("frank@corp.test", "Frank Falk"),
    Account("gitte@corp.test", "Gitte Gram"),
    Account("hugo@corp.test", "Hugo Holst"),
)


@dataclass(frozen=True)
class Lab:
    """The running stand-ins. `url` is the board's."""

    google: StandIn
    microsoft: StandIn
    mail: MailServer
    exchange: Exchange
    url: str
    graph_url: str

    @property
    def places(self) -> tuple[StandIn, ...]:
        """All stand-ins, in the order in which the board shows them."""
        return self.google, self.microsoft, self.mail.place, self.exchange.place

    def allow(self, *origins: str) -> None:
        """Let consoles at these origins, and at no others, be returned to by Google and Microsoft."""
        self.google.register(Application(*GOOGLE_APP, origins))
        self.microsoft.register(Application(*MICROSOFT_APP, origins))

    def reset(self) -> None:
        """Let every stand-in begin anew."""
        for place in self.places:
            place.reset()

    def environment(self) -> dict[str, str]:
        """Return the CONSOLE_… values with which a console talks to this lab."""
        return {
            "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
            "CONSOLE_CA_FILE": str(self.mail.ca),
            "CONSOLE_DNS_SERVER": self.mail.dns,
            "CONSOLE_ISPDB_URL": "",
            # The web sites that the lab's domains have are on the ports of Exchange; whatever else listens on this
            # machine is left alone.
            "CONSOLE_DISCOVERY_HTTPS_PORT": str(self.exchange.port),
            "CONSOLE_DISCOVERY_HTTP_PORT": str(self.exchange.plain_port),
            "CONSOLE_GOOGLE_CLIENT_ID": GOOGLE_APP[0],
            "CONSOLE_GOOGLE_CLIENT_SECRET": GOOGLE_APP[1],
            "CONSOLE_GOOGLE_AUTHORIZE_URL": f"{self.google.url}/o/oauth2/v2/auth",
            "CONSOLE_GOOGLE_TOKEN_URL": f"{self.google.url}/token",
            "CONSOLE_GOOGLE_REVOKE_URL": f"{self.google.url}/revoke",
            "CONSOLE_GOOGLE_CERTS_URL": f"{self.google.url}/oauth2/v3/certs",
            "CONSOLE_GOOGLE_API_URL": self.google.url,
            "CONSOLE_MICROSOFT_CLIENT_ID": MICROSOFT_APP[0],
            "CONSOLE_MICROSOFT_CLIENT_SECRET": MICROSOFT_APP[1],
            "CONSOLE_MICROSOFT_TENANT": "",
            "CONSOLE_MICROSOFT_LOGIN_URL": self.microsoft.url,
            # By another name than Google: inboxes at one server that fail alike are one incident.
            "CONSOLE_MICROSOFT_GRAPH_URL": self.graph_url.replace(ADDRESS, "localhost"),
        }


@contextmanager
def running(
    origins: Iterable[str],
    *,
    clock: Callable[[], datetime] | None = None,
    slow: float = SLOW,
    port: int = 0,
    google_accounts: Iterable[Account] = GOOGLE_ACCOUNTS,
    microsoft_accounts: Iterable[Account] = MICROSOFT_ACCOUNTS,
    mail_accounts: Iterable[Account] = MAIL_ACCOUNTS,
    exchange_accounts: Iterable[Account] = EXCHANGE_ACCOUNTS,
) -> Iterator[Lab]:
    """Run the lab for as long as the block lasts, for consoles at these origins ("http://127.0.0.1:8000").

    `port` is the board's, 0 for any; the others take free ones. Raises OSError when the port is taken.
    """
    clock = clock or _now
    accounts = StandIn(GOOGLE, "Google", google_accounts, clock, slow)
    login = StandIn(MICROSOFT, "Microsoft", microsoft_accounts, clock, slow)
    with ExitStack() as stack:
        addresses: dict[str, str] = {}
        places = [_application(name) for name in ("google", "microsoft", "graph", "board")]
        places[0].register_blueprint(google.make(accounts))
        places[0].register_blueprint(gmail.make(accounts))
        mail = stack.enter_context(mail_server(mail_accounts, clock, slow))
        house = stack.enter_context(exchange(exchange_accounts, clock, slow, mail.authority, mail.zone))
        customers = Directory((CONTOSO, FABRIKAM, CORP), lambda one: one == CORP and not house.place.known_to_microsoft)
        for part in (tenants, microsoft, microsoft_tokens):
            places[1].register_blueprint(part.make(login, customers))
        places[2].register_blueprint(graph.make(login, lambda: f"{addresses['graph']}/v1.0/$metadata"))
        places[3].register_blueprint(board.make((accounts, login, mail.place, house.place), mail.smtp.mails))
        for application in places:
            wanted = port if application.name == "board" else 0
            addresses[application.name] = stack.enter_context(_listening(application, wanted))
        accounts.url, login.url = addresses["google"], addresses["microsoft"]
        lab = Lab(accounts, login, mail, house, addresses["board"], addresses["graph"])
        lab.allow(*origins)
        for place in lab.places:
            stack.callback(place.stopped.set)
        yield lab


def _now() -> datetime:
    return datetime.now(UTC)


def _application(name: str) -> Flask:
    """Return an empty web application with the lab's templates and style, and the headers that every page gets."""
    application = Flask(name, root_path=__file__.rpartition("/")[0], static_url_path="/lab")
    application.config["MAX_CONTENT_LENGTH"] = LONGEST
    application.json.sort_keys = False  # type: ignore[attr-defined]

    @application.after_request
    def headers(answer: Any) -> Any:
        # No form-action: browsers hold it against the redirect that leads from the authorize page back to the app.
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'"
        )
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return application


class _Handler(WSGIRequestHandler):
    """Says nothing on the terminal, and hangs up on clients that say nothing."""

    timeout = 30

    def log(self, *_: object) -> None:
        """Keep tokens and codes, which stand in addresses, out of every log."""

    def version_string(self) -> str:
        return "practice-lab"


@contextmanager
def _listening(application: Flask, port: int) -> Iterator[str]:
    server: BaseWSGIServer = make_server(ADDRESS, port, application, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{ADDRESS}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
