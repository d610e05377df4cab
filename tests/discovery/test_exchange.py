"""Exchange on a domain's own servers, found without a password and without the address."""

import json

import pytest

from tests.discovery.answers import providers, sayings


@pytest.fixture
def autodiscover(dns, sites):
    """Let Autodiscover of acme.test name an address for Exchange Web Services."""

    def names(url):
        dns.host("autodiscover.acme.test", "127.0.0.1")
        answer = json.dumps({"Protocol": "EWS", "Url": url})
        sites.page("autodiscover.acme.test", "/autodiscover/autodiscover.json", answer)

    return names


def test_autodiscover_that_names_an_own_server_is_exchange_with_its_url(ask, dns, autodiscover):
    url = "https://mail.acme.test/EWS/Exchange.asmx"
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    autodiscover(url)

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("exchange", "certain")
    assert answer.candidates[0].url == url
    assert sayings(answer)[0] == f"Autodiscover of acme.test names {url}"


def test_autodiscover_that_names_microsofts_service_is_microsoft(ask, dns, autodiscover):
    url = "https://outlook.office365.com/EWS/Exchange.asmx"
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    dns.set("acme.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    autodiscover(url)

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("microsoft", "likely")
    assert "exchange" not in providers(answer)


def test_autodiscover_that_names_microsofts_service_decides_where_no_filter_stands_in_front(ask, dns, autodiscover):
    url = "https://outlook.office365.com/EWS/Exchange.asmx"
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    autodiscover(url)

    answer = ask("bob@acme.test")

    assert (answer.recommended, answer.confidence) == ("microsoft", "likely")


def test_a_redirect_over_http_to_microsofts_service_is_a_possibility_alone(ask, dns, plain_sites):
    dns.set("acme.test", "MX", "10 mail.acme.test.").host("autodiscover.acme.test", "127.0.0.1")
    place = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"
    plain_sites.redirect("autodiscover.acme.test", "/autodiscover/autodiscover.xml", place)

    answer = ask("bob@acme.test")

    assert ("microsoft", "possible") in [(one.provider, one.confidence) for one in answer.candidates]
    assert answer.recommended == "imap"


@pytest.mark.parametrize(
    "headers",
    [
        {"x_feserver": "EX01"},
        {"x_owa_version": "15.2.1118.7"},
        {"www_authenticate": "NTLM"},
        {"www_authenticate": "Negotiate"},
        {"www_authenticate": 'Basic realm="mail.acme.test"', "server": "Microsoft-IIS/10.0"},
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


def test_an_exchange_server_of_the_domain_and_a_tenant_are_a_hybrid_behind_a_filter_too(
    ask, dns, autodiscover, microsoft_login
):
    dns.set("acme.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    url = "https://mail.acme.test/EWS/Exchange.asmx"
    autodiscover(url)
    microsoft_login.tenant("acme.test")

    assert providers(ask("bob@acme.test"))[:2] == ["microsoft", "exchange"]


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.9", "fd00::9"])
def test_no_record_leads_a_request_to_an_address_that_is_not_the_domains_to_reach(ask, dns, address):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("ex.evil.test", address)
    dns.set("_autodiscover._tcp.acme.test", "SRV", "0 0 443 ex.evil.test.")

    answer = ask("bob@acme.test")

    assert any("ex.evil.test" in step and "network policy does not allow" in step for step in answer.story)
    assert providers(answer) == ["imap"]


def test_redirects_are_followed_once_and_never_in_circles(ask, dns, sites):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("autodiscover.acme.test", "127.0.0.1")
    for name, following in (("a", "b"), ("b", "a")):
        dns.host(f"{name}.hoster.test", "127.0.0.1")
        sites.redirect(
            f"{name}.hoster.test", "/autodiscover/autodiscover.json", f"https://{following}.hoster.test/autodiscover"
        )
    sites.redirect("autodiscover.acme.test", "/autodiscover/autodiscover.json", "https://a.hoster.test/autodiscover")

    ask("bob@acme.test")

    assert sites.asked("a.hoster.test")
    assert sites.asked("b.hoster.test") == []


@pytest.mark.parametrize("path", ["/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc"])
def test_another_makers_server_is_possible_where_it_guards_autodiscover_and_nothing_else(ask, dns, sites, path):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("autodiscover.acme.test", "127.0.0.1")
    sites.page("autodiscover.acme.test", path, "", status=401, www_authenticate='Basic realm="mail"', server="nginx")

    found = {one.provider: one for one in ask("bob@acme.test").candidates}["exchange"]

    assert (found.confidence, found.autodiscover) == ("possible", "autodiscover.acme.test")


def test_a_web_server_that_guards_every_path_is_no_autodiscover(ask, dns, sites):
    dns.set("acme.test", "MX", "10 mx.some-hoster.test.").host("autodiscover.acme.test", "127.0.0.1")
    for path in ("/autodiscover/autodiscover.xml", "/inbox-console-probe"):
        sites.page("autodiscover.acme.test", path, "", status=401, www_authenticate='Basic realm="all"')

    assert "exchange" not in providers(ask("bob@acme.test"))
