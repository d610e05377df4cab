import errno
import imaplib
import re
import smtplib
import socket
import ssl
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.exceptions import CapabilityError, LoginError, ProtocolError

from console.rules.diagnose import Diagnosis, Rule, diagnose
from console.rules.problems import CATALOGUE

STAGES = (
    "", "find-server", "reach", "secure", "sign-in", "open-inbox", "find-sent",
    "smtp-reach", "smtp-secure", "smtp-sign-in",
)  # fmt: skip


def code_of(error: BaseException, stage: str = "sign-in", **more: object) -> str:
    return diagnose(error, stage=stage, **more).code


def verify_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code = code
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower().replace('_', ' ')} (_ssl.c:1006)")
    error.reason = reason
    return error


def raised(outer: BaseException, inner: BaseException) -> BaseException:
    """Return `outer` as it is when it was raised while `inner` was handled."""
    outer.__context__ = inner
    return outer


class Coded(Exception):
    def __init__(self, code, server_text=""):
        super().__init__("ours")
        self.code, self.server_text = code, server_text


def test_an_error_that_carries_a_problem_code_decides():
    assert code_of(Coded("certificate-changed"), "secure") == "certificate-changed"


def test_a_code_that_is_no_problem_is_passed_over():
    assert code_of(raised(Coded("E1234"), TimeoutError()), "reach") == "connection-timeout"


def test_the_code_of_an_error_inside_another_is_found():
    assert code_of(raised(OSError("stopped"), Coded("connection-timeout"))) == "connection-timeout"


def test_an_error_without_a_code_is_judged_by_what_the_server_said():
    said = Coded(None, server_text="421 Too many concurrent SMTP connections")
    assert diagnose(said, stage="smtp-secure") == Diagnosis(
        "too-many-connections", "421 Too many concurrent SMTP connections"
    )


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (9, "tls-expired"), (10, "tls-expired"), (18, "tls-untrusted"), (19, "tls-untrusted"), (20, "tls-untrusted"),
        (62, "tls-hostname-mismatch"), (64, "tls-hostname-mismatch"), (26, "tls-untrusted"),
    ],
)  # fmt: skip
def test_a_certificate_that_does_not_verify_is_judged_by_its_number(number, code):
    assert code_of(verify_error(number), "secure") == code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("WRONG_VERSION_NUMBER", "tls-wrong-port"),
        ("HTTP_REQUEST", "tls-wrong-port"),
        ("RECORD_LAYER_FAILURE", "tls-wrong-port"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "tls-protocol"),
        ("UNSUPPORTED_PROTOCOL", "tls-protocol"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "tls-protocol"),
        ("DH_KEY_TOO_SMALL", "tls-protocol"),
        ("UNEXPECTED_EOF_WHILE_READING", "connection-reset"),
        ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "connection-reset"),
        ("SHUTDOWN_WHILE_IN_INIT", "connection-reset"),
        ("APPLICATION_DATA_AFTER_CLOSE_NOTIFY", "connection-reset"),
        ("TLSV1_UNRECOGNIZED_NAME", "tls-hostname-mismatch"),
        ("SOMETHING_NEW", "tls-protocol"),
    ],
)
def test_a_failed_handshake_is_judged_by_its_reason(reason, code):
    assert code_of(tls_error(reason), "secure") == code


def test_a_connection_closed_in_the_handshake_was_cut():
    assert code_of(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "secure") == "connection-reset"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, "dns-not-found"),
        (socket.EAI_NODATA, "dns-not-found"),
        (socket.EAI_AGAIN, "dns-temporary"),
        (socket.EAI_FAIL, "dns-temporary"),
    ],
)
def test_a_name_that_was_not_found_differs_from_trouble_finding_it(number, code):
    assert code_of(socket.gaierror(number, "no"), "find-server") == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ECONNREFUSED, "refused"), "connection-refused"),
        (OSError(errno.ETIMEDOUT, "timed out"), "connection-timeout"),
        (OSError(errno.EHOSTUNREACH, "no route"), "network-unreachable"),
        (OSError(errno.ENETUNREACH, "unreachable"), "network-unreachable"),
        (OSError(errno.ECONNRESET, "reset"), "connection-reset"),
        (BrokenPipeError(errno.EPIPE, "pipe"), "connection-reset"),
        (ConnectionRefusedError(), "connection-refused"),
        (ConnectionResetError(), "connection-reset"),
        (TimeoutError("timed out"), "connection-timeout"),
    ],
)
def test_an_error_of_the_network_is_judged_by_its_number(error, code):
    assert code_of(error, "reach") == code


