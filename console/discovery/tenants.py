"""Whether a mail domain is verified in a Microsoft tenant, and in which cloud.

Asked by domain, with an invented local part where one is needed: no address leaves the house. The OpenID configuration
of a tenant is public (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc); its field names for the
cloud and getuserrealm.srf are Microsoft's own, undocumented, and used by its sign-in pages.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from console.discovery.answer import Saying
from console.discovery.deadline import Deadline, Story
from console.discovery.sources import json_object
from console.discovery.web import Web, WebTrouble
from console.rules.texts import N_

# Nobody's mailbox.
INVENTED = "inbox-console-probe"
SOURCE = "microsoft-tenant"
_LONGEST = 32 * 1024
# https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure, https://learn.microsoft.com/graph/deployments
_GOVERNMENT_SCOPES = frozenset({"DODCON", "DOD"})
_CLOUDS = {
    "microsoftonline.us": "us-government",
    "partner.microsoftonline.cn": "china",
    "chinacloudapi.cn": "china",
    "microsoft.us": "us-government",
}


@dataclass(frozen=True)
class Tenant:
    """A Microsoft tenant that owns the domain. `refusal` is a reason of `tables.refusals`, or empty."""

    saying: Saying
    refusal: str = ""


def find(domain: str, web: Web, login_url: str, deadline: Deadline, story: Story) -> Tenant | None:
    """Return the tenant that owns `domain`, or None where there is none or nobody could tell."""
    began = deadline.monotonic()
    base, name = login_url.rstrip("/"), quote(domain)
    try:
        page = web.get(f"{base}/{name}/v2.0/.well-known/openid-configuration", redirects=0, longest=_LONGEST)
        exists = page.status == 200
        fields = json_object(page.body)
        if page.status not in (200, 400):
            page = web.get(f"{base}/getuserrealm.srf?login={INVENTED}@{name}&json=1", redirects=0, longest=_LONGEST)
            fields = json_object(page.body)
            exists = page.status == 200 and fields.get("NameSpaceType") in {"Managed", "Federated"}
    except WebTrouble as trouble:
        story.record(SOURCE, trouble.outcome, began, str(trouble))
        return None
    exists = exists and bool(fields)
    story.record(SOURCE, "found" if exists else "nothing", began, f"status {page.status}")
    if not exists:
        return None
    return Tenant(Saying(N_("%(domain)s belongs to a Microsoft tenant."), {"domain": domain}), _refusal(fields))


def _refusal(fields: dict[str, Any]) -> str:
    if str(fields.get("tenant_region_sub_scope")).upper() in _GOVERNMENT_SCOPES:
        return "us-government"
    if str(fields.get("tenant_region_scope")).upper() == "USGOV":
        return "us-government"
    named = [str(fields.get(name)).lower().rstrip(".") for name in ("cloud_instance_name", "msgraph_host")]
    return next((why for ending, why in _CLOUDS.items() if any(f".{one}".endswith(f".{ending}") for one in named)), "")
