"""What Exchange and its Autodiscover say in the field is read as the right problem."""

import pytest

from console.rules.diagnose import classify, diagnose
from console.rules.phrases.ews import EWS, WIRE
from console.rules.problems import CATALOGUE

# Texts as public code and issues show them, and Microsoft's list of response codes.
SAID = [
    ("The referenced account is currently locked out", "account-locked"),
    ("ErrorNonExistentMailbox: The SMTP address has no mailbox associated with it.", "mailbox-not-found"),
    ("ErrorServerBusy: The server cannot service this request right now. Try again later.", "rate-limited"),
    ("RateLimitError: Max timeout reached (gave up when asked to back off 300.000 seconds)", "rate-limited"),
    ("ErrorInternalServerTransientError: Caused by HTTP 503 response", "server-unavailable"),
    ("ErrorInvalidSchemaVersionForMailboxVersion: Invalid server version", "server-version-unsupported"),
    ("ErrorIncorrectSchemaVersion: ", "server-version-unsupported"),
    ("ErrorAccessDenied: Access is denied. Check credentials and try again.", "permission-denied"),
    ("ErrorImpersonateUserDenied: The account does not have permission to impersonate the requested user.",
     "permission-denied"),
    ("ErrorMailboxStoreUnavailable: The mailbox database is temporarily unavailable.", "server-unavailable"),
    ("ErrorMailboxMoveInProgress: Mailbox move in progress. Try again later.", "mailbox-moving"),
    ("ErrorMailboxFailover: ", "server-unavailable"),
    ("ErrorPasswordChangeRequired: The password must be changed before logging on.", "password-expired"),
    ("ErrorPasswordExpired: ", "password-expired"),
    ("ErrorAccountDisabled: ", "account-disabled"),
    ("ErrorQuotaExceeded: ", "mailbox-full"),
    ("ErrorMessageSizeExceeded: ", "message-too-large"),
    ("ErrorSendAsDenied: ", "sender-not-allowed"),
    ("ErrorSubmissionQuotaExceeded: ", "send-limit-reached"),
    ("ErrorTimeoutExpired: ", "connection-timeout"),
    ("ErrorExceededConnectionCount: You have exceeded the available concurrent connections for your account.",
     "too-many-connections"),
    ("ErrorNoRespondingCASInDestinationSite: ", "exchange-elsewhere"),
    ("ErrorProxyRequestNotAllowed: ", "exchange-elsewhere"),
    ("CAS error: EXCEPTION_ACCESS_DENIED", "permission-denied"),
    ("ErrorSchemaValidation: The request failed schema validation.", "client-bug"),
    ("ErrorOfTheFuture: Nobody knows it yet.", "server-error"),
    ("Autodiscover: 500 The email address can't be found.", "mailbox-not-found"),
    ("Autodiscover: ServerBusy ", "rate-limited"),
    ("Autodiscover: redirected to user@contoso.mail.onmicrosoft.com", "mailbox-moved"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), SAID, ids=[text[:40] for text, _ in SAID])
@pytest.mark.parametrize("stage", ["sign-in", "open-inbox", "find-server"])
def test_what_a_server_says_is_read_alike_in_every_stage(text, code, stage):
    assert classify(text, stage, rules=EWS) == code


@pytest.mark.parametrize("text", ["", "The mail of the day.", "errors happen", "Exchange Server 2016 (15.1.2507.6)"])
def test_what_is_no_complaint_of_exchange_is_left_to_others(text):
    assert not any(rule.reads(f"_imap {text.casefold()}") for rule in EWS)


def test_every_rule_leads_to_an_entry_of_the_catalogue():
    assert {rule.code for rule in (*EWS, *WIRE)} <= set(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NoAnswer", "connection-reset"),
        ("BadAnswer", "exchange-unreadable"),
        ("TooMuchData", "exchange-unreadable"),
        ("WrongProtocol", "exchange-address-wrong"),
    ],
)
def test_what_happens_on_the_way_is_told_as_of_a_web_server(name, code):
    error = type(name, (Exception,), {"code": "wrong-server"})()

    assert diagnose(error, stage="methods", rules=(*WIRE, *EWS)).code == code


@pytest.mark.parametrize(("stage", "code"), [("open-inbox", "permission-denied"), ("find-sent", "item-not-found")])
def test_an_inbox_that_is_not_there_is_one_that_may_not_be_opened(stage, code):
    assert (
        classify("ErrorFolderNotFound: The specified folder could not be found in the store.", stage, rules=EWS) == code
    )
