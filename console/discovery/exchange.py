"""Whether a domain's own servers are Exchange, found out by Autodiscover without any password.

Asked are only autodiscover.<domain>, what its DNS names, and mail servers of the domain itself: never the bare domain,
where a web host would answer, and never a name above it. The address stays here; an invented local part goes out.
Sources: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange,
[MS-OXDSCLI] and [MS-OXDISCO]; version 2 of the service is what Exchange 2016 CU3 and later answer without sign-in.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote, urlsplit

from console.discovery.answer import Confidence, Saying
from console.discovery.deadline import Deadline, Story
from console.discovery.domains import a_label, is_host_name, within
from console.discovery.errands import Errands
from console.discovery.lookups import Lookups, LookupTrouble, NoSuchName
from console.discovery.signals import autodiscover_targets
from console.discovery.sources import json_object
from console.discovery.tables.hosts import Host
from console.discovery.tables.mail_hosts import HOSTS
from console.discovery.tenants import INVENTED
from console.discovery.web import Page, Unverified, Web, WebTrouble
from console.rules.texts import N_

SOURCE = "autodiscover"
# Hosts that may be asked at the same time, whatever DNS says.
_MOST_HOSTS = 4
_LONGEST_URL = 300
_EWS = "/EWS/Exchange.asmx"
# POX and SOAP; an Exchange server answers strangers with 401 at both, and has at least one of them.
_ASKS_FOR_PASSWORD = ("/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc")
_LONGEST = 32 * 1024
# Headers that no other server sends, https://learn.microsoft.com/exchange/architecture/client-access
_HEADERS = frozenset(
    {"x-feserver", "x-beserver", "x-owa-version", "x-calculatedbetarget", "x-calculatedfetarget", "x-diaginfo"}
)
_WINDOWS_SIGN_IN = re.compile(r"(^|,\s*)(ntlm|negotiate)\b", re.IGNORECASE)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Found:
    """A server that speaks for Exchange. `host` is set where it is a known host's instead, Microsoft's above all.

    `url` is where its web services are. `autodiscover` is the place ("mail.acme.dk", "mail.acme.dk:8443") that tells
    somebody who signs in where they are.
    """

    confidence: Confidence
    evidence: Saying
    url: str = ""
    autodiscover: str = ""
    host: Host | None = None


class Exchange:
    """Asks the places where a domain's Autodiscover may be."""

    def __init__(
        self, domain: str, web: Web, lookups: Lookups, errands: Errands, deadline: Deadline, story: Story
    ) -> None:
        self._domain, self._web, self._lookups = domain, web, lookups
        # Where the domain's own DNS says that Autodiscover is.
        self._published: frozenset[str] = frozenset()
        self._errands, self._deadline, self._story = errands, deadline, story

    def find(self, own_servers: Iterable[str] = ()) -> Found | None:
        """Return the best of what the places say, or None. `own_servers` are mail servers of the domain itself."""
        began = self._deadline.monotonic()
        places = self._places(own_servers)
        asked = [self._errands.start("autodiscover", partial(self._ask, place)) for place in places]
        if places and places[0] == f"autodiscover.{self._domain}":
            asked.append(self._errands.start("autodiscover", self._redirected))
        answers = (errand.outcome(self._deadline.left()) for errand in asked)
        found = [answer for answer in answers if answer is not None]
        best = min(found, key=_rank, default=None)
        self._story.record(SOURCE, "found" if best else "nothing", began, str(best.evidence) if best else "")
        return best

    def _places(self, own_servers: Iterable[str]) -> list[str]:
        places = []
        name = f"autodiscover.{self._domain}"
        target = self._named(name)
        # What points to a known host is a signal already, and its certificate would carry another name.
        if target is None or HOSTS.by_autodiscover(target) is None:
            places.append(name)
            if target:
                places.append(target)
        places += self._targets()
        self._published = frozenset(place for place in (name, *places) if within(_host(place), self._domain))
        places += [server for server in own_servers if server != self._domain]
        allowed = (
            place for place in places if _host(place) != self._domain and HOSTS.by_autodiscover(_host(place)) is None
        )
        return list(dict.fromkeys(allowed))[:_MOST_HOSTS]

    def _named(self, name: str) -> str | None:
        try:
            return self._lookups.cname(name)
        except (NoSuchName, LookupTrouble):
            return None

    def _targets(self) -> list[str]:
        try:
            records = self._lookups.srv(f"_autodiscover._tcp.{self._domain}")
            return [_place(record.host, record.port) for record in autodiscover_targets(records, self._domain)]
        except (NoSuchName, LookupTrouble):
            return []

    def _ask(self, place: str, *, hops: int = 1) -> Found | None:
        """Ask one host: version 2 first, then what the older services say to somebody who has not signed in."""
        marked: Found | None = None
        guarded = False
        for path in (
            f"/autodiscover/autodiscover.json?Email={INVENTED}%40{quote(self._domain)}&Protocol=EWS&RedirectCount=1",
            *_ASKS_FOR_PASSWORD,
            _EWS,
        ):
            if marked is not None and marked.autodiscover and path in _ASKS_FOR_PASSWORD:
                continue
            try:
                page = self._web.get(
                    f"https://{place}{path}", domain=self._domain, redirects=0, longest=_LONGEST, any_port=True
                )
            except Unverified:
                return marked or self._unverified(place)
            except WebTrouble:
                return marked
            if page.status == 200 and path.startswith("/autodiscover/autodiscover.json"):
                named = self._named_by(page)
                if named is not None:
                    return named
            if page.status in _REDIRECTS:
                moved = self._moved(page, hops)
                if moved is not None:
                    return moved
            seen = self._marked(place, page)
            guarded = guarded or (page.status == 401 and path in _ASKS_FOR_PASSWORD)
            marked = marked or seen
            if marked is not None and seen is not None and page.status == 401:
                asked = path in _ASKS_FOR_PASSWORD
                marked = replace(marked, autodiscover=place) if asked else replace(marked, url=f"https://{place}{_EWS}")
        return marked or (self._unmarked(place) if guarded else None)

    def _unverified(self, place: str) -> Found | None:
        """Return a server that presents a certificate of its own making, as a set-up of Exchange leaves it.

        Only where the domain publishes Autodiscover: elsewhere such a certificate is a sign of nothing. Nothing is read
        from it; whoever signs in is shown the certificate before the password leaves.
        """
        if place not in self._published:
            return None
        saying = Saying(
            N_("A server answers at %(host)s, where Autodiscover is; its certificate does not verify."),
            {"host": _host(place)},
        )
        return Found("possible", saying, autodiscover=place)

    def _unmarked(self, place: str) -> Found | None:
        """Return what asks for a password at Autodiscover and not everywhere: other makers' servers bear no marks."""
        try:
            page = self._web.get(
                f"https://{place}/{INVENTED}", domain=self._domain, redirects=0, longest=_LONGEST, any_port=True
            )
        except WebTrouble:
            return None
        if page.status == 401:
            return None
        saying = Saying(N_("%(host)s asks for a sign-in where Autodiscover is."), {"host": _host(place)})
        return Found("possible", saying, autodiscover=place)

    def _named_by(self, page: Page) -> Found | None:
        url = str(json_object(page.body).get("Url") or "")
        host = _https_host(url)
        if host is None:
            return None
        known = HOSTS.by_autodiscover(host)
        saying = Saying(N_("Autodiscover of %(domain)s names %(url)s"), {"domain": self._domain, "url": url})
        own = within(urlsplit(page.url).hostname or "", self._domain)
        if not own and known is None and not self._in_the_open(url):
            return None
        # Certain where the domain's own servers name one of their own.
        certain = own and within(host, self._domain)
        return Found("certain" if certain else "likely", saying, url, host=known)

    def _in_the_open(self, url: str) -> bool:
        """Return whether something answers at an address that a stranger named, outside every private network."""
        try:
            self._web.get(url, redirects=0, longest=_LONGEST)
        except WebTrouble:
            return False
        return True

    def _moved(self, page: Page, hops: int) -> Found | None:
        """Read where a redirect leads: to a known host, or to one more server over https, which is asked once."""
        host = _https_host(page.headers.get("location", ""))
        if host is None or host == self._domain:
            return None
        known = HOSTS.by_autodiscover(host)
        if known is not None:
            saying = Saying(N_("Autodiscover of %(domain)s leads to %(host)s"), {"domain": self._domain, "host": host})
            return Found("likely", saying, host=known)
        if hops <= 0 or host == urlsplit(page.url).hostname:
            return None
        return self._ask(host, hops=hops - 1)

    def _marked(self, place: str, page: Page) -> Found | None:
        # Of the paths that are asked, other software on Windows knows none, and so protects none.
        windows = page.status == 401 and (
            _WINDOWS_SIGN_IN.search(page.headers.get("www-authenticate", ""))
            or page.headers.get("server", "").lower().startswith("microsoft-iis/")
        )
        if not windows and not _HEADERS & page.headers.keys():
            return None
        saying = Saying(N_("%(host)s answers as an Exchange server."), {"host": _host(place)})
        return Found("likely" if within(_host(place), self._domain) else "possible", saying)

    def _redirected(self) -> Found | None:
        """Read where http leads; anybody on the way could have written that, so it makes nothing certain."""
        url = f"http://autodiscover.{self._domain}/autodiscover/autodiscover.xml"
        try:
            page = self._web.get(url, domain=self._domain, redirects=0, longest=_LONGEST)
        except WebTrouble:
            return None
        found = self._moved(page, 1) if page.status in _REDIRECTS else None
        if found is None:
            return None
        own = found.host is None and within(_https_host(found.url) or "", self._domain)
        return replace(found, confidence="likely" if own else "possible")


def _rank(found: Found) -> tuple[int, bool, bool]:
    # Who says where the web services are knows better than what merely answers there.
    sure = ("certain", "likely", "possible").index(found.confidence)
    return sure, not found.autodiscover, not found.url


def _place(host: str, port: int) -> str:
    return host if port == 443 else f"{host}:{port}"


def _host(place: str) -> str:
    return place.partition(":")[0]


def _https_host(url: str) -> str | None:
    """Return the host of an https address, or None for everything else."""
    if len(url) > _LONGEST_URL or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host = a_label(parts.hostname or "")
    except ValueError:
        return None
    return host if parts.scheme == "https" and "@" not in parts.netloc and is_host_name(host) else None
