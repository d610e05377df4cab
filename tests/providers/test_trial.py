"""A trial times the stages, catches once, tells failure from warning, and lets no secret out."""

import base64
import logging
from datetime import UTC, datetime

import pytest

from console.providers import trial
from console.providers.base import App, Certificate, Mailbox, Secret
from console.providers.dial import Dialer
from console.providers.errors import ConnectionRefused, StageTimeout
from console.rules.capabilities import Trouble
from tests.pigeon import PigeonFamily
from tests.providers.doors import LOOPBACK, PATIENT, Table, dialer, trust

CERTIFICATE = Certificate(
    "loft.test", 993, "AB:CD", "loft.test", "Nobody", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
)

SECRET = "correct horse battery"


class Clock:
    """A monotonic clock that goes on by as much as it is told."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def run(clock):
    """Run a trial whose family does what `check(mailbox, probe)` does."""

    def ran(check, secret=None, **watched):
        family = PigeonFamily()
        family.stages = family.short
        family.check = check
        mailbox = Mailbox("bob@acme.test", {"loft": "hill"}, Secret(secret or {"password": SECRET}))
        return trial.run(family, mailbox, Dialer(LOOPBACK, Table(), trust(None), clock, limits=PATIENT), **watched)

    return ran


def passes(_mailbox, probe):
    for name in ("find-server", "sign-in", "open-inbox"):
        with probe.stage(name):
            probe.prove(name)


class Said(Exception):
    """An error that carries what a server said."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.server_text, self.code = text, code


def fails_with(error, stage="sign-in", **options):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            pass
        with probe.stage(stage, **options):
            raise error
        with probe.stage("open-inbox"):
            pass

    return check


def states(found):
    return [stage.state for stage in found.stages]


# Stages.


def test_all_stages_passed_is_neither_failure_nor_warning(run):
    found = run(passes)

    assert states(found) == ["passed", "passed", "passed"]
    assert (found.failed, found.warned, found.problem, found.problem_stage) == (False, False, None, None)


def test_a_failed_stage_ends_the_check_and_the_rest_was_not_tried(run):
    found = run(fails_with(ConnectionRefused("no")))

    assert states(found) == ["passed", "failed", "skipped"]
    assert (found.failed, found.problem, found.problem_stage) == (True, "connection-refused", "sign-in")


def test_a_stage_that_only_warns_lets_the_check_go_on(run):
    found = run(fails_with(ConnectionRefused("no"), warns=True))

    assert states(found) == ["passed", "failed", "passed"]
    assert (found.failed, found.warned, found.problem) == (False, True, "connection-refused")


def test_a_warning_that_the_family_gives_lets_the_check_go_on(run):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            probe.warn("folder-missing")
        with probe.stage("sign-in"):
            pass

    found = run(check)

    assert states(found)[:2] == ["failed", "passed"]
    assert (found.failed, found.warned, found.problem) == (False, True, "folder-missing")


def test_a_failure_after_a_warning_decides(run):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            probe.warn("folder-missing")
        with probe.stage("sign-in"):
            raise ConnectionRefused

    found = run(check)

    assert (found.failed, found.warned, found.problem) == (True, False, "connection-refused")


def test_of_two_warnings_the_first_is_told(run):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            probe.warn("folder-missing")
        with probe.stage("sign-in", warns=True):
            raise ConnectionRefused

    assert run(check).problem == "folder-missing"


def test_what_was_proven_before_a_failure_stays_proven(run):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            probe.prove("sign-in", "read")
        with probe.stage("sign-in"):
            raise ConnectionRefused

    assert run(check).proofs == {"sign-in", "read"}


def test_the_time_of_each_stage_is_measured_in_milliseconds(run, clock):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            clock.now += 0.0124
        clock.now += 5
        with probe.stage("sign-in"):
            clock.now += 2.5
            raise ConnectionRefused

    assert [stage.ms for stage in run(check).stages] == [12, 2500, None]


def test_each_stage_begins_with_time_of_its_own(run, clock):
    def check(_mailbox, probe):
        for name in ("find-server", "sign-in"):
            with probe.stage(name):
                clock.now += 9
                probe.line.budget.seconds()

    assert states(run(check))[:2] == ["passed", "passed"]


def test_a_stage_over_its_time_is_a_timeout(run, clock):
    def check(_mailbox, probe):
        with probe.stage("sign-in"):
            clock.now += 10
            probe.line.budget.seconds()

    assert run(check).problem == "connection-timeout"


def test_whoever_watches_sees_each_stage_begin(run):
    seen = []

    run(passes, on_change=lambda stages: seen.append([stage.state for stage in stages]))

    assert seen[:3] == [
        ["running", "waiting", "waiting"],
        ["passed", "running", "waiting"],
        ["passed", "passed", "running"],
    ]


