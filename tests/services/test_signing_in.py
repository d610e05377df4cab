"""Signing in: what is counted, what survives, and what takes the same time for everybody."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from console import assemble
from console.services import passwords, people, signing_in, throttle
from console.services.context import NotFound, Refused
from console.services.work import Work
from console.store.models import EndedSession, Person, SetUpLink, Throttle
from tests import placed
from tests.conftest import PASSWORD
from tests.services import made

HERE, THERE = "192.0.2.7", "192.0.2.8"


def sign_in(ctx, email="bob@acme.test", password=PASSWORD, ip=HERE):
    return signing_in.sign_in(ctx, email=email, password=password, ip=ip)


def fail(ctx, times, email="bob@acme.test", ip=HERE):
    said = []
    for _ in range(times):
        with pytest.raises(Refused) as caught:
            sign_in(ctx, email, "wrong", ip)
        said.append(caught.value.sentence)
    return said


WRONG = "The address or the password does not match. Check both and try again."
SLOW_DOWN = "Too many attempts. Wait 15 minutes, then try again."


# The throttle.


def test_the_right_password_is_not_even_looked_at_once_an_account_is_slowed_down(ctx, bob):
    assert [WRONG] * 8 == fail(ctx, 8)

    with pytest.raises(Refused) as caught:
        sign_in(ctx)

    assert SLOW_DOWN == caught.value.sentence


def test_an_account_is_slowed_down_whichever_clients_try(ctx, bob):
    for number in range(8):
        fail(ctx, 1, ip=f"192.0.2.{number}")

    assert [SLOW_DOWN] == fail(ctx, 1, ip="198.51.100.1")


def test_a_client_is_slowed_down_whichever_accounts_it_tries(ctx, bob):
    for number in range(30):
        fail(ctx, 1, email=f"nobody{number}@acme.test")

    with pytest.raises(Refused) as caught:
        sign_in(ctx)

    assert SLOW_DOWN == caught.value.sentence
    assert bob.id == sign_in(ctx, ip=THERE).id


def test_a_client_cannot_outrun_the_count_with_the_addresses_of_its_own_ipv6_network(ctx, bob):
    for number in range(30):
        fail(ctx, 1, email=f"nobody{number}@acme.test", ip=f"2001:db8:0:1::{number:x}")

    assert [SLOW_DOWN] == fail(ctx, 1, ip="2001:db8:0:1:ffff:ffff:ffff:ffff")
    assert [WRONG] == fail(ctx, 1, ip="2001:db8:0:2::1")


@pytest.mark.parametrize(
    ("ip", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:DB8:0:1::", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_stands_for_a_client_in_the_counts(ip, counted):
    assert counted == throttle.client(ip)


def test_another_console_on_the_same_database_counts_on(ctx, bob, config, clock, families):
    fail(ctx, 8)

    again = assemble(config, families=families, clock=clock)
    try:
        assert [SLOW_DOWN] == fail(again.ctx, 1)
    finally:
        again.close()


def test_many_at_once_do_not_slip_past_the_count(ctx, bob):
    begin, looked_at = threading.Barrier(12), []

    def attempt(_number):
        begin.wait()
        looked_at.extend(said for said in fail(ctx, 1) if said == WRONG)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(attempt, range(12)))

    assert 8 == len(looked_at)


def test_eight_who_count_at_once_get_eight_numbers(ctx, clock):
    begin = threading.Barrier(8)

    def add(_number):
        begin.wait()
        with ctx.store.write() as session:
            return throttle.add(session, "bucket", clock())

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(add, range(8)))

    assert list(range(1, 9)) == numbers


def test_a_good_sign_in_is_not_counted_for_the_client(ctx, bob):
    for _ in range(40):
        sign_in(ctx)

    assert [WRONG] == fail(ctx, 1)


def test_old_counts_are_forgotten(ctx, bob, clock):
    fail(ctx, 3)
    clock.advance(hours=2)

    sign_in(ctx)

    with ctx.store.read() as session:
        assert [0] == [row.count for row in session.exec(select(Throttle))]


def test_neither_address_nor_password_lies_in_the_counts(ctx, bob):
    fail(ctx, 1)

    with ctx.store.read() as session:
        buckets = " ".join(row.bucket for row in session.exec(select(Throttle)))
    assert "bob" not in buckets
    assert "wrong" not in buckets


def test_changing_a_password_is_counted_too(ctx, bob):
    said = []
    for _ in range(9):
        with pytest.raises(Refused) as caught:
            signing_in.change_password(ctx, bob, current="wrong", new="another long password")
        said.append(caught.value.sentence)

    assert ["This is not your current password."] * 8 + [SLOW_DOWN] == said


# Ending a session.


def ended(ctx):
    with ctx.store.read() as session:
        return sorted(session.exec(select(EndedSession.id)).all())


def test_an_ended_session_is_over_and_another_goes_on(ctx, bob):
    signing_in.sign_out(ctx, bob, "here")

    assert people.signed_in(ctx, bob.id, bob.epoch, "here", HERE) is None
    assert people.signed_in(ctx, bob.id, bob.epoch, "there", HERE).id == bob.id


def test_a_session_that_is_ended_twice_is_ended_once(ctx, bob):
    signing_in.sign_out(ctx, bob, "here")
    signing_in.sign_out(ctx, bob, "here")

    assert ended(ctx) == ["here"]


def test_ended_sessions_are_forgotten_by_the_worker_once_their_cookies_have_expired(ctx, bob, clock):
    signing_in.sign_out(ctx, bob, "older")
    clock.advance(hours=2)
    signing_in.sign_out(ctx, bob, "newer")
    clock.advance(hours=ctx.config.session_hours - 1, seconds=1)

    Work(ctx).tick()

    assert ended(ctx) == ["newer"]


def test_signing_out_is_audited(ctx, bob):
    signing_in.sign_out(ctx, bob, "here")

    (entry,) = made.audited(ctx, "sign-out")
    assert (entry.actor_id, entry.target_id) == (bob.id, str(bob.id))


# Nobody learns who has an account.


@pytest.fixture
def hashed(monkeypatch):
    """What was compared with a hash, whatever came of it."""
    compared, verify = [], type(passwords._HASHER).verify

    def note(hasher, known, password):
        compared.append(password)
        return verify(hasher, known, password)

    monkeypatch.setattr(type(passwords._HASHER), "verify", note)
    return compared


@pytest.mark.parametrize(
    "email", ["bob@acme.test", "nobody@acme.test", "dorte@acme.test", "gone@acme.test", "no address"]
)
def test_whoever_tries_one_password_is_hashed(ctx, bob, hashed, email, password_hash):
    placed.person(ctx, "dorte@acme.test")
    placed.person(ctx, "gone@acme.test", active=False, password_hash=password_hash)

    fail(ctx, 1, email=email)

    assert ["wrong"] == hashed


def test_the_hash_of_nobody_is_as_costly_as_any_other():
    assert passwords._nobody().split("$")[:4] == passwords.hash_new(PASSWORD, email="", name="").split("$")[:4]


def test_an_endless_password_is_hashed_cut(ctx, bob, hashed):
    with pytest.raises(Refused):
        sign_in(ctx, password="x" * 1_000_000)

    assert [257] == [len(password) for password in hashed]


def test_a_hash_with_weaker_settings_is_made_anew_at_sign_in(ctx, bob):
    weak = "$argon2id$v=19$m=8,t=1,p=1$"
    with ctx.store.write() as session:
        session.get_one(Person, bob.id).password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
            PASSWORD
        )

    sign_in(ctx)

    with ctx.store.read() as session:
        stored = session.get_one(Person, bob.id).password_hash
    assert not stored.startswith(weak)
    assert bob.id == sign_in(ctx).id


# Links.


def test_a_fresh_set_up_link_voids_the_older_one(ctx):
    older = signing_in.print_set_up_link(ctx)
    newer = signing_in.print_set_up_link(ctx)

    assert [False, True] == [signing_in.set_up_link_opens(ctx, link.rsplit("/", 1)[1]) for link in (older, newer)]


def test_a_set_up_link_is_void_once_an_account_exists(ctx):
    token = signing_in.print_set_up_link(ctx).rsplit("/", 1)[1]

    people.create_first_admin(ctx, name="Alice", email="alice@acme.test", password=PASSWORD)

    assert not signing_in.set_up_link_opens(ctx, token)
    assert signing_in.print_set_up_link(ctx) is None


def test_of_two_starts_at_once_one_prints_a_link_that_opens(ctx):
    begin = threading.Barrier(2)

    def start(_number):
        begin.wait()
        return signing_in.print_set_up_link(ctx).rsplit("/", 1)[1]

    with ThreadPoolExecutor(2) as pool:
        tokens = list(pool.map(start, range(2)))

    assert [False, True] == sorted(signing_in.set_up_link_opens(ctx, token) for token in tokens)


def test_the_token_of_a_set_up_link_is_not_stored(ctx):
    token = signing_in.print_set_up_link(ctx).rsplit("/", 1)[1]

    with ctx.store.read() as session:
        assert token not in session.exec(select(SetUpLink)).one().token_hash


def test_of_two_first_accounts_at_once_one_is_created(ctx):
    begin = threading.Barrier(2)

    def create(name):
        begin.wait()
        try:
            people.create_first_admin(ctx, name=name, email=f"{name}@acme.test", password=PASSWORD)
            return "created"
        except Refused as refused:
            return refused.sentence

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(create, ["alice", "eve"]))

    assert ["An account exists already. Sign in instead.", "created"] == outcomes


def test_of_two_who_use_a_welcome_link_at_once_one_sets_the_password(ctx, alice):
    dorte = placed.person(ctx, "dorte@acme.test")
    token = signing_in.welcome_link(ctx, alice, dorte.id).rsplit("/", 1)[1]
    begin = threading.Barrier(2)

    def choose(password):
        begin.wait()
        try:
            signing_in.accept_welcome(ctx, token, password, HERE)
            return password
        except NotFound:
            return None

    with ThreadPoolExecutor(2) as pool:
        chosen = [
            password for password in pool.map(choose, ["the first one's password", "the second one's"]) if password
        ]

    assert 1 == len(chosen)
    assert dorte.id == sign_in(ctx, "dorte@acme.test", chosen[0]).id


@pytest.mark.parametrize(("days", "opens"), [(6.99, True), (7.01, False)])
def test_a_welcome_link_lives_a_week(ctx, alice, days, opens):
    dorte = placed.person(ctx, "dorte@acme.test")
    token = signing_in.welcome_link(ctx, alice, dorte.id).rsplit("/", 1)[1]
    _, signed_at = signing_in._serializer(ctx).loads(token, return_timestamp=True)

    found = signing_in.welcome(replace(ctx, clock=lambda: signed_at + timedelta(days=days)), token)

    assert opens == (found is not None)


def test_a_welcome_link_of_another_installation_is_void(ctx, alice):
    dorte = placed.person(ctx, "dorte@acme.test")
    token = signing_in.welcome_link(replace(ctx, signing_key="another key" * 4), alice, dorte.id).rsplit("/", 1)[1]

    assert signing_in.welcome(ctx, token) is None


# What is kept of it.


def test_a_sign_in_is_audited_with_where_it_came_from(ctx, bob):
    sign_in(ctx)

    (entry,) = made.audited(ctx, "sign-in")
    assert (bob.id, "Bob Berg", HERE) == (entry.actor_id, entry.actor_name, entry.ip)
