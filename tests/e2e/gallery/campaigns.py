"""Moving inboxes to another provider."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e import campaigns, domains
from tests.e2e.gallery.doings import asks
from tests.e2e.gallery.view import Place, View


def moving(place: Place) -> Iterator[View]:
    cast, here = place.cast, f"/campaigns/{campaigns.DOMAIN}"
    domains.keep(cast)
    boxes = campaigns.inboxes(cast)
    yield View("inbox-moved", "Sofie", f"/inboxes/{boxes['Sofie']}", pictured=True)
    yield View("inbox-moved-admin", "Maja", f"/inboxes/{boxes['Sofie']}")
    campaigns.found_there(cast)
    yield View("inbox-may-move", "Nora", f"/inboxes/{boxes['Nora']}")
    yield View("domain-moving", "Maja", f"/domains/{campaigns.DOMAIN}")
    yield View("campaign-plan", "Maja", here, pictured=True)
    yield View("campaign-plan-help-desk", "Jonas", here)
    campaigns.begun(cast)
    yield View("campaign", "Maja", here, pictured=True)
    yield View("campaign-help-desk", "Jonas", here)
    yield View("campaign-leave-out", "Maja", f"/campaigns/leave-out/{boxes['Nora']}")
    yield View("campaign-stop", "Maja", here, asks("Stop…", menu=None))
    yield View("my-inboxes-moving", "Nora", "/me")
    yield View("inbox-moving", "Nora", f"/inboxes/{boxes['Nora']}", pictured=True)
    campaigns.over(cast)
    yield View("campaign-stopped", "Maja", here)
    campaigns.unset(cast)
    yield View("campaign-unset", "Maja", here)
    yield View("inbox-moved-unset", "Sofie", f"/inboxes/{boxes['Sofie']}")
