"""A stored password goes only to the servers it was typed for: this is where that is decided."""

from typing import Any

from console.discovery.domains import registrable
from console.providers.base import Provider, Secret, Settings
from console.services.context import Context
from console.store.models import Credential

Domains = dict[str, list[str]]


class AlreadyRefused(Exception):
    """The server refused this very secret before, so it is not sent again."""

    def __init__(self, code: str, server_text: str) -> None:
        super().__init__(code)
        self.code = code
        self.server_text = server_text


def typed_for(family: Provider, settings: Settings) -> Domains:
    """Return for each field of the secret the registrable domains it may be sent to, now that it is typed."""
    return {
        field: sorted({registrable(host) for host in hosts}) for field, hosts in family.destinations(settings).items()
    }


def covers(allowed: Any, family: Provider, settings: Settings) -> bool:
    """Return whether `settings` send every field of the secret only to domains it was typed for.

    `allowed` is what `typed_for` returned when it was typed; where that cannot be read, nothing is covered.
    """
    known = allowed if isinstance(allowed, dict) else {}
    for field, domains in typed_for(family, settings).items():
        listed = known.get(field)
        if not isinstance(listed, list) or not all(domain in listed for domain in domains):
            return False
    return True


def seal(ctx: Context, secret: Secret, row: str) -> str:
    """Return `secret` sealed for the row named `row`."""
    return ctx.vault.seal(dict(secret), row=row)


def unseal(ctx: Context, credential: Credential) -> Secret:
    """Return an inbox's secret. Raises KeyMissing."""
    return Secret(ctx.vault.unseal(credential.sealed, row=f"inbox:{credential.inbox_id}"))
