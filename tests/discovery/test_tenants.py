"""Microsoft's tenants: asked about by domain only, and weighed with what else is known."""

import json

import pytest

from tests.discovery.answers import providers, sayings


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
    assert any("Try Microsoft first" in saying for saying in sayings(answer))


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


@pytest.mark.parametrize(
    "fields",
    [
        {"tenant_region_scope": "USGov"},
        {"tenant_region_sub_scope": "DODCON"},
        {"cloud_instance_name": "microsoftonline.us"},
        {"msgraph_host": "dod-graph.microsoft.us"},
        {"msgraph_host": "microsoftgraph.chinacloudapi.cn"},
        {"cloud_instance_name": "partner.microsoftonline.cn"},
    ],
)
def test_any_field_that_names_a_closed_cloud_is_enough(ask, dns, microsoft_login, fields):
    dns.set("acme.test", "MX", "10 mail.acme.test.")
    microsoft_login.says("acme.test", json.dumps({"issuer": "x"} | fields).encode())

    assert ask("bob@acme.test").refused.reason == "unsupported-cloud"


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
