"""Notices on pages: the list and its filters, the settings, and who may do what there."""

import html
import re
from datetime import timedelta

import pytest

from console.providers.base import StageResult
from console.services import mail_server, mail_tests, notice_rules, webhooks
from console.store.notices import Notice, RefusedAddress, Setting
from tests import placed
from tests.services.chat import SECRET
from tests.services.postman import change, end, episode, notices


@pytest.fixture
def admin(window, alice):
    return window(alice)


@pytest.fixture
def bobs(ctx, bob):
    return placed.inbox(ctx, bob, "bob@mail.test")


@pytest.fixture
def held(ctx, work, bobs):
    """Bob's inbox is broken, and there is no mail server."""
    broke = episode(ctx, bobs)
    work.tick()
    work.notify()
    return broke


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(page.text)))


def listed(page):
    return re.findall(r'data-notice="([^"]*)" data-state="([^"]*)" data-to="([^"]*)"', page.text)


SERVER = {
    "revision": "0",
    "host": "smtp.acme.test",
    "port": "587",
    "security": "starttls",
    "username": "console",
    "password": "a sealed thing",
    "sender": "console@acme.test",
    "sender_name": "Acme",
}
QUIET = {"quiet": "y", "quiet_start": "18:00", "quiet_end": "07:00", "quiet_days": ["0", "4"]}


def rules(page, **changes):
    """Return the fields of the table as the page shows them."""
    names = re.findall(r'<select[^>]*name="((?:admin|help_desk|extra)_[a-z_]+)"', page.text)
    found = dict.fromkeys(names, "at-once")
    revision = re.search(r'id="rules-form".*?name="revision" value="(\d+)"', page.text, re.DOTALL)
    return {**found, "revision": revision[1], "digest_at": "07:30", "extra": "", **changes}


def test_what_is_held_is_listed_with_the_reason(admin, held):
    page = admin.get("/notices")

    assert listed(page) == [("owner-problem", "held", "bob@acme.test")]
    assert "There is no mail server" in words(page)
    assert "bob@mail.test · Password refused" in words(page)


def test_the_list_is_narrowed_by_state_and_kind(admin, held):
    assert listed(admin.get("/notices?state=sent")) == []
    assert len(listed(admin.get("/notices?state=held&kind=owner-problem"))) == 1
    assert listed(admin.get("/notices?kind=incident")) == []
    assert len(listed(admin.get("/notices?state=nonsense&kind=nonsense"))) == 1


def test_the_list_is_paged(admin, ctx, bobs, clock):
    with ctx.store.write() as session:
        session.add_all(
            Notice(
                once=f"n{number}", kind="owner-problem", channel="mail", inbox_id=bobs,
                created_at=clock.now, not_before=clock.now,
            )
            for number in range(60)
        )  # fmt: skip
    first = admin.get("/notices")
    older = re.search(r'rel="next" href="([^"]+)"', first.text)

    assert len(listed(first)) == 50
    assert len(listed(admin.get(html.unescape(older[1])))) == 10


def test_help_desk_sees_the_list_and_changes_nothing(window, ctx, hanne, held):
    visitor = window(hanne)

    assert len(listed(visitor.get("/notices"))) == 1
    assert visitor.get("/settings/notices").status_code == 403
    assert visitor.post("/notices/addresses/clear", address="x@y.test").status_code == 403


def test_members_see_no_list(window, bob):
    assert window(bob).get("/notices").status_code == 403


def test_admins_are_alerted_everywhere_that_notices_are_held_and_members_are_not(admin, window, bob, held):
    assert "because there is no mail server: 1." in words(admin.get("/inboxes"))
    assert "because there is no mail server" not in words(window(bob).get("/me"))


def test_the_mail_server_is_saved_and_its_password_never_shown(admin, ctx):
    admin.get("/settings/notices")
    page = admin.post("/settings/notices/server", **SERVER)

    with ctx.store.read() as session:
        found = mail_server.in_use(ctx, session)
    assert (found.host, found.port, found.password) == ("smtp.acme.test", 587, "a sealed thing")
    assert "a sealed thing" not in page.text
    assert 'data-server="set"' in page.text


def test_what_is_wrong_with_the_server_stands_beside_its_field_and_keeps_the_rest(admin):
    admin.get("/settings/notices")
    page = admin.post("/settings/notices/server", **{**SERVER, "sender": "nobody", "port": "x"})

    assert page.status_code == 422
    assert len(admin.errors()) == 1
    assert 'value="smtp.acme.test"' in page.text
    assert "a sealed thing" not in page.text


def test_somebody_who_saves_over_another_is_told(admin):
    admin.get("/settings/notices")
    admin.post("/settings/notices/server", **SERVER)
    page = admin.post("/settings/notices/server", **SERVER)

    assert page.status_code == 422
    assert "Somebody else changed these settings meanwhile" in words(page)


