"""Trusted certificates and authorities dressed for templates."""

from dataclasses import dataclass
from typing import Any

from console.discovery.addresses import shown, shown_domain
from console.rules.texts import N_
from console.services.exceptions import ExceptionRow, listed
from console.web.current import context
from console.web.texts import say


@dataclass(frozen=True)
class ExceptionView:
    """A trusted certificate or authority for templates."""

    row: ExceptionRow

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def kind_label(self) -> str:
        """What is trusted."""
        return say(N_("Private authority")) if self.row.authority else say(N_("Exactly one certificate"))

    @property
    def server(self) -> str:
        """Where it counts."""
        if self.row.port is None:
            return say(N_("%(host)s, every port"), host=shown_domain(self.row.host))
        return say(N_("%(host)s, port %(port)s"), host=shown_domain(self.row.host), port=self.row.port)

    @property
    def for_whom(self) -> str:
        """Which inbox it is for, or all of which domain."""
        if self.row.domain is not None:
            return say(N_("All inboxes of %(domain)s"), domain=shown_domain(self.row.domain))
        return shown(self.row.address or "")


def exception_view(row: ExceptionRow) -> ExceptionView:
    """Return an exception in the reader's words."""
    return ExceptionView(row)


def exceptions_of(domain: str) -> list[ExceptionView]:
    """Return the newest exceptions of a mail domain (A-label) and of its inboxes."""
    return [exception_view(row) for row in listed(context(), domain=domain).rows]
