"""A mailbox is connected through the pages: trust, receives only, and all the places where no password turns up."""

import base64
import logging
import re
import traceback
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel, select

from console.store.models import AuditEntry, Draft, Inbox, TrustedCertificate
from tests.pages.mail_servers import fields, reach, to_settings, verify
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.imap_kinds import PLAIN, Folder
from tests.peers.scripted import serve


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def visitor(window, bob):
    return window(bob)


@pytest.fixture
def imap(imap_server):
    return imap_server()


def standing(visitor):
    """Return health and problem of the inbox that was connected first."""
    visitor.get("/inboxes/1")
    return visitor.attributes("data-health")[0], visitor.attributes("data-problem")[0]


def test_all_stages_passed_connect_a_healthy_inbox(visitor, work, imap, smtp_answers):
    verify(visitor, work, imap.tls, smtp_answers.tls)

    assert visitor.path.endswith("/done")
    assert standing(visitor) == ("healthy", "")


def test_the_password_reaches_each_server_once(visitor, work, imap, smtp_answers):
    verify(visitor, work, imap.tls, smtp_answers.tls)

    assert (imap.passwords, smtp_answers.passwords) == (["secret"], ["secret"])


def test_the_draft_forgets_the_password_once_the_inbox_stands(visitor, ctx, work, imap, smtp_answers):
    draft_id = verify(visitor, work, imap.tls, smtp_answers.tls)

    with ctx.store.read() as session:
        row = session.get_one(Draft, draft_id)
    assert (row.sealed, row.key_id, row.typed_at) == (None, None, None)


def test_a_missing_sent_connects_a_degraded_inbox(visitor, work, imap_server, smtp_answers):
    imap = imap_server(replace(PLAIN, folders=(Folder("INBOX"),)))

    verify(visitor, work, imap.tls, smtp_answers.tls)

    assert standing(visitor) == ("degraded", "folder-missing")


def test_a_sent_that_cannot_be_sought_connects_a_degraded_inbox(visitor, work, certificates, smtp_answers):
    script = scripted.imap(tls=certificates.good.context(), answers={b"LIST": b"%t NO cannot list\r\n"})
    with serve(script) as imap:
        verify(visitor, work, imap.port, smtp_answers.tls)

    health, problem = standing(visitor)
    assert health == "degraded"
    assert problem


# A refused password.


def test_a_refused_password_is_wiped_and_not_sent_again(visitor, ctx, work, imap, smtp_answers):
    draft_id = verify(visitor, work, imap.tls, smtp_answers.tls, password="wrong")

    for _ in range(3):
        visitor.post(f"/connect/{draft_id}/again")
        work.verify(draft_id)
        work.tick()

    assert imap.passwords == ["wrong"]
    with ctx.store.read() as session:
        assert session.get_one(Draft, draft_id).sealed is None


def test_after_a_refusal_everything_but_the_password_is_still_there(visitor, work, imap, smtp_answers):
    draft_id = verify(visitor, work, imap.tls, smtp_answers.tls, password="wrong", username="bob")

    page = visitor.get(f"/connect/{draft_id}/settings").text

    assert re.search(rf'name="imap_port"[^>]* value="{imap.tls}"', page)
    assert re.search(r'name="username"[^>]* value="bob"', page)
    assert "wrong" not in page


def test_the_right_password_after_a_wrong_one_connects(visitor, work, imap, smtp_answers):
    draft_id = verify(visitor, work, imap.tls, smtp_answers.tls, password="wrong")

    visitor.get(f"/connect/{draft_id}/settings")
    visitor.post(visitor.path, **fields(imap.tls, smtp_answers.tls))
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    assert visitor.path.endswith("/done")


# Trusting a certificate.


@pytest.fixture
def unknown(imap_server, certificates):
    """A server whose certificate nobody vouches for."""
    return imap_server(identity=certificates.self_signed)


def test_an_unknown_certificate_is_shown_before_any_password_leaves(visitor, work, unknown, certificates, smtp_answers):
    verify(visitor, work, unknown.tls, smtp_answers.tls)

    page = visitor.page.text
    assert visitor.stages()["secure"] == "failed"
    assert certificates.self_signed.sha256[:47] in page
    assert f"{HOST}, port {unknown.tls}" in page
    assert "itself (self-signed)" in page
    assert unknown.passwords == []


def test_trusting_it_continues_without_typing_the_password_again(visitor, work, unknown, certificates, smtp_answers):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)

    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    assert visitor.path.endswith("/done")
    assert unknown.passwords == ["secret"]


def test_a_trusted_certificate_is_listed_with_who_trusted_it(visitor, work, unknown, certificates, smtp_answers):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)
    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)

    page = visitor.get("/inboxes/1").text

    assert certificates.self_signed.sha256[48:] in page
    assert "Trusted by Bob Berg" in page


def test_trusting_is_recorded(visitor, ctx, work, unknown, certificates, smtp_answers):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)
    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)

    with ctx.store.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "certificate.trust")).one()
    assert (entry.actor_name, entry.detail["sha256"]) == ("Bob Berg", certificates.self_signed.sha256)


