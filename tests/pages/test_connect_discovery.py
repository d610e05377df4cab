"""The address step while an address is looked up and once it was: never in the way, never about another address."""

import html
import re

import pytest

from console.services import discoveries, drafts, switches
from console.services.context import Refused
from console.store.discoveries import Discovery
from tests import made_answers
from tests.made_answers import answered, candidate

HTMX = {"HX-Request": "true"}


class Step:
    """Bob's browser at the address step."""

    def __init__(self, ctx, bob, visitor):
        self.ctx, self.bob, self.visitor = ctx, bob, visitor
        self.draft_id = drafts.start(ctx, bob)
        self.path = f"/connect/{self.draft_id}/address"
        visitor.get(self.path)

    @property
    def draft(self):
        return drafts.get(self.ctx, self.bob, self.draft_id)

    def type(self, address="bob@acme.test", answer=None, **fields):
        """Type an address; a worker answers at once, unless it is to be waited for."""
        self.visitor.post(self.path, address=address, **fields)
        if answer is not None:
            answered(self.ctx, self.draft.discovery_id, answer)
        return self.open()

    def open(self):
        return self.visitor.get(self.path)

    def choose(self, provider, address="bob@acme.test"):
        return self.visitor.post(self.path, address=address, provider=provider)

    @property
    def state(self):
        return (self.visitor.attributes("data-found") or [None])[0]

    @property
    def text(self):
        page = re.sub(r"<[^>]+>", " ", html.unescape(self.visitor.page.text))
        return re.sub(r"\s+", " ", page)

    def buttons(self):
        """What each button of a provider says, the primary one first with a star."""
        found = re.findall(
            r'<button class="([^"]*)" name="provider" value="([^"]*)">(.*?)</button>', self.visitor.page.text, re.DOTALL
        )
        return [("*" if "c-primary" in kind else "") + provider for kind, provider, _ in found]


@pytest.fixture
def step(ctx, bob, window):
    return Step(ctx, bob, window(bob))


# Looking.


def test_continue_starts_the_look_up_and_stays_at_the_step(step):
    step.visitor.post(step.path, address=" Bob@Acme.Test ")

    assert (step.visitor.path, step.state, step.draft.address) == (step.path, "looking", "bob@acme.test")
    assert "Looking up acme.test" in step.text


def test_while_it_is_looked_up_the_page_asks_again_by_itself_with_and_without_javascript(step):
    page = step.type().text

    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    assert re.search(r'id="found-poll" data-poll hx-get="/connect/[^"]+part=found[^"]*" hx-trigger="every 150ms"', page)


def test_a_poll_without_news_is_small_and_comes_later_each_time(step):
    step.type()
    found, trigger = [], r'hx-get="([^"]+)" hx-trigger="every (\d+)ms"'
    address = html.unescape(re.search(trigger, step.visitor.page.text)[1])

    for _ in range(5):
        answer = step.visitor.client.get(address, headers=HTMX)
        address, pause = re.search(trigger, html.unescape(answer.text)).groups()
        found.append((len(answer.data) < 400, answer.headers["HX-Retarget"], int(pause)))

    assert found == [(True, "#found-poll", pause) for pause in (300, 600, 1000, 1000, 1000)]


@pytest.mark.parametrize("turn", ["-1", "x", "9" * 30])
def test_a_poll_of_any_number_is_answered(step, turn):
    step.type()

    assert step.visitor.client.get(f"{step.path}?part=found&turn={turn}", headers=HTMX).status_code == 200


def test_once_it_is_answered_the_page_asks_no_more(step):
    page = step.type(answer=made_answers.IMAP).text

    assert (step.state, "http-equiv" in page, "data-poll" in page) == ("found", False, False)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_after_the_deadline_the_choice_is_there_whatever_happened(step, clock, headers):
    step.type()
    clock.advance(seconds=5)

    page = step.visitor.get(step.path, headers=headers)

    assert (step.state, step.buttons(), "data-poll" in page.text) == ("silent", ["exchange", "imap"], False)
    assert "No answer came in time." in page.text


def test_without_an_answer_a_choice_goes_on(step, clock):
    step.type()
    clock.advance(seconds=5)

    step.choose("imap")

    assert step.visitor.path.endswith("/expect")


def test_without_an_answer_it_can_be_looked_up_again(step, clock):
    step.type()
    first = step.draft.discovery_id
    clock.advance(seconds=5)

    step.type()

    assert (step.state, step.draft.discovery_id == first) == ("looking", False)


def test_an_answer_that_comes_late_is_shown_at_the_next_visit(step, ctx, clock):
    step.type()
    clock.advance(seconds=30)
    answered(ctx, step.draft.discovery_id, made_answers.IMAP)

    step.open()

    assert step.state == "found"


