"""Mail domains, trusted certificates and tests without signing in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from tests.e2e import domains, exceptions
from tests.e2e.cast import HOME
from tests.e2e.gallery.doings import asks, menu, press, unfold
from tests.e2e.gallery.view import Place, View


def every(place: Place) -> Iterator[View]:
    cast, here = place.cast, f"/domains/{HOME}"
    yield View("domains-unset", "Maja", here)
    domains.keep(cast)
    yield View("domains", "Maja", "/domains")
    yield View("domains-explained", "Maja", f"/domains?explain={domains.answered(cast, 'Maja', 'told', 'freja')}",
               unfold("#story"), pictured=True)  # fmt: skip
    yield View("domains-explain-errors", "Maja", "/domains", press("Explain"))
    yield View("domain", "Maja", f"{here}?detect={domains.answered(cast, 'Maja', 'found')}", pictured=True)
    yield View("domain-sources", "Maja", f"{here}?detect=found", unfold("#detected-how"))
    yield View("domain-detecting", "Maja", f"{here}?detect={domains.waiting(cast, 'Maja', 'asked')}")
    yield View("domain-separate", "Maja", here, _separate)


def one(place: Place) -> Iterator[View]:
    cast, here = place.cast, f"/domains/{HOME}"
    domains.keep(cast)
    yield View("domain-errors", "Maja", here, _wrong_domain)
    yield View("domain-exchange", "Maja", "/domains/fjordlab.example")
    yield View("domain-menu", "Maja", here, menu("More actions"))
    yield View("domain-delete", "Maja", here, asks("Delete the defaults…"))
    yield View("domain-add", "Maja", "/domains", asks("Add domain", menu=None))
    yield View("domain-sheet", "Maja", f"{here}/sheet", pictured=True)
    yield View("domain-sheet-unset", "Maja", "/domains/vestergaard.example/sheet")
    yield View("help-desk-domain", "Jonas", here)
    domains.job(cast, "running", "", {
        "ida.brandt": ("passed", None), "mikkel.soerensen": ("changed", None), "anton.krogh": ("waiting", None),
        "freja.holst": ("owner", None), "oskar.nyman": ("waiting", None),
    })  # fmt: skip
    yield View("domain-applying", "Maja", here)
    domains.end(cast)
    domains.job(cast, "stopped", "refused-twice", {
        "ida.brandt": ("passed", None), "mikkel.soerensen": ("refused", "bad-credentials"),
        "anton.krogh": ("refused", "bad-credentials"), "freja.holst": ("owner", None),
        "oskar.nyman": ("waiting", None),
    })  # fmt: skip
    yield View("domain-applied", "Maja", here, pictured=True)


def trust(place: Place) -> Iterator[View]:
    cast = place.cast
    exceptions.keep(cast)
    yield View("exceptions", "Maja", "/exceptions", pictured=True)
    yield View("exceptions-none", "Maja", "/exceptions?domain=nothing.example")
    yield View("exceptions-help-desk", "Jonas", "/exceptions")
    yield View("exception-withdraw", "Maja", "/exceptions", asks("Withdraw…", menu=None, first=True))
    yield View("exceptions-forbid", "Maja", "/exceptions", asks("Only account admins…", menu=None))
    draft = exceptions.offered(cast)
    yield View("connect-authority", "Maja", f"/connect/{draft}/verify", pictured=True)
    exceptions.forbid(cast)
    yield View("connect-forbidden", "Sofie", f"/connect/{exceptions.met(cast, 'Sofie')}/verify")
    yield View("exceptions-forbidden", "Maja", "/exceptions")


def tested(place: Place) -> Iterator[View]:
    cast = place.cast
    test = f"/server-tests/{exceptions.answered(cast, 'Maja')}"
    yield View("server-test", "Maja", test, pictured=True)
    yield View("server-test-certificate", "Maja", test, unfold("#shown-0"))
    yield View("server-test-trust", "Maja", test, asks("Trust its authority…", menu=None), pictured=True)
    yield View("server-test-help-desk", "Jonas", f"/server-tests/{exceptions.answered(cast, 'Jonas')}")
    yield View("server-test-waiting", "Maja", f"/server-tests/{exceptions.waiting(cast, 'Maja')}")
    yield View("server-test-silent", "Maja", f"/server-tests/{exceptions.silent(cast, 'Maja')}")
    yield View("domain-tested", "Maja", f"/domains/{HOME}", _tested(test), pictured=True)


def _tested(address: str) -> Callable[[Page], None]:
    def put(page: Page) -> None:
        page.evaluate("path => htmx.ajax('GET', path, {target: '#server-test', swap: 'outerHTML'})", address)
        expect(page.locator("#server-test")).to_have_attribute("data-state", "done")

    return put


def _separate(page: Page) -> None:
    page.get_by_label("outgoing uses the same").uncheck()
    page.get_by_role("group", name="User name", exact=True).get_by_label("another form").check()
    expect(page.get_by_label("Form of the user name", exact=True)).to_be_visible()


def _wrong_domain(page: Page) -> None:
    page.locator("[name=imap_host]").fill("https://mail.havbris.example/")
    page.locator("[name=smtp_port]").fill("0")
    page.get_by_role("button", name="Save", exact=False).last.click()
    expect(page.locator(".c-error").first).to_be_visible()
