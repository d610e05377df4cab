"""Postfix for tests shows what other tests count on."""

from __future__ import annotations

import smtplib
import ssl

import pytest

from tests.peers.certificates import Certificates
from tests.peers.dovecot import Dovecot
from tests.peers.postfix import Postfix

pytestmark = pytest.mark.server


@pytest.fixture
def trusting(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.check_hostname = False
    return context


def test_an_account_of_dovecot_signs_in_after_starttls(
    postfix: Postfix, dovecot: Dovecot, trusting: ssl.SSLContext
) -> None:
    name = dovecot.user("starttls@postfix.test")
    with smtplib.SMTP("127.0.0.1", postfix.submission, timeout=5) as client:
        assert client.ehlo()[0] == 250
        assert not client.has_extn("auth")
        client.starttls(context=trusting)
        assert client.login(name, "secret")[0] == 235
    assert dovecot.logins(name, "smtp") == 1


def test_a_message_is_taken_after_implicit_tls(postfix: Postfix, dovecot: Dovecot, trusting: ssl.SSLContext) -> None:
    name = dovecot.user("sends@postfix.test")
    with smtplib.SMTP_SSL("127.0.0.1", postfix.submissions, context=trusting, timeout=5) as client:
        client.login(name, "secret")
        assert client.sendmail(name, ["jo@postfix.test"], b"Subject: x\r\n\r\nx") == {}


def test_a_wrong_password_is_refused_with_535(postfix: Postfix, dovecot: Dovecot, trusting: ssl.SSLContext) -> None:
    name = dovecot.user("wrong@postfix.test")
    with smtplib.SMTP_SSL("127.0.0.1", postfix.submissions, context=trusting, timeout=5) as client:
        client.user, client.password = name, "guess"
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            client.auth("PLAIN", client.auth_plain)
    assert dovecot.refusals(name, "smtp") == 1


@pytest.mark.parametrize(("recipient", "code"), [("busy", 450), ("full", 452), ("ghost", 550)])
def test_a_recipient_is_refused_as_named(
    postfix: Postfix, dovecot: Dovecot, trusting: ssl.SSLContext, recipient: str, code: int
) -> None:
    name = dovecot.user(f"to-{recipient}@postfix.test")
    with smtplib.SMTP_SSL("127.0.0.1", postfix.submissions, context=trusting, timeout=5) as client:
        client.login(name, "secret")
        client.mail(name)
        assert client.rcpt(f"{recipient}@postfix.test")[0] == code


def test_nobody_sends_as_somebody_else(postfix: Postfix, dovecot: Dovecot, trusting: ssl.SSLContext) -> None:
    name = dovecot.user("me@postfix.test")
    with smtplib.SMTP_SSL("127.0.0.1", postfix.submissions, context=trusting, timeout=5) as client:
        client.login(name, "secret")
        client.mail("you@postfix.test")
        assert client.rcpt("jo@postfix.test") == (
            553,
            b"5.7.1 <you@postfix.test>: Sender address rejected: not owned by user me@postfix.test",
        )
