"""What Settings says about notices: who is told of what and when, at which hour the daily mail goes, quiet hours."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlmodel import Session

from console.discovery.addresses import AddressError, parse
from console.rules.notices import DEFAULTS, STAFF_KINDS, Kind, Party, Quiet, When
from console.rules.replies import tidy
from console.rules.texts import N_
from console.services import settings
from console.services.context import Actor, Context, Refused

NAME = "notices"
USUAL_HOUR = time(7, 30)
MOST_EXTRA = 20


@dataclass(frozen=True)
class Rules:
    """The rules that count now. `when` holds every party and kind; `quiet` is None where there are no quiet hours."""

    when: Mapping[Party, Mapping[Kind, When]]
    extra: tuple[str, ...] = ()
    digest_at: time = USUAL_HOUR
    quiet: Quiet | None = None


def read(session: Session) -> Rules:
    """Return the rules; what is missing, or cannot be read, is as usual."""
    return _of(settings.read(session, NAME))


def _of(value: Mapping[str, Any]) -> Rules:
    when = {party: {kind: _when(value, party, kind) for kind in STAFF_KINDS} for party in Party}
    found = value.get("quiet")
    quiet = None
    if isinstance(found, Mapping):
        days = frozenset(day for day in _list(found.get("days")) if isinstance(day, int) and 0 <= day <= 6)
        quiet = Quiet(_time(found.get("start")), _time(found.get("end")), days, bool(found.get("all_kinds")))
    extra = tuple(str(one) for one in _list(value.get("extra")))
    return Rules(when, extra, _time(value.get("digest_at"), USUAL_HOUR), quiet)


def _when(value: Mapping[str, Any], party: Party, kind: Kind) -> When:
    of_party = value.get(party.value)
    try:
        return When(of_party[kind.value])  # type: ignore[index]  # Whatever is no table raises, and is as usual.
    except (KeyError, TypeError, ValueError):
        return DEFAULTS[party][kind]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _time(value: Any, usual: time = time(0)) -> time:
    try:
        return time.fromisoformat(value)
    except (TypeError, ValueError):
        return usual


def save(ctx: Context, actor: Actor, rules: Rules, *, revision: int | None = None) -> None:
    """Store the rules. Raises Refused, with the field, for addresses that are none; NotFound for whoever may not."""
    value: dict[str, Any] = {
        party.value: {kind.value: rules.when[party][kind].value for kind in STAFF_KINDS} for party in Party
    }
    value |= {"extra": addresses(rules.extra), "digest_at": rules.digest_at.isoformat("minutes")}
    if rules.quiet is not None:
        value["quiet"] = {
            "start": rules.quiet.start.isoformat("minutes"),
            "end": rules.quiet.end.isoformat("minutes"),
            "days": sorted(rules.quiet.days),
            "all_kinds": rules.quiet.all_kinds,
        }
    with ctx.store.write() as session:
        settings.write(ctx, session, actor, NAME, value, revision=revision)


def addresses(texts: Iterable[str]) -> list[str]:
    """Return addresses as they are stored, each once. Raises Refused for one that is none, or too many."""
    found: list[str] = []
    for text in texts:
        try:
            key = parse(text).key
        except AddressError:
            raise Refused(N_("%(address)s is no email address."), field="extra", address=tidy(text)[:80]) from None
        if key not in found:
            found.append(key)
    if len(found) > MOST_EXTRA:
        raise Refused(
            N_("These are more than %(most)s addresses. Use a mailing list instead."), field="extra", most=MOST_EXTRA
        )
    return found


def address_tag(address: str) -> str:
    """Return what names an address that belongs to nobody here, in the name of a notice."""
    return f"x{hashlib.sha256(address.encode()).hexdigest()[:16]}"
