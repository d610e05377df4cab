"""A test of the mail server tells every stage, and what is wrong in the words of the catalogue."""

import pytest

from console.assembly import check_mail_server
from console.config import ConfigError
from console.services import mail_server, mail_settings, mail_standing, mail_tests
from console.services import settings as settings_of
from console.services.context import NotFound, Refused
from tests.peers.certificates import HOST
from tests.services.listening import reach
from tests.services.postman import PASSWORD, postman, set_up


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates, HOST)


@pytest.fixture
def post(certificates):
    with postman(certificates) as server:
        yield server


def outcome(ctx, work, actor):
    mail_tests.begin(ctx, actor)
    assert mail_tests.newest(ctx).waiting
    work.notify()
    return mail_tests.newest(ctx)


def failed(found):
    return [(stage.name, stage.problem) for stage in found.stages if stage.state == "failed"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_test_sends_one_mail_to_whoever_asks_and_passes_every_stage(ctx, work, alice, post, security):
    set_up(ctx, alice, post, security=security, port=getattr(post, security))

    found = outcome(ctx, work, alice)

    assert {stage.state for stage in found.stages} == {"passed"}
    assert found.problem is None
    assert post.recipients == [alice.email]
    assert post.read()["Subject"] == "A test from the console"


def test_a_wrong_password_is_told_at_its_stage_and_sent_once(ctx, work, alice, post):
    set_up(ctx, alice, post, password="wrong")

    found = outcome(ctx, work, alice)

    assert failed(found) == [("smtp-sign-in", "bad-credentials")]
    with pytest.raises(Refused):
        mail_tests.begin(ctx, alice)
    assert post.passwords == ["wrong"]


def test_the_same_password_typed_anew_may_be_tried_once_more(ctx, work, alice, post):
    set_up(ctx, alice, post, password="wrong")
    outcome(ctx, work, alice)
    set_up(ctx, alice, post, password="wrong")

    outcome(ctx, work, alice)

    assert post.passwords == ["wrong", "wrong"]


def test_a_refused_sender_and_a_refused_recipient_have_stages_of_their_own(ctx, work, alice, post):
    set_up(ctx, alice, post)
    post.senders["console@acme.test"] = "553 5.7.1 Sender address rejected: not owned by user console"
    assert failed(outcome(ctx, work, alice)) == [("smtp-sender", "sender-not-allowed")]

    post.senders.clear()
    post.refuse[alice.email] = "550 5.1.1 no such user"
    assert failed(outcome(ctx, work, alice)) == [("smtp-recipient", "recipient-rejected")]


def test_a_refused_message_is_told_in_the_servers_words(ctx, work, alice, post):
    set_up(ctx, alice, post)
    post.message = "554 5.7.1 this looks like spam"

    found = outcome(ctx, work, alice)

    assert failed(found) == [("smtp-message", "message-rejected")]
    assert found.server_text == "554 5.7.1 this looks like spam"


def test_a_certificate_that_does_not_verify_stops_the_password_until_exactly_it_is_trusted(
    ctx, work, alice, certificates
):
    with postman(certificates, certificates.self_signed) as post:
        set_up(ctx, alice, post)
        found = outcome(ctx, work, alice)
        assert failed(found) == [("smtp-secure", "tls-untrusted")]
        assert post.passwords == []

        with pytest.raises(Refused):
            mail_settings.trust(ctx, alice, "AB:CD")
        mail_settings.trust(ctx, alice, found.certificate.sha256)
        assert mail_tests.newest(ctx).outdated
        assert failed(outcome(ctx, work, alice)) == []
        assert post.passwords == [PASSWORD]


def test_a_stored_password_goes_to_no_other_certificate_than_the_trusted_one(ctx, work, alice, certificates):
    with postman(certificates, certificates.self_signed) as post:
        set_up(ctx, alice, post)
        with ctx.store.write() as session:
            value = settings_of.read(session, mail_server.NAME)
            settings_of.write(ctx, session, alice, mail_server.NAME, {**value, "pin": "AB:CD"})
        found = outcome(ctx, work, alice)
        assert [stage for stage, _ in failed(found)] == ["smtp-secure"]
        with pytest.raises(Refused):
            mail_settings.trust(ctx, alice, found.certificate.sha256)

        set_up(ctx, alice, post)
        found = outcome(ctx, work, alice)
        assert post.passwords == []
        mail_settings.trust(ctx, alice, found.certificate.sha256)
        assert failed(outcome(ctx, work, alice)) == []


def test_without_a_user_name_nobody_is_signed_in(ctx, work, alice, post):
    set_up(ctx, alice, post, username="", password="")
    found = outcome(ctx, work, alice)

    assert post.passwords == []
    assert next(stage.state for stage in found.stages if stage.name == "smtp-sign-in") == "skipped"


def test_a_person_who_asks_need_not_wait_for_a_server_that_rests(ctx, work, alice, post):
    set_up(ctx, alice, post)
    post.senders["console@acme.test"] = "451 4.3.0 try later"
    outcome(ctx, work, alice)
    post.senders.clear()

    assert outcome(ctx, work, alice).problem is None
    with ctx.store.read() as session:
        assert mail_standing.trouble(ctx, session) is None


def test_a_test_that_no_worker_began_is_found_by_the_tick(ctx, alice, post):
    set_up(ctx, alice, post)
    mail_tests.begin(ctx, alice)

    assert mail_tests.waiting(ctx)


# Setting it up.


def test_the_password_goes_only_where_it_was_typed_for(ctx, alice, post):
    set_up(ctx, alice, post)
    set_up(ctx, alice, post, password="", port=post.tls, security="tls")

    with pytest.raises(Refused) as refused:
        set_up(ctx, alice, post, password="", host="smtp.evil.test")

    assert refused.value.field == "password"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender", "nobody"),
        ("sender", "a@b.test\r\nBcc: eve@evil.test"),
        ("host", "https://smtp.acme.test"),
        ("port", 0),
    ],
)
def test_what_is_no_server_is_refused_beside_its_field(ctx, alice, post, field, value):
    with pytest.raises(Refused) as refused:
        set_up(ctx, alice, post, **{field: value})

    assert refused.value.field == field


def test_only_account_admins_set_the_server_up(ctx, hanne, post):
    with pytest.raises(NotFound):
        set_up(ctx, hanne, post)
    with pytest.raises(NotFound):
        mail_tests.begin(ctx, hanne)


@pytest.mark.parametrize("settings", [{"CONSOLE_SMTP_HOST": "smtp.acme.test", "CONSOLE_SMTP_SENDER": "c@acme.test"}])
def test_the_servers_of_the_configuration_cannot_be_changed_here(ctx, alice, post):
    with pytest.raises(Refused):
        set_up(ctx, alice, post)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"smtp_host": "smtp.acme.test"}, "CONSOLE_SMTP_SENDER"),
        ({"smtp_host": "smtp.acme.test", "smtp_sender": "nobody"}, "CONSOLE_SMTP_SENDER"),
        ({"smtp_host": "smtp.acme.test", "smtp_sender": "c;d@acme.test"}, "CONSOLE_SMTP_SENDER"),
        ({"smtp_host": "smtp.acme.test", "smtp_sender": "c@acme.test", "smtp_username": "c"}, "CONSOLE_SMTP_PASSWORD"),
    ],
)
def test_a_server_of_the_configuration_that_lacks_something_stops_the_start(config, values, named):
    with pytest.raises(ConfigError, match=named):
        check_mail_server(config.model_copy(update=values))
