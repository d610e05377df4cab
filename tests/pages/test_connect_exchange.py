"""A mailbox on an Exchange server is connected through the pages, from the address to the inbox."""

import re
from dataclasses import replace

import pytest

from console.rules.domain_defaults import Kind
from console.services import discoveries, drafts
from console.services.default_settings import Defaults
from console.store.models import Inbox
from tests import placed
from tests.made_answers import answer, answered, candidate
from tests.made_answers import settings as made_settings
from tests.pages.mail_servers import reach
from tests.peers.certificates import HOST
from tests.peers.ews_server import POX, exchange, pox_settings
from tests.services import made

EWS = "/EWS/Exchange.asmx"


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def visitor(window, bob):
    return window(bob)


@pytest.fixture
def server(certificates):
    with exchange(certificates) as running:
        yield running


def to_settings(visitor, address="bob@acme.test"):
    """Go through the wizard up to its settings; return the draft's id."""
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    draft_id = visitor.path.split("/")[2]
    visitor.choose(draft_id, address, "exchange")
    visitor.post(f"/connect/{draft_id}/expect")
    return draft_id


def verify(visitor, work, url, **changes):
    """Go through the whole wizard, with the worker called by hand; return the draft's id."""
    draft_id = to_settings(visitor)
    typed = {"password": "secret", "username": "", "url": url, **changes}
    visitor.post(f"/connect/{draft_id}/settings", **typed)
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")
    return draft_id


def test_what_to_have_ready_is_listed_with_examples_before_anything_is_typed(visitor):
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    visitor.choose(visitor.path.split("/")[2], "bob@acme.test", "exchange")

    page = re.sub(r"<[^>]+>", "", visitor.page.text)
    assert "such as jdoe@acme.dk" in page
    assert "such as https://mail.acme.dk/ews/exchange.asmx" in page
    assert "Exchange 2010 SP2 or newer" in page


def test_where_nothing_was_found_the_optional_fields_open_by_themselves(visitor):
    to_settings(visitor)

    assert re.search(r'<details class="[^"]*" id="advanced" open>', visitor.page.text)
    assert "No server was found by itself, type its URL" in visitor.page.text


@pytest.mark.parametrize("place", [EWS, "/owa/#path=/mail/inbox", "/ecp/?rfr=owa", "/ews/exchange.asmx", ""])
def test_whatever_address_of_the_server_is_pasted_connects_a_healthy_inbox(visitor, ctx, work, server, place):
    verify(visitor, work, f"https://{HOST}:{server.port}{place}")

    assert visitor.path.endswith("/done")
    with ctx.store.read() as session:
        inbox = session.get_one(Inbox, 1)
    assert (inbox.provider, inbox.health, inbox.host) == ("exchange", "healthy", HOST)
    assert inbox.settings["url"] == f"https://{HOST}:{server.port}{EWS}"
    assert inbox.aliases == ["b.berg@acme.test"]


def test_the_password_goes_to_the_web_services_alone(visitor, work, server):
    verify(visitor, work, f"https://{HOST}:{server.port}/owa")

    assert {request.path for request in server.carrying} == {EWS}
    assert {request.password for request in server.carrying} == {("bob@acme.test", "secret")}


def test_a_user_name_of_its_own_is_what_signs_in(visitor, work, server):
    server.accounts = {"ACME\\bob": "secret"}

    verify(visitor, work, f"https://{HOST}:{server.port}/owa", username="ACME\\bob")

    assert visitor.path.endswith("/done")


def test_a_refused_password_is_sent_once_and_everything_but_it_is_still_there(visitor, work, server):
    draft_id = verify(visitor, work, f"https://{HOST}:{server.port}/owa", password="wrong")
    visitor.post(f"/connect/{draft_id}/again")
    work.verify(draft_id)

    page = visitor.get(f"/connect/{draft_id}/settings").text

    assert len(server.carrying) == 1
    assert re.search(rf'name="url"[^>]* value="https://{HOST}:{server.port}{EWS}"', page)
    assert "wrong" not in page


