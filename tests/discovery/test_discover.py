"""One discovery from end to end: what it asks, what it leaves alone, and that it ends."""

import json
import threading

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from console.discovery.answer import Default, Server, Settings

MS_MX = "10 acme-test.mail.protection.outlook.com."


def sayings(answer):
    """Return every sentence of evidence."""
    return [str(saying) for candidate in answer.candidates for saying in candidate.evidence]


def providers(answer):
    return [candidate.provider for candidate in answer.candidates]


def codes(answer):
    return [caution.code for caution in answer.warnings]


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


# Microsoft's tenants.


def test_a_tenant_is_asked_about_by_domain_and_never_with_the_address(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")

    ask("bob.berg@acme.test")

    assert microsoft_login.requests == ["/acme.test/v2.0/.well-known/openid-configuration"]


def test_no_request_of_any_kind_carries_the_address_or_its_local_part(ask, dns, sites, plain_sites, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    for name in ("mail.acme.test", "autodiscover.acme.test"):
        dns.host(name, "127.0.0.1")
    microsoft_login.busy("acme.test").tenant("acme.test")

    ask("bob.berg@acme.test")

    asked = [request.path for request in (*sites.requests, *plain_sites.requests) if request.host.startswith("autod")]
    assert any("getuserrealm" in path for path in microsoft_login.requests)
    assert asked
    assert not [path for path in (*asked, *microsoft_login.requests) if "berg" in path.lower()]


def test_the_realm_is_asked_where_the_configuration_does_not_tell(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    microsoft_login.busy("acme.test").tenant("acme.test")

    assert ask("bob@acme.test").recommended == "microsoft"


def test_own_mail_servers_and_a_tenant_are_a_hybrid_with_microsoft_first(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    microsoft_login.tenant("acme.test")

    answer = ask("bob@acme.test")

    assert answer.recommended == "microsoft"
    assert providers(answer)[:2] == ["microsoft", "exchange"]
    assert "acme.test belongs to a Microsoft tenant." in sayings(answer)
    assert any("try Microsoft first" in saying for saying in sayings(answer))


def test_a_tenant_alone_is_no_proof_of_mail_where_another_host_takes_it(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.")
    microsoft_login.tenant("acme.test")

    answer = ask("bob@acme.test")

    assert answer.recommended == "imap"
    assert [(one.provider, one.confidence) for one in answer.candidates] == [
        ("imap", "possible"),
        ("microsoft", "possible"),
    ]


@pytest.mark.parametrize("cloud", ["gcc-high", "dod", "china"])
@pytest.mark.parametrize("mx", ["10 mail.acme.test.", "10 mxa-1.gslb.pphosted.com."])
def test_a_tenant_in_a_closed_cloud_is_refused(ask, dns, microsoft_login, cloud, mx):
    dns.set("acme.test", "MX", mx)
    microsoft_login.tenant("acme.test", cloud)

    answer = ask("bob@acme.test")

    assert answer.recommended is None
    assert answer.refused is not None
    assert answer.refused.reason == "unsupported-cloud"


def test_a_tenant_in_the_gcc_works_as_any_other(ask, dns, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    microsoft_login.tenant("acme.test", "gcc")

    assert ask("bob@acme.test").recommended == "microsoft"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"not json", b"\xff\xfe", b"[" * 30000, b'{"issuer": 1e999}'[:5]]
)
def test_nonsense_from_microsoft_tells_nothing(ask, dns, microsoft_login, body):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.")
    microsoft_login.says("acme.test", body)

    assert providers(ask("bob@acme.test")) == ["imap"]


# Exchange.


def test_autodiscover_that_names_an_own_server_is_exchange_with_its_url(ask, dns, sites):
    url = "https://mail.acme.test/EWS/Exchange.asmx"
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("autodiscover.acme.test", "127.0.0.1")
    sites.page("autodiscover.acme.test", "/autodiscover/autodiscover.json", f'{{"Protocol": "EWS", "Url": "{url}"}}')

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("exchange", "certain")
    assert answer.candidates[0].url == url
    assert sayings(answer)[0] == f"Autodiscover of acme.test names {url}"


def test_autodiscover_that_names_microsofts_service_is_microsoft(ask, dns, sites):
    url = "https://outlook.office365.com/EWS/Exchange.asmx"
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.").host("autodiscover.acme.test", "127.0.0.1")
    dns.set("acme.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    sites.page("autodiscover.acme.test", "/autodiscover/autodiscover.json", f'{{"Protocol": "EWS", "Url": "{url}"}}')

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("microsoft", "likely")
    assert "exchange" not in providers(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_feserver": "EX01"},
        {"x_owa_version": "15.2.1118.7"},
        {"www_authenticate": "NTLM"},
        {"www_authenticate": "Negotiate"},
    ],
)
def test_a_server_that_answers_as_exchange_does_is_exchange(ask, dns, sites, headers):
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("mail.acme.test", "127.0.0.1")
    sites.page("mail.acme.test", "/EWS/Exchange.asmx", "", status=401, **headers)

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("exchange", "likely")
    assert answer.candidates[0].url == "https://mail.acme.test/EWS/Exchange.asmx"
    assert "mail.acme.test answers as an Exchange server." in sayings(answer)


def test_a_web_server_that_asks_everybody_for_a_password_is_no_exchange(ask, dns, sites):
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("mail.acme.test", "127.0.0.1")
    sites.page("mail.acme.test", "/EWS/Exchange.asmx", "", status=401, www_authenticate='Basic realm="x"')

    assert "exchange" not in providers(ask("bob@acme.test"))


def test_an_exchange_server_and_a_tenant_are_a_hybrid_that_names_the_server(ask, dns, sites, microsoft_login):
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("mail.acme.test", "127.0.0.1")
    sites.page("mail.acme.test", "/EWS/Exchange.asmx", "", status=401, www_authenticate="NTLM")
    microsoft_login.tenant("acme.test")

    answer = ask("bob@acme.test")

    assert [(one.provider, one.confidence) for one in answer.candidates][:2] == [
        ("microsoft", "likely"),
        ("exchange", "likely"),
    ]
    assert answer.candidates[1].url == "https://mail.acme.test/EWS/Exchange.asmx"


def test_the_srv_record_of_the_lowest_priority_leads_to_autodiscover(ask, dns, sites):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    dns.set(
        "_autodiscover._tcp.acme.test", "SRV", "20 0 443 b.acme.test.", "10 0 443 a.acme.test.", "1 0 80 c.acme.test."
    )
    for name in ("a.acme.test", "b.acme.test", "c.acme.test"):
        dns.host(name, "127.0.0.1")
    for name in ("a", "b", "c"):
        url = f"https://{name}.acme.test/EWS/Exchange.asmx"
        sites.page(f"{name}.acme.test", "/autodiscover/autodiscover.json", f'{{"Url": "{url}"}}')

    answer = ask("bob@acme.test")

    assert answer.candidates[0].url == "https://a.acme.test/EWS/Exchange.asmx"
    assert sites.asked("c.acme.test") == []


def test_where_plain_http_leads_is_read_and_asked_over_https(ask, dns, sites, plain_sites):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("autodiscover.acme.test", "127.0.0.1")
    dns.host("ex.hoster.test", "127.0.0.1")
    sites.presenting("autodiscover.acme.test", "another.test")
    place = "https://ex.hoster.test/autodiscover/autodiscover.xml"
    plain_sites.redirect("autodiscover.acme.test", "/autodiscover/autodiscover.xml", place)
    sites.page("ex.hoster.test", "/EWS/Exchange.asmx", "", status=401, www_authenticate="NTLM", x_feserver="EX01")

    answer = ask("bob@acme.test")

    # Anybody on the way could have written where http leads.
    assert [one.confidence for one in answer.candidates if one.provider == "exchange"] == ["possible"]


@pytest.mark.parametrize("place", ["http://ex.acme.test/", "https://acme.test/x", "ftp://ex.acme.test/", "https://b@x.test/",
                                   "https://[::1/", "", "https://" + "a" * 400])  # fmt: skip
def test_where_http_leads_otherwise_is_left_alone(ask, dns, sites, plain_sites, place):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("autodiscover.acme.test", "127.0.0.1")
    sites.presenting("autodiscover.acme.test", "another.test")
    plain_sites.redirect("autodiscover.acme.test", "/autodiscover/autodiscover.xml", place)

    assert providers(ask("bob@acme.test")) == ["imap"]


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.acme.test/EWS",
        "javascript:alert(1)",
        "https://b:c@mail.acme.test/",
        7,
        None,
        {"a": 1},
        "https://mail.acme.test/\u202ex",
    ],
)
def test_an_address_from_autodiscover_that_is_no_https_address_is_left_out(ask, dns, sites, url):
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("autodiscover.acme.test", "127.0.0.1")
    sites.page("autodiscover.acme.test", "/autodiscover/autodiscover.json", json.dumps({"Url": url}))

    assert all(candidate.url == "" for candidate in ask("bob@acme.test").candidates)


def test_a_domain_below_which_anybody_registers_names_is_not_asked_for_autodiscover(ask, dns, sites, plain_sites):
    dns.set("co.uk", "MX", "10 mx.some-hoster.test.").host("autodiscover.co.uk", "127.0.0.1")

    ask("bob@co.uk")

    assert sites.asked("autodiscover.co.uk") == plain_sites.asked("autodiscover.co.uk") == []


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