def test_a_test_is_asked_for_and_the_page_waits_for_it(admin, ctx):
    admin.get("/settings/notices")
    admin.post("/settings/notices/server", **SERVER)
    page = admin.post("/settings/notices/server/test")

    assert mail_tests.newest(ctx).waiting
    assert 'data-test="waiting"' in page.text
    assert 'hx-trigger="every 1s"' in page.text


def test_a_server_that_passes_no_mail_on_without_a_sign_in_is_no_bug_of_ours(admin, ctx):
    admin.get("/settings/notices")
    admin.post("/settings/notices/server", **SERVER)
    with ctx.store.read() as session:
        mark = mail_server.mark(ctx, mail_server.in_use(ctx, session))
    refused = StageResult("smtp-recipient", "failed", "", {}, 20, "client-bug")
    now = ctx.clock().isoformat()
    value = {"state": "done", "to": "alice@acme.test", "asked_at": now, "at": now, "stages": [refused.to_dict()],
             "problem": "client-bug", "server_text": "554 5.7.1 Relay access denied", "mark": mark}  # fmt: skip
    with ctx.store.write() as session:
        session.add(Setting(name="mail-test", value=value, at=ctx.clock()))

    page = words(admin.get("/settings/notices"))

    assert "Server does not pass mail on from here" in page
    assert "Type a user name and a password below" in page
    assert "Account admin" in page


def test_the_server_is_removed_after_a_question(admin, ctx):
    admin.get("/settings/notices")
    admin.post("/settings/notices/server", **SERVER)
    assert "Remove the mail server?" in words(admin.get("/settings/notices/server/remove"))

    admin.post("/settings/notices/server/remove")

    with ctx.store.read() as session:
        assert mail_server.in_use(ctx, session) is None


@pytest.mark.parametrize(
    "settings",
    [
        {
            "CONSOLE_SMTP_HOST": "smtp.acme.test",
            "CONSOLE_SMTP_SENDER": "c@acme.test",
            "CONSOLE_SMTP_USERNAME": "console",
            "CONSOLE_SMTP_PASSWORD": "from the environment",
        }
    ],
)
def test_the_server_of_the_configuration_is_shown_and_cannot_be_changed(admin):
    page = admin.get("/settings/notices")

    assert 'data-server="configured"' in page.text
    assert 'id="server-form"' not in page.text
    assert "from the environment" not in page.text


def test_who_is_told_of_what_is_saved_with_quiet_hours(admin, ctx):
    page = admin.get("/settings/notices")
    admin.post("/settings/notices/rules", **rules(page, help_desk_radar="digest", extra="it@acme.test", **QUIET))

    with ctx.store.read() as session:
        found = notice_rules.read(session)
    assert found.when["help-desk"]["radar"] == "digest"
    assert found.extra == ("it@acme.test",)
    assert (found.quiet.start.hour, found.quiet.end.hour, found.quiet.days) == (18, 7, frozenset({0, 4}))


def test_an_extra_address_that_is_none_is_refused_with_everything_kept(admin):
    page = admin.get("/settings/notices")
    page = admin.post("/settings/notices/rules", **rules(page, extra="it@acme.test nonsense"))

    assert page.status_code == 422
    assert admin.errors() == ["nonsense is no email address."]
    assert "it@acme.test nonsense" in html.unescape(page.text)


def test_a_value_that_no_list_offers_is_refused_in_words_beside_its_field(admin):
    page = admin.get("/settings/notices")
    page = admin.post("/settings/notices/rules", **rules(page, admin_incident="never-ever"))

    assert (page.status_code, admin.errors()) == (422, ["Choose one of the list."])
    assert re.search(
        r'name="admin_incident"[^>]*aria-describedby|aria-describedby[^>]*name="admin_incident"', page.text
    )


def test_quiet_hours_that_begin_on_no_day_are_refused(admin, ctx):
    page = admin.get("/settings/notices")
    page = admin.post("/settings/notices/rules", **rules(page, **{**QUIET, "quiet_days": ["9"]}))

    assert (page.status_code, admin.errors()) == (422, ["Tick at least one day."])


HOOK = {"name": "Chat", "url": "https://chat.test/1", "secret": SECRET, "kinds": ["incident"]}


def test_quiet_hours_that_never_end_are_refused(admin):
    page = admin.get("/settings/notices")
    always = {"quiet": "y", "quiet_start": "00:00", "quiet_end": "00:00", "quiet_days": [str(day) for day in range(7)]}
    page = admin.post("/settings/notices/rules", **rules(page, **always))

    assert admin.errors() == ["They would never end. Leave out a day, or choose two times."]
    always["quiet_days"].pop()
    assert admin.post("/settings/notices/rules", **rules(page, **always)).status_code == 200


