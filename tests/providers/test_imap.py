"""The IMAP + SMTP family against servers of every manner: what passes, what stops where, and what is never sent."""

import base64
from dataclasses import replace

import pytest

from console.providers.dial import Pin
from console.providers.errors import NameNotFound
from tests.peers import imap_kinds, scripted
from tests.peers.certificates import HOST
from tests.peers.imap_kinds import PLAIN, Folder
from tests.peers.imap_server import imap_server
from tests.peers.scripted import serve
from tests.peers.smtp_answers import smtp_answers
from tests.providers.boxes import ALL, SENDING, box, check, states, stopped, until
from tests.providers.doors import Table, dialer

kinds = pytest.mark.parametrize("kind", [*imap_kinds.ALL, *imap_kinds.HARDER], ids=lambda kind: kind.name)


@pytest.fixture
def door(certificates):
    return dialer(certificates.ca)


@pytest.fixture
def smtp(certificates):
    with smtp_answers(certificates) as server:
        yield server


def attempts(imap):
    return [attempt for visit in imap.visits for attempt in visit.attempts]


# Every manner of server.


@kinds
def test_every_kind_of_server_is_checked_to_the_end(certificates, door, smtp, kind):
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert (found.failed, found.warned, found.problem) == (False, False, None)


@kinds
def test_every_kind_of_server_is_checked_over_starttls_too(certificates, door, smtp, kind):
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.starttls, smtp.starttls, imap_security="starttls", smtp_security="starttls"), door)

    assert states(found) == dict.fromkeys(ALL, "passed")


def test_a_server_that_asks_in_words_for_the_password_gets_it(certificates, door, smtp):
    with imap_server(certificates, imap_kinds.PROMPTING) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert imap.passwords == ["secret"]


@kinds
def test_a_password_that_any_kind_refuses_is_a_refusal_and_was_sent_once(certificates, door, smtp, kind):
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.tls, smtp.tls, password="wrong"), door)

    assert stopped(found) == ("sign-in", "bad-credentials")
    assert imap.passwords == ["wrong"]
    assert smtp.visits == []


@kinds
def test_nothing_but_reading_is_asked_of_any_kind(certificates, door, smtp, kind):
    with imap_server(certificates, kind) as imap:
        check(box(imap.tls, smtp.tls), door)

    assert set(imap.commands) <= {
        "CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "EXAMINE", "LIST", "NAMESPACE", "LOGOUT",
    }  # fmt: skip


def test_a_full_check_proves_sign_in_reading_sent_and_sending(certificates, door, smtp):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert found.proofs == {"sign-in", "read", "sent", "send"}
    assert (found.attempted, found.accepted) == (("imap", "smtp"), {"imap", "smtp"})


def test_a_short_check_opens_the_inbox_and_asks_neither_for_sent_nor_the_outgoing_server(certificates, door, smtp):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.tls), door, full=False)

    assert states(found) == dict.fromkeys(ALL[:5], "passed")
    assert (found.proofs, found.attempted, found.certificates) == ({"sign-in", "read"}, ("imap",), ())
    assert smtp.attempts() == 0
    assert "LIST" not in imap.commands


def test_the_stages_tell_what_was_found(certificates, door, smtp):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    told = {stage.name: stage.detail % stage.values for stage in found.stages if stage.detail}
    assert told == {
        "find-server": f"{HOST} is 127.0.0.1",
        "reach": f"port {imap.tls} answers",
        "secure": "TLS 1.3",
        "open-inbox": "messages: 3",
        "find-sent": "Sent",
        "smtp-reach": f"{HOST}, port {smtp.tls} answers",
        "smtp-secure": "TLS 1.3",
    }


# How the sign-in is sent.


