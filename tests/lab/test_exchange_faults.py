"""Each switch of the lab's Exchange does to a real client what the field's servers do."""

import pytest
from exchangelib import BASIC, NTLM, Message, errors
from exchangelib.version import Build
from requests.exceptions import ReadTimeout

from console.lab.exchange_builds import BUILDS
from console.lab.exchange_pages import MEGABYTE
from tests.lab.corp import ALICE, BOB
from tests.lab.ews_contract import REQUESTS

FOLDER = REQUESTS["a folder"]
# What exchangelib makes of each; the texts are those that its users report.
RAISED = {
    "locked-out": (errors.UnauthorizedError, "The referenced account is currently locked out"),
    "refused-password": (errors.UnauthorizedError, "Invalid credentials"),
    "password-expired": (errors.ErrorPasswordChangeRequired, "The password must be changed before logging on"),
    "status-456": (errors.MalformedResponseError, "Code: 456"),
    "cas-denied": (errors.CASError, "EXCEPTION_ACCESS_DENIED"),
    "forbidden": (errors.MalformedResponseError, "Code: 403"),
    "ews-off": (errors.MalformedResponseError, "Code: 403"),
    "not-found": (errors.MalformedResponseError, "Code: 404"),
    "status-440": (errors.MalformedResponseError, "Code: 440"),
    "status-449": (errors.MalformedResponseError, "Code: 449"),
    "unavailable": (errors.TransportError, "HTTP 503"),
    "application-error": (errors.TransportError, "Server Error in"),
    "load-balancer": (errors.MalformedResponseError, "Code: 502"),
    "owa-page": (errors.MalformedResponseError, "No Body element"),
    "owa-redirect": (errors.RedirectError, "/owa/auth/logon.aspx"),
    "xml-cut": (errors.SOAPError, "Unknown SOAP response"),
    "busy": (errors.ErrorServerBusy, "cannot service this request right now"),
    "connections": (errors.ErrorExceededConnectionCount, "exceeded the available concurrent connections"),
    "no-exchange-mailbox": (errors.ErrorNonExistentMailbox, "has no mailbox associated with it"),
    "moved-to-cloud": (errors.ErrorNonExistentMailbox, "has no mailbox associated with it"),
    "no-access": (errors.ErrorAccessDenied, "Access is denied. Check credentials and try again."),
    "moving": (errors.ErrorMailboxMoveInProgress, "Mailbox move in progress. Try again later."),
    "store-down": (errors.ErrorMailboxStoreUnavailable, "temporarily unavailable"),
    "failover": (errors.ErrorMailboxFailover, "ErrorMailboxFailover"),
    "other-server": (errors.ErrorProxyRequestNotAllowed, "ErrorProxyRequestNotAllowed"),
    "other-site": (
        errors.ErrorNoRespondingCASInDestinationSite,
        "none of the Client Access Servers in the destination site",
    ),
    "older-mailbox": (errors.ErrorInvalidSchemaVersionForMailboxVersion, "Tried versions"),
}
EVERYBODY = {
    "foreign-401": (errors.UnauthorizedError, "Invalid credentials"),
    "no-offer": (errors.UnauthorizedError, "Invalid credentials"),
    "only-negotiate": (errors.UnauthorizedError, "Invalid credentials"),
    "ews-elsewhere": (errors.RedirectError, "mail.hoster.test"),
    "ews-endless": (errors.TransportError, "Redirect"),
    "self-signed": (errors.TransportError, "self-signed certificate"),
    "unknown-authority": (errors.TransportError, "unable to get (local )?issuer certificate"),
    "expired": (errors.TransportError, "certificate has expired"),
    "wrong-name": (errors.TransportError, "Hostname mismatch"),
}


@pytest.mark.parametrize("slug", RAISED)
def test_a_fault_of_one_account_is_met_by_it_alone(corp, slug):
    kind, text = RAISED[slug]
    corp.place.switch(slug, ALICE)

    with pytest.raises(kind, match=text):
        corp.account(scheme=BASIC).inbox.refresh()

    assert corp.place.grants.counts(ALICE).refused <= 1
    assert corp.ews(FOLDER, login=BOB).status_code == 200


@pytest.mark.parametrize("slug", EVERYBODY)
def test_a_fault_of_the_server_is_met_by_everybody(corp, slug):
    kind, text = EVERYBODY[slug]
    corp.place.switch(slug)

    with pytest.raises(kind, match=text):
        corp.account(scheme=BASIC).inbox.refresh()


@pytest.mark.parametrize("slug", ["self-signed", "unknown-authority", "expired", "wrong-name"])
def test_nothing_is_sent_to_a_server_whose_certificate_is_not_taken(corp, slug):
    corp.place.switch(slug)

    with pytest.raises(errors.TransportError):
        corp.account(scheme=BASIC).inbox.refresh()

    seen = corp.place.host("mail.corp.test")
    assert (seen.connections, seen.requests) == (1, 0)


@pytest.mark.parametrize("slug", ["exchange-2007", "exchange-2010-sp2", "exchange-se"])
def test_each_version_is_found_by_the_client(corp, slug):
    corp.place.switch(slug)

    assert corp.account(scheme=NTLM).version.build == Build(*BUILDS[slug].numbers)


