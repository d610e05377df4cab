"""Domains: what an admin keeps, who may see it and who may not, and the sheet for IT."""

import re

import pytest

from console.rules.domain_defaults import LOCAL, Kind
from console.services.default_settings import Defaults
from tests import placed
from tests.pages.domain_form import KEPT, PAGE, SERVERS, kept, save
from tests.services.made import audited


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
