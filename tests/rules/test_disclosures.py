"""What people are told before and after connecting: complete, versioned, and changed only together with its version."""

import hashlib

import pytest

from console.rules.disclosures import EXCHANGE, GMAIL, IMAP, MICROSOFT, Disclosure

ALL = {"exchange": EXCHANGE, "imap": IMAP, "gmail": GMAIL, "microsoft": MICROSOFT}
# A change of wording is a new version, because what was accepted is kept by version: add a line, change none.
FINGERPRINTS = {
    ("exchange", "1"): "1ed7362a62a2983c",
    ("imap", "1"): "e73bcc215eda767a",
    ("gmail", "1"): "41dae2e19b25715a",
    ("microsoft", "1"): "33f840ea495dc2b2",
}
every = pytest.mark.parametrize("name", ALL)


def fingerprint(text: Disclosure) -> str:
    return hashlib.sha256("\n".join((*text.before, "", *text.after, "", *text.not_done)).encode()).hexdigest()[:16]


@every
def test_the_wording_is_the_one_of_its_version(name):
    assert FINGERPRINTS.get((name, ALL[name].version)) == fingerprint(ALL[name])


@pytest.mark.parametrize(
    "point",
    [
        "address",
        "password",
        "server information",
        "metadata",
        "text of messages",
        "log the replies",
        "one person's",
        "Conversations inbox",
        "does not oblige you to link any other Google or Microsoft service",
        "Amazon SES and Amazon WorkMail",
        "app password",
        "Disable",
        "Remove",
    ],
)
def test_before_connecting_every_required_point_is_told(point):
    assert point in " ".join(IMAP.before)


@pytest.mark.parametrize(
    "point",
    ["scan the content", "store logged replies and sent mail", "sensitive", "visible to other people"],
)
def test_after_connecting_every_required_point_is_told(point):
    assert point in " ".join(IMAP.after)


POINTS = [point for text in ALL.values() for point in (*text.before, *text.after, *text.not_done)]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_a_plain_sentence(point):
    assert point.endswith(".")
    assert "%" not in point
    assert "  " not in point
