"""Domains: what an admin keeps, what it would change, who may see it and who may not."""

import re

import pytest

from console.rules.domain_defaults import LOCAL, Kind
from console.services import defaults
from console.services.default_settings import Defaults
from tests import made_answers, placed
from tests.services.made import audited

SERVERS = {
    "kind": "imap",
    "imap_host": "mail.acme.test",
    "imap_port": "993",
    "imap_security": "tls",
    "smtp_host": "mail.acme.test",
    "smtp_port": "465",
    "smtp_security": "tls",
    "username": "full",
    "smtp_same": "y",
}
KEPT = Defaults(
    kind=Kind.IMAP,
    imap_host="mail.acme.test",
    imap_port=993,
    imap_security="tls",
    smtp_host="mail.acme.test",
    smtp_port=465,
    smtp_security="tls",
    username="%EMAILADDRESS%",
    members_may_change=False,
)
PAGE = "/domains/acme.test"
AT_DK = {"imap_host": "mail.acme.dk", "smtp_host": "mail.acme.dk"}


@pytest.fixture
def settings():
    """A name server that nobody listens at."""
    return {"CONSOLE_DNS_SERVER": "127.0.0.1:9"}


def save(visitor, page=PAGE, do="save", **changes):
    """Press a button of the form as it is shown, with fields typed over; None leaves a field out."""
    shown = visitor.get(page).text
    hidden = dict(re.findall(r'<input[^>]*name="(revision|shown)"[^>]*value="([^"]*)"', shown))
    fields = {**SERVERS, **hidden, "do": do, **changes}
    return visitor.post(f"{page}/save", **{name: value for name, value in fields.items() if value is not None})


def kept(ctx, alice, domain="acme.test"):
    return defaults.get(ctx, alice, domain).defaults


class TestList:
    def test_an_empty_list_says_how_domains_get_there(self, window, alice):
        page = window(alice).get("/domains").text

        assert "No domain yet" in page
        assert "Add domain" in page

    def test_a_domain_with_a_connected_inbox_is_there_as_not_configured(self, window, ctx, alice, bob):
        placed.inbox(ctx, bob)
        placed.inbox(ctx, bob, "ill@acme.test", health="failing", problem="unknown")
        visitor = window(alice)

        page = visitor.get("/domains")

        assert visitor.attributes("data-domain") == ["acme.test"]
        assert visitor.attributes("data-kind") == ["none"]
        assert re.search(r"Not configured.*1 needs attention", page.text, re.DOTALL)

    def test_a_configured_domain_says_by_whom(self, window, ctx, alice):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, at=ctx.clock())

        assert "IMAP + SMTP, set by Alice" in window(alice).get("/domains").text

    def test_a_domain_in_other_letters_is_shown_in_its_own(self, window, ctx, alice):
        placed.domain(ctx, "xn--kbenhavn-54a.test")

        assert "københavn.test" in window(alice).get("/domains").text


class TestAdd:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            (" ACME.Test. ", "acme.test"),
            ("bob@acme.test", "acme.test"),
            ("københavn.test", "xn--kbenhavn-54a.test"),
            ("intranet", "intranet"),
            ("corp.local", "corp.local"),
        ],
    )
    def test_a_typed_domain_opens_its_page(self, window, alice, typed, name):
        visitor = window(alice)
        visitor.get("/domains/add")

        visitor.post("/domains/add", domain=typed)

        assert visitor.path == f"/domains/{name}"

    @pytest.mark.parametrize("typed", ["", "acme test", "\x00", "x" * 300, "a..b", "<script>"])
    def test_anything_else_is_refused_beside_the_field(self, window, alice, typed):
        visitor = window(alice)
        visitor.get("/domains/add")

        answer = visitor.post("/domains/add", domain=typed)

        assert (answer.status_code, len(visitor.errors())) == (422, 1)

    @pytest.mark.parametrize("name", ["acme..test", "a b", "%3Cscript%3E", "x" * 300])
    def test_an_address_that_names_no_domain_is_not_found(self, window, alice, name):
        assert window(alice).get(f"/domains/{name}").status_code == 404


