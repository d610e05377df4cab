"""Domain defaults: which domains there are, who they bind, and what discovery is told of them."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from console.rules.domain_defaults import LOCAL, WHOLE, Kind
from console.services import defaults, discoveries, drafts, verification
from console.services.context import NotFound
from console.services.default_settings import Defaults, discovered, finished, settings_for
from console.services.defaults import SavedMeanwhile
from tests import placed
from tests.services import made

KEPT = Defaults(
    kind=Kind.IMAP,
    imap_host="mail.acme.test",
    imap_port=993,
    imap_security="tls",
    smtp_host="smtp.acme.test",
    smtp_port=465,
    smtp_security="tls",
    username=WHOLE,
    note="Use the app password.",
    members_may_change=False,
)
EXCHANGE = Defaults(kind=Kind.EXCHANGE, exchange_url="https://mail.acme.test/EWS/Exchange.asmx", note="Ask IT.")


@pytest.fixture
def families():
    return None


def keep(ctx, alice, wanted=KEPT, domain="acme.test"):
    defaults.keep(ctx, alice, domain, wanted, defaults.get(ctx, alice, domain).revision)


class TestTheList:
    def names(self, ctx):
        return [row.domain for row in defaults.rows(ctx)]

    def test_is_empty_at_first(self, ctx, alice):
        assert self.names(ctx) == []

    def test_has_a_domain_after_the_first_attempt_on_it_even_a_failed_one(self, ctx, clock, alice, bob):
        draft_id = drafts.start(ctx, bob)
        drafts.set_address(ctx, bob, draft_id, "bob@tried.test", "imap")
        drafts.accept_disclosure(ctx, bob, draft_id)
        before = self.names(ctx)
        typed = {
            "imap_host": "imap.tried.test",
            "imap_port": 993,
            "imap_security": "tls",
            "smtp_host": "smtp.tried.test",
            "smtp_port": 465,
            "smtp_security": "tls",
            "smtp_same_credentials": True,
            "password": "secret",
        }
        drafts.set_settings(ctx, bob, draft_id, typed)

        verification.run(ctx, draft_id)

        row = defaults.rows(ctx)[0]
        assert (before, row.domain, row.kind, row.tried_at) == ([], "tried.test", Kind.NONE, clock())

    def test_counts_inboxes_by_how_they_are(self, ctx, alice, bob, charlie):
        placed.inbox(ctx, bob)
        placed.inbox(ctx, bob, "ill@acme.test", health="failing", problem="unknown")
        placed.inbox(ctx, charlie, "charlie@other.test")

        row = defaults.rows(ctx)[0]

        assert (row.domain, row.inboxes, row.healthy, row.attention) == ("acme.test", 2, 1, 1)

    def test_leaves_removed_inboxes_out(self, ctx, clock, alice, bob):
        placed.inbox(ctx, bob, removed_at=clock())

        assert self.names(ctx) == []

    def test_keeps_a_domain_whose_defaults_were_deleted(self, ctx, alice):
        keep(ctx, alice)

        defaults.delete(ctx, alice, "acme.test", 1)

        assert (self.names(ctx), defaults.rows(ctx)[0].by) == (["acme.test"], "")


class TestSaving:
    def test_by_two_at_once_stores_the_first_only(self, ctx, alice):
        keep(ctx, alice)

        with pytest.raises(SavedMeanwhile) as refused:
            defaults.keep(ctx, alice, "acme.test", replace(KEPT, imap_port=143), 0)

        assert refused.value.values["name"] == "Alice Andersen"
        assert defaults.get(ctx, alice, "acme.test").defaults == KEPT

    def test_is_for_admins(self, ctx, alice, bob, hanne):
        for somebody in (bob, hanne):
            with pytest.raises(NotFound):
                defaults.keep(ctx, somebody, "acme.test", KEPT, 0)
            with pytest.raises(NotFound):
                defaults.delete(ctx, somebody, "acme.test", 0)

    def test_is_written_down_in_the_same_transaction(self, ctx, alice):
        keep(ctx, alice)
        keep(ctx, alice, EXCHANGE)

        entries = made.audited(ctx, "domain.save")
        assert [entry.detail["after"] for entry in entries] == [KEPT.summary, EXCHANGE.summary]
        assert entries[1].detail["before"] == KEPT.summary

    def test_a_refused_change_is_not_written_down(self, ctx, alice):
        keep(ctx, alice)
        with pytest.raises(SavedMeanwhile):
            defaults.keep(ctx, alice, "acme.test", EXCHANGE, 0)

        assert len(made.audited(ctx, "domain.save")) == 1

    @pytest.mark.parametrize(
        "columns",
        [
            {"exchange_url": "https://mail.acme.test/EWS/Exchange.asmx"},
            {"kind": "exchange"},
            {"kind": "none"},
            {"kind": "gmail"},
            {"smtp_host": None},
        ],
    )
    def test_never_both_which_the_database_holds_too(self, ctx, alice, columns):
        with pytest.raises(IntegrityError):
            placed.domain(ctx, "acme.test", KEPT, **columns)


class TestWhatDiscoveryIsTold:
    def test_an_admins_defaults_decide_and_are_certain(self, ctx, alice):
        keep(ctx, alice)

        answer = discoveries.look_up(ctx, "Bob@ACME.test")

        assert (answer.recommended, answer.confidence) == ("imap", "certain")
        assert answer.settings is not None
        assert (str(answer.settings.imap), answer.settings.transport) == ("mail.acme.test:993", "admin")
        assert (answer.settings.note, answer.settings.locked) == ("Use the app password.", True)

    def test_a_worker_is_told_them_too(self, ctx, work, alice, bob):
        keep(ctx, alice)
        asked = discoveries.begin(ctx, bob, "bob@acme.test")

        work.discover(asked)

        answer = discoveries.get(ctx, bob, asked).answer
        assert answer is not None
        assert answer.settings is not None
        assert answer.settings.transport == "admin"

    def test_detect_asks_as_if_there_were_none(self, ctx, work, alice):
        keep(ctx, alice)
        asked = discoveries.begin(ctx, alice, f"{discoveries.PROBE}@acme.test", without_default=True)

        work.discover(asked)

        answer = discoveries.get(ctx, alice, asked).answer
        assert answer is not None
        assert answer.settings is None or answer.settings.transport != "admin"

    def test_exchange_is_told_by_its_address(self, ctx, alice):
        keep(ctx, alice, EXCHANGE)

        answer = discoveries.look_up(ctx, "bob@acme.test")

        assert (answer.recommended, answer.candidates[0].url) == ("exchange", EXCHANGE.exchange_url)

    def test_a_sub_domain_has_none(self, ctx, alice):
        keep(ctx, alice)

        assert defaults.for_discovery(ctx, "sub.acme.test") is None

    def test_nothing_kept_is_nothing_told(self):
        assert discovered(Defaults()) is None

    def test_a_separate_sign_in_is_told(self):
        found = discovered(replace(KEPT, smtp_username="relay-%EMAILLOCALPART%"))

        assert found is not None
        assert found.settings is not None
        assert (found.settings.smtp_username, found.settings.separate) == ("relay-%EMAILLOCALPART%", True)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (WHOLE, "bob@acme.test"),
        (LOCAL, "bob"),
        (None, "bob@acme.test"),
        ("", "bob@acme.test"),
        ("ACME\\%EMAILLOCALPART%", "ACME\\bob"),
        ("%EMAILLOCALPART%#%EMAILDOMAIN%", "bob#acme.test"),
        ("relay", "relay"),
    ],
)
def test_a_user_name_is_made_of_the_address(template, name):
    assert finished(template, "bob@acme.test") == name


class TestTheSettingsOfAnInbox:
    @pytest.fixture
    def family(self, ctx):
        return ctx.families["imap"]

    def own(self, **changes):
        return {
            "imap_host": "old.acme.test",
            "imap_port": 143,
            "imap_security": "starttls",
            "smtp_host": "old.acme.test",
            "smtp_port": 587,
            "smtp_security": "starttls",
            "username": "bob",
            "smtp_username": None,
            **changes,
        }

    def test_are_the_admins(self, family):
        found = settings_for(KEPT, family, "bob@acme.test", self.own())

        assert found == {
            "imap_host": "mail.acme.test",
            "imap_port": 993,
            "imap_security": "tls",
            "smtp_host": "smtp.acme.test",
            "smtp_port": 465,
            "smtp_security": "tls",
            "username": "bob@acme.test",
            "smtp_username": None,
        }

    def test_keep_an_own_outgoing_sign_in(self, family):
        found = settings_for(KEPT, family, "bob@acme.test", self.own(smtp_username="relay"))

        assert found["smtp_username"] == "relay"

    def test_take_the_outgoing_sign_in_that_the_admin_set(self, family):
        wanted = replace(KEPT, smtp_username=LOCAL)

        assert settings_for(wanted, family, "bob@acme.test", self.own(smtp_username="relay"))["smtp_username"] == "bob"

    def test_mend_settings_that_cannot_be_read(self, family):
        assert settings_for(KEPT, family, "bob@acme.test", {"imap_host": 7})["imap_host"] == "mail.acme.test"

    def test_are_the_same_again_once_they_are_applied(self, family):
        once = settings_for(KEPT, family, "bob@acme.test", self.own())

        assert settings_for(KEPT, family, "bob@acme.test", once) == once