def test_a_schema_that_is_newer_than_the_server_is_refused(corp):
    corp.place.switch("exchange-2010-sp2")

    refused = corp.ews(FOLDER, schema="Exchange2013")

    assert refused.status_code == 500
    assert b"ErrorInvalidServerVersion" in refused.content
    assert corp.ews(FOLDER, schema="Exchange2010_SP2").status_code == 200


def test_a_busy_server_says_how_long_to_wait(corp):
    account = corp.account(scheme=BASIC)
    assert account.version
    corp.place.switch("busy", ALICE)

    with pytest.raises(errors.ErrorServerBusy) as busy:
        account.inbox.refresh()

    assert busy.value.back_off == pytest.approx(297.749)


def test_a_server_that_is_away_says_how_long(corp):
    corp.place.switch("unavailable")

    answer = corp.ews(FOLDER)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")


@pytest.mark.parametrize(
    ("slug", "reason"), [("status-440", "Login Timeout"), ("status-449", "Retry after sending a PROVISION command")]
)
def test_a_status_of_microsofts_own_has_its_words(corp, slug, reason):
    corp.place.switch(slug)

    assert corp.ews(FOLDER).reason == reason


def test_ews_is_off_for_a_user_who_goes_on_finding_it(corp):
    corp.place.switch("ews-off", ALICE)

    assert corp.ews(FOLDER).status_code == 403
    assert corp.pox(ALICE).status_code == 200


def test_the_first_request_is_answered_and_the_second_is_not(corp, monkeypatch):
    corp.place.switch("hangs", ALICE)
    monkeypatch.setattr("tests.lab.corp.SECONDS", 0.3)

    assert corp.ews(FOLDER).status_code == 200
    with pytest.raises(ReadTimeout):
        corp.ews(FOLDER)


def test_a_slow_answer_waits(corp, monkeypatch):
    waits = []
    monkeypatch.setattr(corp.place, "wait", lambda: waits.append(1))
    corp.place.switch("ews-slow", ALICE)

    assert corp.ews(FOLDER).status_code == 200
    assert waits == [1]


def test_an_answer_of_100_megabytes_goes_on(corp):
    corp.place.switch("xml-huge", ALICE)

    answer = corp.ews(FOLDER, stream=True)
    read = 0
    for part in answer.iter_content(MEGABYTE):
        read += len(part)
        if read > 5 * MEGABYTE:
            break
    answer.close()

    assert read > 5 * MEGABYTE
    assert "Content-Length" not in answer.headers


def test_entities_are_declared_that_would_fill_any_memory(corp):
    corp.place.switch("xml-entities", ALICE)

    answer = corp.ews(FOLDER).text

    assert "<!DOCTYPE" in answer
    assert 'SYSTEM "file:' in answer
    assert "&i;" in answer


def test_soap_that_is_called_html_is_soap_all_the_same(corp):
    corp.place.switch("wrong-type", ALICE)

    answer = corp.ews(FOLDER)

    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"GetFolderResponse" in answer.content


def test_a_mailbox_on_another_server_opens_there(corp):
    corp.place.switch("other-server", ALICE)

    assert b"ErrorProxyRequestNotAllowed" in corp.ews(FOLDER).content
    assert b"NoError" in corp.ews(FOLDER, host="mail2.corp.test").content


def test_a_mailbox_without_a_folder_for_sent_mail_has_an_inbox(corp):
    corp.place.switch("ews-no-sent", ALICE)
    account = corp.account(scheme=NTLM)

    account.inbox.refresh()
    with pytest.raises(errors.ErrorFolderNotFound):
        assert account.sent


def test_a_directory_that_says_nothing_finds_nobody(corp):
    corp.place.switch("no-directory", ALICE)

    (found,) = corp.directory(ALICE)

    assert isinstance(found, errors.ErrorNameResolutionNoResults)


def test_what_is_sent_lies_in_the_sent_folder(corp):
    account = corp.account(scheme=NTLM)

    Message(account=account, folder=account.sent, subject="Hello", to_recipients=[BOB]).send()

    assert [mail.parsed["Subject"] for mail in corp.place.mail.list(ALICE, "SENT")] == ["Hello"]


def test_sending_is_refused_where_it_may_not_be(corp):
    corp.place.switch("may-not-send", ALICE)
    account = corp.account(scheme=NTLM)

    with pytest.raises(errors.ErrorSendAsDenied, match="does not have the right to send mail"):
        Message(account=account, subject="Hello", to_recipients=[BOB]).send()


def test_extended_protection_takes_an_answer_that_was_made_for_the_server(corp):
    corp.place.switch("extended-protection")

    corp.account(scheme=NTLM).inbox.refresh()


def test_extended_protection_refuses_an_answer_that_was_made_for_no_server(corp, monkeypatch):
    corp.place.switch("extended-protection")
    monkeypatch.setattr("requests_ntlm.requests_ntlm.HttpNtlmAuth._get_server_cert", lambda *_: None)

    with pytest.raises(errors.UnauthorizedError):
        corp.account(scheme=NTLM).inbox.refresh()
