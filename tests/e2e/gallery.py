"""Every page of the console in every state worth looking at: for pictures, for axe, and for what must hold on all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import BrowserContext, Page, expect

from console.services import signing_in
from console.store.models import Person
from tests.e2e import campaigns, consents, domains, exceptions, help_desk, links, notices, overviews
from tests.e2e.cast import CANNOT_SEND, HOME, Cast, cannot_send
from tests.e2e.entrance import enter
from tests.e2e.still import Still


@dataclass(frozen=True)
class View:
    """One thing to look at: `path` is opened by `who` (None: nobody signed in), then `then` is done to the page.

    `pictured` ones stand for their page in docs/screenshots.
    """

    name: str
    who: str | None
    path: str
    then: Callable[[Page], None] | None = None
    pictured: bool = False


PARTS = (
    "outside",
    "overview",
    "expiring",
    "narrowed",
    "filters",
    "first",
    "lists",
    "problem",
    "inbox",
    "questions",
    "wizard",
    "ladder",
    "domains",
    "domain",
    "trust",
    "tests",
    "set_up",
    "others",
    "apps",
    "consents",
    "consented",
    "moving",
    "explained",
    "capabilities",
    "links",
    "sent_links",
    "other_links",
    "help_desk",
    "help_desk_cases",
    "help_desk_quiet",
    "help_desk_over",
    "notices",
    "notice_settings",
    "webhooks",
)


class Opens(Protocol):
    """Opens a fresh browser profile."""

    def __call__(self) -> BrowserContext: ...


class Gallery:
    """Shows the views of a served company and of a console without accounts, one after the other, in one browser."""

    def __init__(self, company: Still, cast: Cast, newcomer: Still, opens: Opens) -> None:
        self.company, self.cast, self.newcomer, self._opens = company, cast, newcomer, opens
        self._pages: dict[str | None, Page] = {}

    def page(self, who: str | None) -> Page:
        """Return the page of somebody; signing in takes its time, so it stays the same one. Strangers: see `views`."""
        if who not in self._pages:
            profile = self._opens()
            self._pages[who] = (
                enter(profile, self.company.url, self.cast.people[who].email) if who else profile.new_page()
            )
        return self._pages[who]

    def show(self, view: View) -> Page:
        """Open a view and return its page, settled."""
        page = self.page(view.who)
        page.goto(view.path if "://" in view.path else self.company.url + view.path)
        if view.then:
            view.then(page)
        page.evaluate("document.fonts.ready")
        return page

    def views(self, *parts: str) -> Iterator[View]:
        """Yield the views of these parts, or all. What a view changes shows in no other view.

        A browser in which nobody is signed in is known by the links that it followed: each part has a new one.
        """
        for part in parts or PARTS:
            if stranger := self._pages.pop(None, None):
                stranger.context.close()
            yield from getattr(self, f"_{part}")()

    def _outside(self) -> Iterator[View]:
        link = signing_in.print_set_up_link(self.newcomer.ctx) or ""
        yield View("set-up", None, link, pictured=True)
        yield View("set-up-errors", None, link, _press("Create the account"))
        yield View("set-up-void", None, f"{self.newcomer.url}/set-up/void")
        yield View("sign-in", None, "/sign-in", pictured=True)
        yield View("sign-in-refused", None, "/sign-in", _refused)
        with self.cast.ctx.store.read() as session:
            clara = session.get(Person, self.cast.people["Clara"].id)
        assert clara is not None
        welcome = signing_in.welcome_address(self.cast.ctx, self.cast.people["Clara"].id, clara.session_epoch)
        yield View("welcome", None, welcome, pictured=True)
        yield View("welcome-void", None, "/welcome/void")

    def _explained(self) -> Iterator[View]:
        yield View("help", None, "/help", pictured=True)
        yield View("help-problem", None, "/help/bad-credentials", pictured=True)
        yield View("help-problem-inside", "Maja", "/help/oauth-org-policy-blocked")
        yield View("explain", "Maja", "/explain", pictured=True)
        yield View("explain-errors", "Maja", "/explain", _press("Explain"))
        yield View("explain-problem", "Maja", "/explain/app-password-required?provider=yahoo")

    def _overview(self) -> Iterator[View]:
        overviews.fleet(self.cast)
        yield View("overview", "Maja", "/overview", pictured=True)
        yield View("overview-days", "Maja", "/overview", _unfold("#month-days"))
        yield View("overview-help-desk", "Jonas", "/overview", _unfold("#month-days"))
        overviews.dispersed(self.cast)

    def _expiring(self) -> Iterator[View]:
        overviews.fleet(self.cast)
        yield View("overview-expiring", "Maja", "/overview/expiring", pictured=True)
        overviews.dispersed(self.cast)
        yield View("overview-nothing-expires", "Maja", "/overview/expiring")

    def _narrowed(self) -> Iterator[View]:
        overviews.fleet(self.cast)
        yield View("inboxes", "Maja", "/inboxes?view=attention", pictured=True)
        yield View("inboxes-filtered", "Maja", "/inboxes?health=needs-sign-in&provider=microsoft", pictured=True)
        overviews.dispersed(self.cast)

    def _filters(self) -> Iterator[View]:
        overviews.fleet(self.cast)
        yield View("inboxes-filter-menu", "Maja", "/inboxes", _menu_of("#menu-problem"))
        yield View("inboxes-filters-phone-menu", "Maja", "/inboxes?provider=gmail", _menu_of("#filter-all"))
        yield View("inboxes-filters-none", "Maja", "/inboxes?health=failing&domain=nobody.example")
        overviews.dispersed(self.cast)

    def _first(self) -> Iterator[View]:
        yield View("inbox-days", "Maja", self._at(f"freja.holst@{HOME}"), _unfold("#days"))
        yield View("overview-keys", "Maja", "/overview", _unfold("#keys-how"))
        overviews.emptied(self.cast)
        yield View("overview-first", "Maja", "/overview", pictured=True)
        yield View("overview-first-help-desk", "Jonas", "/overview")
        overviews.filled(self.cast)

    def _help_desk(self) -> Iterator[View]:
        cast, here = self.cast, "/help-desk?case="
        made = help_desk.keep(cast)
        yield View("help-desk-queue", "Maja", "/help-desk", pictured=True)
        yield View("help-desk", "Maja", f"{here}{made['certificate']}", pictured=True)
        yield View("help-desk-outage", "Jonas", f"{here}{made['outage']}")
        yield View("help-desk-policy", "Jonas", f"{here}{made['policy']}")

    def _help_desk_cases(self) -> Iterator[View]:
        cast, here = self.cast, "/help-desk?case="
        made = help_desk.keep(cast)
        yield View("help-desk-single", "Jonas", f"{here}{made['Mette']}", pictured=True)
        yield View("inbox-in-incident", "Jonas", self._at(f"anna@{HOME}"))
        yield View("help-desk-menu", "Jonas", f"{here}{made['Camilla']}", _unfold("#snooze"))
        yield View("help-desk-filter-menu", "Maja", "/help-desk", _unfold("#filter-provider"))

    def _help_desk_quiet(self) -> Iterator[View]:
        help_desk.keep(self.cast)
        yield View("help-desk-filtered", "Maja", "/help-desk?who=user&domain=nordlys.example")
        yield View("help-desk-no-match", "Maja", "/help-desk?who=team-admin&taken=me")
        yield View("help-desk-find", "Jonas", "/help-desk?q=s%C3%B8rensen")
        yield View("help-desk-find-well", "Jonas", "/help-desk?q=freja")
        yield View("help-desk-find-nobody", "Jonas", "/help-desk?q=zzz")
        yield View("help-desk-explained", "Maja", "/help-desk?explain=app-password-required&of=yahoo")

    def _help_desk_over(self) -> Iterator[View]:
        cast, here = self.cast, "/help-desk?case="
        made = help_desk.keep(cast)
        yield View("help-desk-note-missing", "Jonas", f"{here}{made['certificate']}", _press("Keep the note"))
        yield View("help-desk-over", "Jonas", f"{here}{help_desk.over(cast, made['Rasmus'])}")
        help_desk.gone(cast)
        yield View("help-desk-empty", "Maja", "/help-desk")

    def _notices(self) -> Iterator[View]:
        notices.keep(self.cast)
        yield View("notices", "Maja", "/notices", pictured=True)
        yield View("notices-held", "Maja", "/notices?state=held")
        yield View("notices-none", "Maja", "/notices?kind=radar")
        yield View("notices-help-desk", "Jonas", "/notices")

    def _notice_settings(self) -> Iterator[View]:
        notices.keep(self.cast)
        yield View("settings-notices-first", "Maja", "/settings/notices")
        notices.serve(self.cast)
        yield View("settings-notices", "Maja", "/settings/notices", pictured=True)

    def _webhooks(self) -> Iterator[View]:
        notices.keep(self.cast)
        yield View("settings-notices-errors", "Maja", "/settings/notices", _no_server)
        yield View("settings-webhook", "Maja", "/settings/notices/webhooks/new")
        yield View("settings-webhook-change", "Maja", f"/settings/notices/webhooks/{notices.hook(self.cast)}")

    def _lists(self) -> Iterator[View]:
        yield View("inbox", "Maja", "/inboxes", pictured=True)
        yield View("inboxes-attention", "Maja", "/inboxes?view=attention")
        yield View("inboxes-no-match", "Maja", "/inboxes?q=nobody")
        yield View("inboxes-menu", "Maja", "/inboxes", _menu(f"Actions for freja.holst@{HOME}"))
        yield View("inboxes-person-menu", "Maja", "/inboxes", _person_menu)

    def _problem(self) -> Iterator[View]:
        yield View("inbox-password-refused", "Maja", self._at(f"freja.holst@{HOME}"), pictured=True)
        yield View("inbox-certificate-expired", "Maja", self._at("ida@brandtstudio.example"))
        yield View("inbox-certificate-changed", "Maja", self._at("sofie@dahlpartners.example"))
        yield View("inbox-receives-only", "Maja", self._at(f"sofie.dahl@{HOME}"))
        yield View("inbox-no-sent-folder", "Maja", self._at(f"mikkel.soerensen@{HOME}"))
        yield View("inbox-no-answer", "Maja", self._at("nora@vestergaard.example"))
        yield View("inbox-unknown-server", "Maja", self._at("lukas@bangagentur.example"))

    def _inbox(self) -> Iterator[View]:
        yield View("inbox-healthy", "Maja", self._at(f"anton.krogh@{HOME}"))
        yield View("inbox-checking", "Maja", self._at(f"maja.lindqvist@{HOME}"))
        yield View("inbox-disabled", "Maja", self._at(f"oskar.nyman@{HOME}"))
        yield View("inbox-owner-deactivated", "Maja", self._at(f"emil.thomsen@{HOME}"))

    def _capabilities(self) -> Iterator[View]:
        cannot_send(self.cast)
        yield View("inbox-cannot-send", "Maja", self._at(CANNOT_SEND), pictured=True)
        yield View("my-inbox-cannot-send", "Ida", self._at(CANNOT_SEND))

    def _questions(self) -> Iterator[View]:
        yield View("inbox-menu", "Maja", self._at(f"freja.holst@{HOME}"), _menu("More actions"))
        yield View("inbox-disable", "Maja", self._at(f"anton.krogh@{HOME}"), _asks("Disable…"), pictured=True)
        yield View("inbox-remove", "Maja", self._at(f"anton.krogh@{HOME}"), _asks("Remove…"))
        yield View("inbox-disable-page", "Maja", self._at(f"anton.krogh@{HOME}", "/disable"))
        yield View("inbox-settings", "Maja", self._at(f"ida.brandt@{HOME}", "/edit"), pictured=True)
        yield View("inbox-settings-errors", "Maja", self._at(f"ida.brandt@{HOME}", "/edit"), _wrong_edit)

    def _at(self, address: str, more: str = "") -> str:
        return f"/inboxes/{self.cast.inboxes[address]}{more}"

    def _wizard(self) -> Iterator[View]:
        yield View("connect-start", "Maja", "/connect", pictured=True)
        yield View("connect-kinds", "Maja", "/connect", _unfold("#kinds"))
        yield View("connect-team", "Maja", "/connect", _team)
        yield View("connect-address", "Maja", self._draft("new", "address"), pictured=True)
        yield View("connect-address-errors", "Maja", self._draft("new", "address"), _press("Continue"))
        yield View("connect-looking", "Maja", self._draft("looking", "address"), pictured=True)
        yield View("connect-recommended", "Maja", self._draft("recommended", "address"), pictured=True)
        yield View("connect-how-we-know", "Maja", self._draft("recommended", "address"), _unfold("#how"))
        yield View("connect-passwords-retired", "Maja", self._draft("signs-in", "address"))
        yield View("connect-works", "Maja", self._draft("works", "address"))
        yield View("connect-cannot", "Maja", self._draft("impossible", "address"), pictured=True)
        yield View("connect-unclear", "Maja", self._draft("unclear", "address"), pictured=True)
        yield View("connect-expect", "Maja", self._draft("addressed", "expect"), pictured=True)
        yield View("connect-found", "Maja", self._draft("recommended", "settings"))
        yield View("connect-confirm", "Maja", self._draft("foreign", "settings"), pictured=True)
        yield View("connect-confirm-errors", "Maja", self._draft("foreign", "settings"), _unconfirmed)
        yield View("connect-default", "Maja", self._draft("default", "settings"), pictured=True)
        yield View("connect-locked", "Nora", self._draft("locked", "settings"), _unfold("#advanced"))
        yield View("connect-settings", "Maja", self._draft("mine", "settings"), pictured=True)
        yield View("connect-settings-errors", "Maja", self._draft("mine", "settings"), _wrong_settings)
        yield View("connect-for-somebody", "Maja", self._draft("accepted", "settings"))

    def _ladder(self) -> Iterator[View]:
        yield View("connect-queued", "Maja", self._draft("queued", "verify"))
        yield View("connect-running", "Maja", self._draft("running", "verify"), pictured=True)
        yield View("connect-certificate", "Maja", self._draft("certificate", "verify"), pictured=True)
        yield View("connect-receives-only", "Maja", self._draft("sending", "verify"))
        yield View("connect-refused", "Maja", self._draft("refused", "verify"))
        yield View("connect-wrong-server", "Maja", self._draft("server", "verify"))
        yield View("connect-unknown-server", "Maja", self._draft("unknown", "verify"))
        yield View("connect-interrupted", "Maja", self._draft("interrupted", "verify"))
        yield View("connect-expired", "Maja", self._draft("expired", "verify"))
        yield View("connect-passed", "Maja", self._draft("done", "verify?stay=1"))
        yield View("connect-done", "Maja", self._draft("done", "done"), pictured=True)

    def _draft(self, name: str, step: str) -> str:
        return f"/connect/{self.cast.drafts[name]}/{step}"

    def _domains(self) -> Iterator[View]:
        cast, here = self.cast, f"/domains/{HOME}"
        yield View("domains-unset", "Maja", here)
        domains.keep(cast)
        yield View("domains", "Maja", "/domains")
        yield View("domains-explained", "Maja", f"/domains?explain={domains.answered(cast, 'Maja', 'told', 'freja')}",
                   _unfold("#story"), pictured=True)  # fmt: skip
        yield View("domains-explain-errors", "Maja", "/domains", _press("Explain"))
        yield View("domain", "Maja", f"{here}?detect={domains.answered(cast, 'Maja', 'found')}", pictured=True)
        yield View("domain-sources", "Maja", f"{here}?detect=found", _unfold("#detected-how"))
        yield View("domain-detecting", "Maja", f"{here}?detect={domains.waiting(cast, 'Maja', 'asked')}")
        yield View("domain-separate", "Maja", here, _separate)

    def _domain(self) -> Iterator[View]:
        cast, here = self.cast, f"/domains/{HOME}"
        domains.keep(cast)
        yield View("domain-errors", "Maja", here, _wrong_domain)
        yield View("domain-exchange", "Maja", "/domains/fjordlab.example")
        yield View("domain-menu", "Maja", here, _menu("More actions"))
        yield View("domain-delete", "Maja", here, _asks("Delete the defaults…"))
        yield View("domain-add", "Maja", "/domains", _asks("Add domain", menu=None))
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

    def _trust(self) -> Iterator[View]:
        cast = self.cast
        exceptions.keep(cast)
        yield View("exceptions", "Maja", "/exceptions", pictured=True)
        yield View("exceptions-none", "Maja", "/exceptions?domain=nothing.example")
        yield View("exceptions-help-desk", "Jonas", "/exceptions")
        yield View("exception-withdraw", "Maja", "/exceptions", _asks("Withdraw…", menu=None, first=True))
        yield View("exceptions-forbid", "Maja", "/exceptions", _asks("Only account admins…", menu=None))
        draft = exceptions.offered(cast)
        yield View("connect-authority", "Maja", f"/connect/{draft}/verify", pictured=True)
        exceptions.forbid(cast)
        yield View("connect-forbidden", "Sofie", f"/connect/{exceptions.met(cast, 'Sofie')}/verify")
        yield View("exceptions-forbidden", "Maja", "/exceptions")

    def _tests(self) -> Iterator[View]:
        cast = self.cast
        test = f"/server-tests/{exceptions.answered(cast, 'Maja')}"
        yield View("server-test", "Maja", test, pictured=True)
        yield View("server-test-certificate", "Maja", test, _unfold("#shown-0"))
        yield View("server-test-trust", "Maja", test, _asks("Trust its authority…", menu=None), pictured=True)
        yield View("server-test-help-desk", "Jonas", f"/server-tests/{exceptions.answered(cast, 'Jonas')}")
        yield View("server-test-waiting", "Maja", f"/server-tests/{exceptions.waiting(cast, 'Maja')}")
        yield View("server-test-silent", "Maja", f"/server-tests/{exceptions.silent(cast, 'Maja')}")
        yield View("domain-tested", "Maja", f"/domains/{HOME}", _tested(test), pictured=True)

    def _apps(self) -> Iterator[View]:
        consents.unset(self.cast)
        yield View("integration-unset", "Maja", "/integrations/gmail", pictured=True)
        yield View("integration-app", "Maja", "/integrations/microsoft/app", pictured=True)
        yield View("integration-app-errors", "Maja", "/integrations/gmail/app", _press("Save and test"))
        consents.keep(self.cast)
        yield View("integration", "Maja", "/integrations/gmail", pictured=True)
        consents.asked(self.cast)
        yield View("integration-testing", "Maja", "/integrations/microsoft")
        consents.trouble(self.cast)
        yield View("integration-trouble", "Maja", "/integrations/microsoft", pictured=True)
        yield View("integrations-trouble", "Maja", "/integrations")
        consents.mended(self.cast)
        consents.healthy(self.cast)
        yield View("integrations-apps", "Maja", "/integrations", pictured=True)
        yield View("integration-app-change", "Maja", "/integrations/gmail/app")
        yield View("integration-app-remove", "Maja", "/integrations/gmail", _asks("Remove…", menu=None))
        yield View("integration-sheet", "Maja", "/integrations/microsoft/sheet", pictured=True)
        yield View("integration-sheet-member", "Sofie", "/integrations/gmail/sheet")
        yield View("consent-approved", None, "/consent/microsoft/approved?given=yes")

    def _consents(self) -> Iterator[View]:
        cast = self.cast
        consents.unset(cast)
        unset = consents.draft(cast, "Sofie", "gmail", "sofie@dahl-atelier.example")
        yield View("connect-consent-unset", "Sofie", f"/connect/{unset}/settings", pictured=True)
        consents.keep(cast)
        google = consents.draft(cast, "Sofie", "gmail", "sofie@dahl-atelier.example")
        yield View("connect-consent", "Sofie", f"/connect/{google}/settings", pictured=True)
        yield View("connect-consent-error", "Sofie", f"/connect/{google}/settings", _unfold("#dead-end-1"))
        left = consents.left(cast, "Sofie", "sofie.privat@dahl-atelier.example")
        yield View("connect-consent-left", "Sofie", f"/connect/{left}/settings")
        yield View("my-inboxes-waiting", "Sofie", "/me")
        microsoft = consents.draft(cast, "Sofie", "microsoft", "sofie@dahl-partnere.example")
        yield View("connect-consent-approval", "Sofie", f"/connect/{microsoft}/settings")
        declined = consents.declined(cast, "Sofie", "s.dahl@dahl-atelier.example")
        yield View("connect-declined", "Sofie", f"/connect/{declined}/verify", pictured=True)
        other = consents.other_account(cast, "Sofie", "sd@dahl-atelier.example")
        yield View("connect-other-account", "Sofie", f"/connect/{other}/verify")

    def _consented(self) -> Iterator[View]:
        healthy, withdrawn = consents.healthy(self.cast), consents.withdrawn(self.cast)
        yield View("inbox-consented", "Maja", f"/inboxes/{healthy}", pictured=True)
        yield View("inbox-withdrawn", "Maja", f"/inboxes/{withdrawn}", pictured=True)
        yield View("my-inbox-withdrawn", "Nora", f"/inboxes/{withdrawn}")
        yield View("inbox-consented-remove", "Maja", f"/inboxes/{healthy}/remove")
        yield View("inbox-consented-settings", "Maja", f"/inboxes/{healthy}/edit")

    def _moving(self) -> Iterator[View]:
        cast, here = self.cast, f"/campaigns/{campaigns.DOMAIN}"
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
        yield View("campaign-stop", "Maja", here, _asks("Stop…", menu=None))
        yield View("my-inboxes-moving", "Nora", "/me")
        yield View("inbox-moving", "Nora", f"/inboxes/{boxes['Nora']}", pictured=True)
        campaigns.over(cast)
        yield View("campaign-stopped", "Maja", here)
        campaigns.unset(cast)
        yield View("campaign-unset", "Maja", here)
        yield View("inbox-moved-unset", "Sofie", f"/inboxes/{boxes['Sofie']}")

    def _links(self) -> Iterator[View]:
        cast = self.cast
        yield View("link", None, links.sent(cast), pictured=True)
        yield View("link-password", None, links.sent(cast), links.continued, pictured=True)
        yield View("link-refused", None, links.sent(cast), links.tried(cast))
        path = links.sent(cast)
        links.begun(cast, path)
        yield View("link-elsewhere", None, path, pictured=True)
        yield View("link-withdrawn", None, links.withdrawn(cast))
        yield View("link-unknown", None, "/reconnect/cut-at-the-end-of-a-line")
        yield View("link-of-another-browser", None, "/reconnect/of/of-another-browser/settings")
        consents.withdrawn(cast)
        nora = links.sent(cast, links.NORA)
        yield View("link-consent", None, nora)
        yield View("link-consent-sign-in", None, nora, links.continued, pictured=True)
        asked = links.asked(cast, "Anton", "anton@krogh-interioer.example")
        yield View("link-connect", None, asked, pictured=True)
        yield View("link-connect-address", None, asked, links.continued)

    def _sent_links(self) -> Iterator[View]:
        cast, freja = self.cast, self._at(links.FREJA)
        yield View("inbox-link-made", "Jonas", freja, _press(links.SEND, "#link-url"), pictured=True)
        yield View("link-somebody-else", "Jonas", links.sent(cast))
        links.refused(cast, links.sent(cast))
        yield View("inbox-link-failed", "Maja", freja, pictured=True)
        links.withdrawn(cast)
        yield View("inbox-link-withdrawn", "Jonas", freja)
        consents.withdrawn(cast)
        links.begun(cast, links.sent(cast, links.NORA))
        yield View("inbox-link-started", "Jonas", self._at(links.NORA))

    def _other_links(self) -> Iterator[View]:
        cast, freja = self.cast, self._at(links.FREJA)
        notices.mails(cast)
        yield View("inbox-link-mail", "Jonas", freja, _press(links.SEND, "#link-url"), pictured=True)
        yield View("inbox-link-mailed", "Jonas", freja, _press(links.BY_MAIL, "[data-step=sent][data-state=now]"))
        notices.mails_no_more(cast)
        yield View("connect-link", "Maja", f"/connect/link?for={cast.people['Anton'].id}")
        yield View("connect-link-errors", "Maja", "/connect/link", _press("Make the link"))
        links.asked(cast, "Anton", "anton.k@krogh-interioer.example")
        links.begun(cast, links.asked(cast, "Anton", "anton@krogh-interioer.example"))
        yield View("user-connect-link", "Maja", f"/users/{cast.people['Anton'].id}")

    def _set_up(self) -> Iterator[View]:
        yield View("integrations", "Maja", "/integrations", pictured=True)
        yield View(
            "integrations-switch-off",
            "Maja",
            "/integrations",
            _switches_off,
            pictured=True,
        )
        yield View("settings-checks", "Maja", "/settings/checks", pictured=True)
        yield View("settings-checks-errors", "Maja", "/settings/checks", _often)
        yield View("users", "Maja", "/users", pictured=True)
        yield View("users-no-match", "Maja", "/users?q=nobody")
        yield View("users-add", "Maja", "/users/add", pictured=True)
        yield View("users-add-errors", "Maja", "/users/add", _press("Add the person"))
        yield View("user", "Maja", f"/users/{self.cast.people['Sofie'].id}", pictured=True)
        yield View("user-deactivated", "Maja", f"/users/{self.cast.people['Emil'].id}")
        yield View(
            "user-deactivate",
            "Maja",
            f"/users/{self.cast.people['Sofie'].id}",
            _asks("Deactivate…", menu=None),
        )
        yield View("account", "Maja", "/account", pictured=True)
        yield View("account-errors", "Maja", "/account", _press("Change the password"))
        yield View("not-found", "Maja", "/inboxes/987654")

    def _others(self) -> Iterator[View]:
        yield View("my-inboxes", "Sofie", "/me", pictured=True)
        yield View("my-inbox", "Sofie", self._at("sofie@dahlpartners.example"))
        yield View("my-inboxes-asked", "Anton", "/me")
        yield View(
            "disclosure", "Anton", f"/me/inboxes/{self.cast.inboxes['anton@krogh.example']}/disclosure", pictured=True
        )
        yield View("help-desk-inbox", "Jonas", self._at(f"freja.holst@{HOME}"))
        yield View("help-desk-inboxes", "Jonas", "/inboxes")
        yield View(
            "users-link", "Maja", f"/users/{self.cast.people['Clara'].id}", _press("New sign-in link", "#person-link")
        )


def _press(button: str | re.Pattern[str], arrives: str = ".c-error") -> Callable[[Page], None]:
    """Press a button and wait for what it brings, which a page that changes in place shows without being loaded."""

    def press(page: Page) -> None:
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator(arrives).first).to_be_visible()
        page.wait_for_load_state()

    return press


def _refused(page: Page) -> None:
    page.get_by_label("Email").fill(f"maja.lindqvist@{HOME}")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _menu(label: str) -> Callable[[Page], None]:
    def unfold(page: Page) -> None:
        page.locator("summary", has_text=label).click()

    return unfold


def _menu_of(selector: str) -> Callable[[Page], None]:
    """Open a menu that stands only at one width of the window."""

    def unfold(page: Page) -> None:
        button = page.locator(f"{selector} > summary")
        if button.is_visible():
            button.click()

    return unfold


def _person_menu(page: Page) -> None:
    page.locator("#person-menu summary").click()


def _unfold(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"{selector} > summary").click()


def _asks(link: str, menu: str | None = "More actions", *, first: bool = False) -> Callable[[Page], None]:
    def ask(page: Page) -> None:
        if menu:
            _menu(menu)(page)
        found = page.get_by_role("link", name=link, exact=True)
        (found.first if first else found).click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return ask


def _switches_off(page: Page) -> None:
    page.locator("[data-provider=imap]").get_by_role("link", name="Switch off…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _team(page: Page) -> None:
    page.get_by_text("Several people", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".c-error")).to_be_visible()


def _no_server(page: Page) -> None:
    page.get_by_label("Server", exact=True).fill("")
    page.get_by_label("Sender address").fill("nobody")
    page.get_by_role("button", name="Save the mail server").click()
    expect(page.locator(".c-error").first).to_be_visible()


def _wrong_settings(page: Page) -> None:
    page.locator("[name=imap_host]").fill("https://imap.lindqvist.example/")
    page.locator("[name=smtp_port]").fill("65536")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.locator(".c-error").first).to_be_visible()


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


def _unconfirmed(page: Page) -> None:
    page.locator("[name=password]").fill("one that nobody types")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.locator("#confirmed-error")).to_be_visible()


def _often(page: Page) -> None:
    page.get_by_label("All providers, in minutes").fill("often")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#every-error")).to_be_visible()


def _wrong_edit(page: Page) -> None:
    page.locator("[name=imap_host]").fill("imap server")
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator(".c-error")).to_be_visible()