@pytest.mark.parametrize(
    "password",
    ["plain", ' "quoted" ', "back\\slash", "  spaces  ", "100%", "{5}", "a" * 1000, "~!@#$^&*()[]|;:',.<>/?`"],
)
@pytest.mark.parametrize("kind", [PLAIN, imap_kinds.PLAIN_ONLY], ids=["LOGIN", "AUTHENTICATE"])
def test_every_sign_of_a_password_arrives(certificates, door, smtp, kind, password):
    with imap_server(certificates, kind, accounts={"bob": password}) as imap:
        found = check(box(imap.tls, smtp.tls, username="bob", password=password, own=("bob", "secret")), door)

    assert states(found) == dict.fromkeys(ALL, "passed")


@pytest.mark.parametrize("username", ["bob berg", "acme\\bob", 'b"ob', "bob@acme.test", "(bob)", "*"])
@pytest.mark.parametrize("kind", [PLAIN, imap_kinds.PLAIN_ONLY], ids=["LOGIN", "AUTHENTICATE"])
def test_every_sign_of_a_user_name_arrives(certificates, door, smtp, kind, username):
    with imap_server(certificates, kind) as imap:
        check(box(imap.tls, smtp.tls, username=username), door)

    assert [attempt.login for visit in imap.visits for attempt in visit.attempts] == [username]


@pytest.mark.parametrize("password", ["pæssørd", "пароль", "密码", "🐦", "e\u0301"])
def test_a_password_beyond_ascii_is_sent_as_utf_8_by_authenticate_plain(certificates, door, smtp, password):
    with imap_server(certificates, accounts={"bob@acme.test": password}) as imap:
        found = check(box(imap.tls, smtp.tls, password=password, own=("bob", "secret")), door)

    assert states(found)["sign-in"] == "passed"
    assert [(attempt.command, attempt.password) for attempt in imap.visits[0].attempts] == [("AUTHENTICATE", password)]


def test_a_password_beyond_ascii_arrives_at_the_outgoing_server_too(certificates, door, smtp):
    smtp.answers["bøb"] = "535 5.7.8 counted"
    with imap_server(certificates) as imap:
        check(box(imap.tls, smtp.tls, own=("bøb@acme.test", "pæssørd")), door)

    assert [(attempt.login, attempt.password) for attempt in smtp.visits[0].attempts] == [("bøb@acme.test", "pæssørd")]


@pytest.mark.parametrize(("username", "password"), [("bob", "pæssørd"), ("bøb", "secret")])
def test_what_login_cannot_carry_is_not_sent_where_only_login_is_offered(certificates, door, smtp, username, password):
    with imap_server(certificates, imap_kinds.BARE) as imap:
        found = check(box(imap.tls, smtp.tls, username=username, password=password), door)

    assert stopped(found) == ("sign-in", "auth-mechanism-unsupported")
    assert (imap.passwords, found.attempted) == ([], ())


def test_login_is_not_used_where_it_is_disabled(certificates, door, smtp):
    with imap_server(certificates, imap_kinds.PLAIN_ONLY) as imap:
        check(box(imap.tls, smtp.tls), door)

    assert [attempt.command for attempt in imap.visits[0].attempts] == ["AUTHENTICATE"]


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_the_mechanism_login_is_used_once_where_the_command_is_disabled_and_nothing_else_is_offered(
    certificates, door, smtp, password
):
    with imap_server(certificates, imap_kinds.LOGIN_MECHANISM_ONLY) as imap:
        found = check(box(imap.tls, smtp.tls, password=password), door)

    assert [(attempt.command, attempt.login, attempt.password, attempt.encrypted) for attempt in attempts(imap)] == [
        ("AUTHENTICATE", "bob@acme.test", password, True)
    ]
    assert stopped(found) == ((None, None) if password == "secret" else ("sign-in", "bad-credentials"))


