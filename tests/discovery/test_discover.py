"""One discovery from end to end: what it asks, what it leaves alone, and that it ends."""

import threading

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from console.discovery.answer import Default, Server, Settings
from tests.discovery.answers import codes, providers, sayings

MS_MX = "10 acme-test.mail.protection.outlook.com."


@pytest.mark.parametrize(
    "address", ["bob@gmail.com", "bob@hotmail.co.uk", "bob@yahoo.com", "bob@proton.me", "b@duck.com"]
)
def test_a_domain_of_the_tables_asks_nobody(ask, dns, sites, microsoft_login, address):
    answer = ask(address)

    assert answer.candidates or answer.refused or "forwarder" in codes(answer)
    assert dns.queries() == 0
    assert sites.connections == 0
    assert microsoft_login.requests == []


@pytest.mark.parametrize("mx", ["1 smtp.google.com.", MS_MX, "10 aspmx1.migadu.com.", "10 mail.protonmail.ch.", "0 ."])
def test_an_mx_record_that_decides_is_the_only_question(ask, dns, sites, microsoft_login, mx):
    dns.set("acme.test", "MX", mx)

    answer = ask("bob@acme.test")

    assert dns.queries("acme.test", "MX") == dns.queries() == 1
    assert sites.connections == 0
    assert microsoft_login.requests == []
    assert answer.sources[0].name == "mx"


def test_an_mx_record_at_google_decides_although_the_domain_is_a_microsoft_tenant(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "1 smtp.google.com.")
    microsoft_login.tenant("acme.test")

    assert ask("bob@acme.test").recommended == "gmail"
    assert microsoft_login.requests == []


def test_a_domain_that_does_not_exist_ends_everything_with_one_question(ask, dns, sites, plain_sites, microsoft_login):
    answer = ask("bob@acme.test")

    assert answer.recommended is None
    assert answer.candidates == ()
    assert codes(answer) == ["no-such-domain"]
    assert dns.queries() == 1
    assert sites.connections == plain_sites.connections == 0
    assert microsoft_login.requests == []


def test_the_evidence_names_the_record_and_what_it_means(ask, dns):
    dns.set("acme.test", "MX", "20 alt1.aspmx.l.google.com.", "10 aspmx.l.google.com.")

    assert sayings(ask("bob@acme.test")) == [
        "MX of acme.test: aspmx.l.google.com",
        "That is a mail server of Google.",
    ]


def test_the_evidence_follows_a_name_in_mx_that_is_another_name(ask, dns):
    dns.set("acme.test", "MX", "10 mail.acme.test.").set("mail.acme.test", "CNAME", "aspmx.l.google.com.")

    assert sayings(ask("bob@acme.test")) == [
        "MX of acme.test: mail.acme.test",
        "mail.acme.test points to aspmx.l.google.com",
        "That is a mail server of Google.",
    ]


