"""The radar: what runs out, when, for how many, and who may see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from console.rules import expiry
from console.services import radar, switches
from console.store.consents import OauthApp
from console.store.models import Credential
from console.store.servers import SeenCertificate
from tests import placed

HOST = "mail.acme.test"


@pytest.fixture
def families(pigeons, owl):
    return (pigeons, owl)


def seen(ctx, *, ends, last=0, host=HOST, port=993, sha256="A"):
    """Have a server show a certificate that ends in `ends` days, `last` days ago."""
    now = ctx.clock()
    with ctx.store.write() as session:
        session.add(
            SeenCertificate(
                host=host,
                port=port,
                sha256=sha256,
                not_after=now + timedelta(days=ends),
                first_seen_at=now - timedelta(days=100),
                last_seen_at=now - timedelta(days=last),
            )
        )


def app(ctx, by, **columns):
    with ctx.store.write() as session:
        known = {"client_id": "owls", "sealed": "", "key_id": "", "by_id": by.id, "at": ctx.clock()}
        session.add(OauthApp(provider="owl", **{**known, **columns}))


def owl_inbox(ctx, owner, address="bob@acme.test", *, typed_days_ago=0, **columns):
    """Connect an inbox with owl post whose owner signed in so many days ago."""
    inbox_id = placed.inbox(ctx, owner, address, **{"provider": "owl", "settings": {"account": address}, **columns})
    with ctx.store.write() as session:
        session.get(Credential, inbox_id).typed_at = ctx.clock() - timedelta(days=typed_days_ago)
    return inbox_id


def told(ctx, actor):
    return [(one.kind, one.what, one.days, one.inboxes) for one in radar.expiring(ctx, actor)]


# Certificates of servers.


def test_a_certificate_is_shown_with_the_inboxes_that_use_its_server(ctx, alice, bob, charlie):
    placed.inbox(ctx, bob, host=HOST)
    placed.inbox(ctx, charlie, "charlie@other.test", settings={"loft": "x", "smtp_host": HOST})
    placed.inbox(ctx, alice)
    seen(ctx, ends=12)

    (found,) = radar.expiring(ctx, alice)

    assert (found.kind, found.what, found.days, found.inboxes) == (expiry.CERTIFICATE, f"{HOST}:993", 12, 2)
    assert found.on == date(2026, 12, 5)
    assert (found.threshold, found.ended, found.domain) == (14, False, "")


def test_a_certificate_of_one_domain_says_which(ctx, alice, bob):
    placed.inbox(ctx, bob, host=HOST)
    seen(ctx, ends=12)

    assert radar.expiring(ctx, alice)[0].domain == "acme.test"


def test_a_certificate_that_was_replaced_is_not_told(ctx, alice, bob):
    placed.inbox(ctx, bob, host=HOST)
    seen(ctx, ends=2, last=5, sha256="A")
    seen(ctx, ends=200, last=1, sha256="B")

    assert told(ctx, alice) == []


def test_of_two_certificates_the_one_seen_last_counts(ctx, alice, bob):
    placed.inbox(ctx, bob, host=HOST)
    seen(ctx, ends=200, last=5, sha256="A")
    seen(ctx, ends=12, last=1, sha256="B")

    assert told(ctx, alice) == [(expiry.CERTIFICATE, f"{HOST}:993", 12, 1)]


@pytest.mark.parametrize("gone", [{"removed_at": datetime(2026, 11, 1, tzinfo=UTC)}, {"host": "elsewhere.test"}])
def test_a_server_that_no_inbox_uses_is_not_told(ctx, alice, bob, gone):
    placed.inbox(ctx, bob, **{"host": HOST, **gone})
    seen(ctx, ends=12)

    assert told(ctx, alice) == []


def test_certificates_that_ended_long_ago_hide_none_that_will(ctx, alice, bob):
    placed.inbox(ctx, bob, host=HOST)
    seen(ctx, ends=10)
    for number in range(radar.MOST):
        seen(ctx, ends=-100 - number, last=100 + number, host=f"old-{number}.acme.test")

    assert told(ctx, alice) == [("certificate", f"{HOST}:993", 10, 1)]


def test_a_provider_renews_its_own_certificates(ctx, alice, bob):
    owl_inbox(ctx, bob, host=HOST)
    seen(ctx, ends=12)

    assert told(ctx, alice) == []


def test_a_certificate_that_ended_is_told_as_ended(ctx, alice, bob):
    placed.inbox(ctx, bob, host=HOST)
    seen(ctx, ends=-2)

    (found,) = radar.expiring(ctx, alice)

    assert (found.days, found.ended, found.threshold) == (-2, True, 0)


# Exceptions.


def test_an_exception_is_told_before_it_ends(ctx, alice, bob):
    placed.inbox(ctx, bob)
    inbox_id = placed.inbox(ctx, bob, "own@acme.test")
    placed.exception(ctx, alice, domain="acme.test", until=ctx.clock() + timedelta(days=3))
    placed.exception(ctx, alice, inbox_id=inbox_id, until=ctx.clock() + timedelta(days=9))
    placed.exception(ctx, alice, domain="acme.test", port=465, until=ctx.clock() + timedelta(days=90))

    assert told(ctx, alice) == [
        (expiry.EXCEPTION, "mail.example.test:993", 3, 2),
        (expiry.EXCEPTION, "mail.example.test:993", 9, 1),
    ]


def test_an_exception_that_ended_long_ago_is_forgotten(ctx, alice):
    placed.exception(ctx, alice, domain="acme.test", until=ctx.clock() - timedelta(days=31))

    assert told(ctx, alice) == []


# Apps.


def test_a_client_secret_is_told_by_its_day(ctx, alice, bob):
    app(ctx, alice, secret_expires_on=date(2026, 12, 5))
    owl_inbox(ctx, bob)

    assert told(ctx, alice) == [(expiry.SECRET, "owl", 12, 1)]


@pytest.mark.parametrize(("on", "ended"), [(date(2026, 11, 23), False), (date(2026, 11, 22), True)])
def test_a_client_secret_has_ended_when_its_last_day_is_over(ctx, alice, on, ended):
    app(ctx, alice, secret_expires_on=on)

    assert radar.expiring(ctx, alice)[0].ended is ended


def test_a_client_secret_that_ended_long_ago_stays(ctx, alice):
    app(ctx, alice, secret_expires_on=date(2026, 1, 1))

    assert [one.kind for one in radar.expiring(ctx, alice)] == [expiry.SECRET]


# Permissions.


def test_the_permission_of_a_disabled_inbox_ends_unused(ctx, alice, bob):
    idle = owl_inbox(ctx, bob, checked_at=ctx.clock() - timedelta(days=50))
    owl_inbox(ctx, bob, "used@acme.test", checked_at=ctx.clock() - timedelta(days=50))
    recent = owl_inbox(ctx, bob, "recent@acme.test", checked_at=ctx.clock() - timedelta(days=5))
    for inbox_id in (idle, recent):
        switches.disable(ctx, bob, inbox_id)

    assert told(ctx, alice) == [(expiry.GRANT_IDLE, "owl", 10, 1)]


def test_permissions_that_ended_unused_are_told_apart_from_those_that_will(ctx, alice, bob):
    for number, ago in enumerate((61, 62, 50)):
        inbox_id = owl_inbox(ctx, bob, f"{number}@acme.test", checked_at=ctx.clock() - timedelta(days=ago))
        switches.disable(ctx, bob, inbox_id)

    assert told(ctx, alice) == [(expiry.GRANT_IDLE, "owl", -2, 2), (expiry.GRANT_IDLE, "owl", 10, 1)]


def test_an_app_in_testing_keeps_its_permissions_for_days_only(ctx, alice, bob):
    app(ctx, alice, publishing="testing")
    owl_inbox(ctx, bob, typed_days_ago=1)
    owl_inbox(ctx, bob, "new@acme.test")
    owl_inbox(ctx, bob, "over@acme.test", typed_days_ago=9, health="needs-sign-in", problem="oauth-grant-expired")

    assert told(ctx, alice) == [(expiry.GRANT_TESTING, "owl", 1, 2)]


def test_a_published_app_keeps_its_permissions(ctx, alice, bob):
    app(ctx, alice, publishing="production")
    owl_inbox(ctx, bob)

    assert told(ctx, alice) == []


# Who sees it.


@pytest.fixture
def everything(ctx, alice, bob):
    placed.inbox(ctx, bob, "p@acme.test", host=HOST)
    seen(ctx, ends=12)
    placed.exception(ctx, alice, domain="acme.test", until=ctx.clock() + timedelta(days=3))
    app(ctx, alice, publishing="testing", secret_expires_on=date(2026, 12, 5))
    owl_inbox(ctx, bob)
    switches.disable(ctx, bob, owl_inbox(ctx, bob, "off@acme.test", checked_at=ctx.clock() - timedelta(days=50)))


def test_an_account_admin_sees_all_the_first_to_end_first(ctx, alice, everything):
    assert [one.kind for one in radar.expiring(ctx, alice)] == [
        expiry.GRANT_TESTING,
        expiry.EXCEPTION,
        expiry.GRANT_IDLE,
        expiry.CERTIFICATE,
        expiry.SECRET,
    ]


def test_help_desk_sees_nothing_of_the_apps(ctx, hanne, everything):
    kinds = {one.kind for one in radar.expiring(ctx, hanne)}

    assert kinds == {expiry.CERTIFICATE, expiry.EXCEPTION, expiry.GRANT_IDLE}


def test_a_member_sees_nothing(ctx, bob, everything):
    assert radar.expiring(ctx, bob) == []


def test_the_radar_asks_as_many_queries_however_much_there_is(ctx, alice, bob, everything):
    def queries():
        asked = []
        listen = lambda *sent: asked.append(sent[2])  # noqa: E731
        event.listen(ctx.store.engine, "before_cursor_execute", listen)
        radar.expiring(ctx, alice)
        event.remove(ctx.store.engine, "before_cursor_execute", listen)
        return len(asked)

    few = queries()
    for number in range(30):
        placed.inbox(ctx, bob, f"{number}@acme.test", host=f"{number}.acme.test")
        seen(ctx, ends=number, host=f"{number}.acme.test")
        placed.exception(ctx, alice, domain=f"{number}.test", until=ctx.clock() + timedelta(days=3))

    assert queries() == few
