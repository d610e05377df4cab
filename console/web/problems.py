"""Problems for the pages that explain them, where no inbox is at hand."""

from dataclasses import dataclass
from typing import Any

from console.rules.help_pages import help_pages
from console.rules.problems import CATALOGUE, WHO_ICONS, WHO_LABELS, Lasting, LockRisk, Problem, Who
from console.rules.telling import filled, letter, plainly
from console.rules.texts import N_
from console.web.texts import say

LASTING_LABELS = {
    Lasting.TRANSIENT: N_("It can pass by itself, within minutes or hours."),
    Lasting.TRANSIENT_LONG: N_("It passes by itself, but can take a day or longer."),
    Lasting.PERMANENT: N_("It stays until somebody acts. Trying again does not help."),
}
LOCK_LABELS = {
    LockRisk.NO: "",
    LockRisk.POSSIBLE: N_("Trying again and again can lock the account at some providers."),
    LockRisk.YES: N_("Every further try can lock the account or make the wait longer."),
}
WHO_TITLES = {
    Who.USER: N_("The owner of the mailbox can mend it"),
    Who.TEAM_ADMIN: N_("An admin of this console can mend it"),
    Who.MAIL_ADMIN: N_("The mail administrator can mend it"),
    Who.US: N_("The operator of this console can mend it"),
    Who.AUTO: N_("It passes by itself"),
    Who.NOBODY: N_("It cannot be mended"),
}


@dataclass(frozen=True)
class EntryView:
    """An entry of the catalogue in the reader's words.

    `letter` has marks where staff fills in address and server, `plainly` does without; `pages` are label and address of
    help at providers.
    """

    code: str
    title: str
    what: str
    step: str
    steps: tuple[str, ...]
    who: str
    who_label: str
    who_icon: str
    lasting: str
    lock: str
    letter: str
    plainly: str
    pages: tuple[tuple[str, str], ...]


def entry_view(entry: Problem, provider: str = "") -> EntryView:
    """Return the entry for a page; of the help at providers, that of `provider` alone if it has some."""
    return EntryView(
        code=entry.code,
        title=filled(entry.title, say),
        what=filled(entry.what, say),
        step=filled(entry.step, say),
        steps=tuple(filled(step, say) for step in entry.steps),
        who=entry.who.value,
        who_label=say(WHO_LABELS[entry.who]),
        who_icon=WHO_ICONS[entry.who],
        lasting=say(LASTING_LABELS[entry.lasts]),
        lock=say(LOCK_LABELS[entry.lock_risk]),
        letter=letter(entry.text_for_user, say) if entry.text_for_user else "",
        plainly=plainly(entry.text_for_user, say) if entry.text_for_user else "",
        pages=help_pages(entry.code, provider),
    )


def index() -> list[dict[str, Any]]:
    """Return the catalogue by who must act, each part by title."""
    found = []
    for who, title in WHO_TITLES.items():
        entries = sorted(
            (
                {"code": entry.code, "title": filled(entry.title, say)}
                for entry in CATALOGUE.values()
                if entry.who is who
            ),
            key=lambda entry: entry["title"],
        )
        if entries:
            found.append({"who": who.value, "icon": WHO_ICONS[who], "title": say(title), "entries": entries})
    return found
