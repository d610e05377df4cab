"""What ids, secrets, directories and endpoints of apps look like."""

from ipaddress import ip_network

import pytest

from console.rules.app_shapes import is_endpoint, listed, names_directory, visible


@pytest.mark.parametrize(("text", "may"), [("GOCSPX-a~b.c_d", True), ("two words", False), ("tøwer", False)])
def test_ids_and_secrets_are_visible_letters_without_a_space(text, may):
    assert visible(text) is may


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("", True),
        ("6b6f0502-0bb9-41b0-a398-bf40c31066a0", True),
        ("acme.onmicrosoft.com", True),
        ("../../evil?x=#", False),
        ("https://login.microsoftonline.com/acme.test", False),
        ("ácme.test", False),
    ],
)
def test_a_directory_is_an_id_or_a_domain(text, may):
    assert names_directory(text) is may


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("https://oauth2.googleapis.com/token", True),
        ("http://127.0.0.1:4000", True),
        ("https://[::1]:4000/token", True),
        ("ftp://google.acme.test", False),
        ("google.acme.test/token", False),
        ("https://somebody@google.acme.test", False),
        ("https://google.acme.test:99999", False),
        ("https://google.acme.test:0", False),
        ("https://[::1/token", False),
        ("https://google.acme.test/token?a=b", False),
        ("https://google.acme.test/token#a", False),
        ("https://google.acme.test/a b", False),
        ("", False),
    ],
)
def test_an_endpoint_is_a_host_with_a_path(text, may):
    assert is_endpoint(text) is may


@pytest.mark.parametrize(
    ("host", "inside"),
    [("10.1.2.3", True), ("localhost", True), ("::1", False), ("192.0.2.1", False), ("google.acme.test", False)],
)
def test_plain_http_is_for_addresses_that_are_listed(host, inside):
    assert listed(host, [ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8")]) is inside