def test_a_webhook_is_added_with_a_secret_that_is_shown_before_it_is_kept_and_never_after(admin, ctx):
    offered = re.search(r'id="secret"[^>]*value="(whsec_[^"]+)"', admin.get("/settings/notices/webhooks/new").text)
    assert offered

    page = admin.post("/settings/notices/webhooks/new", **HOOK)
    (hook,) = webhooks.all_of(ctx)

    assert SECRET not in page.text
    assert SECRET not in admin.get(f"/settings/notices/webhooks/{hook.id}").text
    assert hook.kinds == ("incident",)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "Private networks are reached from here"),
        ({"CONSOLE_PRIVATE_NETWORKS": "deny"}, "Private networks are refused"),
    ],
    ids=["allowed", "denied"],
)
def test_whether_a_webhook_may_lead_into_the_house_is_said_beside_its_address(settings, admin, told):
    assert told in words(admin.get("/settings/notices/webhooks/new"))


def test_a_typed_secret_does_not_come_back_with_a_form_that_is_to_be_mended(admin, ctx):
    admin.get("/settings/notices/webhooks/new")
    admin.post("/settings/notices/webhooks/new", **HOOK)
    (hook,) = webhooks.all_of(ctx)
    admin.get(f"/settings/notices/webhooks/{hook.id}")

    page = admin.post(f"/settings/notices/webhooks/{hook.id}", revision=hook.revision, **{**HOOK, "url": "nonsense"})

    assert page.status_code == 422
    assert SECRET not in page.text


def test_a_webhook_is_switched_tested_and_removed(admin, ctx):
    admin.get("/settings/notices/webhooks/new")
    admin.post("/settings/notices/webhooks/new", **HOOK)
    (hook,) = webhooks.all_of(ctx)
    path = f"/settings/notices/webhooks/{hook.id}"

    assert 'data-state="off"' in admin.post(f"{path}/off").text
    assert 'data-state="on"' in admin.post(f"{path}/on").text
    assert 'data-test="waiting"' in admin.post(f"{path}/test").text
    assert "Remove the webhook Chat?" in words(admin.get(f"{path}/remove"))
    admin.post(f"{path}/remove")
    assert webhooks.all_of(ctx) == []
    assert admin.get(path).status_code == 404


def test_the_page_of_a_webhook_shows_what_it_was_told_and_what_came_of_it(admin, ctx, bobs):
    admin.get("/settings/notices/webhooks/new")
    admin.post("/settings/notices/webhooks/new", **HOOK)
    (hook,) = webhooks.all_of(ctx)
    said = {"type": "inbox.problem", "data": {"title": "bob@mail.test: <b>refused</b>", "url": "https://x.test/"}}
    told = {"told": {"at": ctx.clock().isoformat(), "body": said}}
    to = {"channel": "webhook", "webhook_id": hook.id, "inbox_id": bobs, "kind": "user-problem"}
    placed.notice(ctx, "one:h1", **to, state="queued", outcome="http-500", attempts=2, detail=told)
    change(ctx, Notice, notices(ctx)[0].id, not_before=ctx.clock() + timedelta(minutes=5))
    placed.notice(ctx, "two:h1", **to, state="withdrawn", outcome="over", attempts=0)

    page = admin.get(f"/settings/notices/webhooks/{hook.id}")

    assert re.findall(r'data-message="([^"]*)" data-state="([^"]*)"', page.text) == [
        ("msg_two_h1", "withdrawn"), ("msg_one_h1", "queued")
    ]  # fmt: skip
    assert "The address answered 500. 2 attempts. Tried again" in words(page)
    assert "&lt;b&gt;refused&lt;/b&gt;" in page.text
    assert f"webhook-timestamp: {int(ctx.clock().timestamp())}" in page.text


def test_a_failed_notice_is_sent_again_while_it_is_true_and_withdrawn_when_not(admin, ctx, held):
    (one,) = notices(ctx)
    change(ctx, Notice, one.id, state="failed", outcome="not-known")
    admin.get("/notices")
    admin.post(f"/notices/{one.id}/again")
    assert notices(ctx)[0].state == "queued"

    change(ctx, Notice, one.id, state="failed", outcome="not-known")
    end(ctx, held)
    page = admin.post(f"/notices/{one.id}/again")
    assert notices(ctx)[0].state == "withdrawn"
    assert "true no longer" in words(page)
    assert admin.post(f"/notices/{one.id}/again").status_code == 404


def test_a_refused_address_is_shown_to_admins_everywhere_and_cleared(admin, ctx, clock):
    with ctx.store.write() as session:
        session.add(RefusedAddress(address="bob@acme.test", at=clock.now, server_text="550 <b>no</b> such user"))
    assert "Addresses that a server refuses" in words(admin.get("/inboxes"))

    page = admin.get("/notices")
    assert "550 &lt;b&gt;no&lt;/b&gt; such user" in page.text
    admin.post("/notices/addresses/clear", address="bob@acme.test")

    assert "Addresses that a server refuses" not in words(admin.get("/inboxes"))