def test_a_refused_sign_in_of_imapclient_is_read_out_of_the_bytes_it_quotes():
    said = b"[AUTHENTICATIONFAILED] Adgangskoden er forkert \xe6\xf8\xe5"
    error = raised(LoginError(str(imaplib.IMAP4.error(said))), imaplib.IMAP4.error(said))
    assert diagnose(error, stage="sign-in") == Diagnosis(
        "bad-credentials", "NO [AUTHENTICATIONFAILED] Adgangskoden er forkert æøå"
    )


def test_a_bad_that_imaplib_wraps_in_its_own_words_is_still_a_bad():
    error = LoginError("LOGIN command error: BAD [b'Missing argument']")
    assert diagnose(error, stage="sign-in") == Diagnosis("client-bug", "BAD Missing argument")


def test_a_goodbye_that_imaplib_hands_over_without_its_status_is_still_a_goodbye():
    assert code_of(imaplib.IMAP4.abort("Disconnected for inactivity."), "open-inbox") == "session-expired"
    assert code_of(imaplib.IMAP4.abort("See you"), "sign-in") == "connection-reset"


def test_a_goodbye_without_a_reason_at_sign_in_is_no_refused_password():
    assert code_of(imaplib.IMAP4.abort("command: LOGIN => socket error: EOF"), "sign-in") == "connection-reset"


