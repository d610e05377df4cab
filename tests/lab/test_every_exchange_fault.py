"""Every fault of the lab's Exchange, switched on, is named with its cause, and what it stopped comes back."""

from __future__ import annotations

import pytest

from console.lab.exchange_faults import EXCHANGE_FAULTS
from console.lab.exchange_place import AUTODISCOVER, HOSTER, PASSWORD, SERVER
from console.rules.problems import problem
from console.services import drafts, verification
from tests.lab.causes import Cause
from tests.lab.exchange_causes import ASKED, CHECKED
from tests.lab.practice import BACK

BY_SLUG = {fault.slug: fault for fault in EXCHANGE_FAULTS}
SLOW = frozenset({"hangs", "ews-slow", "autodiscover-hangs"})


def ask(here, address):
    """Go through the wizard with Autodiscover's host in place of a URL, and return the draft."""
    draft = here.begin(address)
    typed = {"url": "", "autodiscover": AUTODISCOVER, "username": address, "password": PASSWORD}
    drafts.set_settings(here.ctx, here.owner, draft, typed)
    verification.run(here.ctx, draft)
    return draft


def test_every_fault_has_an_expectation_and_there_are_no_others():
    assert sorted({*CHECKED, *ASKED}) == sorted(BY_SLUG)
    assert {slug for slug, fault in BY_SLUG.items() if fault.place == "find"} == set(ASKED)


def test_who_must_act_and_what_to_press_are_those_of_the_catalogue():
    causes = {seen.cause for seen in CHECKED.values() if seen} | {cause for cause in ASKED.values() if cause}

    assert [each for each in causes if each != Cause.of(problem(each.code))] == []


@pytest.mark.parametrize("slug", CHECKED)
def test_a_check_names_the_cause_and_the_inbox_comes_back(here, slug):
    address, place, expected = here.somebody("exchange"), here.place("exchange"), CHECKED[slug]
    inbox_id = here.connect(address)
    before, whose = here.row(inbox_id), "" if BY_SLUG[slug].everybody else address
    place.switch(slug, whose)

    with here.hurried(when=slug in SLOW):
        found = here.sweep(inbox_id)

    if expected is None:
        assert (found.health, found.problem) == ("healthy", None)
        return
    assert (found.problem, found.health) == (expected.cause.code, expected.health), found.server_text
    assert here.unsaid(f"/inboxes/{inbox_id}", expected.cause, SERVER, address) == []
    place.switch(slug, whose, on=False)
    after = BACK[expected.back](here, inbox_id)
    assert (after.health, after.problem) == ("healthy", None), after.server_text
    assert (after.id, after.owner_id, after.connected_at) == (before.id, before.owner_id, before.connected_at)


@pytest.mark.parametrize("slug", ASKED)
def test_whoever_connects_meanwhile_by_autodiscover_is_told_the_cause_and_connects_once_it_is_over(
    here,
    slug,
):
    address, place, cause = here.somebody("exchange"), here.place("exchange"), ASKED[slug]
    whose = "" if BY_SLUG[slug].everybody else address
    place.switch(slug, whose)

    with here.hurried(when=slug in SLOW):
        draft = ask(here, address)

    found = drafts.get(here.ctx, here.owner, draft)
    if cause is None:
        assert found.state == "passed", (found.problem, found.server_text)
        return
    assert (found.problem, found.inbox_id) == (cause.code, None), found.server_text
    named = HOSTER if cause.code == "autodiscover-redirect-untrusted" else AUTODISCOVER
    assert here.unsaid(f"/connect/{draft}/verify", cause, named, address) == []
    place.switch(slug, whose, on=False)
    here.clock.advance(minutes=5)
    again = drafts.get(here.ctx, here.owner, ask(here, address))
    assert again.state == "passed", (again.problem, again.server_text)
