"""The lab's mailboxes with a password: what IMAP and SMTP say, fault by fault."""

import base64
import smtplib
import socket
import ssl

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from console.lab.mail_server import HOST, PASSWORD

BOB, ALICE = "bob@harbour.test", "alice@harbour.test"


@pytest.fixture
def trusting(lab):
    context = ssl.create_default_context(cafile=str(lab.mail.ca))
    context.check_hostname = False
    return context


@pytest.fixture
def imap(lab, trusting):
    return lambda: IMAPClient("127.0.0.1", lab.mail.imap.tls, ssl_context=trusting, timeout=10)


def smtp_says(lab, trusting, login, password=PASSWORD):
    with smtplib.SMTP_SSL("127.0.0.1", lab.mail.smtp.tls, context=trusting, timeout=10) as client:
        client.ehlo()
        code, words = client.docmd("AUTH PLAIN", base64.b64encode(f"\0{login}\0{password}".encode()).decode())
        return code, words.decode()


def test_the_certificate_is_for_the_name_that_is_published(lab):
    context = ssl.create_default_context(cafile=str(lab.mail.ca))

    with (
        socket.create_connection(("127.0.0.1", lab.mail.imap.tls), 10) as line,
        context.wrap_socket(line, server_hostname=HOST) as encrypted,
    ):
        assert encrypted.recv(100).startswith(b"* OK")


def test_the_password_opens_imap_and_smtp(lab, imap, trusting):
    with imap() as client:
        client.login(BOB, PASSWORD)
        assert [name for _, _, name in client.list_folders()] == ["INBOX", "Sent"]

    assert smtp_says(lab, trusting, BOB)[0] == 235
    assert lab.mail.place.grants.counts(BOB).calls == 1


@pytest.mark.parametrize(("login", "password"), [(BOB, "wrong"), ("nobody@harbour.test", PASSWORD)])
def test_anything_else_opens_neither(lab, imap, trusting, login, password):
    with imap() as client, pytest.raises(LoginError, match="Authentication failed"):
        client.login(login, password)

    assert smtp_says(lab, trusting, login, password)[0] == 535
    assert lab.mail.place.grants.counts(login).refused == 1


@pytest.mark.parametrize(
    ("slug", "imap_says", "smtp_code"),
    [
        ("wrong-password", "Authentication failed", 535),
        ("imap-disabled", "IMAP access is disabled for your domain", 235),
        ("too-many", "Too many simultaneous connections", 235),
    ],
)
def test_a_fault_of_the_sign_in_meets_its_account_alone(lab, imap, trusting, slug, imap_says, smtp_code):
    lab.mail.place.switch(slug, BOB)

    with imap() as client, pytest.raises(LoginError, match=imap_says):
        client.login(BOB, PASSWORD)
    with imap() as client:
        client.login(ALICE, PASSWORD)
    assert smtp_says(lab, trusting, BOB)[0] == smtp_code


def test_sending_is_off_while_reading_works(lab, imap, trusting):
    lab.mail.place.switch("smtp-disabled", BOB)

    assert "SmtpClientAuthentication is disabled" in smtp_says(lab, trusting, BOB)[1]
    with imap() as client:
        client.login(BOB, PASSWORD)


def test_the_server_hangs_up_after_the_sign_in(lab, imap):
    lab.mail.place.switch("bye", BOB)
    client = imap()
    client.login(BOB, PASSWORD)

    with pytest.raises(Exception, match=r"Server shutting down|EOF|closed|abort"):
        client.list_folders()
    client.shutdown()


def test_the_folder_for_sent_mail_is_gone(lab, imap):
    lab.mail.place.switch("no-sent", BOB)

    with imap() as client:
        client.login(BOB, PASSWORD)
        assert [name for _, _, name in client.list_folders()] == ["INBOX"]


def test_every_command_takes_its_time(lab, imap, monkeypatch):
    waits = []
    monkeypatch.setattr(lab.mail.place, "wait", lambda: waits.append(1))
    lab.mail.place.switch("imap-slow")

    with imap() as client:
        client.login(BOB, PASSWORD)

    assert len(waits) >= 2