def test_a_challenge_too_many_is_declined(certificates, door):
    def ask_on(talk):
        tag = talk.said.rsplit(b"\n", 2)[-2].split(b" ", 1)[0]
        for _ in range(3):
            talk.send(b"+ bW9yZQ==\r\n")
            answered = talk.line()
        assert answered == b"*"
        talk.send(tag + b" BAD declined\r\n")

    answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN\r\n%t OK done\r\n"}
    script = scripted.after(b" AUTHENTICATE", ask_on, scripted.imap(tls=certificates.good.context(), answers=answers))
    with serve(script) as imap:
        found = check(box(imap.port, 1), door)

    assert found.problem_stage == "sign-in"
    assert imap.received.count(base64.b64encode(b"secret")) == 1


def test_a_password_beyond_ascii_is_not_sent_by_the_mechanism_login(certificates, door, smtp):
    with imap_server(certificates, imap_kinds.LOGIN_MECHANISM_ONLY) as imap:
        found = check(box(imap.tls, smtp.tls, password="pæssørd"), door)

    assert stopped(found) == ("sign-in", "auth-mechanism-unsupported")
    assert imap.passwords == []


@pytest.mark.parametrize("offered", ["AUTH=XOAUTH2", "AUTH=OAUTHBEARER", "AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"])
def test_a_server_that_takes_tokens_only_gets_no_password(certificates, door, smtp, offered):
    kind = replace(PLAIN, secured=f"IMAP4rev1 LOGINDISABLED {offered}")
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert stopped(found) == ("sign-in", "password-auth-retired")
    assert (imap.passwords, found.attempted) == ([], ())


@pytest.mark.parametrize("offered", ["", "AUTH=GSSAPI AUTH=NTLM", "AUTH=CRAM-MD5"])
def test_a_server_without_a_sign_in_by_password_gets_none(certificates, door, smtp, offered):
    kind = replace(PLAIN, secured=f"IMAP4rev1 LOGINDISABLED {offered}".strip())
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert stopped(found) == ("sign-in", "auth-mechanism-unsupported")
    assert imap.passwords == []


def test_a_password_is_sent_over_an_encrypted_line_only(certificates, door, smtp):
    with imap_server(certificates) as imap:
        check(box(imap.starttls, smtp.starttls, imap_security="starttls", smtp_security="starttls"), door)

    assert [attempt.encrypted for visit in imap.visits for attempt in visit.attempts] == [True]
    assert [visit.encrypted for visit in smtp.visits] == [True]


def test_a_server_that_wants_to_know_the_program_is_told_once_and_only_after_it_refused(certificates, door, smtp):
    with imap_server(certificates, imap_kinds.NETEASE) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    opening = [command for command in imap.commands if command in {"EXAMINE", "ID"}]
    assert opening == ["EXAMINE", "ID", "EXAMINE"]
    assert states(found)["open-inbox"] == "passed"


def test_a_server_that_lets_one_in_is_told_nothing_of_the_program(certificates, door, smtp):
    with imap_server(certificates, imap_kinds.CYRUS) as imap:
        check(box(imap.tls, smtp.tls), door)

    assert "ID" not in imap.commands


# Answers to the sign-in.


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials", "bad-credentials"),
        (b"NO [ALERT] Application-specific password required", "app-password-required"),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", "server-unavailable"),
        (b"NO [EXPIRED] That password isn't valid any more.", "password-expired"),
    ],
)
def test_the_answer_to_a_refused_sign_in_decides_the_problem(certificates, door, said, code):
    script = scripted.imap(tls=certificates.good.context(), answers={b"LOGIN": b"%t " + said + b"\r\n"})
    with serve(script) as imap:
        found = check(box(imap.port, 1), door)

    assert stopped(found) == ("sign-in", code)
    assert imap.received.count(b"LOGIN") == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"* BYE Too many connections\r\n", "too-many-connections"),
        (b"", "connection-reset"),
    ],
)
def test_a_server_that_leaves_instead_of_answering_is_told_as_one(certificates, door, said, code):
    def leave(talk):
        talk.send(said)

    script = scripted.after(b"LOGIN", leave, scripted.imap(tls=certificates.good.context()))
    with serve(script) as imap:
        found = check(box(imap.port, 1), door)

    assert stopped(found) == ("sign-in", code)


