"""The IMAP + SMTP family against a real Dovecot and a real Postfix: each stage's outcome, counted at the server."""

import itertools

import pytest

from console.providers.dial import Pin
from tests.peers import dovecot as addresses
from tests.peers.certificates import HOST
from tests.providers.boxes import ALL, SENDING, box, check, states, stopped, until
from tests.providers.doors import Table, dialer

pytestmark = pytest.mark.server

names = (f"person{number}@family.test" for number in itertools.count())


def door(certificates, address="127.0.0.1"):
    return dialer(certificates.ca, names=Table(**{HOST: [address]}))


@pytest.fixture
def bob(dovecot):
    """A fresh account with a Sent folder, whose password is "secret"."""
    return dovecot.user(next(names))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_good_mailbox_passes_every_stage(certificates, dovecot, postfix, bob, security):
    imap = dovecot.imaps if security == "tls" else dovecot.imap
    smtp = postfix.submissions if security == "tls" else postfix.submission

    found = check(box(imap, smtp, username=bob, imap_security=security, smtp_security=security), door(certificates))

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert found.proofs == {"sign-in", "read", "sent", "send"}


def test_a_good_mailbox_is_signed_in_to_once_on_each_channel(certificates, dovecot, postfix, bob):
    check(box(dovecot.imaps, postfix.submissions, username=bob), door(certificates))

    assert (dovecot.logins(bob, "imap"), dovecot.logins(bob, "smtp")) == (1, 1)


def test_where_login_is_disabled_until_tls_starttls_opens_it(certificates, dovecot, bob):
    found = check(
        box(dovecot.imap, dovecot.submission, username=bob, imap_security="starttls", smtp_security="starttls"),
        door(certificates, addresses.NO_PLAIN_LOGIN),
    )

    assert states(found) == dict.fromkeys(ALL, "passed")


def test_a_refused_password_is_sent_once_and_on_one_channel(certificates, dovecot, postfix, bob):
    found = check(box(dovecot.imaps, postfix.submissions, username=bob, password="wrong"), door(certificates))

    assert (states(found), found.problem) == (until("sign-in"), "bad-credentials")
    assert (dovecot.attempts(bob, "imap"), dovecot.attempts(bob, "smtp")) == (1, 0)


def test_an_unknown_account_is_a_refusal(certificates, dovecot, postfix):
    found = check(box(dovecot.imaps, postfix.submissions, username="nobody@family.test"), door(certificates))

    assert stopped(found) == ("sign-in", "bad-credentials")


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("app-password", "app-password-required"),
        ("imap-off", "imap-disabled"),
        ("disabled", "account-disabled"),
        ("expired", "password-expired"),
        ("tempfail", "server-unavailable"),
    ],
)
def test_what_dovecot_says_decides_the_problem(certificates, dovecot, postfix, refusal, code):
    name = dovecot.user(next(names), refusal=refusal)

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    assert (states(found), found.problem) == (until("sign-in"), code)
    assert dovecot.attempts(name) == 1


def test_receiving_may_work_where_sending_is_refused(certificates, dovecot, postfix):
    name = dovecot.user(next(names), smtp_refusal="bad-password")

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    assert (states(found), found.problem) == (until("smtp-sign-in"), "bad-credentials")
    assert (dovecot.attempts(name, "imap"), dovecot.attempts(name, "smtp")) == (1, 1)
    assert found.proofs == {"sign-in", "read", "sent"}


def test_receives_only_asks_nothing_of_the_outgoing_server(certificates, dovecot, postfix):
    name = dovecot.user(next(names), smtp_refusal="bad-password")

    found = check(box(dovecot.imaps, postfix.submissions, username=name, receives_only=True), door(certificates))

    assert states(found) == {**dict.fromkeys(ALL, "passed"), **dict.fromkeys(SENDING, "skipped")}
    assert dovecot.attempts(name, "smtp") == 0


@pytest.mark.parametrize(
    ("sent", "folder"),
    [
        ("Sent", "Sent"),
        ("Gesendete Elemente", "Gesendete Elemente"),
        ("two", "Sent"),
        ("named-without-flag", "Sent Items"),
    ],
)
def test_the_sent_folder_is_found_by_its_flag_or_by_its_name(certificates, dovecot, postfix, sent, folder):
    name = dovecot.user(next(names), sent=sent)

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    stage = next(stage for stage in found.stages if stage.name == "find-sent")
    assert (stage.state, stage.values["folder"]) == ("passed", folder)


@pytest.mark.parametrize("folders", ["Skickat", "Éléments envoyés", "Отправленные", "已发送"])
def test_a_folder_named_in_another_language_is_found(certificates, dovecot, postfix, folders):
    name = dovecot.user(next(names), sent=None, folders=[folders])

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    stage = next(stage for stage in found.stages if stage.name == "find-sent")
    assert (stage.state, stage.values["folder"]) == ("passed", folders)


