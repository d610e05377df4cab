"""A domain that only admins change: members get exactly its servers, in the wizard and on the edit page."""

from dataclasses import replace

import pytest

from console.rules.domain_defaults import LOCAL, Kind
from console.services import drafts, link_visits, links, prefill, servers
from console.services.context import Refused
from console.services.default_settings import Defaults
from tests import placed
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.applied import DOMAIN, ELSEWHERE, inboxes
from tests.services.connected import settings_of
from tests.services.listening import reach


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST, ELSEWHERE)


@pytest.fixture
def families():
    return None


class TestALockedDomain:
    @pytest.fixture
    def locked(self, ctx, alice, wanted):
        placed.domain(ctx, DOMAIN, replace(wanted, members_may_change=False), by_id=alice.id)
        return wanted

    def typed(self, server, **changes):
        return {
            **settings_of(server.tls, f"a@{DOMAIN}"),
            "smtp_same_credentials": True,
            "password": "secret",
            **changes,
        }

    def draft(self, ctx, actor, address):
        draft_id = drafts.start(ctx, actor, owner_id=actor.id)
        drafts.set_address(ctx, actor, draft_id, address, "imap")
        drafts.accept_disclosure(ctx, actor, draft_id)
        return draft_id

    def test_gives_a_member_who_connects_exactly_the_admins_servers(self, ctx, bob, old, new, locked):
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        drafts.set_settings(ctx, bob, draft_id, self.typed(old, imap_host=ELSEWHERE, username="somebody"))

        kept = made.draft(ctx, draft_id).settings
        assert (kept["imap_host"], kept["imap_port"], kept["username"]) == (HOST, new.tls, f"a@{DOMAIN}")

    def test_is_where_a_link_says_that_the_password_goes(self, ctx, alice, bob, old, new, locked):
        own = settings_of(old.tls, f"a@{DOMAIN}", ELSEWHERE)
        inbox_id = placed.inbox(ctx, bob, f"a@{DOMAIN}", settings=own, health="failing", problem="bad-credentials")
        token = links.issue(ctx, alice, inbox_id).url.rpartition("/")[2]

        assert link_visits.look(ctx, token, "a phone", "").servers == (HOST,)
        draft_id = link_visits.begin(ctx, token, "a phone", "").draft_id
        actor = link_visits.passage(ctx, draft_id, "a phone", "").actor
        shown = prefill.get(ctx, actor, draft_id, ctx.families["imap"]).settings
        drafts.set_settings(ctx, actor, draft_id, {"password": "secret"})

        assert shown == made.draft(ctx, draft_id).settings
        assert (shown["imap_host"], shown["imap_port"]) == (HOST, new.tls)

    def test_leaves_an_admin_free(self, ctx, alice, old, locked):
        draft_id = self.draft(ctx, alice, f"a@{DOMAIN}")

        drafts.set_settings(ctx, alice, draft_id, self.typed(old))

        assert made.draft(ctx, draft_id).settings["imap_port"] == old.tls

    def test_gives_a_member_who_edits_exactly_the_admins_servers(self, ctx, bob, old, new, locked):
        ids = inboxes(ctx, bob, old, "a")

        servers.save(ctx, bob, ids["a"], self.typed(old, smtp_host=ELSEWHERE), automation=True)

        kept = made.inbox(ctx, ids["a"])
        assert (kept.settings["imap_port"], kept.settings["smtp_host"], kept.automation) == (new.tls, HOST, True)

    def test_asks_for_the_second_password_where_the_admin_set_a_separate_sign_in(self, ctx, alice, bob, old, wanted):
        locked = replace(wanted, members_may_change=False, smtp_username=LOCAL)
        placed.domain(ctx, DOMAIN, locked, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        with pytest.raises(Refused) as refused:
            drafts.set_settings(ctx, bob, draft_id, self.typed(old))

        assert refused.value.field == "smtp_password"

    def test_to_exchange_refuses_a_member_who_types_imap_servers(self, ctx, alice, bob, old):
        exchange = Defaults(
            kind=Kind.EXCHANGE, exchange_url="https://mail.acme.test/EWS/Exchange.asmx", members_may_change=False
        )
        placed.domain(ctx, DOMAIN, exchange, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        with pytest.raises(Refused):
            drafts.set_settings(ctx, bob, draft_id, self.typed(old))

    def test_that_members_may_change_takes_what_they_type(self, ctx, alice, bob, old, wanted):
        placed.domain(ctx, DOMAIN, wanted, by_id=alice.id)
        draft_id = self.draft(ctx, bob, f"a@{DOMAIN}")

        drafts.set_settings(ctx, bob, draft_id, self.typed(old))

        assert made.draft(ctx, draft_id).settings["imap_port"] == old.tls
