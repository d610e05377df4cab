"""The connect wizard as a person goes through it: by labels and buttons, with JavaScript or without."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Locator, Page, expect

# A check of real servers takes well under a second; a slow one ends within thirty.
RUN = 35_000


@dataclass(frozen=True)
class Line:
    """Where one of the two servers listens."""

    host: str
    port: int
    security: Literal["tls", "starttls"] = "tls"


@dataclass(frozen=True)
class Servers:
    """What the settings step asks for."""

    imap: Line
    smtp: Line


class Wizard:
    """Steps through the wizard in a window where somebody is signed in."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, origin: str) -> Wizard:
        """Go to the first step by its address."""
        self.page.goto(f"{origin}/connect")
        return self

    def start(self, owner: str | None = None) -> Wizard:
        if owner:
            self.page.get_by_label("Whose inbox is it?").select_option(label=owner)
        return self._press("Continue", "Which inbox do you want to connect?")

    def look_up(self, address: str) -> Locator:
        """Type the address, have it looked up, and return what was found out, once it is there."""
        self._settled().page.get_by_label("Email address").fill(address)
        self.page.get_by_role("button", name=re.compile("^(Continue|Look up)$")).click()
        return self.answered()

    def answered(self) -> Locator:
        """Return what was found out about the address that was typed, once it is there."""
        expect(self.found).to_have_attribute("data-found", re.compile("^(?!looking)"), timeout=RUN)
        self._settled()
        return self.found

    def address(self, address: str, provider: str = "imap") -> Wizard:
        """Type the address and choose a provider, whatever is recommended."""
        self.look_up(address)
        return self.choose(provider)

    def choose(self, provider: str) -> Wizard:
        self.found.locator(f"button[name=provider][value={provider}]").click()
        return self._arrived("What to expect")

    def accept(self, arrives: str = "Sign-in settings") -> Wizard:
        return self._press("Accept and continue", arrives)

    def to_settings(self, origin: str, address: str, owner: str | None = None) -> Wizard:
        """Go from the first step to the settings."""
        return self.open(origin).start(owner).address(address).accept()

    def fill(self, servers: Servers) -> Wizard:
        """Type both servers; the folded part stands open, because it holds guesses."""
        for name, line in (("imap", servers.imap), ("smtp", servers.smtp)):
            self.field(f"{name}_host").fill(line.host)
            self.field(f"{name}_port").fill(str(line.port))
            self.field(f"{name}_security").select_option(line.security)
        return self

    def check(self, password: str) -> Wizard:
        """Type the password and have the connection checked."""
        expect(self.field("password")).to_be_visible()
        self._settled().field("password").fill(password)
        return self._press("Check the connection", re.compile("^Checking|now connected|connected again"))

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[name={name}]")

    def stage(self, slug: str) -> Locator:
        return self.page.locator(f"[data-stage='{slug}']")

    def stopped(self, slug: str) -> Locator:
        """Wait until the ladder has stopped at this stage, and return the stage."""
        expect(self.stage(slug)).to_have_attribute("data-state", "failed", timeout=RUN)
        return self.stage(slug)

    def connected(self) -> Locator:
        """Wait for the last step and return the line that shows the inbox."""
        line = self.page.locator("[data-inbox]")
        expect(line).to_be_visible(timeout=RUN)
        expect(self.heading).to_contain_text("connected")
        return line

    @property
    def found(self) -> Locator:
        return self.page.locator("#found")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def press(self, button: str) -> Wizard:
        self.page.get_by_role("button", name=button, exact=True).click()
        return self

    def _press(self, button: str, arrives: str | re.Pattern[str]) -> Wizard:
        self.press(button)
        return self._arrived(arrives)

    def _arrived(self, heading: str | re.Pattern[str]) -> Wizard:
        expect(self.heading).to_have_text(heading)
        return self._settled()

    def _settled(self) -> Wizard:
        """Wait until what came has settled: then the focus moves, and would take along what is being typed."""
        expect(self.page.locator(".htmx-settling")).to_have_count(0)
        return self
