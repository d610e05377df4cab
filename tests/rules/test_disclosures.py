"""What people are told before and after connecting: complete, versioned, and changed only together with its version."""

import hashlib

import pytest

from console.rules.disclosures import IMAP, NOT_DONE, Disclosure

# A change of wording is a new version, because what was accepted is kept by version: add a line, change none.
FINGERPRINTS = {"1": "e73bcc215eda767a"}


def fingerprint(text: Disclosure) -> str:
    return hashlib.sha256("\n".join((*text.before, "", *text.after, "", *text.not_done)).encode()).hexdigest()[:16]


def test_the_wording_is_the_one_of_its_version():
    assert FINGERPRINTS.get(IMAP.version) == fingerprint(IMAP)


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


@pytest.mark.parametrize("point", ["Contacts and calendar: not read", "Links in mail you send: not tracked"])
def test_what_is_not_done_is_said_as_not_done(point):
    assert point in " ".join(NOT_DONE)


def test_both_privacy_pages_are_linked_for_imap():
    assert IMAP.overview


@pytest.mark.parametrize("point", [*IMAP.before, *IMAP.after, *IMAP.not_done])
def test_every_point_is_a_plain_sentence(point):
    assert point.endswith(".")
    assert "%" not in point
    assert "  " not in point
