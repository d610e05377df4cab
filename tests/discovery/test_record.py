"""An answer keeps everything on its way through the store, and shows the world what the shell promises."""

import json

import pytest

from console.discovery.addresses import parse
from console.discovery.answer import Answer, Candidate, Caution, Refusal, Saying, Server, Settings, Source
from console.discovery.record import published, restored, stored

ACME = parse("alice@acme.test")
MX = Saying("MX of %(domain)s: %(host)s", {"domain": "acme.test", "host": "mx.acme.test"})
FULL = Answer(
    address=ACME,
    recommended="imap",
    candidates=(
        Candidate("imap", "likely", (MX,)),
        Candidate("exchange", "possible", (), url="https://mail.acme.test/EWS/Exchange.asmx"),
    ),
    refused=Refusal("unsupported-provider", Saying("No way in."), "https://help.acme.test"),
    warnings=(Caution("app-password", Saying("Needs an app password.")),),
    settings=Settings(
        "srv",
        "dns",
        "same",
        Server("imap.acme.test", 993, "tls"),
        Server("smtp.acme.test", 587, "starttls"),
        "%EMAILLOCALPART%",
        not_offered=frozenset({"imap"}),
        cautions=(Caution("switch-on", Saying("Switch IMAP on.")),),
    ),
    others=(Settings("guess", "guess", "same", imap=Server("imap.acme.test", 143, "starttls")),),
    sources=(Source("srv", "found", 12), Source("pacc", "failed", 7, "no answer")),
    story=("    0 ms  MX of acme.test: none",),
)


@pytest.mark.parametrize("answer", [FULL, Answer(ACME, None)], ids=["full", "empty"])
def test_an_answer_comes_back_from_the_store_as_it_went_in(answer):
    assert restored(json.loads(json.dumps(stored(answer)))) == answer


def test_the_published_answer_has_the_promised_shape():
    found = json.loads(json.dumps(published(FULL)))

    assert found["recommended"] == "imap"
    assert found["candidates"][0] == {
        "provider": "imap",
        "confidence": "likely",
        "evidence": ["MX of acme.test: mx.acme.test"],
    }
    assert found["refused"] == {"reason": "unsupported-provider", "sentence": "No way in."}
    assert found["warnings"] == ["Needs an app password."]
    assert found["settings"]["imap"] == {"host": "imap.acme.test", "port": 993, "security": "tls", "username": "alice"}
    assert found["settings"]["smtp"]["username"] is None
    assert found["sources"][1] == {"source": "pacc", "outcome": "failed", "milliseconds": 7, "detail": "no answer"}
    assert "trace" not in found


def test_the_trace_is_told_when_it_is_asked_for():
    assert published(FULL, trace=True)["trace"] == ["    0 ms  MX of acme.test: none"]


@pytest.mark.parametrize("template", ["", "%EMAILADDRESS", "%EMAILUSER%"])
def test_a_sign_in_name_that_does_not_resolve_is_none(template):
    assert FULL.settings.sign_in_name(template, ACME) is None


@pytest.mark.parametrize(
    ("transport", "relation", "confirm"),
    [
        ("https", "same", False),
        ("https", "foreign", True),
        ("dns", "same", True),
        ("signed-dns", "same", False),
        ("http", "same", True),
        ("table", "provider", False),
        ("admin", "foreign", False),
        ("guess", "same", True),
    ],
)
def test_what_could_have_been_forged_is_to_be_confirmed(transport, relation, confirm):
    assert Settings("x", transport, relation).to_confirm is confirm
