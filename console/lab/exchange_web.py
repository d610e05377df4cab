"""Which of the organisation's hosts answers which path, over https and over http."""

import uuid
from collections.abc import Callable

from console.lab import autodiscover_json, autodiscover_pox, autodiscover_soap, ews, exchange_pages
from console.lab.exchange_place import (
    AUTODISCOVER,
    BRANCH_AUTODISCOVER,
    DOMAIN,
    HOSTER,
    HOSTER_SERVER,
    OTHER_SERVER,
    SERVER,
    ExchangePlace,
)
from console.lab.grants import Counted
from console.lab.web_server import ADDRESS, Answer, Asked
from console.lab.windows_sign_in import SignIn, login_of

EXCHANGE_HOSTS = frozenset({SERVER, OTHER_SERVER, AUTODISCOVER, BRANCH_AUTODISCOVER, HOSTER, HOSTER_SERVER, ADDRESS})
_ASP = (("Server", "Microsoft-IIS/10.0"), ("X-Powered-By", "ASP.NET"))


class Web:
    """The web servers of the organisation, of its web site and of the hosting company."""

    def __init__(self, place: ExchangePlace, sign_in: SignIn) -> None:
        self._place, self._sign_in = place, sign_in

    def https(self, asked: Asked) -> Answer:
        """Answer over https."""
        self._count(asked, asked.host)
        if asked.host not in EXCHANGE_HOSTS:
            return self._web_site(asked)
        answer = self._exchange(asked)
        if any(name == "Server" for name, _ in answer.headers):
            return answer
        about = ("X-FEServer", asked.host.partition(".")[0].upper())
        return answer.but(*_ASP, ("request-id", str(uuid.uuid4())), about)

    def http(self, asked: Asked) -> Answer:
        """Answer over http, where nothing but a redirect is to be had."""
        self._count(asked, f"http://{asked.host}")
        place = self._place
        if asked.host != AUTODISCOVER or not asked.path.lower().startswith("/autodiscover/"):
            return exchange_pages.moved(place.at(asked.host, asked.path))
        for slug, host in (("http-redirect", SERVER), ("http-redirect-elsewhere", HOSTER)):
            if place.has(slug):
                return exchange_pages.moved(place.at(host, asked.path))
        return exchange_pages.tls_required()

    def _count(self, asked: Asked, host: str) -> None:
        self._place.requested(host)
        login = login_of(asked)
        if login is not None:
            self._place.carried(host, login)

    def _foreign(self, asked: Asked) -> Answer:
        """Ask for a password that no Exchange knows, and refuse whatever was given."""
        login = login_of(asked)
        if login is not None:
            self._place.refused(asked.host, login)
        return exchange_pages.foreign_401()

    def _web_site(self, asked: Asked) -> Answer:
        if asked.host == DOMAIN and self._place.has("apex-401"):
            return self._foreign(asked)
        if asked.path in {"", "/"}:
            return Answer(200, b"<h1>Corp</h1>", (exchange_pages.HTML, ("Server", "nginx")))
        return exchange_pages.nginx(404, "Not Found")

    def _exchange(self, asked: Asked) -> Answer:
        path = asked.path.lower()
        if path.startswith("/autodiscover/"):
            return self._autodiscover(asked, path)
        if path == ews.PATH:
            return self._ews(asked)
        if path.startswith(exchange_pages.LOGON):
            return exchange_pages.logon()
        if path in {"", "/"} or path.startswith(("/owa", "/ecp")):
            back = self._place.at(asked.host, asked.path if path not in {"", "/"} else "/owa/")
            return exchange_pages.moved(
                f"{self._place.at(asked.host, exchange_pages.LOGON)}?replaceCurrent=1&url={back}"
            )
        if path == "/ews/healthcheck.htm":
            return Answer(200, f"200 OK<br/>{asked.host.upper()}".encode(), (exchange_pages.HTML,))
        return exchange_pages.not_found()

    def _autodiscover(self, asked: Asked, path: str) -> Answer:
        place = self._place
        redirected = place.has("http-redirect") or place.has("http-redirect-elsewhere")
        if asked.host == AUTODISCOVER and redirected:
            return exchange_pages.not_found()
        if found := exchange_pages.before_autodiscover(place, asked):
            return found
        if path.startswith(autodiscover_json.PATH) and place.build.json_autodiscover:
            return exchange_pages.not_found() if place.has("no-json") else autodiscover_json.ask(place, asked)
        form = self._form(path)
        if form is None:
            return exchange_pages.not_found()
        who = self._sign_in.who(asked)
        if isinstance(who, Answer):
            return who
        return exchange_pages.spoilt(place, "autodiscover", form(place, asked))

    def _form(self, path: str) -> Callable[[ExchangePlace, Asked], Answer] | None:
        place = self._place
        if path == autodiscover_pox.PATH and not place.has("no-pox"):
            return autodiscover_pox.ask
        if path == autodiscover_soap.PATH and not place.has("no-soap") and place.build.soap_autodiscover:
            return autodiscover_soap.ask
        return None

    def _ews(self, asked: Asked) -> Answer:
        place = self._place
        if place.has("foreign-401"):
            return self._foreign(asked)
        if found := exchange_pages.before_ews(place, asked):
            return found
        who = self._sign_in.who(asked)
        if isinstance(who, Answer):
            return who
        if found := exchange_pages.before_ews(place, asked, who):
            return found
        place.grants.note(who, Counted.CALLS)
        if place.has("ews-slow", who):
            place.wait()
        if asked.method != "POST":
            return Answer(200, b"<html><head><title>Exchange Service</title></head></html>", (exchange_pages.HTML,))
        answer = exchange_pages.spoilt(place, "xml", ews.ask(place, who, asked.body, asked.host), who)
        if place.has("wrong-type", who):
            return Answer(answer.status, answer.body, (exchange_pages.HTML,))
        return answer