def test_a_mailbox_without_sent_warns_only(certificates, dovecot, postfix):
    name = dovecot.user(next(names), sent=None)

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    assert states(found) == {**dict.fromkeys(ALL, "passed"), "find-sent": "failed"}
    assert (found.failed, found.warned, found.problem) == (False, True, "folder-missing")


@pytest.mark.parametrize("password", ["pæssørd 🐦", ' "quoted" ', "back\\slash", "  spaces  ", "100% {5}", "密码"])
def test_every_sign_of_a_password_arrives_on_both_channels(certificates, dovecot, postfix, password):
    name = dovecot.user(next(names), password)

    found = check(box(dovecot.imaps, postfix.submissions, username=name, password=password), door(certificates))

    assert states(found) == dict.fromkeys(ALL, "passed")


@pytest.mark.parametrize("account", ["bob berg", 'b"ob', "acme\\bob"])
def test_every_sign_of_a_user_name_arrives_on_both_channels(certificates, dovecot, postfix, account):
    name = dovecot.user(f"{account} {next(names)}")

    found = check(box(dovecot.imaps, postfix.submissions, username=name), door(certificates))

    assert states(found) == dict.fromkeys(ALL, "passed")


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("address", "code"),
    [
        (addresses.SELF_SIGNED, "tls-untrusted"),
        (addresses.WRONG_HOST, "tls-hostname-mismatch"),
        (addresses.EXPIRED, "tls-expired"),
    ],
)
def test_a_certificate_that_does_not_verify_stops_before_any_password_leaves(
    certificates, dovecot, postfix, bob, address, code, security
):
    imap = dovecot.imaps if security == "tls" else dovecot.imap

    found = check(box(imap, postfix.submissions, username=bob, imap_security=security), door(certificates, address))

    assert (states(found), found.problem) == (until("secure"), code)
    assert dovecot.attempts(bob) == 0


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (addresses.SELF_SIGNED, "self_signed"),
        (addresses.WRONG_HOST, "wrong_host"),
        (addresses.EXPIRED, "expired"),
    ],
)
def test_trusting_what_was_shown_at_each_port_passes_every_stage(certificates, dovecot, bob, address, kind):
    pins = tuple(Pin(HOST, port, getattr(certificates, kind).sha256) for port in (dovecot.imaps, dovecot.submissions))

    found = check(box(dovecot.imaps, dovecot.submissions, username=bob, pins=pins), door(certificates, address))

    assert states(found) == dict.fromkeys(ALL, "passed")


def test_another_certificate_than_the_trusted_one_stops_before_any_password_leaves(certificates, dovecot, bob):
    pin = Pin(HOST, dovecot.imaps, certificates.self_signed.sha256)

    found = check(
        box(dovecot.imaps, dovecot.submissions, username=bob, pins=(pin,)),
        door(certificates, addresses.CHANGED),
    )

    assert (states(found), found.problem) == (until("secure"), "certificate-changed")
    assert dovecot.attempts(bob) == 0
    assert found.certificate.sha256 == certificates.changed.sha256


def test_starttls_where_tls_is_spoken_from_the_start_is_named(certificates, dovecot, postfix, bob):
    found = check(box(dovecot.imaps, postfix.submissions, username=bob, imap_security="starttls"), door(certificates))

    assert (states(found), found.problem) == (until("secure"), "tls-wrong-port")


def test_tls_where_starttls_is_spoken_is_named(certificates, dovecot, postfix, bob):
    found = check(box(dovecot.imap, postfix.submissions, username=bob), door(certificates))

    assert (states(found), found.problem) == (until("secure"), "tls-wrong-port")


@pytest.mark.parametrize("server", ["submission", "submissions"])
def test_an_outgoing_server_on_the_imap_port_is_named(certificates, dovecot, postfix, bob, server):
    security = "starttls" if server == "submission" else "tls"

    found = check(
        box(getattr(postfix, server), postfix.submissions, username=bob, imap_security=security),
        door(certificates),
    )

    assert (states(found), found.problem) == (until("secure"), "wrong-server")
    assert "SMTP" in found.server_text
    assert dovecot.attempts(bob) == 0


def test_an_incoming_server_on_the_outgoing_port_is_named(certificates, dovecot, bob):
    found = check(box(dovecot.imaps, dovecot.imaps, username=bob), door(certificates))

    assert (states(found), found.problem) == (until("smtp-secure"), "wrong-server")
    assert "IMAP" in found.server_text
    assert dovecot.attempts(bob, "smtp") == 0


def test_credentials_of_its_own_are_sent_to_the_outgoing_server_only(certificates, dovecot, postfix, bob):
    relay = dovecot.user(next(names), "the relay's secret")

    found = check(
        box(dovecot.imaps, postfix.submissions, username=bob, own=(relay, "the relay's secret")),
        door(certificates),
    )

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert (dovecot.attempts(bob, "imap"), dovecot.attempts(bob, "smtp")) == (1, 0)
    assert (dovecot.attempts(relay, "imap"), dovecot.attempts(relay, "smtp")) == (0, 1)
