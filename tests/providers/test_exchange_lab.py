"""The Exchange family against the lab's organisation: each way to find it, each fault, and where the password went."""

import pytest

from console.lab.exchange_place import AUTODISCOVER, HOSTER, OTHER_SERVER, PASSWORD, SERVER
from console.providers import trial
from console.providers.base import Mailbox, Secret
from console.providers.certificates import Pin
from console.providers.dial import Limits
from console.providers.exchange import ExchangeFamily
from console.providers.names import resolver, server_of
from tests.providers.boxes import states, stopped
from tests.providers.doors import dialer

ALL = ExchangeFamily.stages
ALICE = "alice@corp.test"


@pytest.fixture
def place(lab):
    return lab.exchange.place


@pytest.fixture
def check(lab):
    """Check a mailbox of the lab; a place to ask at, unless a URL is given."""
    family = ExchangeFamily(lab.exchange.port)
    door = dialer(lab.mail.ca, names=resolver(lab.mail.dns))
    assert server_of(lab.mail.dns)

    def checked(*, url=None, autodiscover="", username=ALICE, password=PASSWORD, address=ALICE, full=True, **more):
        if url is None:
            url = "" if autodiscover else lab.exchange.ews_url
        settings = {"url": url, "autodiscover": autodiscover, "username": username}
        mailbox = Mailbox(address, settings, Secret(password=password), **more)
        return trial.run(family, mailbox, door, full=full)

    return checked


@pytest.mark.parametrize("offer", ["only-basic", "only-ntlm", "extended-protection", None])
@pytest.mark.parametrize("username", [ALICE, "CORP\\alice"])
def test_every_offer_is_signed_in_to_with_either_name(place, check, offer, username):
    place.set_faults([offer] if offer else [])

    found = check(username=username)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert found.aliases == ("sales@corp.test",)
    assert place.host(SERVER).refused == 0


def test_a_short_check_opens_the_inbox_and_looks_for_nothing_beyond_it(check):
    found = check(full=False)

    assert states(found) == dict.fromkeys(ExchangeFamily.short, "passed")
    assert (found.proofs, found.aliases) == ({"sign-in", "read"}, None)


def test_ntlm_comes_before_basic_so_that_the_password_itself_is_not_sent(check):
    found = check()

    told = {stage.name: stage.detail % stage.values for stage in found.stages}
    assert told["methods"] == "NTLM, Basic, Negotiate; of these Negotiate is not supported here"
    assert told["sign-in"] == "alice@corp.test by NTLM"


# What each server says, who it is, and how it answers: where the check stops, and why.


@pytest.mark.parametrize(
    ("fault", "stage", "problem"),
    [
        ("self-signed", "secure", "tls-untrusted"),
        ("expired", "secure", "tls-expired"),
        ("wrong-name", "secure", "tls-hostname-mismatch"),
        ("unknown-authority", "secure", "tls-untrusted"),
        ("only-negotiate", "methods", "exchange-negotiate-only"),
        ("no-offer", "methods", "auth-mechanism-unsupported"),
        ("forbidden", "methods", "ews-disabled"),
        ("not-found", "methods", "exchange-address-wrong"),
        ("status-440", "methods", "exchange-login-page"),
        ("status-449", "methods", "exchange-activesync"),
        ("unavailable", "methods", "server-unavailable"),
        ("application-error", "methods", "server-unavailable"),
        ("load-balancer", "methods", "exchange-balancer"),
        ("owa-page", "methods", "exchange-login-page"),
        ("owa-redirect", "methods", "exchange-login-page"),
        ("ews-elsewhere", "methods", "exchange-elsewhere"),
        ("ews-endless", "methods", "exchange-address-wrong"),
    ],
)
def test_what_a_server_says_to_a_stranger_ends_the_check_before_any_password(place, check, fault, stage, problem):
    place.set_faults([fault])

    found = check()

    assert stopped(found) == (stage, problem)
    assert place.credentials_at() == {}
    assert found.attempted == ()


