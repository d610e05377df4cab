"""Where Microsoft signs people in: authorities, their discovery documents, tenants, and clouds that are closed to us.

Source: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from console.providers import openid
from console.providers.base import App
from console.providers.consenting import ConsentRefused
from console.providers.oauth import OUTAGE, Clock
from console.providers.openid import FRESH, Claims, Documents
from console.providers.web import Target, WebLine
from console.rules.rule import Rule

# The directory of all personal accounts.
CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
AUDIENCES = frozenset({"common", "organizations"})
# What may stand where a tenant does and names none.
NO_TENANT = frozenset({"", "common", "organizations", "consumers"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Tenants in clouds of their own: https://learn.microsoft.com/graph/deployments
_CLOSED_SCOPES = frozenset({"DODCON", "DOD"})
_CLOSED_CLOUDS = ("microsoftonline.us", "chinacloudapi.cn", "partner.microsoftonline.cn")


@dataclass(frozen=True)
class Authority:
    """What the discovery document of an authority says. `issuer` holds `{tenantid}` where many tenants sign in."""

    authorize: str
    token: str
    keys: str
    issuer: str

    def issued(self, claims: Claims) -> bool:
        """Return whether the issuer of these claims is the authority's, with their own tenant in its place.

        https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
        """
        if "{tenantid}" not in self.issuer:
            return bool(claims.get("iss") == self.issuer)
        tenant = openid.text(claims, "tid", 36).lower()
        return _GUID.fullmatch(tenant) is not None and claims.get("iss") == self.issuer.replace("{tenantid}", tenant)


class Login:
    """Microsoft's sign-in service at `url`. `rules` read what it says. One serves all threads of a process."""

    def __init__(self, url: str, rules: Sequence[Rule], clock: Clock) -> None:
        self.url = url.rstrip("/")
        self._front = Target.read(self.url)
        self.documents = Documents(rules, clock)

    @property
    def host(self) -> str:
        """The host that secrets are sent to."""
        return self._front.host

    def of(self, app: App, web: WebLine) -> Authority:
        """Return the authority at which people sign in to `app`. Raises ConsentRefused, DialErrors."""
        return self.at(path(app), web)

    def at(self, name: str, web: WebLine) -> Authority:
        """Return the authority of a tenant, or the one for many named so. Raises ConsentRefused, DialErrors."""
        document = self._document(name, web)
        _refuse_closed_cloud(document)
        return self._read(document)

    def refuse_closed_tenant(self, tenant: str, web: WebLine) -> None:
        """Raise ConsentRefused for a tenant in a cloud of its own.

        Asked anew every time: tenants move, and what is said now decides for good.
        """
        _refuse_closed_cloud(self._document(tenant, web, older_than=timedelta()))

    def _document(self, name: str, web: WebLine, older_than: timedelta = FRESH) -> dict[str, Any]:
        place = f"{self.url}/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
        return self.documents.read(place, web, older_than=older_than)

    def _read(self, document: Mapping[str, Any]) -> Authority:
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        places = [openid.text(document, name, 2000) for name in names]
        issuer = openid.text(document, "issuer", 2000)
        try:
            below = all(Target.read(place).origin == self._front.origin for place in places)
        except ValueError:
            below = False
        # Secrets go to the server of the configuration and to no other, whatever a document says.
        if not below or not issuer:
            raise ConsentRefused(OUTAGE, "The discovery document names other servers.")
        return Authority(places[0], places[1], places[2], issuer)


def path(app: App) -> str:
    """Return the part of the login address that says who may sign in."""
    if app.audience in AUDIENCES:
        return app.audience
    return app.tenant or "common"


def _refuse_closed_cloud(document: Mapping[str, Any]) -> None:
    scope = openid.text(document, "tenant_region_sub_scope").upper()
    region = openid.text(document, "tenant_region_scope").upper()
    cloud = openid.text(document, "cloud_instance_name").lower()
    if scope in _CLOSED_SCOPES or region == "USGOV" or cloud.endswith(_CLOSED_CLOUDS):
        raise ConsentRefused("unsupported-cloud", "The tenant lives in a cloud of its own.")