def test_the_same_address_again_asks_nobody_again(step):
    step.type(answer=made_answers.IMAP)
    first = step.draft.discovery_id

    step.type(" BOB@acme.test")

    assert step.draft.discovery_id == first


def test_too_many_look_ups_are_told_beside_the_field(step, ctx, bob):
    for _ in range(discoveries.MOST_ASKED):
        discoveries.begin(ctx, bob, "bob@acme.test")

    answer = step.visitor.post(step.path, address="bob@acme.test")

    assert answer.status_code == 422
    assert step.visitor.errors() == ["You have looked up 60 addresses in 15 minutes. Wait 15 minutes, then go on."]


# Found.


def test_the_recommended_provider_stands_with_its_evidence_and_how_sure_it_is(step):
    step.type(answer=made_answers.GMAIL)

    assert step.visitor.attributes("data-recommended") == ["gmail"]
    assert re.search(r"Recommended Gmail Certain MX of acme.test: aspmx.l.google.com SPF of acme.test", step.text)


def test_the_live_region_is_told_in_one_sentence(step):
    page = step.type(answer=made_answers.GMAIL).text

    assert re.search(r"data-say>([^<]*)<", page)[1] == "Recommended for acme.test: Gmail. Certain."


def test_all_evidence_and_every_source_are_one_click_away(step):
    step.type(answer=made_answers.GMAIL)

    how = step.text.partition("How we know")[2]
    assert "IMAP + SMTP Possible Google offers IMAP at imap.gmail.com" in how
    assert re.search(r"4 sources asked MX records found · aspmx.l.google.com and 4 more 11 ms", how)
    assert "Thunderbird list (ISPDB) too late 4.0 s" in how


def test_a_family_that_is_here_is_the_primary_button(step):
    step.type(answer=made_answers.IMAP)

    assert step.buttons() == ["*imap", "exchange"]
    assert "Connect with IMAP + SMTP" in step.text


def test_a_provider_without_an_app_is_named_and_what_works_today_is_the_primary_button(step):
    step.type(answer=made_answers.GMAIL)

    assert "An admin has to set up Gmail first." in step.text
    assert step.buttons() == ["*imap", "exchange"]
    assert (
        "Works meanwhile. The least access: mail only, nothing else of the account. Google wants an app password here"
        in step.text
    )


def test_where_passwords_are_retired_a_password_is_no_way_and_the_reason_is_said(step):
    step.type(answer=made_answers.MICROSOFT)

    assert step.buttons() == ["exchange"]
    assert re.search(r"Something else\? .*IMAP \+ SMTP Microsoft takes no passwords", step.text)


def test_a_provider_that_nobody_here_knows_by_name_breaks_nothing(step):
    step.type(answer=made_answers.answer("dove", candidate("dove", "certain", "A feather was found")))

    assert "dove is not set up in this console yet." in step.text


def test_a_confidence_and_an_outcome_of_a_newer_version_break_nothing(step):
    source = made_answers.Source("MX", "guessed", 1)
    answer = made_answers.answer("imap", candidate("imap", "sworn", "So it is"), sources=(source,))

    assert step.type(answer=answer).status_code == 200


def test_an_answer_of_another_shape_is_none(step, ctx, clock):
    step.type(answer=made_answers.IMAP)
    with ctx.store.write() as session:
        session.get_one(Discovery, step.draft.discovery_id).answer = {"recommended": "imap"}

    step.open()

    assert (step.state, step.buttons()) == ("silent", ["exchange", "imap"])


def test_a_switched_off_provider_says_who_did_it_and_is_no_button(step, ctx, alice):
    switches.switch_provider_off(ctx, alice, "imap")

    step.type(answer=made_answers.IMAP)

    assert step.buttons() == ["exchange"]
    assert "IMAP + SMTP is switched off by Alice Andersen. Ask your account admin." in step.text
    assert step.choose("imap").status_code == 422


def test_warnings_are_notes_and_stop_nobody(step):
    note = made_answers.Caution(
        "role-address", made_answers.said("A team address belongs in the Conversations inbox."), "https://acme.test/t"
    )
    step.type(answer=made_answers.replace(made_answers.IMAP, warnings=(note, made_answers.FREE_MAIL)))

    assert step.visitor.attributes("data-warning") == ["role-address", "free-mail"]
    assert step.buttons() == ["*imap", "exchange"]
    assert 'href="https://acme.test/t"' in step.visitor.page.text


def test_only_pages_with_https_are_linked(step):
    note = made_answers.Caution("free-mail", made_answers.said("A private mailbox."), "javascript:alert(1)")
    page = step.type(answer=made_answers.replace(made_answers.IMAP, warnings=(note,)))

    assert "javascript:" not in page.text