def test_a_stage_that_is_not_the_familys_is_shown_all_the_same(run):
    def check(_mailbox, probe):
        with probe.stage("aliases"):
            pass

    assert {stage.name: stage.state for stage in run(check).stages}["aliases"] == "passed"


def test_the_host_of_the_stage_that_failed_is_told(run):
    found = run(fails_with(ConnectionRefused("no"), host="smtp.acme.test"))

    assert found.problem_host == "smtp.acme.test"


# What is caught.


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("anything"), "unknown"),
        (RuntimeError(), "unknown"),
        (RecursionError(), "unknown"),
        (MemoryError(), "unknown"),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), "client-bug"),
        (StageTimeout("late"), "connection-timeout"),
        (Said("x", code="no-such-code"), "unknown"),
    ],
)
def test_whatever_a_library_raises_becomes_a_problem_of_the_catalogue(run, error, code):
    found = run(fails_with(error))

    assert (found.problem, found.problem_stage) == (code, "sign-in")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_process_is_not_held_up(run, error):
    with pytest.raises(error):
        run(fails_with(error()))


def test_a_family_that_fails_outside_its_stages_still_yields_an_outcome(run):
    def check(_mailbox, probe):
        with probe.stage("find-server"):
            pass
        raise Said("the loft is on fire", code="server-error")

    found = run(check)

    assert states(found) == ["passed", "skipped", "skipped"]
    assert (found.failed, found.problem, found.problem_stage, found.server_text) == (
        True,
        "server-error",
        "",
        "the loft is on fire",
    )


def test_settings_that_cannot_be_read_are_told_as_such():
    found = trial.run(PigeonFamily(), Mailbox("bob@acme.test", {}, Secret()), dialer())

    assert (found.failed, found.problem) == (True, "settings-unreadable")


def test_a_certificate_that_was_refused_is_handed_on(run):
    class Refused(Said):
        certificate = CERTIFICATE

    assert run(fails_with(Refused("no", code="tls-untrusted"))).certificate == CERTIFICATE


def test_every_connection_is_closed_at_the_end(run):
    opened = []

    class Connection:
        def close(self):
            opened.remove(self)

    def check(_mailbox, probe):
        with probe.stage("find-server"):
            opened.append(Connection())
            probe.line._open.append(type("Client", (), {"connection": opened[0]})())
            raise ConnectionRefused

    run(check)

    assert opened == []


# Attempts.


def signs_in(_mailbox, probe):
    with probe.stage("sign-in"):
        probe.attempt("imap")
        probe.prove("sent it")
        probe.accepted("imap")


def test_an_attempt_is_told_before_the_secret_leaves(run):
    told = []

    found = run(signs_in, on_attempt=told.append)

    assert told == ["imap"]
    assert (found.attempted, found.accepted, found.unaccepted) == (("imap",), {"imap"}, frozenset())


def test_whoever_watches_can_keep_the_secret_unsent(run):
    def no(_channel):
        raise Said("refused before", code="bad-credentials")

    found = run(signs_in, on_attempt=no)

    assert (found.problem, found.problem_stage) == ("bad-credentials", "sign-in")
    assert (found.attempted, found.proofs) == ((), frozenset())


def test_a_field_that_was_sent_and_not_accepted_is_told(run):
    def check(_mailbox, probe):
        with probe.stage("sign-in"):
            probe.attempt("imap")
            probe.accepted("imap")
        with probe.stage("open-inbox"):
            probe.attempt("smtp", "smtp_password")
            raise ConnectionRefused

    assert run(check, {"password": "a", "smtp_password": "b"}).unaccepted == {"smtp_password"}


# Secrets.

