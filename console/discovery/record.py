"""An answer as JSON: what the world is shown of it, and what is stored to be shown again later."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from console.discovery.addresses import parse
from console.discovery.answer import Answer, Candidate, Caution, Refusal, Saying, Server, Settings, Source
from console.rules.texts import N_


def published(answer: Answer, *, trace: bool = False) -> dict[str, Any]:
    """Return the answer as `console discover --json` prints it: English sentences and finished sign-in names."""
    found = {
        "address": answer.address.key,
        "recommended": answer.recommended,
        "candidates": [
            {
                "provider": candidate.provider,
                "confidence": candidate.confidence,
                "evidence": [str(saying) for saying in candidate.evidence],
            }
            for candidate in answer.candidates
        ],
        "refused": answer.refused and {"reason": answer.refused.reason, "sentence": str(answer.refused.saying)},
        "warnings": [str(caution.saying) for caution in answer.warnings],
        "settings": _published_settings(answer),
        "sources": [
            {"source": source.name, "outcome": source.outcome, "milliseconds": source.milliseconds}
            | ({"detail": source.detail} if source.detail else {})
            for source in answer.sources
        ],
    }
    return found | ({"trace": list(answer.story)} if trace else {})


def _published_settings(answer: Answer) -> dict[str, Any] | None:
    found = answer.settings
    if found is None:
        return None

    def one(server: Server | None, template: str) -> dict[str, Any] | None:
        if server is None:
            return None
        name = found.sign_in_name(template, answer.address)
        return {"host": server.host, "port": server.port, "security": server.security, "username": name}

    return {
        "imap": one(found.imap, found.imap_username),
        "smtp": one(found.smtp, found.smtp_username),
        "source": found.source,
        "transport": found.transport,
        "relation": found.relation,
        "confirm": found.to_confirm,
    }


def told(answer: Answer, say: Callable[..., str], *, trace: bool = False) -> Iterator[str]:
    """Yield the answer line by line for a terminal; `say` translates a marked sentence and fills its values in."""

    def spoken(saying: Saying) -> str:
        return say(saying.sentence, **saying.values)

    if answer.refused:
        yield say(N_("Cannot be connected (%(reason)s): %(why)s"), reason=answer.refused.reason,
                  why=spoken(answer.refused.saying))  # fmt: skip
    elif answer.recommended is None:
        # Why not is what the warnings tell.
        yield say(N_("No recommendation."))
    for candidate in answer.candidates:
        mark = "*" if candidate.provider == answer.recommended else " "
        yield f"{mark} {candidate.provider:<10} {candidate.confidence}"
        yield from (f"      {spoken(saying)}" for saying in candidate.evidence)
    yield from (f"! {spoken(caution.saying)}" for caution in answer.warnings)
    if answer.settings:
        yield from _told_settings(answer, answer.settings, say)
        yield from (f"! {spoken(caution.saying)}" for caution in answer.settings.cautions)
    for source in answer.sources:
        yield f"  {source.name:<24} {source.outcome:<8} {source.milliseconds:>5} ms  {source.detail}".rstrip()
    if trace:
        yield from answer.story


def _told_settings(answer: Answer, found: Settings, say: Callable[..., str]) -> Iterator[str]:
    servers = (("IMAP", found.imap, found.imap_username), ("SMTP", found.smtp, found.smtp_username))
    for protocol, server, template in servers:
        if server is not None:
            name = found.sign_in_name(template, answer.address) or "?"
            yield f"  {protocol}  {server} ({server.security}), {name}"
    origin = say(N_("Source: %(source)s over %(transport)s"), source=found.source, transport=found.transport)
    yield f"  {origin}; {say(N_('to be confirmed'))}" if found.to_confirm else f"  {origin}"


def stored(answer: Answer) -> dict[str, Any]:
    """Return plain values that `restored` reads: codes and marked sentences, to be translated when they are shown."""
    return {
        "address": answer.address.key,
        "recommended": answer.recommended,
        "candidates": [
            {
                "provider": one.provider,
                "confidence": one.confidence,
                "url": one.url,
                "autodiscover": one.autodiscover,
                "evidence": [saying.to_dict() for saying in one.evidence],
            }
            for one in answer.candidates
        ],
        "refused": answer.refused
        and {
            "reason": answer.refused.reason,
            "saying": answer.refused.saying.to_dict(),
            "help_url": answer.refused.help_url,
        },
        "warnings": [_caution(one) for one in answer.warnings],
        "settings": answer.settings and _settings(answer.settings),
        "others": [_settings(one) for one in answer.others],
        "sources": [vars(source) for source in answer.sources],
        "story": list(answer.story),
    }


def restored(data: Mapping[str, Any]) -> Answer:
    """Read what `stored` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    refused = data["refused"]
    return Answer(
        address=parse(data["address"]),
        recommended=data["recommended"],
        candidates=tuple(
            Candidate(
                one["provider"],
                one["confidence"],
                tuple(Saying.from_dict(each) for each in one["evidence"]),
                one["url"],
                # Answers that were stored before there was one know none.
                str(one.get("autodiscover", "")),
            )
            for one in data["candidates"]
        ),
        refused=refused and Refusal(refused["reason"], Saying.from_dict(refused["saying"]), refused["help_url"]),
        warnings=tuple(_read_caution(one) for one in data["warnings"]),
        settings=data["settings"] and _read_settings(data["settings"]),
        others=tuple(_read_settings(one) for one in data["others"]),
        sources=tuple(Source(**one) for one in data["sources"]),
        story=tuple(data["story"]),
    )


def _caution(caution: Caution) -> dict[str, Any]:
    return {"code": caution.code, "saying": caution.saying.to_dict(), "help_url": caution.help_url}


def _read_caution(data: Mapping[str, Any]) -> Caution:
    return Caution(data["code"], Saying.from_dict(data["saying"]), data["help_url"])


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        **vars(settings),
        "imap": settings.imap and vars(settings.imap),
        "smtp": settings.smtp and vars(settings.smtp),
        "not_offered": sorted(settings.not_offered),
        "cautions": [_caution(one) for one in settings.cautions],
    }


def _read_settings(data: Mapping[str, Any]) -> Settings:
    return Settings(
        **{
            **data,
            "imap": data["imap"] and Server(**data["imap"]),
            "smtp": data["smtp"] and Server(**data["smtp"]),
            "not_offered": frozenset(data["not_offered"]),
            "cautions": tuple(_read_caution(one) for one in data["cautions"]),
        }
    )
