"""Look-ups on Domains: the doctor explains, and Detect fills the form without saving."""

import pytest

from tests import made_answers, placed
from tests.pages.domain_form import KEPT, PAGE, SERVERS, kept


class TestDoctor:
    @pytest.fixture
    def settings(self, dns):
        """A domain whose MX decides: one question answers everything."""
        dns.set("acme.test", "MX", "10 aspmx.l.google.com.")
        return {"CONSOLE_DNS_SERVER": dns.server}

    @pytest.mark.parametrize("typed", ["bob@acme.test", "acme.test", " ACME.test "])
    def test_explains_an_address_or_a_domain(self, window, work, ctx, hanne, typed):
        visitor = window(hanne)
        visitor.get("/domains")

        waiting = visitor.post("/domains/explain", address=typed).text
        work.discover(visitor.path_and_query.split("explain=")[1])
        page = visitor.get(visitor.path_and_query).text

        assert "Looking up acme.test" in waiting
        assert visitor.attributes("data-answered") == ["yes"]
        assert "Evidence" in page
        assert "inbox-console-probe" not in page

    @pytest.mark.parametrize("typed", ["", "bob at acme", "a@b@c", "\x00"])
    def test_refuses_what_is_neither(self, window, alice, typed):
        visitor = window(alice)
        visitor.get("/domains")

        answer = visitor.post("/domains/explain", address=typed)

        assert (answer.status_code, len(visitor.errors())) == (422, 1)

    def test_shows_nobody_elses_look_up(self, window, alice, hanne):
        visitor = window(alice)
        visitor.get("/domains")
        visitor.post("/domains/explain", address="bob@acme.test")

        page = window(hanne).get(visitor.path_and_query).text

        assert "bob@acme.test" not in page


class TestDetect:
    def test_begins_a_look_up_and_waits_for_it(self, window, alice):
        visitor = window(alice)
        visitor.get(PAGE)

        page = visitor.post(f"{PAGE}/detect", **SERVERS).text

        assert "Looking for the servers of acme.test" in page
        assert "data-poll" in page

    def test_says_so_when_nothing_was_found(self, window, work, alice):
        visitor = window(alice)
        visitor.get(PAGE)
        visitor.post(f"{PAGE}/detect")
        work.discover(visitor.path_and_query.split("detect=")[1])

        page = visitor.get(visitor.path_and_query).text

        assert "Nothing was found that could be filled in." in page
        assert "data-poll" not in page

    class TestWithANameServer:
        @pytest.fixture
        def settings(self, dns):
            dns.set("acme.test", "MX", "10 mx.acme.test.")
            dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.acme.test.")
            dns.set("_submissions._tcp.acme.test", "SRV", "0 1 465 smtp.acme.test.")
            return {"CONSOLE_DNS_SERVER": dns.server, "CONSOLE_ISPDB_URL": "", "CONSOLE_PRIVATE_NETWORKS": "deny"}

        def test_fills_the_form_without_saving_and_says_how_far_to_trust_it(self, window, work, ctx, alice):
            placed.domain(ctx, "acme.test", KEPT, note="Ask Anna.")
            visitor = window(alice)
            visitor.get(PAGE)
            visitor.post(f"{PAGE}/detect", **SERVERS)
            work.discover(visitor.path_and_query.split("detect=")[1])

            page = visitor.get(visitor.path_and_query).text

            assert 'value="imap.acme.test"' in page
            assert 'value="smtp.acme.test"' in page
            assert "Ask Anna." in page
            assert "Detected, not saved yet" in page
            assert "Compare it with IT before you save" in page
            assert "SRV records, over DNS, unsigned" in page
            assert kept(ctx, alice).imap_host == "mail.acme.test"

    def test_a_domain_of_google_is_said_to_need_no_defaults(self, window, ctx, alice):
        visitor = window(alice)
        visitor.get(PAGE)
        visitor.post(f"{PAGE}/detect")
        made_answers.answered(ctx, visitor.path_and_query.split("detect=")[1], made_answers.GMAIL)

        page = visitor.get(visitor.path_and_query).text

        assert "People here are recommended the sign-in of Gmail, which needs no defaults." in page

    def test_a_look_up_of_another_domain_fills_nothing_in(self, window, alice):
        visitor = window(alice)
        visitor.get(PAGE)
        visitor.post(f"{PAGE}/detect")

        page = visitor.get(visitor.path_and_query.replace("acme.test", "other.test")).text

        assert "Looking for" not in page
