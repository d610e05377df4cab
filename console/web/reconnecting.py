"""The first page of a link for templates: what happened, and what will be asked."""

from typing import Any

from console.discovery.addresses import shown
from console.providers.consenting import consenting
from console.rules.problems import Who
from console.rules.texts import N_
from console.services.context import Refused
from console.services.link_visits import Visit
from console.web.current import context
from console.web.texts import say
from console.web.wording import problem_view


def start_of(seen: Visit, refused: Refused | None = None) -> dict[str, Any]:
    """Return what the first page of a link shows; `refused` is why Continue led nowhere."""
    ctx, address = context(), shown(seen.address)
    family = ctx.families.get(seen.moves_to or seen.provider)
    elsewhere = consenting(family)
    problem = problem_view(seen.about, host=seen.host, address=address)
    what = ""
    if problem is not None:
        # Whose turn it is by the catalogue is not the question here: somebody sent the link for a reason.
        what = problem.text_for_user if problem.who == Who.USER.value and problem.text_for_user else problem.what
    if seen.early:
        what = say(
            N_(
                "Several mailboxes have the same trouble at the moment, so it is most likely not about your password. "
                "There is nothing for you to do now. If it does not pass, open this link again in a few hours."
            )
        )
    if not seen.reconnects:
        asked = [
            N_("You are asked who holds the mailbox; the likely answer is marked."),
            N_("You read what connecting it means, and accept that."),
            N_("You sign in to the mailbox. It is connected only once everything works."),
        ]
    elif elsewhere is not None:
        asked = [
            N_("You sign in at %(place)s as %(address)s and allow what is listed there."),
            N_("No password is typed here. If another account signs in, nothing is changed."),
        ]
        if seen.moves_to:
            asked.insert(0, N_("Your mailbox moved to %(place)s. You read what connecting it there means."))
    else:
        asked = [
            N_("You type the password of %(address)s, or an app password where your provider asks for one."),
            N_("It goes to %(servers)s and to nobody else. Nobody at %(organisation)s sees it."),
        ]
    values = {
        "address": address,
        "place": elsewhere.place if elsewhere is not None else "",
        "servers": _servers(seen.servers),
        "organisation": ctx.config.organisation,
    }
    return {
        "visit": seen,
        "address": address,
        "first_name": seen.first_name,
        "what": what,
        "asked": [say(line, **values) for line in asked],
        "expires_at": seen.expires_at,
        # Google signs nobody in who opened the link in a view inside another app (Error 403: disallowed_useragent), and
        # then the link belongs to that view.
        "own_browser": not seen.reconnects or elsewhere is not None,
        "refused": say(refused.sentence, **refused.values) if refused is not None else "",
    }


def _servers(hosts: tuple[str, ...]) -> str:
    if not hosts:
        return say(N_("your mail server"))
    *others, last = hosts
    return say(N_("%(hosts)s and %(last)s"), hosts=", ".join(others), last=last) if others else last
