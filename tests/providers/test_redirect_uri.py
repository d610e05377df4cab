"""Where providers send browsers back to: what can be entered at Google Cloud and in Entra, and what is said of it."""

import pytest

from console.providers.gmail import GmailFamily, GoogleEndpoints
from console.providers.microsoft import MicrosoftEndpoints, MicrosoftFamily
from console.providers.redirect_uri import google_takes, microsoft_takes


@pytest.mark.parametrize(
    ("uri", "google", "microsoft"),
    [
        ("https://inbox.acme.dk/consent/gmail", True, True),
        ("https://inbox.acme.dk:8443/consent/gmail", True, True),
        ("http://inbox.acme.dk/consent/gmail", False, False),
        ("https://inbox.acme.local/consent/gmail", False, True),
        ("https://inbox.internal/consent/gmail", False, True),
        ("https://inbox/consent/gmail", False, True),
        ("https://10.1.2.3/consent/gmail", False, True),
        ("http://10.1.2.3:8000/consent/gmail", False, False),
        ("http://localhost:8000/consent/gmail", True, True),
        ("http://127.0.0.1:8000/consent/gmail", True, False),
        ("http://[::1]:8000/consent/gmail", True, False),
    ],
)
def test_what_each_provider_takes(uri, google, microsoft):
    assert (google_takes(uri), microsoft_takes(uri)) == (google, microsoft)


@pytest.mark.parametrize(
    ("family", "word"),
    [(GmailFamily(), "Google takes no such redirect URI"), (MicrosoftFamily(), "Microsoft takes no such redirect URI")],
)
def test_what_cannot_be_entered_there_is_said(family, word):
    assert family.refuses("http://inbox.acme.dk/consent/x").startswith(word)
    assert family.refuses("https://inbox.acme.dk/consent/x") == ""


@pytest.mark.parametrize(
    "family",
    [
        GmailFamily(GoogleEndpoints(authorize="http://127.0.0.1:4000/auth")),
        MicrosoftFamily(MicrosoftEndpoints(login="http://127.0.0.1:4001")),
    ],
)
def test_a_stand_in_has_rules_of_its_own(family):
    assert family.refuses("http://inbox.acme.dk/consent/x") == ""