def test_without_an_address_of_the_server_nothing_is_tried(visitor, server):
    draft_id = to_settings(visitor)

    visitor.post(f"/connect/{draft_id}/settings", password="secret", url="")

    assert visitor.page.status_code == 422
    assert visitor.errors() == ["Type the address of the Exchange server."]
    assert server.requests == []


def test_an_unknown_certificate_is_trusted_as_for_imap_and_the_password_waits_until_then(visitor, work, certificates):
    with exchange(certificates, identity=certificates.self_signed) as server:
        draft_id = verify(visitor, work, f"https://{HOST}:{server.port}/owa")
        before = list(server.carrying)
        visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
        work.verify(draft_id)
        visitor.get(f"/connect/{draft_id}/verify")

    assert before == []
    assert visitor.path.endswith("/done")


@pytest.mark.parametrize("url", ["https://outlook.office365.com/owa", "https://outlook.office.com/mail/"])
def test_an_address_of_exchange_online_is_diverted_to_the_microsoft_sign_in(visitor, url):
    draft_id = to_settings(visitor)

    visitor.post(f"/connect/{draft_id}/settings", password="secret", url=url)

    (told,) = visitor.errors()
    assert "Microsoft sign-in" in told
    assert "October 2026" in told


# What discovery found.


@pytest.fixture
def found(visitor, ctx, bob):
    """Go to the settings of an address about which discovery answered so; return the draft's id."""

    def begin(candidate, **changes):
        visitor.get("/connect")
        visitor.post("/connect", uses="me")
        draft_id = visitor.path.split("/")[2]
        path = f"/connect/{draft_id}/address"
        visitor.post(path, address="bob@acme.dk")
        answered(ctx, drafts.get(ctx, bob, draft_id).discovery_id, answer("exchange", candidate, **changes))
        visitor.get(path)
        visitor.post(path, address="bob@acme.dk", provider="exchange")
        visitor.post(f"/connect/{draft_id}/expect")
        return draft_id

    return begin


def exchange_at(url="", autodiscover="", confidence="likely"):
    return replace(candidate("exchange", confidence, "It answers."), url=url, autodiscover=autodiscover)


def test_a_server_of_the_mail_domain_is_filled_in_and_stays_folded_with_its_evidence(visitor, found):
    found(exchange_at("https://mail.acme.dk/EWS/Exchange.asmx"))

    page = visitor.page.text
    assert re.search(r'name="url"[^>]* value="https://mail.acme.dk/EWS/Exchange.asmx"', page)
    assert 'id="advanced" open' not in page
    assert "It answers." in page
    assert 'id="confirm"' not in page


def test_a_place_that_tells_with_the_password_is_kept_and_the_url_may_stay_empty(visitor, ctx, found):
    draft_id = found(exchange_at("https://mail.acme.dk/EWS/Exchange.asmx", "autodiscover.acme.dk"))

    visitor.post(f"/connect/{draft_id}/settings", password="secret", url="", autodiscover="autodiscover.acme.dk")

    assert visitor.path.endswith("/verify")
    assert made.draft(ctx, draft_id).settings == {
        "url": "",
        "autodiscover": "autodiscover.acme.dk",
        "username": "bob@acme.dk",
    }


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        (exchange_at("https://mail.hoster.dk/EWS/Exchange.asmx"), {"url": "https://mail.hoster.dk/owa"}),
        (exchange_at("", "autodiscover.hoster.dk"), {"url": "", "autodiscover": "autodiscover.hoster.dk"}),
    ],
)
def test_a_server_of_another_domain_is_agreed_to_before_the_password_is_kept(visitor, ctx, found, place, fields):
    draft_id = found(place)
    path = f"/connect/{draft_id}/settings"
    page = visitor.get(path).text

    visitor.post(path, password="secret", **fields)
    refused, kept = visitor.page.status_code, made.draft(ctx, draft_id).sealed
    visitor.get(path)
    host = "mail.hoster.dk" if fields["url"] else "autodiscover.hoster.dk"
    visitor.post(path, password="secret", confirmed=host, **fields)

    assert "belongs to hoster.dk" in page
    assert "They belong to another domain than acme.dk." in page
    assert (refused, kept) == (422, None)
    assert visitor.path.endswith("/verify")


