"""Taking applied defaults back gives every inbox what it had."""

import pytest

from console.services import applying, defaults, servers
from console.services.context import Refused
from tests.peers.certificates import HOST
from tests.services import made
from tests.services.applied import DOMAIN, ELSEWHERE, begin, defaults_at, inboxes, job, port, states
from tests.services.connected import settings_of
from tests.services.listening import reach


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST, ELSEWHERE)


@pytest.fixture
def families():
    return None


class TestTakingBack:
    def test_gives_every_inbox_what_it_had(self, ctx, work, alice, bob, old, new, wanted):
        ids = inboxes(ctx, bob, old, "abc")
        before = {name: made.inbox(ctx, inbox_id).settings for name, inbox_id in ids.items()}
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        assert (job(ctx).state, states(ctx)) == ("undone", dict.fromkeys("abc", "back"))
        assert {name: made.inbox(ctx, inbox_id).settings for name, inbox_id in ids.items()} == before
        assert defaults.get(ctx, alice, DOMAIN).defaults == wanted

    def test_leaves_an_inbox_alone_that_was_edited_since(self, ctx, alice, bob, old, new, smtp_answers, wanted):
        ids = inboxes(ctx, bob, old, "ab")
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)
        mine = {**settings_of(new.tls, "someone"), "smtp_port": smtp_answers.tls, "smtp_same_credentials": True}
        servers.save(ctx, alice, ids["a"], mine, automation=False)

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        assert states(ctx) == {"a": "kept", "b": "back"}
        assert (made.inbox(ctx, ids["a"]).settings["username"], port(ctx, ids["b"])) == ("someone", old.tls)

    def test_lets_a_password_that_the_other_servers_refused_work_again(
        self, ctx, clock, work, alice, bob, old, imap_server, smtp_answers
    ):
        new = imap_server(accounts={})
        ids = inboxes(ctx, bob, old, "a")
        settings = {**settings_of(old.tls, f"a@{DOMAIN}"), "smtp_port": smtp_answers.tls}
        made.change(ctx, ids["a"], settings=settings)
        job_id = begin(ctx, alice, defaults_at(new, smtp_answers))
        applying.run(ctx, job_id)
        refused = made.credential(ctx, ids["a"]).refused

        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)
        work.sweep()

        assert refused != {}
        assert (made.inbox(ctx, ids["a"]).health, old.attempts()) == ("healthy", 1)

    def test_an_inbox_that_waited_for_its_owner_is_as_it_was(self, ctx, alice, bob, old, new, smtp_answers):
        ids = inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, defaults_at(new, smtp_answers, imap_host=ELSEWHERE))
        applying.run(ctx, job_id)
        applying.undo(ctx, alice, job_id)

        applying.run(ctx, job_id)

        inbox = made.inbox(ctx, ids["a"])
        assert (inbox.health, inbox.problem, inbox.settings["imap_host"]) == ("healthy", None, HOST)

    def test_happens_once(self, ctx, alice, bob, old, wanted):
        inboxes(ctx, bob, old, "a")
        job_id = begin(ctx, alice, wanted)
        applying.run(ctx, job_id)
        applying.undo(ctx, alice, job_id)
        applying.run(ctx, job_id)

        with pytest.raises(Refused):
            applying.undo(ctx, alice, job_id)
