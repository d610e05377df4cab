"""Apps at providers, and permissions given there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e import consents
from tests.e2e.gallery.doings import asks, press, unfold
from tests.e2e.gallery.view import Place, View


def apps(place: Place) -> Iterator[View]:
    consents.unset(place.cast)
    yield View("integration-unset", "Maja", "/integrations/gmail", pictured=True)
    yield View("integration-app", "Maja", "/integrations/microsoft/app", pictured=True)
    yield View("integration-app-errors", "Maja", "/integrations/gmail/app", press("Save and test"))
    consents.keep(place.cast)
    yield View("integration", "Maja", "/integrations/gmail", pictured=True)
    consents.asked(place.cast)
    yield View("integration-testing", "Maja", "/integrations/microsoft")
    consents.trouble(place.cast)
    yield View("integration-trouble", "Maja", "/integrations/microsoft", pictured=True)
    yield View("integrations-trouble", "Maja", "/integrations")
    consents.mended(place.cast)
    consents.healthy(place.cast)
    yield View("integrations-apps", "Maja", "/integrations", pictured=True)
    yield View("integration-app-change", "Maja", "/integrations/gmail/app")
    yield View("integration-app-remove", "Maja", "/integrations/gmail", asks("Remove…", menu=None))
    yield View("integration-sheet", "Maja", "/integrations/microsoft/sheet", pictured=True)
    yield View("integration-sheet-member", "Sofie", "/integrations/gmail/sheet")
    yield View("consent-approved", None, "/consent/microsoft/approved?given=yes")


def asked(place: Place) -> Iterator[View]:
    cast = place.cast
    consents.unset(cast)
    unset = consents.draft(cast, "Sofie", "gmail", "sofie@dahl-atelier.example")
    yield View("connect-consent-unset", "Sofie", f"/connect/{unset}/settings", pictured=True)
    consents.keep(cast)
    google = consents.draft(cast, "Sofie", "gmail", "sofie@dahl-atelier.example")
    yield View("connect-consent", "Sofie", f"/connect/{google}/settings", pictured=True)
    yield View("connect-consent-error", "Sofie", f"/connect/{google}/settings", unfold("#dead-end-1"))
    left = consents.left(cast, "Sofie", "sofie.privat@dahl-atelier.example")
    yield View("connect-consent-left", "Sofie", f"/connect/{left}/settings")
    yield View("my-inboxes-waiting", "Sofie", "/me")
    microsoft = consents.draft(cast, "Sofie", "microsoft", "sofie@dahl-partnere.example")
    yield View("connect-consent-approval", "Sofie", f"/connect/{microsoft}/settings")
    declined = consents.declined(cast, "Sofie", "s.dahl@dahl-atelier.example")
    yield View("connect-declined", "Sofie", f"/connect/{declined}/verify", pictured=True)
    other = consents.other_account(cast, "Sofie", "sd@dahl-atelier.example")
    yield View("connect-other-account", "Sofie", f"/connect/{other}/verify")


def given(place: Place) -> Iterator[View]:
    healthy, withdrawn = consents.healthy(place.cast), consents.withdrawn(place.cast)
    yield View("inbox-consented", "Maja", f"/inboxes/{healthy}", pictured=True)
    yield View("inbox-withdrawn", "Maja", f"/inboxes/{withdrawn}", pictured=True)
    yield View("my-inbox-withdrawn", "Nora", f"/inboxes/{withdrawn}")
    yield View("inbox-consented-remove", "Maja", f"/inboxes/{healthy}/remove")
    yield View("inbox-consented-settings", "Maja", f"/inboxes/{healthy}/edit")