def test_a_command_that_imapclient_reports_as_failed_is_read_as_a_no():
    error = imaplib.IMAP4.error("select failed: [NONEXISTENT] Unknown Mailbox: INBOX")
    assert code_of(error, "open-inbox") == "mailbox-not-available"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CapabilityError("Server does not support STARTTLS capability"), "encryption-not-offered"),
        (imaplib.IMAP4.error("server not IMAP4 compliant"), "wrong-server"),
        (imaplib.IMAP4.error("got more than 1000000 bytes"), "wrong-server"),
        (imaplib.IMAP4.abort("unexpected response: b'220 mail.example.com ESMTP'"), "wrong-server"),
        (imaplib.IMAP4.error("command SELECT illegal in state NONAUTH"), "client-bug"),
        (ProtocolError("unexpected EOF in literal"), "connection-reset"),
    ],
)
def test_the_words_of_imaplib_itself_are_no_answer_of_a_server(error, code):
    diagnosis = diagnose(error, stage="secure")
    assert (diagnosis.code, diagnosis.server_text) == (code, "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 Error: authentication failed"), "bad-credentials"),
        (smtplib.SMTPAuthenticationError(454, b"4.7.0 Temporary authentication failure"), "server-unavailable"),
        (
            smtplib.SMTPAuthenticationError(534, b"5.7.9 Application-specific password required"),
            "app-password-required",
        ),
        (smtplib.SMTPResponseException(500, "Line too long."), "wrong-server"),
        (smtplib.SMTPRecipientsRefused({"a@example.com": (454, b"4.7.0 try again later")}), "server-unavailable"),
        (smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."), "encryption-not-offered"),
        (smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."), "wrong-server"),
        (smtplib.SMTPNotSupportedError("SMTPUTF8 not supported by server"), "client-bug"),
        (smtplib.SMTPException("No suitable authentication method found."), "auth-mechanism-unsupported"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "connection-reset"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed: timed out"), "connection-timeout"),
    ],
)
def test_errors_of_smtplib_are_told_apart_although_all_are_errors_of_the_system(error, code):
    assert code_of(error, "smtp-sign-in") == code


def test_a_closed_connection_gives_way_to_the_time_out_inside_it():
    error = raised(smtplib.SMTPServerDisconnected("Connection unexpectedly closed: late"), TimeoutError("late"))
    assert code_of(error, "smtp-reach") == "connection-timeout"


def test_a_refused_password_is_not_lost_when_closing_the_connection_fails_afterwards():
    refused = LoginError("b'[AUTHENTICATIONFAILED] Authentication failed.'")
    assert code_of(raised(ConnectionResetError(errno.ECONNRESET, "reset"), refused)) == "bad-credentials"


def test_what_the_server_said_is_handed_on_in_one_line_without_ip_addresses():
    error = smtplib.SMTPAuthenticationError(421, b"4.7.0 Too many errors\nfrom 203.0.113.9 and 2001:db8::1")
    assert diagnose(error, stage="smtp-sign-in").server_text == "421 4.7.0 Too many errors from … and …"


def test_a_password_that_cannot_be_encoded_is_not_quoted():
    error = UnicodeEncodeError("ascii", "hemmelig-æøå", 9, 10, "ordinal not in range(128)")
    assert diagnose(error, stage="sign-in") == Diagnosis("client-bug", "")


def test_an_error_that_nobody_knows_is_named_by_its_type_only():
    assert diagnose(KeyError("hunter2"), stage="sign-in") == Diagnosis("unknown", "KeyError")


def test_a_rule_of_a_family_may_look_at_the_error_itself():
    ours = Rule("mailbox-moved", lambda error: isinstance(error, LookupError), stages=("open-inbox",))
    assert code_of(raised(RuntimeError(), KeyError()), "open-inbox", rules=[ours]) == "mailbox-moved"
    assert code_of(KeyError(), "sign-in", rules=[ours]) == "unknown"


def test_a_rule_of_a_family_may_read_the_words_of_its_library():
    ours = Rule("server-version-unsupported", re.compile(r"invalid server version"))
    assert code_of(ValueError("Invalid server version"), "open-inbox", rules=[ours]) == "server-version-unsupported"


def test_the_server_and_the_stage_reach_the_rules():
    error = smtplib.SMTPAuthenticationError(535, b"5.7.8 Error: authentication failed")
    assert code_of(error, "smtp-sign-in", host="smtp.mail.me.com") == "app-password-required"


def test_errors_that_came_from_each_other_in_a_circle_end():
    first, second = OSError("a"), TimeoutError("b")
    first.__context__, second.__context__ = second, first
    assert code_of(first, "reach") == "connection-timeout"


def test_a_very_long_chain_of_errors_ends():
    error: BaseException = TimeoutError()
    for _ in range(5000):
        error = raised(RuntimeError(), error)
    assert code_of(error, "reach") == "unknown"


def test_errors_inside_a_group_are_found():
    assert code_of(ExceptionGroup("both", [ValueError(), TimeoutError()]), "reach") == "connection-timeout"


SAID = st.text(max_size=300) | st.binary(max_size=300)
ERRORS = st.one_of(
    st.builds(imaplib.IMAP4.error, SAID),
    st.builds(imaplib.IMAP4.abort, SAID),
    st.builds(LoginError, SAID.map(str)),
    st.builds(LoginError, SAID.map(repr)),
    st.builds(smtplib.SMTPAuthenticationError, st.integers(-1, 999), SAID),
    st.builds(smtplib.SMTPServerDisconnected, st.text(max_size=80)),
    st.builds(smtplib.SMTPNotSupportedError, st.text(max_size=80)),
    st.builds(OSError, st.integers(0, 200), st.text(max_size=80)),
    st.builds(socket.gaierror, st.integers(-20, 20), st.text(max_size=80)),
    st.builds(ssl.SSLError, st.integers(0, 20), st.text(max_size=80)),
    st.builds(ValueError, st.text(max_size=80)),
    st.builds(TimeoutError),
    st.builds(KeyboardInterrupt),
)


@given(st.lists(ERRORS, min_size=1, max_size=4), st.sampled_from(STAGES), st.sampled_from(["", "imap.gmail.com", "é"]))
def test_any_chain_of_errors_leads_to_a_problem_of_the_catalogue(chain, stage, host):
    for outer, inner in pairwise(chain):
        outer.__context__ = inner
    diagnosis = diagnose(chain[0], stage=stage, host=host)
    assert diagnosis.code in CATALOGUE
    assert "\n" not in diagnosis.server_text
