"""An entry of the catalogue in words, where no inbox is at hand: for the shell, for help pages, for the help desk."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from console.rules.explain import Explanation
from console.rules.problems import WHO_LABELS
from console.rules.texts import N_

Say = Callable[..., str]

THE_SERVER = N_("the server")
YOUR_MAILBOX = N_("your mailbox")
# Words after which the name of a mailbox or a server can be left out of a sentence, apart by strokes.
NAMED = N_("mailbox|account|address|server|name")
SOME_SERVER = N_("[server]")
SOME_ADDRESS = N_("[address]")


def filled(text: str, say: Say) -> str:
    """Return a text of the catalogue, in which "the server" stands for the host; the first letter stays a capital."""
    found = say(text, host=say(THE_SERVER), address=say(SOME_ADDRESS))
    return found[:1].upper() + found[1:]


def letter(text: str, say: Say) -> str:
    """Return a text for a user with marks where staff fills in the address and the server."""
    return say(text, host=say(SOME_SERVER), address=say(SOME_ADDRESS))


def plainly(text: str, say: Say) -> str:
    """Return a text for a user that names no mailbox and no server: "your mailbox", "your mail server"."""
    told = say(text, host="\x01", address="\x02")
    told = re.sub(rf"\b({say(NAMED)}) [\x01\x02]", r"\1", told)
    told = told.replace("\x01", say(THE_SERVER)).replace("\x02", say(YOUR_MAILBOX))
    return told[:1].upper() + told[1:]


def published(found: Explanation, say: Say) -> dict[str, Any]:
    """Return an explanation as `console explain --json` prints it."""
    entry = found.problem
    return {
        "code": entry.code,
        "title": filled(entry.title, say),
        "who": entry.who.value,
        "permanent": entry.permanent,
        "steps": [filled(step, say) for step in entry.staff_steps],
        "what": filled(entry.what, say),
        "lasts": entry.lasts.value,
        "lock_risk": entry.lock_risk.value,
        "text_for_user": letter(entry.text_for_user, say) if entry.text_for_user else None,
        "provider": found.provider or None,
        "channel": found.channel or None,
        "said": found.said,
    }


def told(found: Explanation, say: Say) -> Iterator[str]:
    """Yield an explanation line by line for a terminal."""
    entry = found.problem
    yield f"code:       {entry.code}"
    yield f"title:      {filled(entry.title, say)}"
    yield f"who:        {entry.who.value} ({say(WHO_LABELS[entry.who])})"
    yield f"permanent:  {'true' if entry.permanent else 'false'}"
    yield f"what:       {filled(entry.what, say)}"
    yield "steps:"
    for number, step in enumerate(entry.staff_steps, 1):
        yield f"  {number}. {filled(step, say)}"
    if found.said:
        yield f"said:       {found.said}"
