"""What holds for every page in every state: usable by everybody, no wider than the window, quiet."""

import pytest

from tests.e2e.conftest import Windows
from tests.e2e.gallery import PARTS, Gallery
from tests.e2e.wizard import Wizard
from tests.peers.axe import ALL, COLOURS, Contrasts, load, obstacles, without
from tests.peers.chromium import DESKTOP, PHONE

NARROWEST = (320, 640)
# Contrasts are judged by themselves, in light and dark, which differ in nothing else.
RULES = without(ALL, "color-contrast")
DARK = without(COLOURS, "color-contrast")
# What an open menu half covers is no target at that moment.
UNCOVERED = without(ALL, "color-contrast", "target-size")


@pytest.fixture(scope="module")
def windows(chromium):
    """The windows of all parts that this process looks at."""
    windows = Windows(chromium)
    yield windows
    windows.close()


@pytest.fixture(scope="module")
def gallery(windows, whole_company, nobody_yet):
    served, cast = whole_company
    return Gallery(served, cast, nobody_yet, lambda: windows.profile(size=DESKTOP))


@pytest.fixture(scope="module")
def contrasts():
    return Contrasts()


# What all parts share takes its time once, and is not counted as the first one's.
@pytest.mark.timeout(150, func_only=True)
@pytest.mark.parametrize("part", PARTS)
def test_no_page_has_an_obstacle_that_axe_knows_or_is_wider_than_its_window(windows, gallery, contrasts, part):
    found = []

    for view in gallery.views(part):
        page = gallery.page(view.who)
        rules = UNCOVERED if view.name.endswith("menu") else RULES
        fit(page, DESKTOP, "light")
        gallery.show(view)
        load(page)
        # In the order in which the least changes from one look to the next.
        told = {"light 1440": obstacles(page, rules) + contrasts.obstacles(page)}
        fit(page, DESKTOP, "dark")
        told["dark 1440"] = obstacles(page, DARK) + contrasts.obstacles(page)
        fit(page, PHONE, "dark")
        told["dark 390"] = contrasts.obstacles(page)
        fit(page, PHONE, "light")
        told["light 390"] = obstacles(page, rules) + contrasts.obstacles(page) + wider(page)
        fit(page, NARROWEST, "light")
        told["light 320"] = wider(page)
        found += [f"{view.name} {look}: {obstacle}" for look, those in told.items() for obstacle in those]

    assert [] == found
    assert [] == windows.heard()


def fit(page, size, scheme):
    """Give the window this size, in CSS pixels, and the page these colours."""
    width, height = size
    if page.viewport_size != {"width": width, "height": height}:
        page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    # Pages hear of other colours just before they are drawn anew.
    page.evaluate("() => new Promise(requestAnimationFrame)")


def wider(page):
    return ["wider than its window"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []


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