def test_a_server_that_is_typed_by_hand_needs_no_further_word(visitor, found):
    draft_id = found(exchange_at("https://mail.hoster.dk/EWS/Exchange.asmx"))

    visitor.post(f"/connect/{draft_id}/settings", password="secret", url="https://mail.other.dk/owa")

    assert visitor.path.endswith("/verify")


def test_mail_servers_that_were_found_besides_say_nothing_about_exchange(visitor, found):
    found(
        exchange_at("https://mail.acme.dk/EWS/Exchange.asmx"), settings=made_settings("hoster.dk", relation="foreign")
    )

    assert 'id="confirm"' not in visitor.page.text
    assert "hoster.dk" not in visitor.page.text


@pytest.mark.parametrize("may_change", [True, False])
def test_what_the_admin_keeps_for_the_domain_is_filled_in_and_may_be_locked(visitor, ctx, alice, may_change):
    kept = Defaults(
        kind=Kind.EXCHANGE,
        exchange_url="https://mail.acme.dk/EWS/Exchange.asmx",
        username="%EMAILLOCALPART%",
        note="Ask Hanne.",
        members_may_change=may_change,
    )
    placed.domain(ctx, "acme.dk", kept, by_id=alice.id)
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    draft_id = visitor.path.split("/")[2]
    visitor.post(f"/connect/{draft_id}/address", address="bob@acme.dk")
    discoveries.run(ctx, made.draft(ctx, draft_id).discovery_id)
    visitor.get(f"/connect/{draft_id}/address")
    visitor.post(f"/connect/{draft_id}/address", address="bob@acme.dk", provider="exchange")
    page = visitor.post(f"/connect/{draft_id}/expect").text

    assert "Set by your admin" in page
    assert "From your admin: Ask Hanne." in page
    assert 'id="confirm"' not in page
    assert ('name="url"' in page) == may_change

    visitor.post(f"/connect/{draft_id}/settings", password="secret", url="https://evil.dk/owa", username="eve")

    url = made.draft(ctx, draft_id).settings["url"]
    assert url == ("https://evil.dk/EWS/Exchange.asmx" if may_change else "https://mail.acme.dk/EWS/Exchange.asmx")


# An address that was pasted is answered with the one to use.


def test_while_it_is_typed_the_address_to_use_is_recommended_with_its_reason(visitor):
    draft_id = to_settings(visitor)

    answer = visitor.client.get(
        f"/connect/{draft_id}/settings?part=recommended&url=mail.acme.dk/owa", headers={"HX-Request": "true"}
    )

    assert "https://mail.acme.dk/EWS/Exchange.asmx" in answer.text
    assert "What you pasted is the web mail." in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("typed", ["", "%00", "https://mail.acme.dk/ews/exchange.asmx", "<script>", "x" * 600])
