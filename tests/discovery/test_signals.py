"""Marks in DNS: what an SPF record includes, and which Autodiscover records count."""

import pytest

from console.discovery.lookups import Srv
from console.discovery.signals import autodiscover_targets, spf_includes, spf_redirect


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("v=spf1 include:_spf.google.com ~all", ["_spf.google.com"]),
        ("V=SPF1 Include:_SPF.Google.com. ~all", ["_spf.google.com"]),
        ("v=spf1 redirect=_spf.mail.ru", ["_spf.mail.ru"]),
        ("v=spf1 ?include:a.test +include:b.test -all", ["a.test", "b.test"]),
        ("v=spf1 -include:a.test -all", []),
        ("v=spf1 include:%{i}.a.test -all", []),
        ("v=spf1 mx a ip4:192.0.2.0/24 exists:include.test -all", []),
        ("v=spf10 include:a.test", []),
        ("spf2.0/pra include:a.test", []),
        ("google-site-verification=include:a.test", []),
        ("", []),
    ],
)
def test_what_an_spf_record_includes_is_read(text, names):
    assert spf_includes(text) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("v=spf1 redirect=_spf.group.test", "_spf.group.test"),
        ("v=spf1 mx Redirect=_SPF.Group.test.", "_spf.group.test"),
        ("v=spf1 redirect=_spf.group.test -all", ""),
        ("v=spf1 redirect=a.test redirect=b.test", ""),
        ("v=spf1 include:a.test ~all", ""),
        ("", ""),
    ],
)
def test_a_record_that_stands_in_for_another_is_read_unless_that_one_is_whole(text, name):
    assert spf_redirect(text) == name


def test_autodiscover_goes_by_priority_then_weight_and_only_at_port_443():
    records = [
        Srv(20, 0, 443, "d.test"),
        Srv(10, 5, 443, "b.test"),
        Srv(10, 9, 443, "a.test"),
        Srv(0, 0, 8443, "x.test"),
        Srv(0, 0, 443, ""),
    ]

    assert [record.host for record in autodiscover_targets(records)] == ["a.test", "b.test", "d.test"]