@pytest.mark.parametrize(
    ("fault", "stage", "problem"),
    [
        ("refused-password", "sign-in", "bad-credentials"),
        ("foreign-401", "sign-in", "exchange-other-web-server"),
        ("locked-out", "sign-in", "account-locked"),
        ("status-456", "sign-in", "account-locked"),
        ("cas-denied", "sign-in", "permission-denied"),
        ("ews-off", "sign-in", "ews-disabled"),
        ("xml-cut", "sign-in", "exchange-unreadable"),
        ("xml-entities", "sign-in", "exchange-unreadable"),
        ("xml-huge", "sign-in", "exchange-unreadable"),
        ("exchange-2007", "version", "server-version-unsupported"),
        ("exchange-2010", "version", "server-version-unsupported"),
        ("exchange-2010-sp1", "version", "server-version-unsupported"),
        ("older-mailbox", "version", "server-version-unsupported"),
        ("password-expired", "open-inbox", "password-expired"),
        ("busy", "open-inbox", "rate-limited"),
        ("connections", "open-inbox", "too-many-connections"),
        ("no-exchange-mailbox", "open-inbox", "mailbox-not-found"),
        ("no-access", "open-inbox", "permission-denied"),
        ("moving", "open-inbox", "mailbox-moving"),
        ("moved-to-cloud", "open-inbox", "mailbox-moved"),
        ("store-down", "open-inbox", "server-unavailable"),
        ("failover", "open-inbox", "server-unavailable"),
        ("other-server", "open-inbox", "exchange-elsewhere"),
        ("other-site", "open-inbox", "exchange-elsewhere"),
        ("ews-no-sent", "find-sent", "folder-missing"),
    ],
)
def test_what_a_server_says_to_the_owner_is_told_and_the_password_went_to_it_alone(place, check, fault, stage, problem):
    place.set_faults([fault])

    found = check()

    assert stopped(found) == (stage, problem)
    assert set(place.credentials_at()) <= {SERVER}
    assert place.host(SERVER).refused <= 1


@pytest.mark.parametrize(
    ("fault", "version"),
    [
        ("exchange-2007", "Exchange Server 2007"),
        ("exchange-2010", "Exchange Server 2010 (14.0"),
        ("exchange-2010-sp1", "Exchange Server 2010 SP1"),
    ],
)
def test_a_version_that_is_too_old_is_refused_by_its_name(place, check, fault, version):
    place.set_faults([fault])

    assert version in check().server_text


@pytest.mark.parametrize(
    ("fault", "version"),
    [
        ("exchange-2010-sp2", "Exchange Server 2010 SP2"),
        ("exchange-2013", "Exchange Server 2013"),
        ("exchange-2016", "Exchange Server 2016"),
        ("exchange-2019", "Exchange Server 2019"),
        ("exchange-se", "Exchange Server Subscription Edition"),
    ],
)
def test_every_version_from_2010_sp2_on_passes_and_is_named(place, check, fault, version):
    place.set_faults([fault])

    found = check()

    assert states(found) == dict.fromkeys(ALL, "passed")
    (told,) = [stage.values["version"] for stage in found.stages if stage.name == "version"]
    assert told.startswith(version)


@pytest.mark.parametrize(("fault", "seconds"), [("busy", 297), ("unavailable", 120)])
def test_how_long_a_server_wants_to_be_left_alone_is_kept(place, check, fault, seconds):
    place.set_faults([fault])

    assert check().retry_after == seconds


@pytest.mark.parametrize("fault", ["wrong-type", "no-directory"])
def test_what_does_no_harm_stops_nobody(place, check, fault):
    place.set_faults([fault])

    found = check()

    assert (found.failed, found.warned) == (False, False)
    assert found.aliases == (None if fault == "no-directory" else ("sales@corp.test",))


def test_an_answer_of_100_mb_is_cut_before_it_is_read(place, check):
    place.set_faults(["xml-huge"])

    assert check().problem == "exchange-unreadable"


# Asked for the server with the password, at the place that was agreed to.


