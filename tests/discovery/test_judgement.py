"""What findings amount to: whatever they are, the judgement holds together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.discovery import exchangers
from console.discovery.answer import Saying, Server, Settings
from console.discovery.claims import Findings
from console.discovery.exchange import Found
from console.discovery.judgement import decided, judge, settled
from console.discovery.lookups import Mx
from console.discovery.signals import Signal
from console.discovery.tables.hosts import EXCHANGE, IMAP
from console.discovery.tables.mail_hosts import HOSTS, MICROSOFT
from console.discovery.tenants import Tenant

DOMAIN = "acme.test"
NAMES = (
    "smtp.google.com",
    "acme-test.mail.protection.outlook.com",
    "acme.mail.protection.office365.us",
    "mx.simply.com",
    "mx00.ionos.de",
    "mail.protonmail.ch",
    "inbound-smtp.eu-west-1.amazonaws.com",
    "mxa-1.gslb.pphosted.com",
    "route1.mx.cloudflare.net",
    "mail.acme.test",
    "mx.some-hoster.test",
)
SAYING = Saying("%(domain)s says so.", {"domain": DOMAIN})
SERVER = Server("imap.acme.test", 993, "tls")

records = st.lists(st.builds(Mx, st.integers(0, 3), st.sampled_from(NAMES)), max_size=4)
signals = st.lists(
    st.builds(
        Signal,
        st.sampled_from([row.host for row in HOSTS.rows if row.spf]),
        st.sampled_from(["autodiscover", "srv", "spf", "dkim"]),
        st.just(SAYING),
    ),
    max_size=5,
)
settings = st.builds(
    Settings,
    st.just("x"),
    st.sampled_from(["https", "http", "dns", "guess"]),
    st.sampled_from(["same", "foreign"]),
    st.sampled_from([SERVER, None]),
)
findings = st.builds(
    lambda mx, marks, tenant, exchange, servers: Findings(
        DOMAIN, None if mx is None else exchangers.read(DOMAIN, sorted(mx)), tuple(marks), tenant, exchange, servers
    ),
    st.none() | records,
    signals,
    st.none() | st.builds(Tenant, st.just(SAYING), st.sampled_from(["", "us-government", "china"])),
    st.none()
    | st.builds(
        Found,
        st.sampled_from(["certain", "likely", "possible"]),
        st.just(SAYING),
        st.sampled_from(["", "https://mail.acme.test/EWS/Exchange.asmx"]),
        st.sampled_from([None, MICROSOFT.host]),
    ),
    st.lists(settings, max_size=2).map(tuple),
)


@given(findings)
def test_a_judgement_holds_together(found):
    judged = judge(found)
    settled(found)
    families = [one.provider for one in judged.candidates]

    assert len(set(families)) == len(families)
    assert set(families) <= {"gmail", "microsoft", "exchange", "imap"}
    assert all(one.evidence for one in judged.candidates)
    assert judged.recommended is None or families[0] == judged.recommended
    assert judged.refused is None or (judged.recommended is None and not judged.candidates)
    assert judged.recommended or judged.refused or judged.warnings
    assert str(judged.candidates)


@given(findings)
def test_what_mx_decides_is_certain_or_refused(found):
    judged = decided(found)

    assert judged is None or judged.refused or [one.confidence for one in judged.candidates] == ["certain"]


@given(findings)
def test_nothing_is_recommended_where_mail_is_only_passed_on(found):
    if found.forwarded:
        judged = judge(found)

        assert judged.recommended is None
        assert {one.confidence for one in judged.candidates} <= {"possible"}


def found_servers(transport, relation="same"):
    return (Settings("x", transport, relation, SERVER),)


@pytest.mark.parametrize(
    ("transport", "relation", "confidence"),
    [
        ("https", "same", "likely"),
        ("dns", "same", "likely"),
        ("https", "foreign", "possible"),
        ("http", "same", "possible"),
        ("guess", "same", "possible"),
    ],
)
def test_servers_count_as_far_as_their_source_is_believed(transport, relation, confidence):
    judged = judge(Findings(DOMAIN, (), settings=found_servers(transport, relation)))

    assert (judged.recommended, judged.candidates[0].confidence) == ("imap", confidence)


def test_an_own_exchange_server_comes_before_published_imap_servers():
    found = Found("likely", SAYING, "https://mail.acme.test/EWS/Exchange.asmx")
    judged = judge(Findings(DOMAIN, (), exchange=found, settings=found_servers("https")))

    assert [one.provider for one in judged.candidates] == [EXCHANGE.provider, IMAP.provider]


def test_a_tenant_in_a_closed_cloud_does_not_refuse_a_mailbox_that_likely_lies_elsewhere():
    closed = Tenant(SAYING, "us-government")

    assert judge(Findings(DOMAIN, (), tenant=closed)).refused
    assert not judge(Findings(DOMAIN, (), tenant=closed, settings=found_servers("https"))).refused


def test_one_mark_of_another_host_does_not_save_a_tenant_in_a_closed_cloud():
    google = next(row.host for row in HOSTS.rows if row.host.provider == "gmail")
    filtered = exchangers.read(DOMAIN, [Mx(10, "mxa-1.gslb.pphosted.com")])

    judged = judge(Findings(DOMAIN, filtered, (Signal(google, "spf", SAYING),), Tenant(SAYING, "us-government")))

    assert judged.refused


@pytest.mark.parametrize(
    ("host", "provider"),
    [("imap.gmail.com", "gmail"), ("outlook.office365.com", "microsoft"), ("imap.gmx.net", "imap")],
)
def test_a_domain_that_publishes_servers_of_a_provider_with_a_sign_in_is_that_providers(host, provider):
    judged = judge(Findings(DOMAIN, settings=(Settings("autoconfig", "https", "provider", Server(host, 993, "tls")),)))

    assert (judged.recommended, judged.candidates[0].confidence) == (provider, "likely")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("srv", "acme.test publishes its servers: imap.acme.test"),
        ("autoconfig, srv", "acme.test publishes its servers: imap.acme.test"),
        ("ispdb", "The Thunderbird list (ISPDB) names imap.acme.test for acme.test."),
        ("mx-autoconfig-base", "The operator of the mail server of acme.test names imap.acme.test."),
        ("mx-ispdb", "The Thunderbird list (ISPDB) names imap.acme.test for the mail server of acme.test."),
    ],
)
def test_the_evidence_names_who_told_the_servers(source, sentence):
    judged = judge(Findings(DOMAIN, settings=(Settings(source, "https", "same", SERVER),)))

    assert [str(saying) for saying in judged.candidates[0].evidence] == [sentence]
