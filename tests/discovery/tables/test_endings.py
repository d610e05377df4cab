"""Names are looked up by their end, label by label."""

import pytest

from console.discovery.tables.endings import Endings

TABLE = Endings([("google", ["aspmx.l.google.com"]), ("mail", ["acme.test"]), ("filter", ["filter.acme.test"])])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aspmx.l.google.com", "google"),
        ("alt1.aspmx.l.google.com", "google"),
        ("mx.acme.test", "mail"),
        ("mx.filter.acme.test", "filter"),
        ("l.google.com", None),
        ("notacme.test", None),
        ("acme.test.evil.test", None),
        ("", None),
    ],
)
def test_the_longest_ending_tells(name, value):
    assert TABLE.of(name) == value


def test_an_ending_belongs_to_one_value():
    with pytest.raises(ValueError, match="listed twice"):
        Endings([("a", ["acme.test"]), ("b", ["acme.test"])])