FORMS = {
    "as it is": SECRET,
    "quoted": f'LOGIN bob "{SECRET}" refused',
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in a SASL string": base64.b64encode(f"\0bob@acme.test\0{SECRET}".encode()).decode(),
    "in a web address": "https://mail.acme.test/?p=correct%20horse%20battery",
    "twice": f"{SECRET} {SECRET}",
    "at the end of a long text": "x" * 280 + SECRET,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_that_a_server_repeats_is_masked(run, form):
    found = run(fails_with(Said(FORMS[form])))

    assert SECRET not in str(found)
    assert base64.b64encode(SECRET.encode()).decode() not in str(found)
    assert "correct%20horse" not in str(found)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_what_a_family_says_of_a_stage_is_masked(run, form):
    def check(_mailbox, probe):
        with probe.stage("find-server") as stage:
            stage.say("%(told)s", told=FORMS[form])

    found = run(check)

    assert SECRET not in str(found)
    assert base64.b64encode(SECRET.encode()).decode() not in str(found)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_an_error_outside_the_stages_is_masked(run, form):
    def check(_mailbox, _probe):
        raise Said(FORMS[form])

    assert SECRET not in str(run(check))


def test_every_field_of_the_secret_is_masked(run):
    found = run(fails_with(Said("first one and second one")), {"password": "first one", "smtp_password": "second one"})

    assert "first" not in found.server_text
    assert "second" not in found.server_text


def test_an_empty_field_of_the_secret_masks_nothing(run):
    assert run(fails_with(Said("all is lost")), {"password": ""}).server_text == "all is lost"


def test_what_a_server_says_is_kept_short_and_in_one_line(run):
    found = run(fails_with(Said("a\r\nb\x00\x1b[31mc" + "x" * 100_000)))

    assert len(found.server_text) <= 300
    assert found.server_text.isprintable()


def test_what_a_family_says_of_a_stage_is_kept_short(run):
    def check(_mailbox, probe):
        with probe.stage("find-server") as stage:
            stage.say("%(folder)s", folder="x" * 100_000)

    assert len(run(check).stages[0].values["folder"]) <= 200


def test_a_mailbox_and_its_secret_print_no_password():
    mailbox = Mailbox("bob@acme.test", {"loft": "hill"}, Secret(password=SECRET))

    assert SECRET not in f"{mailbox} {mailbox!r} {mailbox.secret} {mailbox.secret!r}"


def test_nothing_is_logged(run, caplog):
    caplog.set_level(logging.DEBUG)

    run(fails_with(Said(f"{SECRET} is wrong")))

    assert caplog.text == ""


FRESH = Secret(refresh_token="rotated refresh", access_token="fresh access", expires_at="", scope="read send")


def renews(*after, used=None):
    """Keep a fresh secret in the stage sign-in, then use it."""

    def check(_mailbox, probe):
        with probe.stage("sign-in"):
            probe.keep(FRESH)
            if used is not None:
                used.append(FRESH["access_token"])
            for error in after:
                raise error

    return check


def test_a_fresh_secret_is_handed_over_before_it_is_used(run):
    order = []

    found = run(renews(used=order), on_secret=lambda secret: order.append(dict(secret)))

    assert order == [dict(FRESH), "fresh access"]
    assert not found.failed


def test_a_fresh_secret_that_cannot_be_saved_is_not_used(run):
    used = []

    def lost(secret):
        raise Said("the lease is lost", "interrupted")

    found = run(renews(used=used), on_secret=lost)

    assert (used, found.problem, found.problem_stage) == ([], "interrupted", "sign-in")


def test_a_fresh_secret_is_masked_in_what_a_server_says_from_then_on(run):
    found = run(renews(Said("rotated refresh, fresh access and correct horse battery")))

    assert found.server_text == "••••, •••• and ••••"


def test_the_secret_of_the_app_is_masked(run):
    mailbox = Mailbox("bob@acme.test", {"loft": "hill"}, Secret(), app=App("id", "the secret of the app"))
    family = PigeonFamily()
    family.check = fails_with(Said("client_secret=the secret of the app"))

    assert "of the app" not in trial.run(family, mailbox, dialer()).server_text


def test_what_a_provider_tells_about_the_mailbox_is_in_the_outcome(run):
    def check(_mailbox, probe):
        with probe.stage("sign-in"):
            probe.learn(scopes=["read"])
            probe.learn(aliases=["sales@acme.test"])

    found = run(check)

    assert (found.aliases, found.scopes) == (("sales@acme.test",), frozenset({"read"}))


def test_what_was_not_asked_of_a_provider_is_unknown_and_not_empty(run):
    found = run(passes)

    assert (found.aliases, found.scopes) == (None, None)


def test_when_to_come_back_is_in_the_outcome(run):
    later = Said("429 slow down", "rate-limited")
    later.retry_after = 120

    assert run(fails_with(later)).retry_after == 120
    assert run(passes).retry_after is None


# Depth.


def test_a_short_check_has_the_short_stages_of_its_family_and_no_others():
    family = PigeonFamily()
    mailbox = Mailbox("bob@acme.test", {"loft": "hill"}, Secret(password="coo"))

    found = trial.run(family, mailbox, dialer(), full=False)

    assert [(stage.name, stage.state) for stage in found.stages] == [(name, "passed") for name in family.short]
    assert (found.full, found.proofs) == (False, {"sign-in", "read"})


def test_a_full_check_goes_on_to_sending():
    mailbox = Mailbox("bob@acme.test", {"loft": "hill"}, Secret(password="coo"))

    found = trial.run(PigeonFamily(), mailbox, dialer())

    assert (found.full, found.proofs) == (True, {"sign-in", "read", "send"})


def test_what_a_check_met_is_told_by_stage_with_its_host_and_the_words_of_the_server(run):
    def check(_mailbox, probe):
        with probe.stage("find-server", host="one.test", warns=True):
            raise Said("no Sent here", code="folder-missing")
        with probe.stage("sign-in", host="two.test"):
            raise Said("go away", code="server-error")

    assert run(check).troubles == (
        Trouble("folder-missing", "find-server", "one.test", "no Sent here", warns=True),
        Trouble("server-error", "sign-in", "two.test", "go away"),
    )