class TestSave:
    def test_what_is_saved_is_shown_again(self, window, ctx, alice):
        visitor = window(alice)

        page = save(visitor, note="  Use the  app password ", username="local").text

        assert "Defaults of acme.test saved. Inboxes stay as they are." in page
        found = kept(ctx, alice)
        assert (found.imap_host, found.imap_port, found.smtp_port) == ("mail.acme.test", 993, 465)
        assert (found.username, found.smtp_username, found.members_may_change) == (LOCAL, None, False)
        assert found.note == "Use the app password"

    def test_an_exchange_address_is_kept_alone(self, window, ctx, alice):
        save(window(alice), kind="exchange", exchange_url="https://mail.acme.test/owa/#path=/mail")

        found = kept(ctx, alice)
        assert found.kind is Kind.EXCHANGE
        assert (found.exchange_url, found.imap_host) == ("https://mail.acme.test/EWS/Exchange.asmx", None)

    def test_a_separate_outgoing_sign_in_has_its_own_form(self, window, ctx, alice):
        save(window(alice), smtp_same=None, smtp_username="own", smtp_template="relay-%EMAILLOCALPART%")

        assert kept(ctx, alice).smtp_username == "relay-%EMAILLOCALPART%"

    def test_the_audit_log_says_who_changed_what(self, window, ctx, alice):
        save(window(alice))

        entry = audited(ctx, "domain.save")[0]
        assert (entry.actor_id, entry.target_id) == (alice.id, "acme.test")
        assert "mail.acme.test:993" in entry.detail["after"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("imap_host", ""),
            ("imap_host", "https://mail.acme.test"),
            ("imap_host", "mail.acme.test:993"),
            ("imap_host", "bob@acme.test"),
            ("imap_host", "x" * 254),
            ("imap_host", "email-smtp.eu-west-1.amazonaws.com"),
            ("imap_port", "0"),
            ("imap_port", "65536"),
            ("imap_port", "995"),
            ("imap_port", "imap"),
            ("imap_security", "none"),
            ("smtp_security", ""),
            ("smtp_host", "mail acme"),
            ("note", "x" * 501),
            ("note", "a\x07b"),
        ],
    )
    def test_what_an_inbox_would_not_take_is_refused(self, window, ctx, alice, field, value):
        visitor = window(alice)

        answer = save(visitor, **{field: value})

        assert (answer.status_code, len(visitor.errors())) == (422, 1)
        assert kept(ctx, alice).kind is Kind.NONE

    @pytest.mark.parametrize("template", ["", "everybody", "%EMAILDOMAIN%", "%EMAILADDRESS", "%EMAILUSER%", "x" * 321])
    def test_a_form_of_user_names_that_names_nobody_is_refused(self, window, alice, template):
        visitor = window(alice)

        answer = save(visitor, username="own", username_template=template)

        assert (answer.status_code, len(visitor.errors())) == (422, 1)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://mail.acme.test/owa",
            "https://bob:secret@mail.acme.test/owa",
            "https://outlook.office365.com/owa",
            "https://mail.acme.test/webmail",
            "https://acme.awsapps.com/ews",
            "ftp://mail.acme.test",
            "https://",
            "https://mail.acme.test:99999/owa",
            "https://mail.acme.test/owa\x00",
        ],
    )
    def test_an_address_that_is_no_exchange_server_is_refused(self, window, ctx, alice, url):
        visitor = window(alice)

        answer = save(visitor, kind="exchange", exchange_url=url)

        assert (answer.status_code, len(visitor.errors())) == (422, 1)
        assert kept(ctx, alice).kind is Kind.NONE

    def test_two_admins_do_not_overwrite_each_other(self, window, ctx, alice):
        other = placed.person(ctx, "anna@acme.test", name="Anna Ager", role="admin")
        first, second = window(alice), window(other)
        second.get(PAGE)
        save(first)

        answer = second.post(f"{PAGE}/save", **{**SERVERS, "imap_host": "imap.acme.test", "revision": "0"})

        assert answer.status_code == 422
        assert "Alice Andersen saved other defaults meanwhile" in answer.text
        assert 'value="imap.acme.test"' in answer.text
        assert kept(ctx, alice).imap_host == "mail.acme.test"

    def test_the_second_admin_may_save_again_knowing_it(self, window, ctx, alice):
        other = placed.person(ctx, "anna@acme.test", name="Anna Ager", role="admin")
        second = window(other)
        save(window(alice))
        second.get(PAGE)
        answer = second.post(f"{PAGE}/save", **{**SERVERS, "imap_host": "imap.acme.test", "revision": "0"})
        revision = re.search(r'name="revision"[^>]*value="(\d+)"', answer.text)[1]

        second.post(f"{PAGE}/save", **{**SERVERS, "imap_host": "imap.acme.test", "revision": revision})

        assert kept(ctx, alice).imap_host == "imap.acme.test"

    @pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40, "²"])
    def test_a_revision_of_no_shape_stores_nothing(self, window, ctx, alice, revision):
        assert save(window(alice), revision=revision).status_code == 422
        assert kept(ctx, alice).kind is Kind.NONE


