"""Groups of settings: who may change them, what is written down about a change, and two people at once."""

import pytest
from sqlmodel import select

from console.services import settings
from console.services.context import NotFound, Refused
from console.store.models import AuditEntry
from console.store.notices import Setting


def write(ctx, actor, value, **options):
    with ctx.store.write() as session:
        settings.write(ctx, session, actor, "mail", value, **options)


def stored(ctx):
    with ctx.store.read() as session:
        return settings.stored(session, "mail")


def entries(ctx):
    with ctx.store.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "settings.change")).all()
    return [entry.detail for entry in rows]


def test_what_nobody_changed_is_empty(ctx):
    assert stored(ctx) == settings.Stored()


def test_what_was_written_is_read_with_who_and_when(ctx, alice, clock):
    write(ctx, alice, {"host": "smtp.acme.test"})

    found = stored(ctx)
    assert (found.value, found.revision, found.by, found.at) == ({"host": "smtp.acme.test"}, 1, alice.name, clock.now)


@pytest.mark.parametrize("who", ["bob", "hanne"])
def test_nobody_but_an_account_admin_changes_anything(ctx, request, who):
    with pytest.raises(NotFound):
        write(ctx, request.getfixturevalue(who), {"host": "smtp.acme.test"})

    assert stored(ctx).revision == 0


def test_the_audit_says_what_changed_from_what_to_what_and_nothing_else(ctx, alice):
    write(ctx, alice, {"host": "a.test", "port": 25, "told": {"admins": ["incident"]}})
    write(ctx, alice, {"host": "a.test", "port": 587, "told": {"admins": ["incident", "digest"]}})

    assert entries(ctx)[1] == {
        "port.from": 25,
        "port.to": 587,
        "told.admins.from": "incident",
        "told.admins.to": "incident, digest",
    }


def test_saving_what_counts_already_writes_nothing(ctx, alice):
    write(ctx, alice, {"port": 25})
    write(ctx, alice, {"port": 25})

    assert (stored(ctx).revision, len(entries(ctx))) == (1, 1)


def test_of_two_tabs_the_slower_one_is_told_and_changes_nothing(ctx, alice):
    write(ctx, alice, {"port": 25}, revision=0)

    with pytest.raises(Refused, match="Somebody else changed these settings"):
        write(ctx, alice, {"port": 465}, revision=0)

    assert stored(ctx).value == {"port": 25}


def test_a_secret_is_sealed_comes_out_for_workers_only_and_stands_in_no_audit_entry(ctx, alice):
    write(ctx, alice, {"host": "a.test"}, sealed={"password": "hunter2"})

    with ctx.store.read() as session:
        row, secret = session.get_one(Setting, "mail"), settings.opened(ctx, session, "mail")
    assert secret == {"password": "hunter2"}
    assert stored(ctx).secret
    assert "hunter2" not in f"{row.value}{row.sealed}{entries(ctx)}"
    assert entries(ctx)[0]["secret"] == "new"


def test_a_secret_stays_until_it_is_replaced_or_dropped(ctx, alice):
    write(ctx, alice, {"host": "a.test"}, sealed={"password": "hunter2"})
    write(ctx, alice, {"host": "b.test"})
    kept = stored(ctx).secret
    write(ctx, alice, {"host": "b.test"}, sealed={})

    assert (kept, stored(ctx).secret) == (True, False)


def test_what_is_stored_broken_counts_as_nothing(ctx, alice):
    write(ctx, alice, {"host": "a.test"})
    with ctx.store.write() as session:
        session.get_one(Setting, "mail").value = ["not", "a", "group"]

    assert stored(ctx).value == {}