@pytest.mark.parametrize("fault", [None, "no-pox", "no-soap", "no-json", "redirect-address"])
@pytest.mark.parametrize("offer", ["only-basic", "only-ntlm"])
def test_autodiscover_names_the_server_and_the_inbox_is_kept_with_it(lab, place, check, fault, offer):
    place.set_faults([offer, *([fault] if fault else [])])

    found = check(autodiscover=AUTODISCOVER)

    assert states(found) == dict.fromkeys(ALL, "passed")
    assert found.settings == {"url": lab.exchange.ews_url, "autodiscover": "", "username": ALICE}
    assert set(place.credentials_at()) == {AUTODISCOVER, SERVER}
    assert (place.host(AUTODISCOVER).refused, place.host(SERVER).refused) == (0, 0)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("redirect-loop", "autodiscover-failed"),
        ("endless-redirects", "autodiscover-failed"),
        ("redirect-url-elsewhere", "autodiscover-redirect-untrusted"),
        ("moved-to-cloud", "mailbox-moved"),
        ("unknown-address", "mailbox-not-found"),
        ("autodiscover-busy", "rate-limited"),
        ("autodiscover-unwell", "server-unavailable"),
        ("autodiscover-entities", "exchange-unreadable"),
        ("autodiscover-huge", "exchange-unreadable"),
        ("autodiscover-cut", "exchange-unreadable"),
        ("autodiscover-page", "exchange-login-page"),
        ("http-redirect", "autodiscover-failed"),
        ("refused-password", "bad-credentials"),
        ("locked-out", "account-locked"),
    ],
)
def test_where_autodiscover_does_not_name_the_server_it_is_told_and_nobody_else_got_the_password(
    place, check, fault, problem
):
    place.set_faults([fault])

    found = check(autodiscover=AUTODISCOVER)

    assert stopped(found) == ("find-server", problem)
    assert set(place.credentials_at()) <= {AUTODISCOVER}
    assert place.host(AUTODISCOVER).refused <= 1
    assert found.settings is None


@pytest.mark.parametrize("certificate", ["self-signed", "unknown-authority"])
def test_what_tells_the_address_with_a_certificate_of_its_own_is_shown_it_and_gets_no_password_before(
    place, check, certificate
):
    place.set_faults([certificate])

    found = check(autodiscover=AUTODISCOVER)

    assert stopped(found) == ("find-server", "tls-untrusted")
    assert found.certificate.host == AUTODISCOVER
    assert place.credentials_at() == {}


def test_each_server_on_the_way_is_trusted_by_itself(place, check):
    place.set_faults(["self-signed"])
    shown = check(autodiscover=AUTODISCOVER).certificate
    first = Pin(shown.host, shown.port, shown.sha256)

    found = check(autodiscover=AUTODISCOVER, pins=(first,))

    assert stopped(found) == ("secure", "tls-untrusted")
    assert found.certificate.host == SERVER
    assert set(place.credentials_at()) == {AUTODISCOVER}
    second = Pin(SERVER, found.certificate.port, found.certificate.sha256)
    assert not check(autodiscover=AUTODISCOVER, pins=(first, second)).failed


def test_a_redirect_inside_the_mail_domain_is_followed_with_the_password(place, check):
    place.set_faults(["redirect-url"])

    found = check(autodiscover=AUTODISCOVER)

    assert not found.failed
    assert set(place.credentials_at()) == {AUTODISCOVER, OTHER_SERVER, SERVER}


def test_a_redirect_to_another_domain_is_named_and_gets_nothing(place, check):
    place.set_faults(["redirect-url-elsewhere"])

    found = check(autodiscover=AUTODISCOVER)

    assert found.problem_host == HOSTER
    assert place.host(HOSTER).requests == 0


def test_without_any_place_to_ask_nothing_is_tried(place, check):
    found = check(url="")

    assert stopped(found) == ("find-server", "autodiscover-failed")
    assert place.hosts() == {}


def test_a_refused_attempt_at_autodiscover_is_the_only_one(place, check):
    found = check(autodiscover=AUTODISCOVER, password="wrong")

    assert stopped(found) == ("find-server", "bad-credentials")
    assert place.credentials_at() == {AUTODISCOVER: 1}


# Servers that do not go on.


@pytest.fixture
def hasty(lab):
    """Check as a console does that waits for a moment only."""
    family = ExchangeFamily(lab.exchange.port)
    door = dialer(lab.mail.ca, names=resolver(lab.mail.dns), limits=Limits(stage_seconds=1, run_seconds=3))

    def checked(autodiscover=""):
        url = "" if autodiscover else lab.exchange.ews_url
        settings = {"url": url, "autodiscover": autodiscover, "username": ALICE}
        return trial.run(family, Mailbox(ALICE, settings, Secret(password=PASSWORD)), door)

    return checked


@pytest.mark.parametrize(
    ("fault", "asked", "stage"),
    [("hangs", "", "sign-in"), ("autodiscover-hangs", AUTODISCOVER, "find-server")],
)
def test_a_server_that_hangs_at_the_second_request_is_left_after_its_time(place, hasty, fault, asked, stage):
    place.set_faults([fault])

    found = hasty(asked)

    assert stopped(found) == (stage, "connection-timeout")
    assert sum(place.credentials_at().values()) <= 1
