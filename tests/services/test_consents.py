"""Leaving for a provider and coming back: by whoever was sent, once, in time, for the mailbox that was meant."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from console.providers.consenting import ConsentRefused, Grant
from console.rules.permissions import Role
from console.services import apps, consents, drafts, people, switches, verification
from console.services.consents import Lost
from console.services.context import NotFound, Refused
from console.store.consents import Consent
from console.store.models import Acceptance, Draft, Inbox
from tests import placed
from tests.pigeon import PigeonFamily
from tests.services import made, owls

ADDRESS = "bob@owls.test"


@pytest.fixture
def families(owl):
    return (owl, PigeonFamily())


@pytest.fixture(autouse=True)
def _app(ctx, alice):
    owls.set_up(ctx, alice)


def inboxes(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Inbox).order_by(Inbox.id)).all())


def waiting(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Consent)).all())


def test_a_sign_in_at_the_provider_creates_the_inbox(ctx, bob):
    draft_id = owls.enrol(ctx, bob, ADDRESS)

    (inbox,) = inboxes(ctx)
    draft, credential = made.draft(ctx, draft_id), made.credential(ctx, inbox.id)
    assert (inbox.address, inbox.owner_id, inbox.health) == (ADDRESS, bob.id, "healthy")
    assert (inbox.subject, inbox.aliases) == (f"owl:{ADDRESS}", [f"owl+{ADDRESS}"])
    assert (credential.client_id, credential.granted) == ("tower", ["carry", "see"])
    assert (draft.state, draft.sealed, draft.inbox_id) == ("passed", None, inbox.id)
    assert owls.secret(ctx, inbox.id)["refresh_token"] == f"token 0 of {ADDRESS}"


# Leaving.


def test_the_provider_is_asked_for_the_typed_address_and_told_where_to_send_the_browser_back(ctx, bob):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))

    assert (question["hint"], question["client"], question["fresh"]) == (ADDRESS, "tower", "True")
    assert question["back"] == f"{ctx.config.base_url}/consent/owl"


def test_while_somebody_is_away_the_draft_says_since_when(ctx, bob, clock):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    owls.asked(ctx, bob, draft_id)

    found = drafts.get(ctx, bob, draft_id)

    assert (found.state, found.consents, found.left_at) == ("open", True, clock.now)


def test_of_state_and_browser_only_hashes_are_kept(ctx, bob):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))

    (row,) = waiting(ctx)

    assert question["state"] not in repr(row)
    assert owls.BROWSER not in repr(row)


def test_without_an_app_nobody_leaves_and_an_admin_is_named(ctx, alice, bob):
    apps.remove(ctx, alice, "owl")
    draft_id = owls.begin(ctx, bob, ADDRESS)

    with pytest.raises(Refused, match="An account admin has to set up"):
        owls.asked(ctx, bob, draft_id)


def test_nobody_leaves_before_what_to_expect_was_accepted(ctx, bob):
    draft_id = drafts.start(ctx, bob)
    drafts.set_address(ctx, bob, draft_id, ADDRESS, "owl")

    with pytest.raises(Refused, match="steps before"):
        owls.asked(ctx, bob, draft_id)


def test_nobody_leaves_for_a_provider_that_is_switched_off(ctx, alice, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    switches.switch_provider_off(ctx, alice, "owl")

    with pytest.raises(Refused, match="switched off"):
        owls.asked(ctx, bob, draft_id)


def test_nobody_leaves_for_a_draft_of_somebody_else(ctx, bob, charlie):
    draft_id = owls.begin(ctx, bob, ADDRESS)

    with pytest.raises(NotFound):
        owls.asked(ctx, charlie, draft_id)


def test_a_browser_without_a_session_does_not_leave(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)

    with pytest.raises(Refused):
        owls.asked(ctx, bob, draft_id, browser="")


def test_a_provider_that_cannot_say_where_its_page_is_leaves_the_draft_as_it_was(ctx, bob, owl):
    def ask(*_, **__):
        raise ConsentRefused("oauth-provider-outage", "The tower is dark.")

    owl.ask = ask
    draft_id = owls.begin(ctx, bob, ADDRESS)

    with pytest.raises(Refused, match="does not answer"):
        owls.asked(ctx, bob, draft_id)

    assert (waiting(ctx), made.draft(ctx, draft_id).left_at) == ([], None)


def test_a_password_is_not_taken_in_the_place_of_a_sign_in(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)

    with pytest.raises(Refused, match="takes no password"):
        drafts.set_settings(ctx, bob, draft_id, {"password": "coo"})


# Coming back.


def test_an_answer_without_a_state_is_not_known(ctx, bob):
    with pytest.raises(Lost, match="not known here") as lost:
        consents.come_back(ctx, bob, "owl", {"code": ADDRESS}, owls.BROWSER)

    assert lost.value.draft_id is None


def test_an_answer_of_a_provider_that_has_no_such_sign_in_is_nowhere(ctx, bob):
    with pytest.raises(NotFound):
        consents.come_back(ctx, bob, "pigeon", {"code": ADDRESS}, owls.BROWSER)


def test_another_session_cannot_bring_the_answer_and_the_right_one_still_can(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)

    with pytest.raises(Lost, match="another browser or by another person") as lost:
        owls.back(ctx, bob, question, browser="another session")

    assert lost.value.draft_id == draft_id
    assert owls.back(ctx, bob, question) is not None


def test_another_person_cannot_bring_the_answer(ctx, bob, charlie):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))

    with pytest.raises(Lost, match="another person"):
        owls.back(ctx, charlie, question)


def test_after_ten_minutes_the_answer_comes_too_late_and_names_the_draft(ctx, bob, clock):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    clock.advance(minutes=10)

    with pytest.raises(Lost, match="longer than ten minutes") as lost:
        owls.back(ctx, bob, question)

    assert lost.value.draft_id == draft_id
    assert made.draft(ctx, draft_id).sealed is None


def test_just_before_ten_minutes_it_is_taken(ctx, bob, clock):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))
    clock.advance(minutes=9, seconds=59)

    assert owls.back(ctx, bob, question) is not None


def test_the_same_answer_once_more_while_the_run_is_under_way_lands_on_the_draft(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    owls.back(ctx, bob, question)

    assert owls.back(ctx, bob, question) == draft_id
    assert made.draft(ctx, draft_id).run == 1


def test_the_same_answer_after_its_run_failed_is_used_up(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    owls.back(ctx, bob, question, code="no such code")
    verification.run(ctx, draft_id)

    with pytest.raises(Lost, match="used already") as lost:
        owls.back(ctx, bob, question)

    assert lost.value.draft_id == draft_id


def test_of_many_that_bring_the_same_answer_at_once_one_begins_the_run(ctx, bob, owl):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: owls.back(ctx, bob, question), range(8)))

    assert set(found) == {draft_id}
    assert made.draft(ctx, draft_id).run == 1


def test_a_draft_left_meanwhile_is_gone(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    drafts.leave(ctx, bob, draft_id)

    with pytest.raises(Lost, match="not there any more") as lost:
        owls.back(ctx, bob, question)

    assert lost.value.draft_id is None


def test_an_address_typed_meanwhile_asks_for_a_sign_in_of_its_own(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    drafts.set_address(ctx, bob, draft_id, "bert@owls.test", "owl")

    with pytest.raises(Lost, match="changed meanwhile"):
        owls.back(ctx, bob, question)


def test_a_provider_switched_off_meanwhile_redeems_nothing(ctx, alice, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    switches.switch_provider_off(ctx, alice, "owl")

    with pytest.raises(Lost, match="switched off"):
        owls.back(ctx, bob, question)

    assert made.draft(ctx, draft_id).state == "open"


def test_a_provider_switched_off_before_a_worker_came_redeems_nothing(ctx, alice, bob, owl):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    owls.back(ctx, bob, owls.asked(ctx, bob, draft_id))
    switches.switch_provider_off(ctx, alice, "owl")

    verification.run(ctx, draft_id)

    assert made.draft(ctx, draft_id).problem == "switched-off"
    assert ADDRESS in owl.challenges
    assert made.draft(ctx, draft_id).sealed is None


def test_an_app_replaced_meanwhile_asks_for_another_sign_in(ctx, alice, bob):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))
    owls.set_up(ctx, alice, client_id="minaret")

    with pytest.raises(Lost, match="replaced the app"):
        owls.back(ctx, bob, question)


def test_an_answer_with_neither_code_nor_error_can_still_be_brought_properly(ctx, bob):
    question = owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))

    with pytest.raises(Lost, match="sent nothing back"):
        consents.come_back(ctx, bob, "owl", {"state": question["state"]}, owls.BROWSER)

    assert owls.back(ctx, bob, question) is not None


@pytest.mark.parametrize("code", ["c" * 4097, "a\x00b", "a\nb"])
def test_what_is_no_code_is_never_sent_anywhere(ctx, bob, code):
    draft_id = owls.begin(ctx, bob, ADDRESS)

    owls.back(ctx, bob, owls.asked(ctx, bob, draft_id), code=code)

    draft = made.draft(ctx, draft_id)
    assert (draft.state, draft.problem, draft.sealed) == ("failed", "oauth-code-invalid", None)


def test_declined_leaves_its_problem_in_the_draft_and_a_way_to_try_again(ctx, bob):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)

    answer = {"state": question["state"], "error": "access_denied"}
    assert consents.come_back(ctx, bob, "owl", answer, owls.BROWSER) == draft_id

    draft = made.draft(ctx, draft_id)
    assert (draft.state, draft.problem, draft.left_at) == ("failed", "oauth-user-declined", None)
    owls.sign_in(ctx, bob, draft_id)
    assert [inbox.address for inbox in inboxes(ctx)] == [ADDRESS]


def test_sign_ins_nobody_can_bring_back_any_more_are_dropped(ctx, bob, clock, work):
    owls.asked(ctx, bob, owls.begin(ctx, bob, ADDRESS))
    clock.advance(days=1, minutes=11)

    work.tick()

    assert waiting(ctx) == []


# Redeeming.


def test_a_code_of_somebody_else_is_refused_and_nothing_is_stored(ctx, bob):
    draft_id = owls.enrol(ctx, bob, ADDRESS, code="not a code of this tower")

    draft = made.draft(ctx, draft_id)
    assert (draft.state, draft.problem, draft.sealed, draft.granted) == ("failed", "oauth-code-invalid", None, None)
    assert inboxes(ctx) == []


def test_another_account_than_the_typed_one_is_refused_with_both_addresses(ctx, bob, owl):
    draft_id = owls.begin(ctx, bob, ADDRESS)
    question = owls.asked(ctx, bob, draft_id)
    owl.challenges["eve@owls.test"] = owl.challenges[ADDRESS]

    owls.back(ctx, bob, question, code=owls.code_of("eve@owls.test"))
    verification.run(ctx, draft_id)

    found = drafts.get(ctx, bob, draft_id)
    assert (found.state, found.problem, found.has_password) == ("failed", "oauth-wrong-account", False)
    assert found.stages[0].values == {"signed_in": "eve@owls.test", "address": ADDRESS}
    assert inboxes(ctx) == []
    assert owl.revoked == []


def test_another_name_of_the_same_mailbox_connects_the_mailbox_under_its_own(ctx, bob, owl):
    owl.same_mailbox = lambda typed, grant: typed.replace(".", "") == grant.address.replace(".", "")
    draft_id = owls.begin(ctx, bob, "b.o.b@owls.test")
    question = owls.asked(ctx, bob, draft_id)
    owl.challenges[ADDRESS] = owl.challenges["b.o.b@owls.test"]

    owls.back(ctx, bob, question, code=owls.code_of(ADDRESS))
    verification.run(ctx, draft_id)

    (inbox,) = inboxes(ctx)
    assert inbox.address == ADDRESS
    with ctx.store.read() as session:
        assert [row.inbox_id for row in session.exec(select(Acceptance))] == [inbox.id]
    assert made.draft(ctx, draft_id).stages[0]["values"]["signed_in"] == ADDRESS


def test_an_account_is_connected_once_whatever_it_is_called(ctx, bob, owl):
    owls.enrol(ctx, bob, ADDRESS)
    owl.same_mailbox = lambda typed, grant: True
    draft_id = owls.begin(ctx, bob, "bob@old-owls.test")
    question = owls.asked(ctx, bob, draft_id)
    redeem = owl.redeem

    def renamed(*args, **options):
        found = redeem(*args, **options)
        return Grant(found.secret, "bob@old-owls.test", f"owl:{ADDRESS}", found.scopes, found.settings)

    owl.redeem = renamed
    owls.back(ctx, bob, question)
    verification.run(ctx, draft_id)

    assert made.draft(ctx, draft_id).problem == "address-taken"
    assert len(inboxes(ctx)) == 1


def test_unticked_boxes_name_what_was_not_given_and_the_next_sign_in_goes_through(ctx, bob):
    draft_id = owls.enrol(ctx, bob, ADDRESS, code=f"{ADDRESS}|see")

    found = drafts.get(ctx, bob, draft_id)
    assert (found.problem, found.stages[0].values) == ("oauth-scope-missing", {"scopes": "carry"})
    owls.sign_in(ctx, bob, draft_id)
    assert [inbox.address for inbox in inboxes(ctx)] == [ADDRESS]


def test_a_token_endpoint_that_is_down_keeps_the_code_for_another_try(ctx, bob, owl):
    redeem = owl.redeem

    def down(*_, **__):
        raise ConsentRefused("oauth-provider-outage", "The tower is dark.")

    owl.redeem = down
    draft_id = owls.enrol(ctx, bob, ADDRESS)
    assert (made.draft(ctx, draft_id).problem, inboxes(ctx)) == ("oauth-provider-outage", [])
    owl.redeem = redeem

    assert verification.again(ctx, bob, draft_id)
    verification.run(ctx, draft_id)

    assert [inbox.address for inbox in inboxes(ctx)] == [ADDRESS]


def test_a_refused_code_is_never_sent_again(ctx, bob):
    draft_id = owls.enrol(ctx, bob, ADDRESS, code="no such code")

    assert not verification.again(ctx, bob, draft_id)


class Killed(BaseException):
    """The process ends here: nothing catches it, as nothing catches kill -9."""


def test_a_worker_that_died_while_it_redeemed_leaves_the_code_to_a_person(ctx, bob, owl, clock):
    def killed(*_, **__):
        raise Killed

    redeem, owl.redeem = owl.redeem, killed
    with pytest.raises(Killed):
        owls.enrol(ctx, bob, ADDRESS)
    (draft_id,) = ids(ctx)
    owl.redeem = redeem
    clock.advance(minutes=1)

    verification.run(ctx, draft_id)

    assert made.draft(ctx, draft_id).state == "interrupted"
    assert ADDRESS in owl.challenges


def test_a_worker_that_died_after_it_redeemed_loses_nothing(ctx, bob, owl, clock):
    def killed(*_):
        raise Killed

    check, owl.check = owl.check, killed
    with pytest.raises(Killed):
        owls.enrol(ctx, bob, ADDRESS)
    (draft_id,) = ids(ctx)
    owl.check = check
    clock.advance(minutes=1)

    verification.run(ctx, draft_id)

    assert [inbox.address for inbox in inboxes(ctx)] == [ADDRESS]


def ids(ctx):
    with ctx.store.read() as session:
        return list(session.exec(select(Draft.id)))


# Reconnecting.


def test_a_reconnect_asks_for_no_password_and_keeps_id_history_and_settings(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, health="needs-sign-in", problem="oauth-grant-revoked", next_check=None)

    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    assert drafts.get(ctx, bob, draft_id).consents
    owls.sign_in(ctx, bob, draft_id)

    (inbox,) = inboxes(ctx)
    assert (inbox.id, inbox.health, inbox.problem, inbox.subject) == (inbox_id, "healthy", None, f"owl:{ADDRESS}")
    assert owls.secret(ctx, inbox_id)["access_token"] == f"key 0 of {ADDRESS}"
    assert made.credential(ctx, inbox_id).revision == 2


def test_a_reconnect_takes_the_same_account_only(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, subject="owl:another account of this address")
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)

    owls.sign_in(ctx, bob, draft_id)

    assert made.draft(ctx, draft_id).problem == "oauth-wrong-account"
    assert owls.secret(ctx, inbox_id)["access_token"] == ""


def test_a_reconnect_follows_an_account_that_was_renamed(ctx, bob, owl):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS, subject="owl:bob@new.test")
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    question = owls.asked(ctx, bob, draft_id)
    owl.challenges["bob@new.test"] = owl.challenges[ADDRESS]

    owls.back(ctx, bob, question, code=owls.code_of("bob@new.test"))
    verification.run(ctx, draft_id)

    assert made.draft(ctx, draft_id).state == "passed"
    assert made.inbox(ctx, inbox_id).address == ADDRESS


def test_an_inbox_removed_meanwhile_is_not_brought_back(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    question = owls.asked(ctx, bob, draft_id)
    switches.remove(ctx, bob, inbox_id)

    with pytest.raises(Lost, match="removed meanwhile"):
        owls.back(ctx, bob, question)


def test_an_inbox_switched_off_meanwhile_says_so(ctx, bob):
    (inbox_id,) = owls.make(ctx, bob, ADDRESS)
    draft_id = drafts.start_reconnect(ctx, bob, inbox_id)
    question = owls.asked(ctx, bob, draft_id)
    switches.disable(ctx, bob, inbox_id)

    with pytest.raises(Lost, match="switched off"):
        owls.back(ctx, bob, question)


def test_who_lost_the_right_to_connect_for_somebody_meanwhile_brings_nothing_back(ctx, alice, bob):
    boss = placed.person(ctx, "boss@acme.test", role=Role.ADMIN)
    draft_id = owls.begin(ctx, boss, ADDRESS, owner_id=bob.id)
    question = owls.asked(ctx, boss, draft_id)
    people.change(ctx, alice, boss.id, role="member", personal_email=True)
    with ctx.store.read() as session:
        demoted = people.actor_of(session.get_one(people.Person, boss.id))

    with pytest.raises(Lost, match="not there any more"):
        owls.back(ctx, demoted, question)