def test_an_inbox_that_is_refused_ends_the_check_there(certificates, door):
    answers = {b"EXAMINE": b"%t NO Mailbox is locked\r\n", b"SELECT": b"%t NO Mailbox is locked\r\n"}
    with serve(scripted.imap(tls=certificates.good.context(), answers=answers)) as imap:
        found = check(box(imap.port, 1), door)

    assert states(found) == until("open-inbox")
    assert "Mailbox is locked" in found.server_text


@pytest.mark.parametrize(
    "selected",
    [b"* 7 EXISTS\r\n%t OK [READ-WRITE] done\r\n", b"* 7 EXISTS\r\n%t OK [READ-ONLY] done\r\n"],
    ids=["read-write", "read-only"],
)
def test_a_server_that_does_not_know_examine_is_asked_to_select_once(certificates, door, smtp, selected):
    answers = {b"EXAMINE": b"%t BAD unknown command\r\n", b"SELECT": selected}
    with serve(scripted.imap(tls=certificates.good.context(), answers=answers)) as imap:
        found = check(box(imap.port, smtp.tls), door)

    opened = next(stage for stage in found.stages if stage.name == "open-inbox")
    assert (opened.state, opened.values) == ("passed", {"messages": "7"})
    assert (imap.received.count(b"EXAMINE"), imap.received.count(b"SELECT")) == (1, 1)


@pytest.mark.parametrize(
    ("examine", "select", "code"),
    [
        (b"BAD unknown command", b"BAD unknown command", "server-error"),
        (b"BAD unknown command", b"NO [NONEXISTENT] no such mailbox", "mailbox-not-available"),
        (b"BAD User is authenticated but not connected.", b"BAD User is authenticated but not connected.",
         "mailbox-not-available"),
        (b"NO [CANNOT] not here", b"", "mailbox-not-available"),
        (b"NO [NOPERM] access denied", b"", "permission-denied"),
        (b"NO not today", b"", "unknown"),
        (b"NO ", b"", "unknown"),
        (b"BAD ", b"BAD ", "server-error"),
    ],
)  # fmt: skip
def test_an_inbox_that_does_not_open_is_not_taken_for_a_fault_of_ours(certificates, door, examine, select, code):
    answers = {b"EXAMINE": b"%t " + examine + b"\r\n", b"SELECT": b"%t " + select + b"\r\n"}
    with serve(scripted.imap(tls=certificates.good.context(), answers=answers)) as imap:
        found = check(box(imap.port, 1), door)

    assert stopped(found) == ("open-inbox", code)
    assert imap.received.count(b"SELECT") == (1 if select else 0)


# Find Sent only warns.


def test_a_missing_sent_warns_and_the_check_goes_on(certificates, door, smtp):
    kind = replace(PLAIN, folders=(Folder("INBOX"), Folder("Drafts")))
    with imap_server(certificates, kind) as imap:
        found = check(box(imap.tls, smtp.tls), door)

    assert states(found) == {**dict.fromkeys(ALL, "passed"), "find-sent": "failed"}
    assert (found.failed, found.warned, *stopped(found)) == (False, True, "find-sent", "folder-missing")
    assert found.proofs == {"sign-in", "read", "send"}


@pytest.mark.parametrize(
    "said",
    [b"%t NO cannot list\r\n", b"%t BAD what\r\n", b"* BYE gone\r\n", b"", b"* LIST (((\r\n%t OK\r\n", b"\xff\xfe"],
)
def test_a_list_that_fails_warns_and_sending_is_still_tried(certificates, door, smtp, said):
    def answer(talk):
        tag = talk.said.rsplit(b"\n", 2)[-2].split(b" ", 1)[0]
        talk.send(said.replace(b"%t", tag))

    script = scripted.after(b" LIST ", answer, scripted.imap(tls=certificates.good.context()))
    with serve(script) as imap:
        found = check(box(imap.port, smtp.tls), door)

    assert states(found) == {**dict.fromkeys(ALL, "passed"), "find-sent": "failed"}
    assert (found.failed, found.warned) == (False, True)