def test_a_notice_stands_in_the_time_line_of_its_inbox(admin, ctx, bob, bobs, held):
    (one,) = notices(ctx)
    change(ctx, Notice, one.id, state="sent", sent_at=ctx.clock())

    page = admin.get(f"/inboxes/{bobs}")

    assert "Notice sent to Bob Berg" in words(page)
    assert "by mail, once per episode" in words(page)


def test_an_owner_reads_in_it_what_they_were_told_and_not_whom_else_the_console_tells(window, ctx, alice, bob, bobs):
    mine = {"state": "sent", "sent_at": ctx.clock(), "inbox_id": bobs}
    placed.notice(ctx, "owner", kind="owner-problem", person_id=bob.id, address=bob.email, **mine)
    placed.notice(ctx, "staff", kind="user-problem", address="night-watch@acme.test", **mine)
    hook_id = placed.webhook(ctx, alice, name="Ticket system")
    placed.notice(ctx, "hook", kind="user-problem", channel="webhook", address="", webhook_id=hook_id, **mine)

    page = words(window(bob).get(f"/inboxes/{bobs}"))

    assert "Notice sent to Bob Berg" in page
    assert "night-watch" not in page
    assert "Ticket system" not in page


def test_a_person_says_that_they_do_not_want_to_hear_of_what_passes_by_itself(window, ctx, work, bob, bobs):
    visitor = window(bob)
    assert 'name="told_of_recoverable"' in visitor.get("/account").text
    visitor.post("/account/notices")
    episode(ctx, bobs, "server-unavailable")
    work.tick()
    assert notices(ctx) == []

    visitor.post("/account/notices", told_of_recoverable="y")
    assert re.search(r'name="told_of_recoverable"[^>]*checked', visitor.get("/account").text) or re.search(
        r'checked[^>]*name="told_of_recoverable"', visitor.page.text
    )


UNSEEN = "a\x00b\u202ec"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("port", "x", "Type a port from 1 to 65535."),
        ("port", "9" * 5000, "Type a port from 1 to 65535."),
        ("security", "none", "Choose one of the list."),
        ("username", UNSEEN, "The user name holds a character that cannot be seen. Type it by hand."),
        ("username", "x" * 300, "At most 254 characters."),
        ("sender_name", "x" * 81, "At most 80 characters."),
    ],
)
def test_a_mail_server_that_cannot_be_is_told_in_one_sentence_of_ours(admin, field, value, said):
    admin.get("/settings/notices")

    page = admin.post("/settings/notices/server", **{**SERVER, field: value})

    assert (page.status_code, admin.errors()) == (422, [said])
    assert "\x00" not in page.text


def test_names_are_kept_without_what_cannot_be_seen(admin, ctx):
    admin.get("/settings/notices")
    admin.post("/settings/notices/server", **{**SERVER, "sender_name": UNSEEN})
    admin.get("/settings/notices/webhooks/new")
    admin.post("/settings/notices/webhooks/new", **{**HOOK, "name": UNSEEN})

    with ctx.store.read() as session:
        assert mail_server.shown(ctx, session).sender_name == "a bc"
    assert [hook.name for hook in webhooks.all_of(ctx)] == ["a bc"]


@pytest.mark.parametrize("field", ["digest_at", "quiet_start", "quiet_end"])
@pytest.mark.parametrize("value", ["", "late", UNSEEN])
def test_a_time_that_cannot_be_read_is_told_and_never_taken_for_a_whole_day(admin, ctx, field, value):
    page = admin.get("/settings/notices")

    page = admin.post("/settings/notices/rules", **{**rules(page), **QUIET, field: value})

    assert (page.status_code, admin.errors()) == (422, ["Type a time of day, such as 07:30."])
    with ctx.store.read() as session:
        assert notice_rules.read(session).quiet is None


def test_an_extra_address_is_quoted_without_what_cannot_be_seen(admin):
    page = admin.get("/settings/notices")

    admin.post("/settings/notices/rules", **rules(page, extra=UNSEEN))

    assert admin.errors() == ["a bc is no email address."]


def test_settings_stay_marked_in_the_navigation_when_something_is_to_be_corrected(admin):
    admin.get("/settings/notices")

    page = admin.post("/settings/notices/server", **{**SERVER, "host": ""})

    assert re.findall(r'<nav class="c-nav".*?</nav>', page.text, re.DOTALL)
    assert re.findall(r'<a href="([^"]*)" aria-current="page"><svg', page.text.split("</nav>")[0]) == ["/settings"]
