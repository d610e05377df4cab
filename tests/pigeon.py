"""A made-up family: carrier pigeons. No page or service knows it, and everything works with it all the same."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired

from console.providers.base import (
    NOTHING,
    Found,
    Mailbox,
    Probe,
    Revocation,
    Secret,
    Settings,
    SettingsUnreadable,
    Suggestion,
)
from console.providers.line import Line
from console.rules.diagnose import Rule
from console.rules.disclosures import Disclosure


class LoftClosed(Exception):
    code = "server-unavailable"


class WrongWhistle(Exception):
    code = "bad-credentials"


class PigeonForm(Form):
    loft = StringField("Loft", [InputRequired("Name the loft.")])
    password = PasswordField("Whistle", [InputRequired("Type the whistle.")])


class PigeonFamily:
    """Lofts are names; `weather` says which lofts answer with which problem, `hawks` from which nothing can be sent.

    `flights` lists every whistle that was blown; `meanwhile` happens while a pigeon is on its way. One whistle is
    right, and whoever flies to `knows_address` needs none.
    """

    slug = "pigeon"
    label = "Carrier pigeon"
    icon = "mail"
    text = "A loft and a whistle"
    password_based = True
    consents = False
    stages: tuple[str, ...] = ("find-server", "sign-in", "open-inbox", "send")
    short: tuple[str, ...] = ("find-server", "sign-in", "open-inbox")
    own_servers = True
    form: type[Form] | None = PigeonForm
    settings_template = "connect/settings/plain.html"
    rules: Sequence[Rule] = ()
    successor = ""
    disclosure = Disclosure(
        version="7", before=("Pigeons are fed.",), after=("Pigeons are counted.",), not_done=("No hawks.",)
    )

    def __init__(self) -> None:
        self.weather: dict[str, Exception] = {}
        self.hawks: dict[str, Exception] = {}
        self.flights: list[tuple[str, str]] = []
        self.knows_address = ""
        self.meanwhile: Callable[[], object] = lambda: None

    def knows(self, whistle: str) -> bool:
        return whistle == "coo"

    def suggest(self, address: str, found: Found = NOTHING) -> Suggestion:
        return Suggestion({"loft": address.rpartition("@")[2]}, frozenset({"loft"}))

    def split(self, address: str, data: Mapping[str, Any]) -> tuple[Settings, Secret]:
        return {"loft": data["loft"]}, Secret(password=data.get("password") or "")

    def fill(self, settings: Settings) -> dict[str, Any]:
        return {"loft": self.host(settings)}

    def summary(self, settings: Settings) -> str:
        return f"loft {self.host(settings)}"

    def servers(self, settings: Settings) -> list[tuple[str, str]]:
        return [("Loft", self.host(settings))]

    def host(self, settings: Settings) -> str:
        if not isinstance(settings, dict) or not isinstance(settings.get("loft"), str):
            raise SettingsUnreadable("no loft")
        return settings["loft"]

    def destinations(self, settings: Settings) -> dict[str, tuple[str, ...]]:
        return {"password": (self.host(settings),)}

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        loft = self.host(mailbox.settings)
        with probe.stage("find-server", host=loft) as stage:
            stage.say("%(loft)s is over the hill", loft=loft)
            if isinstance(self.weather.get(loft), LoftClosed):
                raise self.weather[loft]
        with probe.stage("sign-in", host=loft):
            probe.attempt("whistle")
            self.flights.append((loft, mailbox.secret["password"]))
            self.meanwhile()
            if not (self.knows(mailbox.secret["password"]) or mailbox.address == self.knows_address):
                raise WrongWhistle("the pigeons look away")
            probe.accepted("whistle")
            probe.prove("sign-in")
        with probe.stage("open-inbox", host=loft):
            if loft in self.weather:
                raise self.weather[loft]
            probe.prove("read")
        if probe.full and not mailbox.receives_only:
            with probe.stage("send", host=loft):
                if loft in self.hawks:
                    raise self.hawks[loft]
                probe.prove("send")

    def revoke(self, mailbox: Mailbox, line: Line | None = None) -> Revocation:
        return Revocation(done=True, text="The pigeons have forgotten the whistle.")