def test_a_list_of_folders_longer_than_a_stage_warns_and_says_so(certificates, door, smtp):
    folders = b"".join(b'* LIST (\\HasNoChildren) "/" "Archive of the year %d"\r\n' % year for year in range(9000))
    script = scripted.imap(tls=certificates.good.context(), answers={b"LIST": folders + b"%t OK done\r\n"})
    with serve(script) as imap:
        found = check(box(imap.port, smtp.tls), door)

    assert len(folders) > 256 * 1024
    assert states(found) == {**dict.fromkeys(ALL, "passed"), "find-sent": "failed"}
    assert (found.failed, found.warned, *stopped(found)) == (False, True, "find-sent", "folder-list-too-long")
    assert found.proofs == {"sign-in", "read", "send"}


def test_receives_only_leaves_the_outgoing_server_alone(certificates, door, smtp):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.tls, receives_only=True), door)

    assert states(found) == {**dict.fromkeys(ALL, "passed"), **dict.fromkeys(SENDING, "skipped")}
    assert smtp.visits == []
    assert found.proofs == {"sign-in", "read", "sent"}


# Sending.


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("bad", "bad-credentials"),
        ("app-password", "app-password-required"),
        ("web-login", "web-login-required"),
        ("too-many", "login-throttled"),
        ("tenant-off", "smtp-auth-disabled"),
        ("mailbox-off", "smtp-auth-disabled"),
        ("basic-off", "password-auth-retired"),
        ("basic-retired", "password-auth-retired"),
        ("incorrect", "bad-credentials"),
        ("unsuccessful", "bad-credentials"),
        ("plain-535", "bad-credentials"),
        ("disabled", "account-disabled"),
        ("expired", "password-expired"),
        ("tempfail", "server-unavailable"),
    ],
)
def test_the_answer_to_a_refused_sign_in_to_send_decides_the_problem_and_was_asked_for_once(
    certificates, door, smtp, answer, code
):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.tls, own=(f"{answer}@acme.test", "secret")), door)

    assert states(found) == until("smtp-sign-in")
    assert found.problem == code
    assert (smtp.attempts(), imap.attempts()) == (1, 1)


def test_the_same_credentials_are_used_for_sending_unless_others_are_given(certificates, door, smtp):
    with imap_server(certificates) as imap:
        check(box(imap.tls, smtp.tls, username="bob"), door)

    assert [(attempt.login, attempt.password) for attempt in smtp.visits[0].attempts] == [("bob", "secret")]


def test_credentials_of_its_own_go_to_the_outgoing_server_only(certificates, door, smtp):
    with imap_server(certificates) as imap:
        check(box(imap.tls, smtp.tls, own=("relay", "the relay's secret")), door)

    assert (imap.passwords, smtp.passwords) == (["secret"], ["the relay's secret"])


def sending(offer, *, takes=b"235 2.7.0 done\r\n"):
    """A script of an SMTP server that offers `offer` and asks for user name and password by AUTH LOGIN."""

    def script(talk):
        talk.encrypt(script.context)
        talk.send(b"220 mail.example.test ESMTP\r\n")
        while True:
            line = talk.line()
            if line.upper().startswith(b"EHLO"):
                talk.send(b"250-mail.example.test\r\n" + offer + b"250 SIZE 1000\r\n")
            elif line == b"AUTH LOGIN":
                talk.send(b"334 VXNlcm5hbWU6\r\n")
                talk.line()
                talk.send(b"334 UGFzc3dvcmQ6\r\n")
                talk.line()
                talk.send(takes)
            elif line.startswith(b"AUTH PLAIN"):
                talk.send(takes)
            else:
                talk.send(b"221 bye\r\n")
                return

    return script