class TestDelete:
    def test_deleting_leaves_inboxes_alone(self, window, ctx, alice, bob):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, revision=3)
        inbox_id = placed.inbox(ctx, bob)
        visitor = window(alice)
        before = visitor.get(f"/inboxes/{inbox_id}").text
        question = visitor.get(f"{PAGE}/delete").text

        page = visitor.post(f"{PAGE}/delete?revision=3").text

        assert "All inboxes, with the settings and passwords they have" in question
        assert "Defaults of acme.test deleted" in page
        assert kept(ctx, alice) == Defaults()
        assert "imap.acme.test" in before
        assert "imap.acme.test" in visitor.get(f"/inboxes/{inbox_id}").text
        assert len(audited(ctx, "domain.delete")) == 1

    def test_what_somebody_saved_meanwhile_is_not_deleted(self, window, ctx, alice):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, revision=4)
        visitor = window(alice)
        visitor.get(f"{PAGE}/delete")

        visitor.post(f"{PAGE}/delete?revision=3")

        assert kept(ctx, alice) == KEPT


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


def kept_settings(address):
    return {
        "imap_host": "mail.acme.test",
        "imap_port": 993,
        "imap_security": "tls",
        "smtp_host": "mail.acme.test",
        "smtp_port": 465,
        "smtp_security": "tls",
        "username": address,
        "smtp_username": None,
    }


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


class TestHelpDesk:
    def test_sees_defaults_without_a_form(self, window, ctx, alice, hanne):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id, at=ctx.clock())

        page = window(hanne).get(PAGE).text

        assert "mail.acme.test:993, TLS" in page
        assert "<textarea" not in page
        assert "Save" not in page

    def test_does_not_see_a_domain_that_nobody_knows(self, window, hanne):
        assert window(hanne).get("/domains/unknown.test").status_code == 404

    @pytest.mark.parametrize("path", ["save", "detect", "delete", "applying/x/stop", "applying/x/undo"])
    def test_changes_nothing(self, window, ctx, hanne, path):
        placed.domain(ctx, "acme.test")
        visitor = window(hanne)
        visitor.get("/domains")

        assert visitor.post(f"{PAGE}/{path}", **SERVERS).status_code == 404


class TestDoctor:
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


class TestSheet:
    def test_tells_servers_ports_and_what_to_allow(self, window, ctx, alice, hanne):
        placed.domain(ctx, "acme.test", KEPT, by_id=alice.id)

        page = window(hanne).get(f"{PAGE}/sheet").text

        assert "mail.acme.test, TCP port 993, TLS from the start" in page
        assert "TLS 1.2 or newer" in page

    def test_says_plainly_when_the_outgoing_addresses_are_not_configured(self, window, ctx, alice):
        placed.domain(ctx, "acme.test", KEPT)

        assert "CONSOLE_OUTGOING_ADDRESSES" in window(alice).get(f"{PAGE}/sheet").text

    def test_as_text_it_is_a_download(self, window, ctx, alice):
        placed.domain(ctx, "acme.test", KEPT)

        answer = window(alice).get(f"{PAGE}/sheet.txt")

        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="acme.test.txt"'
        assert "IMAP (reading)" in answer.text

    class TestWithAddresses:
        @pytest.fixture
        def settings(self):
            return {"CONSOLE_OUTGOING_ADDRESSES": "192.0.2.10, 2001:db8::/64"}

        def test_lists_them(self, window, ctx, alice):
            placed.domain(ctx, "acme.test", KEPT)

            text = window(alice).get(f"{PAGE}/sheet.txt").text

            assert "* 192.0.2.10\n" in text
            assert "* 2001:db8::/64\n" in text
