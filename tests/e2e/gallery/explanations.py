"""Problems and errors explained."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.gallery.doings import press
from tests.e2e.gallery.view import Place, View


def explained(place: Place) -> Iterator[View]:
    yield View("help", None, "/help", pictured=True)
    yield View("help-problem", None, "/help/bad-credentials", pictured=True)
    yield View("help-problem-inside", "Maja", "/help/oauth-org-policy-blocked")
    yield View("explain", "Maja", "/explain", pictured=True)
    yield View("explain-errors", "Maja", "/explain", press("Explain"))
    yield View("explain-problem", "Maja", "/explain/app-password-required?provider=yahoo")
