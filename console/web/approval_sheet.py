"""The page for IT about a family's app: why it has to be approved, what it asks for and why, and what to press.

As a page and as plain text.
"""

from dataclasses import dataclass

from console.providers.consenting import Consenting
from console.rules.texts import N_
from console.services import app_secrets
from console.services.apps import AppView
from console.web.current import context
from console.web.integrations import steps_of
from console.web.texts import say


@dataclass(frozen=True)
class Section:
    """A heading with steps, rows of label and value, and sentences below."""

    title: str
    steps: tuple[dict[str, str], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovalSheet:
    """What IT is given."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    def text(self) -> str:
        """Return the sheet as plain text."""
        parts = [self.title, "=" * len(self.title), "", self.lead]
        for section in self.sections:
            parts += ["", section.title, "-" * len(section.title)]
            for number, step in enumerate(section.steps, 1):
                parts += [f"{number}. {step['text']}"]
                # The link of an approval is both what is opened and what is copied.
                lines = dict.fromkeys((step["url"], *step["value"].splitlines()))
                parts += [f"   {line}" for line in lines if line]
            for label, value in section.rows:
                parts += [label, f"   {value}"]
            parts += [f"* {line}" for line in section.lines]
        return "\n".join(parts) + "\n"


def approval_sheet(family: Consenting, found: AppView | None) -> ApprovalSheet:
    """Return the sheet about a family's app, which may not be set up yet."""
    ctx = context()
    purpose = N_("People connect their own mailbox. Mail they write in the sales and service tools goes out from it.")
    kept = N_("The permission is kept encrypted on that server. No password of a mailbox is typed or stored there.")
    what = [
        (say(N_("Asked for by")), ctx.config.organisation),
        (say(N_("What for")), say(purpose)),
        (say(N_("Used at")), ctx.config.base_url),
        (say(N_("App's client ID")), found.client_id if found else say(N_("not set up yet"))),
        (say(N_("Redirect URI")), app_secrets.redirect_uri(ctx, family.slug)),
    ]
    if found and found.tenant:
        what.append((say(N_("Registered in")), found.tenant))
    what.append((say(N_("What is kept")), say(kept)))
    end = (Section(say(N_("How to end it")), lines=(say(family.approving.end),)),) if family.approving.end else ()
    return ApprovalSheet(
        say(
            N_("Approve the inbox console of %(organisation)s at %(place)s"),
            organisation=ctx.config.organisation,
            place=family.place,
        ),
        say(family.approving.lead),
        (
            Section(say(N_("What to do")), steps=tuple(steps_of(family, family.approving.steps, found))),
            Section(
                say(N_("What it asks for, and why")),
                rows=tuple((scope.name, say(scope.reason)) for scope in family.scopes),
                lines=(say(N_("All of these act for one signed-in person, in their own mailbox only.")),),
            ),
            Section(say(N_("The app")), rows=tuple(what)),
            Section(say(N_("What it does not do")), lines=tuple(say(line) for line in family.disclosure.not_done)),
            *end,
        ),
    )
