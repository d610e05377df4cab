"""axe-core, which knows what keeps people from using a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
CONTRASTS = Path(__file__).with_name("axe_contrasts.js")
ALL = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Dark differs from light in its colours only.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def load(page: Page) -> None:
    """Bring axe into the page that is open. As a script element the page's own policy would refuse it, rightly."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))


def obstacles(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what axe found, each with its place and the advice."""
    result = page.evaluate(
        "rules => axe.run(document, {...rules, resultTypes: ['violations'], elementRef: false})", rules
    )
    return _told(result["violations"])


def without(rules: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the rules but these."""
    return {**rules, "rules": {name: {"enabled": False} for name in names}}


class Contrasts:
    """The contrast of texts on many pages, each look judged once: it is most of what axe takes its time for.

    `judged` counts the texts that axe was asked about so far.
    """

    def __init__(self) -> None:
        self.judged = 0
        self._script = CONTRASTS.read_text(encoding="utf-8")
        self._passed: set[str] = set()

    def obstacles(self, page: Page) -> list[str]:
        """Return what axe found among the texts that look like none that it passed before."""
        found = page.evaluate(self._script, {"passed": sorted(self._passed), "mark": "data-to-judge"})
        self.judged += found["judged"]
        self._passed.update(found["passed"])
        return _told(found["violations"])


def _told(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
