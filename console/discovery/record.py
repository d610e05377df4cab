"""An answer as JSON: what the world is shown of it, and what is stored to be shown again later."""

from collections.abc import Mapping
from typing import Any

from console.discovery.addresses import parse
from console.discovery.answer import Answer, Candidate, Caution, Refusal, Saying, Server, Settings, Source


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


def _read_candidate(data: Mapping[str, Any]) -> Candidate:
    evidence = tuple(Saying.from_dict(one) for one in data["evidence"])
    return Candidate(data["provider"], data["confidence"], evidence, data["url"])


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
