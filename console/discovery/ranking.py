"""Which of several answers about servers is the best, and what one lacks and another has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.discovery.answer import Relation, Settings, Transport

# From most to least believed; of a merged answer the less believed half counts.
_TRANSPORTS: tuple[Transport, ...] = ("admin", "table", "https", "signed-dns", "dns", "http", "guess")
_RELATIONS: tuple[Relation, ...] = ("same", "provider", "foreign")


@dataclass(frozen=True)
class Found:
    """An answer; the lower its `rank`, the better its source."""

    rank: int
    settings: Settings

    @property
    def key(self) -> tuple[bool, bool, int, bool]:
        """What answers are ordered by: trust, then the source, then whether both servers are there."""
        empty = self.settings.imap is None and self.settings.smtp is None
        return empty, self.settings.to_confirm, self.rank, not self.settings.complete


def ranked(found: Sequence[Found]) -> tuple[Settings, ...]:
    """Return the answers best first, before them the best one completed where it lacks a server that another names."""
    answers = [one.settings for one in sorted(found, key=lambda one: one.key)]
    whole = _completed(answers)
    return (*([] if whole is None else [whole]), *answers)


def _completed(answers: Sequence[Settings]) -> Settings | None:
    if not answers or answers[0].complete or (answers[0].imap is None and answers[0].smtp is None):
        return None
    best = answers[0]
    lacking = "smtp" if best.smtp is None else "imap"
    other = next((one for one in answers[1:] if getattr(one, lacking) is not None), None)
    if other is None or lacking in best.not_offered:
        return None
    return replace(
        best,
        source=f"{best.source}, {other.source}",
        # Both are believed only as far as the less believed of them.
        transport=max(best.transport, other.transport, key=_TRANSPORTS.index),
        relation=max(best.relation, other.relation, key=_RELATIONS.index),
        cautions=(*best.cautions, *(caution for caution in other.cautions if caution not in best.cautions)),
        **{lacking: getattr(other, lacking), f"{lacking}_username": getattr(other, f"{lacking}_username")},
    )