@pytest.mark.parametrize("sha256", ["AB:CD", "x" * 1_000_000, "\x00"])
def test_any_other_fingerprint_is_not_trusted(visitor, work, unknown, smtp_answers, sha256):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)

    page = visitor.post(f"/connect/{draft_id}/trust", sha256=sha256).text
    work.verify(draft_id)

    assert "The certificate is not the one that was shown. Check again and compare it once more." in page
    assert unknown.passwords == []


def test_a_certificate_that_was_not_shown_is_not_trusted(visitor, work, unknown, certificates, smtp_answers):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)

    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.changed.sha256)
    work.verify(draft_id)

    assert unknown.passwords == []


def test_there_is_nothing_to_trust_after_another_kind_of_failure(visitor, work, certificates, smtp_answers):
    with scripted.closed_port() as port:
        draft_id = verify(visitor, work, port, smtp_answers.tls)

    page = visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256).text

    assert "The certificate is not the one that was shown." in page


def test_the_outgoing_servers_certificate_is_trusted_apart(visitor, work, unknown, certificates, smtp_answers):
    with serve(scripted.smtp(tls=certificates.changed.context())) as outgoing:
        draft_id = verify(visitor, work, unknown.tls, outgoing.port)
        visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
        work.verify(draft_id)
        visitor.get(f"/connect/{draft_id}/verify")

        assert visitor.stages()["smtp-secure"] == "failed"
        assert certificates.changed.sha256[:47] in visitor.page.text
        assert b"AUTH" not in outgoing.received

        visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.changed.sha256)
        work.verify(draft_id)
        visitor.get(f"/connect/{draft_id}/verify")
    assert visitor.path.endswith("/done")


def test_a_quarter_of_an_hour_later_trusting_asks_for_the_password(
    visitor, work, unknown, certificates, smtp_answers, clock
):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)
    clock.advance(minutes=15)

    page = visitor.get(f"/connect/{draft_id}/verify").text
    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256, password="secret")
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    assert re.search(r'<input[^>]* type="password"[^>]* name="password"', page)
    assert visitor.path.endswith("/done")


def test_trusting_without_the_password_leads_to_where_it_is_typed(
    visitor, work, unknown, certificates, smtp_answers, clock
):
    draft_id = verify(visitor, work, unknown.tls, smtp_answers.tls)
    clock.advance(minutes=15)
    visitor.get(f"/connect/{draft_id}/verify")

    page = visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256).text
    work.verify(draft_id)

    assert visitor.path.endswith("/settings")
    assert "Type the password once more" in page
    assert unknown.passwords == []


def test_a_certificate_that_changes_later_stops_the_inbox_and_sends_nothing(
    visitor, work, imap_server, certificates, smtp_answers, clock, ctx
):
    first = imap_server(identity=certificates.self_signed)
    draft_id = verify(visitor, work, first.tls, smtp_answers.tls)
    visitor.post(f"/connect/{draft_id}/trust", sha256=certificates.self_signed.sha256)
    work.verify(draft_id)
    with serve(scripted.imap(tls=certificates.changed.context())) as second:
        with ctx.store.write() as session:
            inbox = session.get_one(Inbox, 1)
            inbox.settings = {**inbox.settings, "imap_port": second.port}
            session.exec(select(TrustedCertificate)).one().port = second.port
        clock.advance(hours=1)
        work.sweep()

        assert b"LOGIN" not in second.received
    assert standing(visitor) == ("needs-sign-in", "certificate-changed")


# Receives only.


def test_receiving_without_sending_may_be_kept_and_is_degraded_with_its_problem(visitor, work, imap):
    with scripted.closed_port() as port:
        draft_id = verify(visitor, work, imap.tls, port)
        page = visitor.page.text
        visitor.post(f"/connect/{draft_id}/keep")
        work.verify(draft_id)
        visitor.get(f"/connect/{draft_id}/verify")

    assert "Keep as receives only" in page
    assert visitor.path.endswith("/done")
    assert standing(visitor) == ("degraded", "connection-refused")


def test_an_inbox_that_receives_only_never_turns_green(visitor, work, imap, clock):
    with scripted.closed_port() as port:
        draft_id = verify(visitor, work, imap.tls, port)
        visitor.post(f"/connect/{draft_id}/keep")
        work.verify(draft_id)
    for _ in range(3):
        clock.advance(hours=1)
        work.sweep()

    assert standing(visitor) == ("degraded", "connection-refused")


def test_a_refused_sign_in_to_send_may_be_kept_too_without_sending_it_again(visitor, work, imap, smtp_answers):
    draft_id = verify(
        visitor,
        work,
        imap.tls,
        smtp_answers.tls,
        smtp_same_credentials="",
        smtp_username="bad@acme.test",
        smtp_password="the relay's secret",
    )

    visitor.post(f"/connect/{draft_id}/keep")
    work.verify(draft_id)
    visitor.get(f"/connect/{draft_id}/verify")

    assert visitor.path.endswith("/done")
    assert smtp_answers.attempts() == 1
    assert standing(visitor) == ("degraded", "bad-credentials")