def encoded(text):
    return base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("offer", "lines"),
    [
        (b"250-AUTH PLAIN\r\n", [b"AUTH PLAIN " + encoded("\0bob@acme.test\0secret")]),
        (b"250-AUTH PLAIN LOGIN XOAUTH2\r\n", [b"AUTH PLAIN " + encoded("\0bob@acme.test\0secret")]),
        (b"250-AUTH=PLAIN LOGIN\r\n", [b"AUTH PLAIN " + encoded("\0bob@acme.test\0secret")]),
        (b"250-auth login plain\r\n", [b"AUTH PLAIN " + encoded("\0bob@acme.test\0secret")]),
        (b"250-AUTH LOGIN\r\n", [b"AUTH LOGIN", encoded("bob@acme.test"), encoded("secret")]),
        (b"250-AUTH CRAM-MD5 LOGIN\r\n", [b"AUTH LOGIN", encoded("bob@acme.test"), encoded("secret")]),
    ],
)
def test_the_outgoing_sign_in_uses_one_mechanism_that_is_offered(certificates, door, offer, lines):
    script = sending(offer)
    script.context = certificates.good.context()
    with imap_server(certificates) as imap, serve(script) as outgoing:
        found = check(box(imap.tls, outgoing.port), door)

    assert states(found) == dict.fromkeys(ALL, "passed")
    said = outgoing.received.split(b"\r\n")
    assert [line for line in said if line and not line.upper().startswith((b"EHLO", b"QUIT"))] == lines


@pytest.mark.parametrize("offer", [b"250-AUTH PLAIN LOGIN\r\n", b"250-AUTH LOGIN\r\n"])
def test_a_refused_mechanism_is_not_followed_by_another(certificates, door, offer):
    script = sending(offer, takes=b"535 5.7.8 wrong\r\n")
    script.context = certificates.good.context()
    with imap_server(certificates) as imap, serve(script) as outgoing:
        found = check(box(imap.tls, outgoing.port), door)

    assert stopped(found) == ("smtp-sign-in", "bad-credentials")
    assert outgoing.received.count(b"AUTH ") == 1


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        (b"", "wrong-server"),
        (b"250-AUTH\r\n", "wrong-server"),
        (b"250-AUTH XOAUTH2\r\n", "password-auth-retired"),
        (b"250-AUTH OAUTHBEARER XOAUTH2\r\n", "password-auth-retired"),
        (b"250-AUTH NTLM GSSAPI\r\n", "auth-mechanism-unsupported"),
        (b"250-AUTH CRAM-MD5\r\n", "auth-mechanism-unsupported"),
    ],
)
def test_an_outgoing_server_without_a_sign_in_by_password_gets_none(certificates, door, offer, code):
    script = sending(offer)
    script.context = certificates.good.context()
    with imap_server(certificates) as imap, serve(script) as outgoing:
        found = check(box(imap.tls, outgoing.port), door)

    assert stopped(found) == ("smtp-sign-in", code)
    assert b"AUTH" not in outgoing.received
    assert found.attempted == ("imap",)


# Certificates: nothing is sent before one is trusted.

BAD = {
    "self_signed": "tls-untrusted",
    "expired": "tls-expired",
    "not_yet_valid": "tls-expired",
    "wrong_host": "tls-hostname-mismatch",
}


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("kind", BAD)
def test_a_certificate_that_does_not_verify_stops_before_any_password_leaves(certificates, door, smtp, kind, security):
    with imap_server(certificates, identity=getattr(certificates, kind)) as imap:
        found = check(box(getattr(imap, security), smtp.tls, imap_security=security), door)

    assert (states(found), found.problem) == (until("secure"), BAD[kind])
    assert (imap.passwords, smtp.visits, found.attempted) == ([], [], ())
    assert found.certificate.sha256 == getattr(certificates, kind).sha256


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("kind", BAD)
def test_the_outgoing_servers_certificate_stops_the_check_before_its_password_leaves(
    certificates, door, kind, security
):
    with imap_server(certificates) as imap, smtp_answers(certificates, getattr(certificates, kind)) as outgoing:
        found = check(box(imap.tls, getattr(outgoing, security), smtp_security=security), door)

    assert (states(found), found.problem) == (until("smtp-secure"), BAD[kind])
    assert (outgoing.passwords, found.attempted) == ([], ("imap",))
    assert found.certificate.sha256 == getattr(certificates, kind).sha256


