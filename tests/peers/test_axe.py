"""Contrasts that are judged by their look say no less than axe over the whole page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.peers.axe import Contrasts, load

pytestmark = pytest.mark.browser
GOOD, BAD = "color: #333", "color: #ccc"


@pytest.fixture
def contrasts(page: Page):
    """Show a page with this body and say how many texts are hard to read, and how many were judged at all."""
    judge = Contrasts()

    def show(body: str, css: str = "") -> tuple[int, int]:
        before = judge.judged
        page.goto("about:blank")
        page.set_content(f"<style>body {{background: #fff}} {css}</style><main>{body}</main>")
        load(page)
        return len(judge.obstacles(page)), judge.judged - before

    return show


def test_a_text_that_is_hard_to_read_is_found_each_time(contrasts):
    assert [(1, 2), (1, 1)] == [contrasts(f'<p style="{GOOD}">Good</p><p style="{BAD}">Bad</p>') for _ in range(2)]


def test_a_look_that_axe_passed_is_not_judged_again_whatever_wears_it(contrasts):
    contrasts(f'<p style="{GOOD}">Good</p>')

    assert (0, 0) == contrasts(f'<p style="{GOOD}">Good</p><ul style="{GOOD}"><li>as good</li></ul>')


@pytest.mark.parametrize(
    "worn",
    [
        '<div style="background: #555"><p style="color: #333">Text</p></div>',
        '<div style="opacity: 0.3"><p style="color: #333">Text</p></div>',
        '<div style="background: rgba(0, 0, 0, 0.7)"><p style="color: #333">Text</p></div>',
        '<hr style="background: #444; height: 60px"><p style="color: #333; position: absolute; top: 20px">Text</p>',
    ],
    ids=["on-a-background", "dimmed", "through-a-veil", "laid-over-another"],
)
def test_the_same_colour_is_judged_where_something_else_lies_behind_it(contrasts, worn):
    contrasts('<p style="color: #333">Text</p>')

    assert (1, 1) == contrasts(worn)


def test_the_size_of_a_text_counts(contrasts):
    contrasts('<p style="color: #888; font-size: 32px">Large</p>')

    assert (1, 1) == contrasts('<p style="color: #888; font-size: 14px">Small</p>')


def test_a_text_in_a_field_is_judged(contrasts):
    assert (1, 1) == contrasts(f'<input aria-label="Name" style="background: #fff; {BAD}" value="Text">')


def test_what_only_screen_readers_read_is_not(contrasts):
    css = ".only {position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0, 0, 0, 0)}"

    assert (0, 0) == contrasts('<p class="only">Only <b>for them</b></p>', css)
