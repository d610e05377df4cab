"""The checklist for templates: what is set up, what is missing, and where that is done."""

from dataclasses import dataclass

from flask import url_for

from console.discovery.addresses import shown_domain
from console.rules.texts import N_
from console.services.checklist import Item
from console.web.texts import say


@dataclass(frozen=True)
class ItemView:
    """One thing to set up. `button` leads to `url`; `confirm` is a button that says that it is done or not needed."""

    name: str
    done: bool
    title: str
    text: str
    button: str = ""
    url: str = ""
    confirm: str = ""


def items_view(found: list[Item]) -> list[ItemView]:
    """Return the checklist in the reader's words."""
    return [_item(one) for one in found]


def _item(one: Item) -> ItemView:
    title, text, button, url, confirm = "", "", "", "", ""
    match one.name:
        case "admin":
            title, text = say(N_("Account admin created")), one.what
        case "keys":
            title = say(N_("Copy of the keys"))
            text = say(N_("Somebody keeps a copy apart from the database."))
            if not one.done:
                text = say(N_("Nobody has confirmed one yet. Without the keys no password opens again."))
                confirm = say(N_("There is a copy"))
        case "inbox":
            title = say(N_("First inbox"))
            text = say(N_("Start with your own. Type the address; the console finds out where it is."))
            button, url = say(N_("Connect")), url_for("connect.start")
        case "app":
            title = say(N_("App for Google or Microsoft"))
            text = say(N_("Needed for Gmail and Microsoft 365 only; IMAP and Exchange go without."))
            button, url = say(N_("Set up")), url_for("integrations.index")
            confirm = "" if one.done else say(N_("Not needed here"))
        case "mail":
            title = say(N_("Mail server for notices"))
            text = say(N_("Until then notices are held here instead of being sent."))
            button = say(N_("Set up"))
            url = url_for("notices.settings")
        case "people":
            title = say(N_("Invite people"))
            text = say(N_("Members connect their own inbox; help desk sees and tests only."))
            button, url = say(N_("Invite")), url_for("users.add")
        case "defaults":
            title = say(N_("Domain defaults"))
            text = say(N_("Servers are typed once and fill in for everybody of the domain."))
            if not one.done:
                text = say(N_("%(domain)s has several inboxes and no defaults."), domain=shown_domain(one.what))
                button, url = say(N_("Set up")), url_for("domains.show", domain=one.what)
    return ItemView(one.name, one.done, title, text, "" if one.done else button, "" if one.done else url, confirm)