@pytest.mark.parametrize("kind", BAD)
def test_a_certificate_that_somebody_trusted_is_taken(certificates, door, smtp, kind):
    identity = getattr(certificates, kind)
    with imap_server(certificates, identity=identity) as imap:
        found = check(box(imap.tls, smtp.tls, pins=(Pin(HOST, imap.tls, identity.sha256),)), door)

    assert states(found) == dict.fromkeys(ALL, "passed")


@pytest.mark.parametrize("now", ["changed", "good"])
def test_another_certificate_than_the_trusted_one_stops_before_any_password_leaves(certificates, door, smtp, now):
    with imap_server(certificates, identity=getattr(certificates, now)) as imap:
        pin = Pin(HOST, imap.tls, certificates.self_signed.sha256)
        found = check(box(imap.tls, smtp.tls, pins=(pin,)), door)

    assert (states(found), found.problem) == (until("secure"), "certificate-changed")
    assert imap.passwords == []
    assert found.certificate.sha256 == getattr(certificates, now).sha256


@pytest.mark.parametrize("elsewhere", ["host", "port"])
def test_a_certificate_trusted_at_one_server_is_not_trusted_at_another(certificates, door, smtp, elsewhere):
    with imap_server(certificates, identity=certificates.self_signed) as imap:
        host, port = ("other.example.test", imap.tls) if elsewhere == "host" else (HOST, imap.starttls)
        pin = Pin(host, port, certificates.self_signed.sha256)
        found = check(box(imap.tls, smtp.tls, pins=(pin,)), door)

    assert stopped(found) == ("secure", "tls-untrusted")
    assert imap.passwords == []


def test_a_server_that_offers_no_encryption_gets_no_password(certificates, door, smtp):
    with serve(scripted.imap()) as imap:
        found = check(box(imap.port, smtp.tls, imap_security="starttls"), door)

    assert stopped(found) == ("secure", "encryption-not-offered")
    assert b"LOGIN" not in imap.received


def test_an_outgoing_server_that_offers_no_encryption_gets_no_password(certificates, door, smtp):
    with imap_server(certificates) as imap:
        found = check(box(imap.tls, smtp.unencrypted, smtp_security="starttls"), door)

    assert stopped(found) == ("smtp-secure", "encryption-not-offered")
    assert smtp.passwords == []


# Reaching the servers.


def test_a_name_that_does_not_exist_stops_at_finding_the_server(certificates, smtp):
    class Nowhere(Table):
        def _ask(self, name, budget):
            raise NameNotFound(name)

    found = check(box(993, smtp.tls), dialer(certificates.ca, names=Nowhere()))

    assert (states(found), found.problem) == (until("find-server"), "dns-not-found")


def test_a_port_where_nothing_listens_stops_at_reaching_it(door, smtp):
    with scripted.closed_port() as port:
        found = check(box(port, smtp.tls), door)

    assert (states(found), found.problem) == (until("reach"), "connection-refused")


def test_an_outgoing_port_where_nothing_listens_stops_at_reaching_it(certificates, door):
    with imap_server(certificates) as imap, scripted.closed_port() as port:
        found = check(box(imap.tls, port), door)

    assert (states(found), found.problem) == (until("smtp-reach"), "connection-refused")
    assert found.proofs == {"sign-in", "read", "sent"}


def test_the_problem_names_the_server_that_it_is_about(certificates, door):
    with imap_server(certificates) as imap, scripted.closed_port() as port:
        found = check(box(imap.tls, port, smtp_host="smtp.example.test"), door)

    assert found.problem_host == "smtp.example.test"
