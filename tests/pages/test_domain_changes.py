"""What a domain's defaults would change is shown before anything is saved; applying shows how far it is."""

import re

import pytest

from console.rules.domain_defaults import Kind
from console.services.default_settings import Defaults
from tests import placed
from tests.pages.domain_form import AT_DK, KEPT, PAGE, SERVERS, kept, kept_settings, save


class TestWhatWouldChange:
    def test_inboxes_that_differ_are_listed_with_owner_and_setting(self, window, ctx, alice, bob, charlie):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, revision=1)
        placed.inbox(ctx, bob)
        placed.inbox(ctx, charlie, settings={**kept_settings("charlie@acme.test")})
        visitor = window(alice)

        page = visitor.get(PAGE).text

        assert visitor.attributes("data-differs") == ["bob@acme.test"]
        assert "1 of 2 inboxes differ" in page
        assert "Bob Berg" in page
        assert "imap.acme.test:993, TLS" in page
        assert "mail.acme.test:465, TLS" in page
        assert "Save and apply to 1" in page

    def test_no_secret_is_opened_for_it(self, window, ctx, alice, bob, config):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, revision=1)
        placed.inbox(ctx, bob)
        config.vault_keys_file.unlink()

        assert "1 of 1 inboxes differ" in window(alice).get(PAGE).text

    def test_without_a_script_it_is_a_button_away_and_nothing_is_saved(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)
        visitor = window(alice)
        button = '<noscript><button class="btn" name="do" value="look">'

        offered = button in visitor.get(PAGE).text
        answer = save(visitor, do="look")

        assert offered
        assert answer.status_code == 422
        assert visitor.attributes("data-differs") == ["bob@acme.test"]
        assert 'value="apply"' in answer.text
        assert kept(ctx, alice) == Defaults()

    def test_it_follows_what_is_typed_before_anything_is_saved(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)
        visitor = window(alice)

        page = visitor.get(f"{PAGE}/changes", query_string=SERVERS, headers={"HX-Request": "true"}).text

        assert "Save and apply to 1" in page
        assert "<html" not in page
        assert kept(ctx, alice).kind is Kind.NONE

    def test_incomplete_values_ask_for_the_servers(self, window, alice):
        answer = window(alice).get(
            f"{PAGE}/changes", query_string={**SERVERS, "imap_host": ""}, headers={"HX-Request": "true"}
        )

        assert (answer.status_code, "Fill in the servers to see it." in answer.text) == (200, True)

    def test_an_inbox_of_another_kind_stays(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)

        page = (
            window(alice)
            .get(
                f"{PAGE}/changes",
                query_string={"kind": "exchange", "exchange_url": "https://mail.acme.test/owa", "username": "full"},
            )
            .text
        )

        assert "1 inbox here is connected another way and stays as it is." in page

    def test_an_inbox_whose_password_may_not_go_along_is_said_to_wait(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)

        page = window(alice).get(f"{PAGE}/changes", query_string={**SERVERS, "imap_host": "imap.other.test"}).text

        assert "1 inbox will wait for its owner" in page

    def test_pressing_a_button_that_promised_another_list_stores_nothing(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)
        visitor = window(alice)

        answer = save(visitor, do="apply", shown="an older list")

        assert answer.status_code == 422
        assert "These settings touch other inboxes than were listed" in answer.text
        assert "Save and apply to 1" in answer.text
        assert kept(ctx, alice).kind is Kind.NONE


class TestApplying:
    def shown(self, visitor, page):
        """Return the mark of what would change with these servers, as the live preview puts it into the form."""
        found = visitor.get(f"{page}/changes", query_string={**SERVERS, **AT_DK}).text
        return {"shown": re.search(r'name="shown" value="([^"]*)"', found)[1]}

    def apply(self, visitor, ctx, bob):
        placed.inbox(ctx, bob)
        placed.inbox(ctx, bob, "second@acme.test")
        placed.domain(ctx, "acme.test", KEPT)
        return save(visitor, do="apply")

    def test_shows_how_far_it_is_and_goes_on_alone(self, window, ctx, alice, bob):
        visitor = window(alice)

        page = self.apply(visitor, ctx, bob).text

        assert visitor.attributes("data-item") == ["bob@acme.test", "second@acme.test"]
        assert re.search(r"Applying to inboxes.*0 of 2.*You can leave this page", page, re.DOTALL)
        assert "data-poll" in page

    def test_is_found_again_by_another_admin_and_offers_no_second_one(self, window, ctx, alice, bob):
        self.apply(window(alice), ctx, bob)
        other = placed.person(ctx, "anna@acme.test", name="Anna Ager", role="admin")

        page = window(other).get(PAGE).text

        assert "Started by Alice Andersen" in page
        assert "Save and apply" not in page

    def test_can_be_stopped_and_says_so(self, window, ctx, alice, bob):
        visitor = window(alice)
        self.apply(visitor, ctx, bob)
        job_id = visitor.attributes("data-job")[0]

        page = visitor.post(f"{PAGE}/applying/{job_id}/stop").text

        assert "Stopped. What was changed stays changed." in page
        assert "data-poll" not in page

    def test_tells_of_a_first_inbox_that_did_not_pass_and_takes_it_back(self, window, work, ctx, alice, bob):
        # The password may go to all of acme.dk, where nobody answers for the names of servers.
        page_of, visitor = "/domains/acme.dk", window(alice)
        placed.inbox(ctx, bob, "bob@acme.dk")
        placed.inbox(ctx, bob, "second@acme.dk")
        save(visitor, page_of, do="apply", **self.shown(visitor, page_of), **AT_DK)
        job_id = visitor.attributes("data-job")[0]
        work.apply(job_id)
        stopped = visitor.get(page_of).text

        visitor.post(f"{page_of}/applying/{job_id}/undo")
        work.apply(job_id)
        page = visitor.get(page_of).text

        assert "The first inbox did not pass, so no other was tried." in stopped
        assert "The inboxes have the settings from before. The defaults stay saved." in page

    @pytest.mark.parametrize("job_id", ["unknown", "%00", "x" * 3000])
    @pytest.mark.parametrize("way", ["stop", "undo"])
    def test_a_job_that_nobody_began_is_not_found(self, window, ctx, alice, job_id, way):
        visitor = window(alice)
        visitor.get(PAGE)

        assert visitor.post(f"{PAGE}/applying/{job_id}/{way}").status_code == 404