def test_what_is_behind_a_filter_is_told_with_the_filter_and_both_marks(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    dns.set("autodiscover.acme.test", "CNAME", "autodiscover.outlook.com.")

    assert sayings(ask("bob@acme.test")) == [
        "MX of acme.test: mxa-1.gslb.pphosted.com",
        "That is the mail filter Proofpoint; the mailbox lies behind it.",
        "autodiscover.acme.test points to autodiscover.outlook.com",
        "SPF of acme.test includes spf.protection.outlook.com",
    ]


def test_two_marks_that_agree_spare_every_question_to_a_server(ask, dns, sites, microsoft_login):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:_spf.google.com -all")
    dns.set("google._domainkey.acme.test", "TXT", "v=DKIM1; k=rsa; p=MIIB")

    assert ask("bob@acme.test").recommended == "gmail"
    assert microsoft_login.requests == []
    assert sites.connections == 0


def test_marks_of_microsoft_do_not_hide_a_cloud_that_cannot_be_connected(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    dns.set("autodiscover.acme.test", "CNAME", "autodiscover.outlook.com.")
    microsoft_login.tenant("acme.test", "dod")

    answer = ask("bob@acme.test")

    assert answer.refused
    assert answer.refused.reason == "unsupported-cloud"


def test_a_filter_is_not_asked_for_servers(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")

    answer = ask("bob@acme.test")

    assert not [step for step in answer.story if "pphosted.com" in step and "MX of" not in step]


def test_one_mark_behind_a_filter_is_a_possibility_and_a_person_chooses(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")

    answer = ask("bob@acme.test")

    assert answer.recommended is None
    assert [(one.provider, one.confidence) for one in answer.candidates] == [
        ("microsoft", "possible"),
        ("imap", "possible"),
    ]
    assert codes(answer) == ["behind-gateway"]


def test_marks_that_contradict_each_other_are_both_shown(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:_spf.google.com -all")
    dns.set("selector1._domainkey.acme.test", "CNAME", "selector1-a._domainkey.acme.onmicrosoft.com.")

    answer = ask("bob@acme.test")

    assert answer.recommended is None
    assert {"gmail", "microsoft"} <= set(providers(answer))


def test_a_forwarder_asks_where_the_mailbox_is_and_guesses_nothing(ask, dns, sites):
    dns.set("acme.test", "MX", "10 route1.mx.cloudflare.net.")
    dns.set("acme.test", "TXT", "v=spf1 include:_spf.google.com -all")

    answer = ask("bob@acme.test")

    assert answer.recommended is None
    assert codes(answer) == ["forwarder"]
    assert (answer.candidates[0].provider, answer.candidates[0].confidence) == ("gmail", "possible")
    assert answer.settings is None
    assert sites.connections == 0


def test_a_domain_without_mx_but_with_an_address_is_warned_about_and_searched(ask, dns):
    dns.host("acme.test", "127.0.0.1")

    answer = ask("bob@acme.test")

    assert codes(answer) == ["implicit-mx"]
    assert answer.recommended == "imap"


def test_the_mail_server_of_a_sub_domain_is_its_own_and_nothing_above_is_asked(ask, dns):
    dns.set("mail.acme.test", "MX", "1 smtp.google.com.")
    dns.set("acme.test", "MX", MS_MX)

    assert ask("bob@mail.acme.test").recommended == "gmail"
    assert dns.queries("acme.test") == 0


def test_nothing_above_the_mail_domain_is_asked_and_the_bare_domain_not_for_autodiscover(
    ask, dns, sites, plain_sites, microsoft_login
):
    dns.set("dept.acme.test", "MX", "10 mail.dept.acme.test.")
    for name in ("test", "acme.test", "dept.acme.test", "autodiscover.test", "autodiscover.acme.test"):
        dns.host(name, "127.0.0.1")

    ask("bob@dept.acme.test")

    asked = [(request.host, request.path) for request in (*sites.requests, *plain_sites.requests)]
    assert {host for host, _ in asked} <= {"dept.acme.test", "autoconfig.dept.acme.test"}
    # Mail Autoconfig has its well-known place there; Autodiscover has none.
    assert all(path.startswith("/.well-known/autoconfig/") for host, path in asked if host == "dept.acme.test")
    assert dns.queries("autodiscover.acme.test") == 0


@pytest.mark.parametrize(
    ("typed", "domain"),
    [("bob@ACME.test.", "acme.test"), ("bob@blåbær.test", "xn--blbr-roah.test"), ("bob@server", "server"),
     ("bob@acme.local", "acme.local")],
)  # fmt: skip
def test_domains_of_every_shape_are_asked_about(ask, dns, typed, domain):
    dns.set(domain, "MX", "1 smtp.google.com.")

    answer = ask(typed)

    assert answer.recommended == "gmail"
    assert sayings(answer)[0] == f"MX of {domain}: smtp.google.com"


def test_an_admins_default_decides_and_nobody_is_asked(ask, dns):
    dns.set("acme.test", "MX", "1 smtp.google.com.")
    settings = Settings("domain", "admin", "same", Server("imap.acme.test", 993, "tls"))

    answer = ask("bob@acme.test", Default(settings))

    assert (answer.recommended, answer.confidence) == ("imap", "certain")
    assert sayings(answer) == ["An account admin set this for acme.test."]
    assert answer.settings == settings
    assert dns.queries() == 0


def test_an_admins_exchange_server_decides_even_for_a_domain_that_would_be_refused(ask):
    answer = ask("bob@proton.me", Default(exchange_url="https://mail.acme.test/EWS/Exchange.asmx"))

    assert (answer.recommended, answer.confidence, answer.refused) == ("exchange", "certain", None)
    assert answer.candidates[0].url == "https://mail.acme.test/EWS/Exchange.asmx"


def test_a_private_address_and_an_address_of_a_team_are_warned_about(ask, dns):
    dns.set("acme.test", "MX", "1 smtp.google.com.")

    assert codes(ask("bob@gmail.com")) == ["free-mail"]
    assert codes(ask("support@acme.test")) == ["role-address"]
    assert codes(ask("info@orange.fr"))[-2:] == ["free-mail", "role-address"]
    assert codes(ask("bob.berg@acme.test")) == []


# Servers for IMAP and SMTP.


@pytest.mark.parametrize(
    ("address", "imap", "user"),
    [
        ("bob@gmail.com", "imap.gmail.com:993", "bob@gmail.com"),
        ("bob@mein.gmx", "imap.gmx.net:993", "bob@mein.gmx"),
        ("bob@web.de", "imap.web.de:993", "bob"),
    ],
)
def test_a_domain_of_the_tables_comes_with_its_servers(ask, dns, address, imap, user):
    found = ask(address)

    assert str(found.settings.imap) == imap
    assert found.settings.sign_in_name(found.settings.imap_username, found.address) == user
    assert not found.settings.to_confirm
    assert dns.queries() == 0


def test_a_host_that_mx_names_comes_with_its_servers(ask, dns):
    dns.set("acme.test", "MX", "10 mx1.pub.mailpod9-cph3.one.com.")

    assert str(ask("bob@acme.test").settings.imap) == "imap.one.com:993"


def test_a_host_behind_a_filter_comes_with_its_servers_to_be_confirmed(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:emailsrvr.com -all")
    dns.set("autodiscover.acme.test", "CNAME", "autodiscover.emailsrvr.com.")

    settings = ask("bob@acme.test").settings

    assert str(settings.imap) == "secure.emailsrvr.com:993"
    assert settings.to_confirm


AUTOCONFIG = """<clientConfig version="1.1"><emailProvider id="acme.test"><domain>acme.test</domain>
<incomingServer type="imap"><hostname>imap.acme.test</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.acme.test</hostname><port>465</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></outgoingServer></emailProvider></clientConfig>"""


@pytest.fixture
def published(dns, sites):
    """Let acme.test publish its servers."""
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("autoconfig.acme.test", "127.0.0.1")
    sites.page("autoconfig.acme.test", "/mail/config-v1.1.xml", AUTOCONFIG, content_type="text/xml")


def test_a_domain_that_publishes_its_servers_is_likely_imap(ask, published):
    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("imap", "likely")
    assert str(answer.settings.imap) == "imap.acme.test:993"
    assert "acme.test publishes its servers: imap.acme.test" in sayings(answer)


def test_a_domain_that_publishes_its_servers_is_likely_imap_although_it_has_a_tenant(ask, published, microsoft_login):
    microsoft_login.tenant("acme.test")

    answer = ask("bob@acme.test")

    assert answer.recommended == "imap"
    assert providers(answer) == ["imap", "microsoft"]


def test_servers_behind_a_filter_that_the_domain_publishes_decide(ask, published, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("imap", "likely")
    assert codes(answer) == []


def test_a_domain_that_says_it_offers_no_imap_is_told(ask, dns):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    dns.set("_imaps._tcp.acme.test", "SRV", "0 0 0 .").set("_submission._tcp.acme.test", "SRV", "0 1 587 s.acme.test.")

    answer = ask("bob@acme.test")

    assert codes(answer) == ["imap-not-offered"]
    assert answer.settings.imap is None


def test_a_domain_that_refuses_one_way_to_imap_and_offers_the_other_is_not_warned_of(ask, dns):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    dns.set("_imaps._tcp.acme.test", "SRV", "0 0 0 .").set("_imap._tcp.acme.test", "SRV", "0 1 143 i.acme.test.")

    answer = ask("bob@acme.test")

    assert codes(answer) == []
    assert str(answer.settings.imap) == "i.acme.test:143"


# Name servers that are broken, slow or malicious.


def test_a_name_server_that_fails_is_told_and_the_rest_goes_on(ask, dns, microsoft_login):
    dns.fail("acme.test", "SERVFAIL")
    dns.set("autodiscover.acme.test", "CNAME", "autodiscover.outlook.com.")
    dns.set("selector1._domainkey.acme.test", "CNAME", "selector1-a._domainkey.acme.onmicrosoft.com.")

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("microsoft", "likely")
    assert codes(answer) == ["dns-silent"]


def test_many_mx_records_are_not_believed(ask, dns):
    dns.set("acme.test", "MX", *(f"{number} mx{number}.l.google.com." for number in range(1, 400)))

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("imap", "possible")
    assert any("none of them is believed" in step for step in answer.story)
    assert codes(answer) == ["too-many-mx"]
    assert "names more than 50 mail servers" in str(answer.warnings[0].saying)


def test_names_that_point_at_each_other_tell_nothing(ask, dns):
    dns.set("acme.test", "CNAME", "b.acme.test.").set("b.acme.test", "CNAME", "acme.test.")

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("imap", "possible")


def test_control_characters_in_names_reach_neither_evidence_nor_trace(ask, dns):
    dns.set("acme.test", "MX", "10 a\\007b\\010c.test.", "20 mail.acme.test.")
    dns.set("acme.test", "TXT", "v=spf1 include:\x07evil.test -all")

    answer = ask("bob@acme.test")

    assert all(text.isprintable() for text in (*answer.story, *sayings(answer)))


def test_a_huge_text_record_tells_nothing(ask, dns):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", 'v=spf1 " "' + '" "'.join(f"ip4:192.0.2.{number % 250} " * 10 for number in range(30)))

    assert codes(ask("bob@acme.test")) == ["behind-gateway"]


@pytest.fixture
def hasty(discovery_values):
    """Ask with a deadline of half a second."""
    config = load(discovery_values)
    made = make_discovery(config, make_dialer(config))
    made.seconds = 0.5
    return lambda address: made.of(parse(address))


def test_silence_about_mx_ends_at_the_deadline_with_what_is_known(hasty, dns, microsoft_login):
    dns.hold("acme.test")

    answer = hasty("bob@acme.test")

    assert answer.recommended == "imap"
    assert codes(answer) == ["dns-silent"]
    assert ("mx", "late") in [(source.name, source.outcome) for source in answer.sources]


def test_silence_everywhere_ends_at_the_deadline(hasty, dns, sites, microsoft_login):
    for name in ("acme.test", "autodiscover.acme.test", "_autodiscover._tcp.acme.test", "google._domainkey.acme.test"):
        dns.hold(name)
    microsoft_login.hold()

    assert hasty("bob@acme.test").recommended == "imap"


def test_a_sign_in_service_that_hangs_keeps_nobody(hasty, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    microsoft_login.hold()

    assert hasty("bob@acme.test").recommended == "imap"


def test_an_answer_after_the_deadline_has_no_say(hasty, dns):
    event = dns.hold("acme.test")
    dns.set("acme.test", "MX", "1 smtp.google.com.")

    answer = hasty("bob@acme.test")
    event.set()

    assert answer.recommended == "imap"
    assert "smtp.google.com" not in " ".join(answer.story)


def test_a_late_answer_about_mx_still_counts_before_the_deadline(discovery_values, dns, microsoft_login, monkeypatch):
    monkeypatch.setattr("console.discovery.discover.MX_SECONDS", 0.01)
    event = dns.hold("acme.test")
    dns.set("acme.test", "MX", "1 smtp.google.com.")
    config = load(discovery_values)
    made = make_discovery(config, make_dialer(config))
    threading.Timer(0.05, event.set).start()

    assert made.of(parse("bob@acme.test")).recommended == "gmail"
