"""axe-core, which knows what keeps people from using a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
ALL = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Dark differs from light in its colours only.
COLOURS = {"runOnly": ["color-contrast"]}


def load(page: Page) -> None:
    """Bring axe into the page that is open. As a script element the page's own policy would refuse it, rightly."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))


def obstacles(page: Page, rules: dict[str, Any]) -> list[str]:
    """Return what axe found, each with its place and the advice."""
    result = page.evaluate(
        "rules => axe.run(document, {...rules, resultTypes: ['violations'], elementRef: false})", rules
    )
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