def test_a_mailbox_that_cannot_be_read_is_not_kept(visitor, work, smtp_answers):
    with scripted.closed_port() as port:
        draft_id = verify(visitor, work, port, smtp_answers.tls)

    page = visitor.post(f"/connect/{draft_id}/keep").text

    assert "Keep as receives only" not in page
    assert "Receiving has to work before the inbox can be kept without sending." in page


# Where a password never turns up.

SECRET = 'corr€ct "horse" & <battery> 100%'
FORMS = (
    SECRET,
    SECRET.replace('"', '\\"'),
    base64.b64encode(SECRET.encode()).decode(),
    base64.b64encode(f"\0bob@acme.test\0{SECRET}".encode()).decode(),
    "corr%E2%82%ACct",
    "corr\\u20acct",
    "&lt;battery&gt;",
)


def everything_stored(ctx):
    with ctx.store.read() as session:
        return "\n".join(
            str(row) for table in SQLModel.metadata.tables.values() for row in session.exec(select(table)).all()
        )


@pytest.fixture
def shown(app):
    """Everything that any answer held, headers and cookies included."""
    kept = []
    app.after_request(
        lambda response: kept.append(f"{response.headers}\n{response.get_data(as_text=True)}") or response
    )
    return kept


@pytest.mark.parametrize("outcome", ["refused", "echoed", "certificate", "unreachable", "mistyped", "connected"])
def test_a_password_turns_up_in_no_page_cookie_log_or_row(
    visitor, ctx, work, caplog, shown, imap_server, smtp_answers, certificates, outcome
):
    caplog.set_level(logging.DEBUG)
    echo = f"%t NO {SECRET} / {FORMS[3]} is wrong\r\n".encode()
    server = {
        "certificate": lambda: imap_server(identity=certificates.self_signed).tls,
        "unreachable": lambda: 1,
        "connected": lambda: imap_server(accounts={"bob@acme.test": SECRET}).tls,
    }.get(outcome, lambda: imap_server().tls)()
    changes = {"imap_port": "abc"} if outcome == "mistyped" else {}
    own = {"smtp_same_credentials": "", "smtp_username": "bob", "smtp_password": "secret"}
    if outcome == "echoed":
        script = scripted.imap(
            tls=certificates.good.context(),
            answers={b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%t OK\r\n", b"AUTHENTICATE": echo},
        )
        with serve(script) as echoing:
            draft_id = verify(visitor, work, echoing.port, smtp_answers.tls, password=SECRET, **own)
    else:
        draft_id = to_settings(visitor)
        visitor.post(
            f"/connect/{draft_id}/settings",
            **{**fields(server, smtp_answers.tls, password=SECRET, **own), **changes},
        )
        work.verify(draft_id)
    work.tick()
    for path in (f"/connect/{draft_id}/verify", f"/connect/{draft_id}/settings", "/me", "/inboxes", "/inboxes/1"):
        visitor.get(path)

    places = {"pages": "\n".join(shown), "log": caplog.text, "store": everything_stored(ctx)}
    assert [(place, form) for place, told in places.items() for form in FORMS if form in told] == []


def take_away(ctx, table):
    with ctx.store.write() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO taken_away"))


def test_a_failure_of_the_store_tells_no_password(visitor, ctx, caplog, shown):
    caplog.set_level(logging.DEBUG)
    draft_id = to_settings(visitor)
    take_away(ctx, "draft")

    answer = visitor.post(f"/connect/{draft_id}/settings", **fields(1, 2, password=SECRET))

    assert answer.status_code == 500
    assert "draft" in caplog.text
    assert [form for form in FORMS if form in caplog.text + "\n".join(shown)] == []


def test_a_failure_while_the_password_is_kept_tells_none_either(visitor, ctx, work, caplog, imap_server, smtp_answers):
    caplog.set_level(logging.DEBUG)
    imap = imap_server(accounts={"bob@acme.test": SECRET})
    draft_id = to_settings(visitor)
    own = {"smtp_same_credentials": "", "smtp_username": "bob", "smtp_password": "secret"}
    visitor.post(f"/connect/{draft_id}/settings", **fields(imap.tls, smtp_answers.tls, password=SECRET, **own))
    take_away(ctx, "credential")

    with pytest.raises(SQLAlchemyError) as caught:
        work.verify(draft_id)

    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "credential" in told
    assert [form for form in FORMS if form in told] == []


def test_a_body_that_cannot_be_parsed_tells_no_password(visitor, caplog, shown):
    caplog.set_level(logging.DEBUG)
    draft_id = to_settings(visitor)

    visitor.client.post(
        f"/connect/{draft_id}/settings",
        data=f"--x\r\npassword={SECRET}".encode(),
        content_type="multipart/form-data; boundary=x",
    )

    assert [form for form in FORMS if form in caplog.text + "\n".join(shown)] == []