def test_what_needs_no_recommendation_gets_none(visitor, typed):
    draft_id = to_settings(visitor)

    answer = visitor.client.get(
        f"/connect/{draft_id}/settings",
        query_string={"part": "recommended", "url": typed},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    assert "Recommended" not in answer.text


def test_a_form_that_comes_back_says_what_it_made_of_a_pasted_address(visitor):
    draft_id = to_settings(visitor)

    visitor.post(f"/connect/{draft_id}/settings", password="", url="https://mail.acme.dk/owa/#path=/mail")

    assert visitor.page.status_code == 422
    assert "Recommended: <strong>https://mail.acme.dk/EWS/Exchange.asmx" in visitor.page.text


# Afterwards.


def test_the_settings_of_a_connected_inbox_show_its_url_and_change_with_the_password(visitor, ctx, work, server):
    verify(visitor, work, f"https://{HOST}:{server.port}/owa")

    page = visitor.get("/inboxes/1/edit").text
    visitor.post(
        "/inboxes/1/edit", url=f"https://{HOST}:{server.port}/ecp", username="bob@acme.test", password="secret"
    )

    assert re.search(rf'name="url"[^>]* value="https://{HOST}:{server.port}{EWS}"', page)
    assert visitor.page.status_code == 200
    with ctx.store.read() as session:
        assert session.get_one(Inbox, 1).settings["url"] == f"https://{HOST}:{server.port}{EWS}"


@pytest.mark.parametrize(
    ("hours", "asked"), [(1, ["GetFolder"]), (7, ["GetFolder", "GetFolder", "GetFolder", "ResolveNames"])]
)
def test_a_check_on_schedule_goes_to_the_web_services_at_once_and_sends_the_password_as_often_as_it_asks(
    visitor, ctx, work, server, clock, hours, asked
):
    verify(visitor, work, f"https://{HOST}:{server.port}/owa")
    server.requests.clear()

    clock.advance(hours=hours)
    work.sweep()

    assert server.operations == asked


def test_a_password_that_is_refused_later_is_sent_once_and_never_again_by_itself(visitor, ctx, work, server, clock):
    verify(visitor, work, f"https://{HOST}:{server.port}/owa")
    server.accounts, server.requests[:] = {"bob@acme.test": "changed"}, []

    for _ in range(4):
        clock.advance(days=1)
        work.sweep()

    assert len(server.carrying) == 1
    with ctx.store.read() as session:
        inbox = session.get_one(Inbox, 1)
    assert (inbox.health, inbox.problem) == ("needs-sign-in", "bad-credentials")


@pytest.mark.parametrize("way", ["typed", "autodiscover"])
def test_an_inbox_that_autodiscover_found_is_kept_with_the_url(visitor, ctx, bob, work, certificates, found, way, dns):
    with (
        exchange(certificates, identity=certificates.issue("autodiscover.acme.dk")) as agreed,
        exchange(certificates, identity=certificates.issue("mail.acme.dk")) as server,
    ):
        for name in ("autodiscover.acme.dk", "mail.acme.dk"):
            dns.host(name, "127.0.0.1")
        for each in (agreed, server):
            each.accounts = {"bob@acme.dk": "secret"}
        url = f"https://mail.acme.dk:{server.port}{EWS}"
        agreed.answers[POX] = agreed.guarded(agreed.xml(pox_settings(url)))
        place = f"autodiscover.acme.dk:{agreed.port}"
        draft_id = found(exchange_at("", place))
        fields = {"url": url, "autodiscover": ""} if way == "typed" else {"url": "", "autodiscover": place}
        visitor.post(f"/connect/{draft_id}/settings", password="secret", **fields)
        work.verify(draft_id)
        visitor.get(f"/connect/{draft_id}/verify")

    assert visitor.path.endswith("/done")
    with ctx.store.read() as session:
        inbox = session.get_one(Inbox, 1)
    assert (inbox.settings["url"], inbox.settings["autodiscover"], inbox.host) == (url, "", "mail.acme.dk")
    assert len(agreed.carrying) == (0 if way == "typed" else 1)


@pytest.mark.parametrize(("provider", "confidence", "told"), [
    ("microsoft", "certain", True), ("microsoft", "possible", False), ("imap", "certain", False),
])  # fmt: skip
def test_whoever_takes_exchange_for_a_mailbox_at_microsoft_is_told_the_way_and_the_dates(
    visitor, ctx, bob, provider, confidence, told
):
    visitor.get("/connect")
    visitor.post("/connect", uses="me")
    draft_id = visitor.path.split("/")[2]
    path = f"/connect/{draft_id}/address"
    visitor.post(path, address="bob@acme.dk")
    made_so = answer(provider, candidate(provider, confidence, "MX of acme.dk: acme-dk.mail.protection.outlook.com"))
    answered(ctx, drafts.get(ctx, bob, draft_id).discovery_id, made_so)
    visitor.get(path)
    visitor.post(path, address="bob@acme.dk", provider="exchange")

    page = visitor.post(f"/connect/{draft_id}/expect").text

    assert ('id="diverted"' in page) == told
    assert ("since October 2026 and ends it on 1 April 2027" in page) == told
