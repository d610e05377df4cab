"""Every fault of the lab, switched on, is named by the console with its cause, and what it stopped comes back."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from console.lab import scenes, visitor
from console.lab.faults import BY_SLUG, FAULTS
from console.rules.diagnose import classify
from console.rules.problems import Button, Who, problem
from console.services import app_trouble, consents, drafts, tokens
from console.services.work import Work
from console.store.models import Credential
from tests.lab.causes import EXPECTED, Cause
from tests.lab.practice import BACK

HOSTS = {"google": "127.0.0.1", "microsoft": "127.0.0.1", "imap": "mail.harbour.test"}
SLOW = frozenset({"token-slow", "slow", "imap-slow"})
EACH = [(provider, fault.slug) for fault in FAULTS for provider in sorted(fault.providers)]


def not_taken(here):
    with here.ctx.store.read() as session:
        return app_trouble.problems(session)


def test_every_fault_of_every_provider_has_an_expectation_and_there_are_no_others():
    assert sorted(EXPECTED) == sorted(EACH)


def test_who_must_act_and_what_to_press_are_those_of_the_catalogue():
    causes = {each.leaving for each in EXPECTED.values()} | {
        each.check and each.check.cause for each in EXPECTED.values()
    }

    assert [each for each in causes - {None} if each != Cause.of(problem(each.code))] == []


@pytest.mark.parametrize(("provider", "slug"), EACH)
def test_a_check_names_the_cause_and_the_inbox_comes_back(here, provider, slug):
    address, place, expected = here.somebody(provider), here.place(provider), EXPECTED[provider, slug].check
    inbox_id = here.connect(address)
    before = here.row(inbox_id)
    for whose in ("",) if BY_SLUG[slug].everybody else (address, ""):
        place.switch(slug, whose)
        place.grants.expire(address)

        with here.hurried(when=slug in SLOW):
            found = here.sweep(inbox_id)

        if expected is None:
            assert (found.health, found.problem) == ("healthy", None)
            continue
        assert (found.problem, found.health) == (expected.cause.code, expected.health), found.server_text
        assert here.unsaid(f"/inboxes/{inbox_id}", expected.cause, HOSTS[provider]) == []
        place.switch(slug, whose, on=False)
        after = BACK[expected.back](here, inbox_id)
        assert (after.health, after.problem) == ("healthy", None), after.server_text
        assert (after.id, after.owner_id, after.connected_at) == (before.id, before.owner_id, before.connected_at)
    assert here.records(inbox_id) >= 3


@pytest.mark.parametrize(("provider", "slug"), [one for one in EACH if not EXPECTED[one].stays])
def test_whoever_connects_meanwhile_is_told_the_cause_and_connects_once_it_is_over(here, provider, slug):
    address, place, expected = here.somebody(provider), here.place(provider), EXPECTED[provider, slug]
    whose = "" if BY_SLUG[slug].everybody else address
    place.switch(slug, whose)

    with here.hurried(when=slug in SLOW):
        draft = here.try_to_connect(address)

    found = drafts.get(here.ctx, here.owner, draft)
    if expected.leaving is None:
        assert found.state == "passed", (found.problem, found.server_text)
        return
    assert found.problem == expected.leaving.code, found.server_text
    assert found.inbox_id is None
    assert here.unsaid(f"/connect/{draft}/verify", expected.leaving, HOSTS[provider]) == []
    place.switch(slug, whose, on=False)
    here.clock.advance(minutes=5)
    assert here.connect(address)


@pytest.mark.parametrize(("provider", "slug"), [one for one in EACH if EXPECTED[one].stays])
def test_a_page_without_a_way_back_is_among_those_that_the_wizard_names_before_leaving(here, provider, slug):
    address, cause = here.somebody(provider), EXPECTED[provider, slug].leaving
    here.place(provider).switch(slug, address)

    draft = here.begin(address)
    with pytest.raises(visitor.Stuck) as stuck:
        scenes.finish(here.ctx, here.lab, here.owner, draft)

    path = f"/connect/{draft}/settings"
    assert classify(str(stuck.value)) == cause.code
    assert here.unsaid(path, cause, "the server") == []
    assert cause.code in here.browser.attributes("data-dead-end")
    here.place(provider).switch(slug, address, on=False)
    scenes.finish(here.ctx, here.lab, here.owner, draft)
    assert drafts.get(here.ctx, here.owner, draft).state == "passed"


def test_the_link_on_microsofts_page_brings_the_missing_approval_back(here):
    address = here.somebody("microsoft")
    here.lab.microsoft.switch("admin-policy", address)
    draft = here.begin(address)
    with pytest.raises(visitor.Stuck) as stuck:
        scenes.finish(here.ctx, here.lab, here.owner, draft)

    answer = dict(parse_qsl(urlsplit(stuck.value.back).query))
    consents.come_back(here.ctx, here.owner, "microsoft", answer, scenes.BROWSER)

    assert drafts.get(here.ctx, here.owner, draft).problem == "oauth-admin-consent-required"
    assert here.unsaid(f"/connect/{draft}/verify", EXPECTED["microsoft", "admin-policy"].leaving, "") == []


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_a_permission_taken_back_is_noticed_by_the_sweep_and_the_offered_reconnect_keeps_the_inbox(here, provider):
    address, place = here.somebody(provider), here.place(provider)
    inbox_id = here.connect(address)
    place.grants.revoke(address)

    found = here.sweep(inbox_id)

    assert (found.health, found.problem, found.next_check) == ("needs-sign-in", "oauth-grant-revoked", None)
    assert here.unsaid(f"/inboxes/{inbox_id}", Cause("oauth-grant-revoked", Who.USER, Button.RECONNECT), "") == []
    after = here.reconnect(inbox_id)
    assert (after.id, after.health, after.problem) == (inbox_id, "healthy", None)


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_tokens_that_run_out_are_renewed_once_and_nobody_notices(here, provider):
    address, place = here.somebody(provider), here.place(provider)
    inbox_id = here.connect(address)
    place.grants.expire(address)

    found = here.sweep(inbox_id)

    assert (found.health, place.grants.counts(address).refreshes) == ("healthy", 1)


@pytest.mark.parametrize(("refused", "problem_code"), [(True, tokens.LOST), (False, None)])
def test_a_replaced_token_is_refused_where_that_is_on_and_the_lost_answer_named(here, refused, problem_code):
    address = here.somebody("microsoft")
    inbox_id = here.connect(address)
    with here.ctx.store.read() as session:
        before = session.get_one(Credential, inbox_id).sealed
    here.lab.microsoft.grants.expire(address)
    here.sweep(inbox_id)
    # As a crash leaves it between the answer and its being saved.
    with here.ctx.store.write() as session:
        row = session.get_one(Credential, inbox_id)
        row.sealed, row.renewing_at = before, here.clock()
    here.lab.microsoft.grants.expire(address)
    here.lab.microsoft.switch("refuse-reuse", address, on=refused)

    found = here.sweep(inbox_id)

    assert found.problem == problem_code
    assert here.reconnect(inbox_id).health == "healthy" if refused else found.health == "healthy"


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_a_secret_that_ran_out_is_one_problem_of_the_integration_and_the_others_wait(here, provider):
    names = [here.somebody(provider) for _ in range(3)]
    ids = [here.connect(address) for address in names]
    here.place(provider).switch("expired-secret")
    here.place(provider).grants.expire()

    found = [here.sweep(inbox_id) for inbox_id in ids]

    slug = found[0].provider
    assert {row.health for row in found} <= {"healthy", "degraded"}
    assert sum(here.place(provider).grants.counts(name).refreshes for name in names) == 0
    assert not_taken(here) == {slug: "oauth-client-secret"}
    here.place(provider).switch("expired-secret", on=False)
    # Twice as long as one inbox at a time is tried: it is anybody's turn then.
    here.clock.now += 2 * app_trouble.CANARY
    Work(here.ctx).sweep()
    assert not_taken(here) == {}
    assert {here.row(inbox_id).health for inbox_id in ids} == {"healthy"}


def test_a_fault_of_one_account_leaves_the_others_alone(here):
    names = [here.somebody("google") for _ in range(2)]
    ids = [here.connect(name) for name in names]
    here.lab.google.switch("domain-policy", names[0])

    assert [here.sweep(each).health for each in ids] == ["needs-sign-in", "healthy"]
