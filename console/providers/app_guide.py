"""What a family says about the OAuth app it needs: the fields of its form, how it is set up, and who approves it.

All of it is data that the pages show; texts are marked. In the `value` and `url` of a step these placeholders stand for
what this console has: `%(redirect_uri)s`, `%(domain)s` (the host people open the console at), `%(scopes)s` (the
permissions, one a line), `%(client_id)s`, and `%(approval_url)s` (see `Consenting.approval`).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Choice:
    """One value of a field. `warning` (marked) is what follows from it, shown as long as it is chosen."""

    value: str
    label: str
    warning: str = ""


@dataclass(frozen=True)
class AppField:
    """A field of the app's form.

    `name` is one of client_id, client_secret, tenant, audience, publishing and secret_expires_on. A secret is written
    and never shown; one that is left empty stays. `variable` is the name that the configuration has for it, "" where it
    has none. `wrong` is a pattern of what is often pasted here by mistake, and `told` says so (marked).
    """

    name: str
    label: str
    hint: str = ""
    kind: Literal["text", "secret", "date", "choice"] = "text"
    choices: tuple[Choice, ...] = ()
    required: bool = True
    variable: str = ""
    wrong: str = ""
    told: str = ""


@dataclass(frozen=True)
class SetUpStep:
    """One thing to do in the provider's console: `value` is to be copied there, `url` is the page it is done on."""

    text: str
    value: str = ""
    url: str = ""


@dataclass(frozen=True)
class DeadEnd:
    """A page of the provider's own from which nobody comes back: what it says, and the problem that it means."""

    shown: str
    problem: str


@dataclass(frozen=True)
class Approval:
    """How an administrator of the organisation lets people use the app: why, what to do, and how to end it again."""

    lead: str
    steps: tuple[SetUpStep, ...]
    end: str = ""
