"""The scripted SMTP server shows what other tests count on."""

from __future__ import annotations

import base64
import smtplib
import ssl

import pytest

from tests.peers.certificates import Certificates
from tests.peers.smtp_answers import ANSWERS, SmtpAnswers


@pytest.fixture
def trusting(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.check_hostname = False
    return context


def sign_in(client: smtplib.SMTP, login: str, password: str = "secret") -> tuple[int, bytes]:
    """Sign in once, unlike `SMTP.login`, which tries every mechanism in turn."""
    client.ehlo_or_helo_if_needed()
    client.user, client.password = login, password
    return client.auth("PLAIN", client.auth_plain)


def test_the_right_password_is_taken_after_starttls(smtp_answers: SmtpAnswers, trusting: ssl.SSLContext) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_answers.starttls, timeout=5) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=trusting)
        assert sign_in(client, "anna@example.test")[0] == 235
    (visit,) = smtp_answers.visits
    assert visit.encrypted
    assert visit.attempts[0].login == "anna@example.test"


def test_the_right_password_is_taken_over_implicit_tls(smtp_answers: SmtpAnswers, trusting: ssl.SSLContext) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", smtp_answers.tls, context=trusting, timeout=5) as client:
        assert sign_in(client, "anna@example.test")[0] == 235
    assert smtp_answers.visits[0].encrypted


@pytest.mark.parametrize("local_part", [name for name in ANSWERS if name != "closing"])
def test_the_local_part_chooses_the_refusal(
    smtp_answers: SmtpAnswers, trusting: ssl.SSLContext, local_part: str
) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", smtp_answers.tls, context=trusting, timeout=5) as client:
        client.ehlo()
        code, words = client.docmd("AUTH PLAIN", _plain(f"{local_part}@example.test", "secret"))
    assert code == int(ANSWERS[local_part][:3])
    assert words.decode().splitlines() == [line[4:] for line in ANSWERS[local_part].splitlines()]


def test_a_421_closes_the_connection(smtp_answers: SmtpAnswers, trusting: ssl.SSLContext) -> None:
    client = smtplib.SMTP_SSL("127.0.0.1", smtp_answers.tls, context=trusting, timeout=5)
    client.ehlo()
    assert client.docmd("AUTH PLAIN", _plain("closing@example.test", "secret"))[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()


def test_a_wrong_password_is_refused_and_counted(smtp_answers: SmtpAnswers, trusting: ssl.SSLContext) -> None:
    with (
        smtplib.SMTP_SSL("127.0.0.1", smtp_answers.tls, context=trusting, timeout=5) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        sign_in(client, "anna@example.test", "guess")
    assert smtp_answers.attempts("anna@example.test") == smtp_answers.attempts() == 1
    assert smtp_answers.passwords == ["guess"]


def test_without_encryption_no_sign_in_is_offered(smtp_answers: SmtpAnswers) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_answers.unencrypted, timeout=5) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert not client.has_extn("starttls")
    assert not smtp_answers.visits[0].encrypted
    assert smtp_answers.passwords == []


def _plain(login: str, password: str) -> str:
    return base64.b64encode(f"\0{login}\0{password}".encode()).decode()
