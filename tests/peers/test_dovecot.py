"""Dovecot for tests shows what other tests count on."""

from __future__ import annotations

import smtplib
import ssl

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.peers import dovecot as addresses
from tests.peers.certificates import Certificates
from tests.peers.dovecot import Dovecot, Refusal

pytestmark = pytest.mark.server


def trusting(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.check_hostname = False
    return context


def blind() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def presented(server: Dovecot, address: str) -> bytes | None:
    with IMAPClient(address, server.imaps, ssl_context=blind(), timeout=5) as client:
        certificate: bytes | None = client.socket().getpeercert(binary_form=True)
        return certificate


def sent_folders(server: Dovecot, name: str) -> list[str]:
    with IMAPClient("127.0.0.1", server.imaps, ssl_context=blind(), timeout=5) as client:
        client.login(name, "secret")
        return sorted(folder for flags, _, folder in client.list_folders() if b"\\Sent" in flags)


def test_an_account_signs_in_over_tls_and_over_starttls(dovecot: Dovecot, certificates: Certificates) -> None:
    name = dovecot.user("both-ways@peers.test")
    with IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=trusting(certificates), timeout=5) as client:
        client.login(name, "secret")
    with IMAPClient("127.0.0.5", dovecot.imap, ssl=False, timeout=5) as client:
        client.starttls(trusting(certificates))
        client.login(name, "secret")
    assert dovecot.logins(name) == 2


def test_sign_ins_are_counted_by_account_and_outcome(dovecot: Dovecot) -> None:
    name = dovecot.user("counted@peers.test")
    with IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=blind(), timeout=5) as client:
        with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
            client.login(name, "guess")
        client.login(name, "secret")
    assert (dovecot.logins(name), dovecot.refusals(name), dovecot.attempts(name, "smtp")) == (1, 1, 0)


def test_a_changed_password_replaces_the_old_one(dovecot: Dovecot) -> None:
    name = dovecot.user("changed@peers.test")
    dovecot.change_password(name, 'ø"\\ {new}')
    with IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=blind(), timeout=5) as client:
        with pytest.raises(LoginError):
            client.login(name, "secret")
        client.plain_login(name, 'ø"\\ {new}')


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("app-password", r"\[ALERT\] Application-specific password required"),
        ("imap-off", "not enabled for IMAP use"),
        ("disabled", "Account is disabled"),
        ("expired", r"\[EXPIRED\] Password expired"),
        ("tempfail", r"\[UNAVAILABLE\] Temporary authentication failure"),
        ("bad-password", r"\[AUTHENTICATIONFAILED\]"),
    ],
)
def test_a_refusal_is_worded_as_asked(dovecot: Dovecot, refusal: Refusal, words: str) -> None:
    name = dovecot.user(f"refused-{refusal}@peers.test", refusal=refusal)
    with (
        IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=blind(), timeout=5) as client,
        pytest.raises(LoginError, match=words),
    ):
        client.login(name, "secret")


def test_sending_can_be_refused_while_receiving_works(dovecot: Dovecot) -> None:
    name = dovecot.user("receives@peers.test", smtp_refusal="bad-password")
    with IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=blind(), timeout=5) as client:
        client.login(name, "secret")
    with smtplib.SMTP("127.0.0.2", dovecot.submission, timeout=5) as client:
        client.starttls(context=blind())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(name, "secret")


def test_submission_takes_the_right_password_over_tls(dovecot: Dovecot, certificates: Certificates) -> None:
    name = dovecot.user("sends@peers.test")
    with smtplib.SMTP_SSL("127.0.0.1", dovecot.submissions, context=trusting(certificates), timeout=5) as client:
        assert client.login(name, "secret")[0] == 235
    assert dovecot.logins(name, "smtp") == 1


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("Sent", ["Sent"]),
        ("Gesendete Elemente", ["Gesendete Elemente"]),
        ("two", ["Gesendete Elemente", "Sent"]),
        ("named-without-flag", []),
        (None, []),
    ],
)
def test_the_sent_folder_is_as_asked(dovecot: Dovecot, sent: str | None, found: list[str]) -> None:
    name = dovecot.user(f"sent-{sent}@peers.test".replace(" ", "-"), sent=sent)
    assert sent_folders(dovecot, name) == found


def test_each_address_presents_its_own_certificate(dovecot: Dovecot, certificates: Certificates) -> None:
    expected = {
        addresses.GOOD: certificates.good,
        addresses.SELF_SIGNED: certificates.self_signed,
        addresses.WRONG_HOST: certificates.wrong_host,
        addresses.EXPIRED: certificates.expired,
        addresses.NO_PLAIN_LOGIN: certificates.good,
        addresses.CHANGED: certificates.changed,
    }
    for address, identity in expected.items():
        assert presented(dovecot, address) == ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())


def test_login_is_disabled_before_starttls_away_from_the_first_address(dovecot: Dovecot) -> None:
    with IMAPClient(addresses.NO_PLAIN_LOGIN, dovecot.imap, ssl=False, timeout=5) as client:
        assert client.has_capability("LOGINDISABLED")


def test_a_certificate_changes_while_a_session_goes_on(own_dovecot: Dovecot, certificates: Certificates) -> None:
    name = own_dovecot.user("stays@peers.test")
    with IMAPClient(addresses.SELF_SIGNED, own_dovecot.imaps, ssl_context=blind(), timeout=5) as client:
        client.login(name, "secret")
        own_dovecot.present(addresses.SELF_SIGNED, certificates.changed)
        assert client.noop()
    changed = ssl.PEM_cert_to_DER_cert(certificates.changed.certificate.read_text())
    assert presented(own_dovecot, addresses.SELF_SIGNED) == changed


def test_five_hundred_accounts_are_made_at_once(dovecot: Dovecot) -> None:
    names = dovecot.users(500, domain="crowd.peers.test")
    with IMAPClient("127.0.0.1", dovecot.imaps, ssl_context=blind(), timeout=5) as client:
        client.login(names[-1], "secret")
    assert len(names) == 500
