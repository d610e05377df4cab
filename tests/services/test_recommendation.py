"""What the address step offers: the recommended way, the way that works, and the others."""

from dataclasses import replace

import pytest

from console.providers.imap import ImapFamily
from console.services import apps, drafts, recommendation, switches
from console.services.context import NotFound
from tests import made_answers
from tests.made_answers import answer, answered, candidate
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily


@pytest.fixture
def families():
    """One that takes passwords, in a console that knows no sign-in of a provider."""
    return (ImapFamily(),)


@pytest.fixture
def asked(ctx, bob):
    """Begin a draft of Bob's, have its address looked up, and return its id."""

    def ask(found=None):
        draft_id = drafts.start(ctx, bob)
        drafts.look_up(ctx, bob, draft_id, "bob@acme.test")
        if found is not None:
            answered(ctx, drafts.get(ctx, bob, draft_id).discovery_id, found)
        return draft_id

    return ask


def slugs(found):
    return (found.first and found.first.slug, found.through and found.through.slug, [way.slug for way in found.others])


def test_before_anybody_asked_there_is_nothing(ctx, bob):
    assert recommendation.get(ctx, bob, drafts.start(ctx, bob)) is None


def test_nobody_elses_draft_is_looked_into(ctx, charlie, asked):
    with pytest.raises(NotFound):
        recommendation.get(ctx, charlie, asked())


@pytest.mark.parametrize(
    ("found", "state", "ways"),
    [
        (made_answers.IMAP, "found", ("imap", "imap", [])),
        (made_answers.GMAIL, "found", ("gmail", "imap", [])),
        (made_answers.MICROSOFT, "found", ("microsoft", None, ["imap"])),
        (made_answers.FORWARDER, "unknown", (None, None, ["imap"])),
        (made_answers.REFUSED, "refused", (None, None, [])),
        # Without servers to use, nothing says that the other family works.
        (answer("gmail", candidate("gmail", "certain", "MX")), "found", ("gmail", None, ["imap"])),
        (answer("exchange", replace(candidate("exchange", "likely", "MX"), url="https://mail.acme.test/EWS")), "found",
         ("exchange", None, ["imap"])),
        (answer("gmail", candidate("gmail", "likely", "MX"), candidate("exchange", "possible", "A")), "found",
         ("gmail", None, ["exchange", "imap"])),
    ],
)  # fmt: skip
def test_the_ways_of_an_answer(ctx, bob, asked, found, state, ways):
    offered = recommendation.get(ctx, bob, asked(found))

    assert (offered.state, slugs(offered)) == (state, ways)


def test_a_switched_off_provider_is_not_gone_around(ctx, alice, bob, asked):
    switches.switch_provider_off(ctx, alice, "imap")

    offered = recommendation.get(ctx, bob, asked(made_answers.IMAP))

    assert (offered.through, offered.first.usable, offered.first.off.by) == (None, False, "Alice Andersen")


@pytest.mark.parametrize(("typed", "there"), [("BOB@acme.test", True), ("eve@acme.test", False), ("nonsense", False)])
def test_only_the_answer_about_what_was_typed_is_given(ctx, bob, asked, typed, there):
    assert (recommendation.get(ctx, bob, asked(made_answers.IMAP), typed) is not None) is there


class TestWithPigeons:
    """A family that discovery has never heard of."""

    @pytest.fixture
    def families(self):
        return (PigeonFamily(),)

    def test_it_is_one_of_the_other_ways(self, ctx, bob, asked):
        offered = recommendation.get(ctx, bob, asked(made_answers.IMAP))

        assert slugs(offered) == ("imap", None, ["pigeon"])
        assert (offered.first.here, offered.others[0].connection.label) == (False, "Carrier pigeon")

    def test_it_can_be_recommended(self, ctx, bob, asked):
        offered = recommendation.get(ctx, bob, asked(answer("pigeon", candidate("pigeon", "certain", "A feather"))))

        assert slugs(offered) == ("pigeon", "pigeon", [])


class TestWithOwls:
    """A family that people sign in to at the provider, and that needs an app."""

    @pytest.fixture
    def families(self):
        return (OwlFamily(), ImapFamily())

    @pytest.fixture
    def found(self):
        best = candidate("owl", "certain", "A feather")
        return replace(made_answers.GMAIL, recommended="owl", candidates=(best, *made_answers.GMAIL.candidates[1:]))

    def test_without_an_app_it_stays_recommended_and_what_works_is_offered(self, ctx, bob, asked, found):
        offered = recommendation.get(ctx, bob, asked(found))

        assert slugs(offered) == ("owl", "imap", [])
        assert (offered.first.here, offered.first.unset, offered.first.usable) == (True, True, False)

    def test_with_an_app_it_is_the_way(self, ctx, alice, bob, asked, found):
        apps.save(ctx, alice, "owl", client_id="tower", client_secret="feather")

        offered = recommendation.get(ctx, bob, asked(found))

        assert slugs(offered) == ("owl", "owl", ["imap"])
        assert not offered.first.unset

    def test_the_way_with_a_password_is_the_one_with_the_least_access(self, ctx, bob, asked, found):
        offered = recommendation.get(ctx, bob, asked(found))

        assert (offered.first.least, offered.through.least) == (False, True)

    def test_where_passwords_are_retired_there_is_no_way_around(self, ctx, bob, asked):
        found = replace(
            made_answers.MICROSOFT, recommended="owl", candidates=(candidate("owl", "likely", "A feather"),)
        )

        offered = recommendation.get(ctx, bob, asked(found))

        assert slugs(offered) == ("owl", None, ["imap"])
        assert (offered.others[0].retired, offered.others[0].usable) == (True, False)

    def test_switched_off_it_is_not_gone_around_even_without_an_app(self, ctx, alice, bob, asked, found):
        switches.switch_provider_off(ctx, alice, "owl")

        assert recommendation.get(ctx, bob, asked(found)).through is None
