"""What a discovery found, told in full: for the domain doctor and for Detect."""

from dataclasses import dataclass
from typing import Any

from console.discovery.addresses import shown, shown_domain
from console.discovery.answer import Answer, Caution, Server, Settings
from console.rules.domain_defaults import LOCAL, WHOLE, Kind
from console.rules.texts import N_
from console.services.discoveries import PROBE, DiscoveryView
from console.web.defaults_form import OWN, named
from console.web.sources import SURENESS, page_of, said, source_name, source_row
from console.web.texts import say, say_many

PROVIDERS = {
    "gmail": N_("Gmail"),
    "microsoft": N_("Microsoft 365 / Outlook"),
    "exchange": N_("Exchange"),
    "imap": N_("IMAP + SMTP"),
}
TRANSPORTS = {
    "admin": N_("set by an account admin"),
    "table": N_("known to this console"),
    "https": N_("over HTTPS"),
    "http": N_("over HTTP, without encryption"),
    "dns": N_("over DNS, unsigned"),
    "signed-dns": N_("over signed DNS"),
    "guess": N_("a guess; the server greeted at a usual name"),
}
SECURITIES = {"tls": "TLS", "starttls": "STARTTLS"}


@dataclass(frozen=True)
class Explained:
    """An answer for templates. `about` is the address, or the domain where only that was asked about.

    `signs_in` is the provider whose own sign-in people are recommended, and empty for all others.
    """

    about: str
    waiting: bool
    answered: bool
    title: str
    refused: str
    candidates: list[dict[str, Any]]
    warnings: list[dict[str, str]]
    settings: list[dict[str, str]]
    signs_in: str
    origin: str
    to_confirm: bool
    sources: list[dict[str, Any]]
    sources_text: str
    story: tuple[str, ...]


def explained(found: DiscoveryView) -> Explained:
    """Return a discovery in the reader's words."""
    answer, domain = found.answer, found.address.rpartition("@")[2]
    about = shown_domain(domain) if found.address.startswith(f"{PROBE}@") else shown(found.address)
    if answer is None:
        title = say(N_("Looking up %(domain)s"), domain=shown_domain(domain))
        if not found.waiting:
            title = say(N_("Nobody answered in time"))
        return Explained(about, found.waiting, False, title, "", [], [], [], "", "", False, [], "", ())
    kept = answer.settings
    return Explained(
        about,
        False,
        True,
        _title(answer),
        said(answer.refused.saying) if answer.refused else "",
        [
            {
                "label": _provider(one.provider),
                "confidence": say(SURENESS[one.confidence].within),
                "evidence": [said(saying) for saying in one.evidence],
                "url": one.url,
                "first": one.provider == answer.recommended,
            }
            for one in answer.candidates
        ],
        [_caution(one) for one in (*answer.warnings, *(kept.cautions if kept else ()))],
        _settings(answer, kept, found) if kept else [],
        _provider(answer.recommended) if answer.recommended and answer.recommended not in tuple(Kind) else "",
        origin_of(kept) if kept else "",
        kept.to_confirm if kept else False,
        [source_row(source) for source in answer.sources],
        say_many("%(num)s source", "%(num)s sources", len(answer.sources)),
        answer.story,
    )


def _title(answer: Answer) -> str:
    if answer.refused:
        return say(N_("Cannot be connected"))
    if answer.recommended is None or answer.confidence is None:
        return say(N_("We could not tell who holds this mailbox"))
    return say(
        N_("%(provider)s, %(confidence)s"),
        provider=_provider(answer.recommended),
        confidence=say(SURENESS[answer.confidence].within),
    )


def _provider(slug: str) -> str:
    return say(PROVIDERS.get(slug, slug))


def _caution(one: Caution) -> dict[str, str]:
    return {"text": said(one.saying), "href": page_of(one)}


def _settings(answer: Answer, kept: Settings, found: DiscoveryView) -> list[dict[str, str]]:
    alone = found.address.startswith(f"{PROBE}@")

    def name(template: str) -> str:
        if alone:
            return _form_of(template)
        return kept.sign_in_name(template, answer.address) or say(N_("not told"))

    rows = []
    for label, server, template in (
        (N_("Incoming"), kept.imap, kept.imap_username),
        (N_("Outgoing"), kept.smtp, kept.smtp_username),
    ):
        value = f"{server}, {SECURITIES[server.security]}" if server else say(N_("not found"))
        rows.append({"label": say(label), "value": value, "name": name(template) if server else ""})
    return rows


def _form_of(template: str) -> str:
    if not template:
        return say(N_("not told"))
    return say({WHOLE: N_("full address"), LOCAL: N_("part before @")}.get(template, template))


def origin_of(kept: Settings) -> str:
    """Return where settings come from and how they came here."""
    how = say(TRANSPORTS[kept.transport])
    if kept.transport in {"admin", "table", "guess"}:
        return how
    # What one source lacked, another may have completed.
    named = " + ".join(source_name(name) for name in kept.source.split(", "))
    return say(N_("%(source)s, %(transport)s"), source=named, transport=how)


def form_data(answer: Answer) -> dict[str, Any] | None:
    """Return what Detect fills into the form of a domain's defaults; None when nothing usable was found."""
    best = next((one for one in answer.candidates if one.provider == answer.recommended), None)
    kept = answer.settings
    if best is not None and best.url:
        return {"kind": Kind.EXCHANGE.value, "exchange_url": best.url}
    if kept is None or kept.imap is None:
        other = next((one for one in answer.candidates if one.url), None)
        return {"kind": Kind.EXCHANGE.value, "exchange_url": other.url} if other else None
    username, own = named(kept.imap_username)
    data: dict[str, Any] = {"kind": Kind.IMAP.value, **_server("imap", kept.imap), "username": username}
    if username == OWN:
        data["username_template"] = own
    return {**data, **(_server("smtp", kept.smtp) if kept.smtp else {})}


def _server(name: str, server: Server) -> dict[str, Any]:
    return {f"{name}_host": server.host, f"{name}_port": server.port, f"{name}_security": server.security}