def test_values_of_the_answer_are_escaped(step):
    note = made_answers.candidate("imap", "likely", "MX of <b>acme</b>")

    assert "<b>acme</b>" not in step.type(answer=made_answers.answer("imap", note)).text


# Not to be told, and refused.


def test_where_nobody_could_tell_the_choice_is_plain_and_the_reason_explained(step):
    step.type(answer=made_answers.FORWARDER)

    assert (step.state, step.buttons()) == ("unknown", ["exchange", "imap"])
    assert re.search(r"We could not tell who holds this mailbox The mail of acme.test is forwarded", step.text)
    assert "Please choose" in step.text


def test_a_refused_address_has_its_reason_and_no_button(step):
    step.type(answer=made_answers.REFUSED)

    assert (step.state, step.buttons()) == ("refused", [])
    assert step.visitor.attributes("data-refused") == ["unsupported-provider"]
    assert "Proton keeps mail where no other program can read it" in step.text


def test_a_refused_address_is_refused_to_whoever_sends_the_form_all_the_same(step):
    step.type(answer=made_answers.REFUSED)

    answer = step.choose("imap")

    assert (answer.status_code, step.draft.provider) == (422, None)
    assert step.visitor.errors() == [str(made_answers.REFUSED.refused.saying)]


def test_after_a_refusal_another_address_goes_on(step):
    step.type(answer=made_answers.REFUSED)

    step.type("bob@other.test", answer=made_answers.IMAP)
    step.choose("imap", "bob@other.test")

    assert step.visitor.path.endswith("/expect")


def test_a_refusal_that_comes_after_the_choice_stops_at_the_settings(step, ctx, bob):
    step.type()
    step.choose("imap")
    step.visitor.post(step.visitor.path)
    answered(ctx, step.draft.discovery_id, made_answers.REFUSED)

    step.visitor.get(f"/connect/{step.draft_id}/settings")
    filled = ctx.families["imap"].fill(ctx.families["imap"].suggest("bob@acme.test").settings)
    with pytest.raises(Refused) as refused:
        drafts.set_settings(ctx, bob, step.draft_id, {**filled, "password": "secret"})

    assert (step.visitor.path, step.state) == (step.path, "refused")
    assert refused.value.sentence.startswith("Proton")
    assert (step.draft.state, step.draft.has_password) == ("open", False)


# Another address, another tab.


def test_a_choice_with_another_address_looks_that_one_up_first(step):
    step.type(answer=made_answers.IMAP)

    step.choose("imap", "bob@other.test")

    assert (step.visitor.path, step.state) == (step.path, "looking")
    assert (step.draft.address, step.draft.provider) == ("bob@other.test", None)
    assert "autoconfig of acme.test" not in step.text


def test_the_answer_about_the_first_address_is_not_shown_for_the_second(step, ctx):
    step.type()
    first = step.draft.discovery_id
    step.type("bob@other.test")

    answered(ctx, first, made_answers.GMAIL)
    step.open()

    assert step.state == "looking"


def test_a_mistyped_address_is_shown_without_the_answer_about_the_one_before(step):
    step.type(answer=made_answers.GMAIL)

    answer = step.visitor.post(step.path, address="bob@")

    assert (answer.status_code, step.state) == (422, None)


def test_a_second_tab_with_another_address_wins_and_the_first_is_shown_it_again(step, window, bob):
    step.type(answer=made_answers.IMAP)
    other = window(bob)
    other.get(step.path)
    other.post(step.path, address="bob@other.test")

    step.choose("imap", "bob@acme.test")

    assert (step.draft.address, step.visitor.path, step.state) == ("bob@acme.test", step.path, "looking")


def test_going_back_shows_what_was_found_and_the_same_choice_keeps_what_came_after(step):
    step.type(answer=made_answers.IMAP)
    step.choose("imap")
    step.visitor.post(step.visitor.path)

    step.open()
    step.choose("imap")

    assert step.state is None
    assert (step.draft.accepted, step.visitor.path.endswith("/expect")) == (True, True)


def test_the_way_back_into_a_draft_without_a_choice_leads_to_the_address(step):
    step.type(answer=made_answers.IMAP)

    for wanted in ("", "/expect", "/settings", "/verify"):
        step.visitor.get(f"/connect/{step.draft_id}{wanted}")
        assert step.visitor.path == step.path


def test_the_answer_comes_as_a_fragment_for_htmx(step):
    step.type(answer=made_answers.IMAP)

    answer = step.visitor.client.get(f"{step.path}?part=found&turn=1", headers=HTMX)

    assert ("<html" in answer.text, 'data-found="found"' in answer.text) == (False, True)
    assert "HX-Retarget" not in answer.headers
