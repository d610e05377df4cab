"""What holds for every page in every state: usable by everybody, no wider than the window, quiet."""

import pytest

from tests.e2e.gallery import PARTS, Gallery
from tests.e2e.wizard import Wizard
from tests.peers.axe import ALL, COLOURS, load, obstacles
from tests.peers.chromium import DESKTOP, PHONE

NARROWEST = (320, 640)
# What an open menu half covers is no target at that moment.
UNCOVERED = {**ALL, "rules": {"target-size": {"enabled": False}}}


# What all parts share takes its time once, and is not counted as the first one's.
@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize("part", PARTS)
def test_no_page_has_an_obstacle_that_axe_knows_or_is_wider_than_its_window(window, whole_company, nobody_yet, part):
    served, cast = whole_company
    gallery = Gallery(served, cast, nobody_yet, lambda: window.profile(size=DESKTOP))
    found = []

    for view in gallery.views(part):
        page = gallery.show(view)
        load(page)
        for width, height in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            for scheme, rules in (("light", UNCOVERED if view.name.endswith("menu") else ALL), ("dark", COLOURS)):
                page.emulate_media(color_scheme=scheme)
                found += [f"{view.name} {scheme} {width}: {obstacle}" for obstacle in obstacles(page, rules)]
        for width, height in (PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{view.name}: wider than {width} px")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})

    assert [] == found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_longest_words_make_no_page_wider_than_its_window(shared_console, signed_in, size):
    address = f"{'l' * 40}{size[0]}@{'o' * 60}.{'n' * 60}.{'g' * 60}.test"
    person = shared_console.person("W" * 120, address)
    page, wide = signed_in(shared_console, size=size), []
    Wizard(page).to_settings(shared_console.url, address)
    steps = [page.url.replace("/settings", f"/{step}") for step in ("address", "expect", "settings")]
    pages = [
        f"{shared_console.url}{path}" for path in ("/users", f"/users/{person.id}", f"/users/{person.id}/deactivate")
    ]
    pages += [f"{shared_console.url}/{path}?q={'w' * 200}" for path in ("users", "inboxes")]

    for url in steps + pages:
        page.goto(url)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(url)

    assert [] == wide
